# The figures of requests: who is in flight, what they are called, how many there were.

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
        begin(self, scope, send, send is not None and get(scope, TYPE) == "http")

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

cdef inline void begin(Flight flight, scope, send, bint watched) noexcept:
    flight.call = <vectorcallfunc><void *>call_flight
    flight.scope = scope
    flight._send = send
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

cdef int watch(PyObject *flight, PyObject *message) except -1:
    cdef PyObject *kind
    cdef PyObject *found
    # Malformed messages are the server's to complain about.
    if not PyDict_CheckExact(<object>message):
        message_copy = dict(<object>message)
        return watch(flight, <PyObject *>message_copy)
    kind = lg_first(message, TYPE)
    if kind == NULL:
        return 0
    if lg_is_text(kind, "http.response.start", 19):
        found = lg_find(message, STATUS)
        (<Flight>flight).code = lg_status(found) if found != NULL else 0
    elif lg_is_text(kind, "http.response.body", 18):
        found = lg_find(message, MORE_BODY)
        if found == NULL or found == <PyObject *>False or not <object>found:
            (<Flight>flight).ended = lg_seconds()
    return 0

cdef inline object get(mapping, PyObject *key):
    cdef PyObject *value
    if not PyDict_CheckExact(mapping):
        return mapping.get(<object>key)
    value = lg_find(<PyObject *>mapping, key)
    return <object>value if value != NULL else None

cdef inline object found(PyObject *mapping, PyObject *key):
    """The same, but nothing of a mapping that is no plain dict: asking it may raise."""
    cdef PyObject *value = lg_find(mapping, key) if PyDict_CheckExact(<object>mapping) else NULL
    return <object>value if value != NULL else None

cdef class NameMemo:
    """Names that were found before, by endpoint, template or path; `find` is asked for the others."""

    cdef readonly dict by_endpoint, by_template, by_path

    def __cinit__(self, *_, **__):
        self.by_endpoint = {}
        self.by_template = {}
        self.by_path = {}

    def __call__(self, Flight flight not None):
        return self.name(flight)

    cdef str name(self, Flight flight):
        cdef PyObject *known = self.known(flight)
        return <str>known if known != NULL else self.find(flight)

    cdef PyObject *known(self, Flight flight) except? NULL:
        """Borrowed; NULL if it is not remembered."""
        cdef PyObject *found
        cdef PyObject *key
        cdef PyObject *method
        cdef PyObject *said
        cdef PyObject *scope = <PyObject *>flight.scope
        cdef bint wsgi = flight.wsgi
        if not PyDict_CheckExact(<object>scope):
            return NULL
        method = lg_find(scope, REQUEST_METHOD if wsgi else METHOD)
        if method == NULL or (wsgi and not is_where_it_entered(scope, <PyObject *>flight.entry)):
            return NULL
        said = lg_find(scope, LEAKGUARD_ROUTE)
        if wsgi:
            key = <PyObject *>flight.route
            if key == <PyObject *>None and said == NULL:
                key = lg_find(scope, BOTTLE_ROUTE)
        else:
            key = lg_find(scope, ENDPOINT)
            if said == NULL and (key == NULL or key == <PyObject *>None):
                said = lg_find(scope, PATH_TEMPLATE)
            elif said != NULL and key != NULL:
                return NULL
        if said != NULL:
            found = lg_find_text(<PyObject *>self.by_template, said)
            return lg_find_text(found, method) if found != NULL else NULL
        if key != NULL and key != <PyObject *>None:
            found = PyDict_GetItemWithError(self.by_endpoint, <size_t>key)
            if found != NULL and PyTuple_GET_ITEM(found, 0) == key:
                return lg_find(PyTuple_GET_ITEM(found, 1), method)
        elif flight.code < 300 or flight.code >= 500:
            if wsgi or flight.entry is None:
                key = lg_find(scope, PATH_INFO if wsgi else PATH)
            else:
                key = <PyObject *>flight.entry
            if key == NULL:
                return NULL
            found = lg_find_text(<PyObject *>self.by_path, key)
            if found != NULL and (
                PyTuple_GET_ITEM(found, 0) == method
                or <object>PyTuple_GET_ITEM(found, 0) == <object>method
            ):
                key = NULL if wsgi else lg_find(scope, ROOT_PATH)
                if key == NULL or lg_is_text(key, "", 0) or not <object>key:
                    return PyTuple_GET_ITEM(found, 1)
        return NULL

    def find(self, flight):
        raise NotImplementedError

