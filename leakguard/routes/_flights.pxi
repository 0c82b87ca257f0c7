# A flight: a request from its coming to its end, and the watch on its answer.

@cython.freelist(64)
@cython.final
cdef public class Flight [object LGFlight, type LGFlightType]:
    cdef vectorcallfunc call
    cdef public object scope
    cdef int code  # the status; 0: none yet
    cdef public double started, ended
    cdef readonly Slot slot
    cdef object _send
    cdef object previous, before, mapping  # of the context: see put_on()
    cdef LGLink link
    cdef readonly object route  # of a WSGI app: what its framework calls the route
    cdef readonly object entry  # the path (ASGI) or SCRIPT_NAME (WSGI) that the server gave
    cdef bint watched, wsgi, reused, unsound

    def __init__(self, scope, send=None):
        begin(self, send is not None and get(scope, TYPE) == "http")
        self.scope = scope
        self._send = send

    def __dealloc__(self):
        lg_unlink(&self.link)

    @property
    def send(self):
        return self if self.watched else self._send

    @property
    def status(self):
        return self.code or None

    @status.setter
    def status(self, status):
        self.code = lg_status(<PyObject *>status)

    @property
    def unanswered(self):
        return self.watched and not self.code

    def __call__(self, *arguments, **keywords):
        if self.wsgi:
            watch_start(self, arguments[0] if arguments else keywords.get("status"))
        elif arguments or "message" in keywords:
            message = arguments[0] if arguments else keywords["message"]
            watch(<PyObject *>self, <PyObject *>message)
        return self._send(*arguments, **keywords)

cdef inline void begin(Flight flight, bint watched) noexcept:
    flight.call = <vectorcallfunc><void *>call_flight
    flight.watched = watched
    flight.started = lg_seconds()

cdef object call_flight(object self, PyObject **arguments, size_t count, PyObject *names):
    count = PyVectorcall_NARGS(count)
    if names != NULL or count == 0:
        return lg_call_by_tuple(self, arguments, count, names)
    if (<Flight>self).wsgi:
        watch_start(<Flight>self, <object>arguments[0])
    else:
        watch(<PyObject *>self, arguments[0])
    return lg_call(<PyObject *>(<Flight>self)._send, arguments, count)

cdef PyObject *start_seen = NULL
cdef PyObject *body_seen = NULL
cdef Py_ssize_t type_at = 0, status_at = 1

cdef int watch(PyObject *flight, PyObject *message) except -1:
    cdef PyObject *kind
    cdef PyObject *found
    # Malformed messages are the server's to complain about.
    if not PyDict_CheckExact(<object>message):
        message_copy = dict(<object>message)
        return watch(flight, <PyObject *>message_copy)
    kind = lg_find_again(message, TYPE, &type_at)
    if kind == NULL:
        return 0
    if kind != body_seen and lg_is_text_again(kind, &start_seen, "http.response.start", 19):
        found = lg_find_again(message, STATUS, &status_at)
        (<Flight>flight).code = lg_status(found) if found != NULL else 0
    elif lg_is_text_again(kind, &body_seen, "http.response.body", 18):
        found = NULL if lg_has_just(message, TYPE, BODY) else lg_find(message, MORE_BODY)
        if found == NULL or found == <PyObject *>False or not <object>found:
            (<Flight>flight).ended = lg_seconds()
    return 0
