# One request from the server's call to the end of the app's coroutine.

cdef public class Middleware [object LGMiddleware, type LGMiddlewareType]:
    """Calls an ASGI app, and counts its requests. The coroutine of a request is native as well."""

    cdef vectorcallfunc call
    cdef public object app
    cdef FlightCounter counter
    cdef str path

    def __init__(self, app, FlightCounter counter not None, str path not None):
        self.call = <vectorcallfunc><void *>call_middleware
        self.app = app
        self.counter = counter
        self.path = path

    def __call__(self, scope, receive, send):
        return self.serve(scope, receive, send)

    cdef object serve(self, scope, receive, send):
        kind = get(scope, "type")
        cdef bint http = lg_is_text(<PyObject *>kind, "http", 4)
        if http:
            # The cheap questions first: nearly every path does not even contain ours.
            path = <str?>get(scope, "path")
            if lg_may_contain(path, self.path) and self.path in <str>path and self.is_ours(scope):
                return self.answer(scope, send)
        elif not lg_is_text(<PyObject *>kind, "websocket", 9):
            if lg_is_text(<PyObject *>kind, "lifespan", 8):
                return self.live(scope, receive, send)
            return self.app(scope, receive, send)
        cdef RequestCoroutine coroutine = RequestCoroutine.__new__(RequestCoroutine)
        coroutine.middleware = self
        coroutine.scope = scope
        coroutine.receive = receive
        coroutine.send_to = send
        coroutine.http = http
        return coroutine

    def is_ours(self, scope):
        raise NotImplementedError

    def live(self, scope, receive, send):
        raise NotImplementedError

    def answer(self, scope, send):
        raise NotImplementedError

    def is_hang_up(self, error):
        raise NotImplementedError

    def report(self, error):
        raise NotImplementedError

cdef object call_middleware(object self, PyObject **arguments, size_t count, PyObject *names):
    if PyVectorcall_NARGS(count) != 3 or names != NULL:
        return lg_call_by_tuple(self, arguments, count, names)
    return (<Middleware>self).serve(
        <object>arguments[0], <object>arguments[1], <object>arguments[2]
    )

cdef enum:
    CREATED, SUSPENDED, RUNNING, CLOSED

