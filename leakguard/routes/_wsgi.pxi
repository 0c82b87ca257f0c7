# One request of a WSGI server: its call, the items of the answer, the end.

cdef public class WsgiMiddleware [object LGWsgiMiddleware, type LGWsgiMiddlewareType]:
    """Calls a WSGI app, and counts its requests."""

    cdef public object app
    cdef FlightCounter counter
    cdef str path

    def __init__(self, app, FlightCounter counter not None, str path not None):
        self.app = app
        self.counter = counter
        self.path = path

    def __call__(self, environ, start_response):
        cdef Flight flight = None
        path = get(environ, PATH_INFO)
        if lg_may_contain(<PyObject *>path, <PyObject *>self.path) and self.path in <str>path and self.is_ours(environ):
            return self.answer(environ, start_response)
        try:
            flight = depart(self.counter, environ, start_response, False)
        except Exception as error:
            self.report(error)
            return self.app(environ, start_response)
        flight.wsgi = flight.watched = True
        flight.entry = found(<PyObject *>environ, SCRIPT_NAME)
        try:
            answer = self.app(environ, flight)
        except Exception:
            self.end(flight, True)
            raise
        except BaseException:
            self.end(flight, False)
            raise
        if is_for_the_server(environ, answer):
            self.end(flight, not flight.code)
            return answer
        return self.watched(flight, answer)

    cdef object watched(self, Flight flight, answer):
        cdef WsgiBody body
        if lg_has_length(<PyObject *>answer):
            body = SizedWsgiBody.__new__(SizedWsgiBody)
        else:
            body = WsgiBody.__new__(WsgiBody)
        body.middleware = self
        body.flight = flight
        body.answer = answer
        if flight.slot is not None:
            take_off(flight)
        return body

    cdef void end(self, Flight flight, bint failed) noexcept:
        try:
            land(self.counter, flight, failed)
        except Exception as error:
            self.report(error)

    def is_ours(self, environ):
        raise NotImplementedError

    def answer(self, environ, start_response):
        raise NotImplementedError

    def report(self, error):
        raise NotImplementedError

cdef bint is_for_the_server(environ, answer) except -1:
    """Whether the server must get the very object that the app has returned.

    It knows the length of a list or a tuple, and sends the file of a file wrapper by itself.
    Nothing of these is computed while they are sent.
    """
    if isinstance(answer, (list, tuple)):
        return True
    wrapper = get(environ, FILE_WRAPPER)
    if wrapper is None:
        return False
    return isinstance(answer, wrapper) if isinstance(wrapper, type) else hasattr(answer, "read")

cdef object END = object()

@cython.no_gc_clear  # it ends its flight when garbage is collected as well
cdef class WsgiBody:
    """What the app has returned, item by item; the request ends with `close()`."""

    cdef WsgiMiddleware middleware
    cdef Flight flight
    cdef object answer, iterator
    cdef bint failed

    def __dealloc__(self):
        if self.flight is not None and is_whole(self.middleware.counter):
            self.flight.unsound = True  # the collector may have emptied its mapping
            self.land()

    def __iter__(self):
        return self

    def __next__(self):
        slot_on(self.flight)
        try:
            if self.iterator is None:
                self.iterator = iter(self.answer)
            item = lg_next_item(<PyObject *>self.iterator, <PyObject *>END)
        except Exception:
            self.failed = True
            raise
        finally:
            slot_off(self.flight)
        if item is END:
            if self.flight is not None:
                self.flight.ended = lg_seconds()
            raise StopIteration
        return item

    def close(self):
        slot_on(self.flight)
        try:
            close = getattr(self.answer, "close", None)
            if close is not None:
                close()
        except Exception:
            self.failed = True
            raise
        finally:
            slot_off(self.flight)
            self.land()

    cdef void land(self) noexcept:
        cdef Flight flight = self.flight
        self.flight = None
        if flight is not None:
            self.middleware.end(flight, self.failed or not flight.code)

cdef class SizedWsgiBody(WsgiBody):
    def __len__(self):
        return len(self.answer)

cdef int slot_on(Flight flight) except -1:
    return put_on(flight) if flight is not None and flight.slot is not None else 0

cdef int slot_off(Flight flight) except -1:
    return take_off(flight) if flight is not None and flight.slot is not None else 0

cdef int watch_start(Flight flight, status) except -1:
    """The app calls start_response(): its status, and the route while the framework knows it."""
    cdef PyObject *request
    if isinstance(status, str):
        flight.code = lg_leading_number(status)
    if flight.route is None and PyDict_CheckExact(flight.scope):
        request = lg_find(<PyObject *>flight.scope, WERKZEUG_REQUEST)
        if request != NULL and request != <PyObject *>None:
            flight.route = getattr(<object>request, "url_rule", None)
    return 0