cdef inline bint is_where_it_entered(PyObject *environ, PyObject *entry) except -1:
    """Whether no app within the app has been reached, below which its routes would begin."""
    cdef PyObject *root = lg_find(environ, SCRIPT_NAME)
    if root == entry or root == NULL:
        return True
    return <object>root == <object>entry

@cython.final
cdef class Figures:
    cdef readonly int32_t route
    cdef readonly uint64_t requests, errors
    cdef readonly double seconds
    cdef readonly uint64_t under_way  # of a track

    def __cinit__(self, int32_t route):
        self.route = route

    def begin(self):
        self.requests += 1
        self.under_way += 1

    def end(self, double seconds, bint failed):
        self.under_way -= self.under_way > 0
        self.seconds += seconds
        self.errors += failed

    def start_again(self):
        self.requests = self.errors = self.under_way = 0
        self.seconds = 0

cdef inline void count(Figures figures, Flight flight, bint failed) noexcept:
    figures.requests += 1
    figures.seconds += flight.ended - flight.started
    figures.errors += failed or flight.code >= 500
    if flight.slot is not None:
        bind(flight.slot, figures.route)
        retire(flight)

cdef bint is_whole(FlightCounter counter) noexcept:
    """Whether it can still count: the garbage collector takes an app apart, LeakGuard with it, in
    any order, and what lands as it is collected may come after its counter."""
    if counter is None or counter.figures is None or counter.name_of is None:
        return False
    return counter.memo is None or counter.memo.by_path is not None

cdef class FlightCounter:
    cdef readonly dict figures
    cdef object name_of
    cdef NameMemo memo  # `name_of`, if it is one
    cdef LGLink line
    cdef set entered  # flights of those who may not keep them
    cdef double tick_seconds, next_tick

    def __cinit__(self, *_, **__):
        self.figures = {}
        self.entered = set()
        lg_start_line(&self.line)

    def __dealloc__(self):
        lg_end_line(&self.line)

    def __init__(self, name_of, double tick_seconds):
        self._name_of = name_of
        self.tick_seconds = tick_seconds
        self.next_tick = lg_seconds() + tick_seconds

    @property
    def _name_of(self):
        return self.name_of

    @_name_of.setter
    def _name_of(self, name_of):
        self.name_of = name_of
        self.memo = name_of if isinstance(name_of, NameMemo) else None

    @property
    def flights(self):
        """Those that have not ended."""
        found = []
        cdef LGLink *link = self.line.next
        while link != &self.line:
            found.append(<object>link.flight)
            link = link.next
        return found

    def forget_flights(self):
        lg_end_line(&self.line)
        self.entered.clear()

    def enter(self, scope, send=None):
        watched = send is not None and get(scope, TYPE) == "http"
        flight = depart(self, scope, send, watched)
        self.entered.add(flight)
        return flight

    def leave(self, Flight flight not None, bint failed):
        self.entered.discard(flight)
        land(self, flight, failed)

    cdef int land_unknown(self, Flight flight, bint failed) except -1:
        cdef Figures figures = None
        try:
            name = self.name_of(flight)
            figures = self.figures.get(name) or self.add_figures(name)
        finally:  # counted even if it cannot be named
            count(figures or self.add_figures(None), flight, failed)
        return 0

    def add_figures(self, name):
        raise NotImplementedError

    def tick(self):
        raise NotImplementedError

cdef Flight depart(FlightCounter self, scope, send, bint watched):
    """A request has come."""
    global requests
    requests += 1
    cdef Flight flight = flight_with_slot() if slots else Flight.__new__(Flight)
    begin(flight, scope, send, watched)
    lg_link(&self.line, &flight.link, <PyObject *>flight)
    if at_start is not None and slots:
        at_start()
    return flight

cdef int land(FlightCounter self, Flight flight, bint failed) except -1:
    """It has ended."""
    cdef PyObject *known = NULL
    lg_unlink(&flight.link)
    if flight.slot is not None:
        take_off(flight)
    if not flight.ended:
        flight.ended = lg_seconds()
    cdef double ended = flight.ended  # the flight may serve another request when it is counted
    cdef bint collected = flight.unsound
    if self.memo is not None:
        known = self.memo.known(flight)
        if known != NULL:
            known = lg_find_text(<PyObject *>self.figures, known)
    if known != NULL:
        count(<Figures>known, flight, failed)
    else:
        self.land_unknown(flight, failed)
    if ended >= self.next_tick and not collected:  # a tick may need what is being collected too
        self.next_tick = ended + self.tick_seconds
        self.tick()
    return 0