@cython.freelist(64)
@cython.final
@cython.no_gc_clear  # when garbage is collected it lands as well, and needs what it has
cdef public class RequestCoroutine [object LGRequestCoroutine, type LGRequestCoroutineType]:
    """Runs the coroutine of the app as `await app(...)` would, between the marks of its flight."""

    cdef Middleware middleware
    cdef Flight flight
    cdef object scope, receive, send_to, awaited
    cdef int state
    cdef bint http
    cdef object __weakref__

    def __dealloc__(self):
        if self.state == SUSPENDED:
            if not is_whole(self.middleware.counter):
                self.flight = None
            self.close()  # as any coroutine that nobody awaits to its end

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        return self.send(None)

    def send(self, value):
        """Resumes the coroutine; raises StopIteration with its result when it has ended."""
        cdef PyObject *result = NULL
        cdef PySendResult how = resume(<PyObject *>self, <PyObject *>value, &result)
        found = <object>result
        Py_DECREF(found)
        if how == PYGEN_RETURN:
            raise StopIteration(found)
        return found

    def throw(self, kind, value=None, traceback=None):
        """Raises an error where the coroutine waits."""
        if self.state != SUSPENDED:
            self.check_idle()
            self.drop()
            raise_thrown(kind, value, traceback)
        if PyErr_GivenExceptionMatches(kind, GeneratorExit) or not hasattr(self.awaited, "throw"):
            self.close()
            raise_thrown(kind, value, traceback)
        self.state = RUNNING
        try:
            if value is None and traceback is None:
                found = self.awaited.throw(kind)
            else:
                found = self.awaited.throw(kind, value, traceback)
        except StopIteration:
            self.end(None)
            raise
        except BaseException as error:
            self.end(error)
            raise
        self.state = SUSPENDED
        return found

    def close(self):
        """Ends the coroutine where it waits."""
        if self.state != SUSPENDED:
            self.check_idle()
            self.drop()
            return
        self.state = RUNNING
        close_awaited = getattr(self.awaited, "close", None)
        try:
            if close_awaited is not None:
                close_awaited()
        except BaseException as error:
            self.end(error)
            raise
        self.end(GeneratorExit())

    # What debuggers and asyncio ask a coroutine.

    @property
    def __name__(self):
        return "LeakGuard"

    @property
    def __qualname__(self):
        return "LeakGuard"

    @property
    def cr_await(self):
        return self.awaited

    @property
    def cr_running(self):
        return self.state == RUNNING

    @property
    def cr_suspended(self):
        return self.state == SUSPENDED

    @property
    def cr_frame(self):
        return getattr(self.awaited, "cr_frame", None)

    @property
    def cr_code(self):
        return getattr(self.awaited, "cr_code", None)

    cdef int check_idle(self) except -1:
        if self.state == RUNNING:
            raise ValueError("coroutine already executing")
        return 0

    cdef void drop(self) noexcept:
        self.state = CLOSED
        self.awaited = self.scope = self.receive = self.send_to = None

    cdef PyObject *start(self) noexcept:
        """What to resume: the app's coroutine, a new reference. NULL: calling it raised."""
        cdef PyObject *arguments[3]
        arguments[0] = <PyObject *>self.scope
        arguments[1] = <PyObject *>self.receive
        arguments[2] = <PyObject *>self.send_to
        try:
            self.flight = self.middleware.counter.depart(self.scope, self.send_to, self.http)
            if self.http:
                arguments[2] = <PyObject *>self.flight
        except Exception as error:
            self.middleware.report(error)
        return lg_await(<PyObject *>self.middleware.app, arguments)

    cdef void end(self, error) noexcept:
        """The app has returned, or raised."""
        cdef Flight flight = self.flight
        cdef Middleware middleware = self.middleware
        cdef bint failed = False
        self.drop()
        if flight is None:
            return
        self.flight = None
        try:
            if error is None:
                failed = self.http and not flight.code
            elif isinstance(error, Exception):  # a task that is cancelled has not failed
                failed = not middleware.is_hang_up(error)
            middleware.counter.land(flight, failed)
        except Exception as problem:
            middleware.report(problem)

cdef PySendResult resume(
    PyObject *coroutine, PyObject *value, PyObject **result
) except PYGEN_ERROR:
    """The am_send of request coroutines: what `await` and event loops call."""
    cdef RequestCoroutine self = <RequestCoroutine>coroutine
    cdef PyObject *awaited
    cdef PySendResult how
    result[0] = NULL
    if self.state == SUSPENDED:
        self.state = RUNNING
    else:
        self.check_idle()
        if self.state == CLOSED:
            raise RuntimeError("cannot reuse already awaited coroutine")
        if <object>value is not None:
            raise TypeError("can't send non-None value to a just-started coroutine")
        self.state = RUNNING
        awaited = self.start()
        if awaited == NULL:
            return end_with_error(self)
        self.awaited = <object>awaited
        Py_DECREF(<object>awaited)
    how = PyIter_Send(<PyObject *>self.awaited, value, result)
    if how == PYGEN_NEXT:
        self.state = SUSPENDED
        return how
    if how == PYGEN_ERROR:
        return end_with_error(self)
    self.end(None)
    return how

cdef PySendResult end_with_error(RequestCoroutine self) noexcept:
    """The error passes as it is, without a line of ours in its traceback."""
    cdef PyObject *error = lg_caught()
    self.end(<object>error)
    lg_raise(error)
    return PYGEN_ERROR

cdef int raise_thrown(kind, value, traceback) except -1:
    if isinstance(kind, type):
        kind = value if isinstance(value, kind) else kind() if value is None else kind(value)
    raise kind if traceback is None else kind.with_traceback(traceback)

LG_COMPLETE_TYPES()
lg_resume_directly(<PyTypeObject *>RequestCoroutine, <void *>resume)
