# cython: language_level=3, boundscheck=False, wraparound=False
"""The path of one request through LeakGuard, in C: its slot, its figures, the watch on its answer.

All that a request costs while nobody looks is in this file. Counting is exact under threads: there
is no Python code between reading and writing a figure, so the GIL is never given away there.
"""

cimport cython
from cpython.contextvars cimport PyContextVar_New_with_default, PyContextVar_Set, get_value
from cpython.dict cimport PyDict_CheckExact, PyDict_GetItemWithError
from cpython.object cimport PyObject

NO_REQUEST = LG_NO_REQUEST
UNBOUND = LG_UNBOUND

slot_variable = PyContextVar_New_with_default("leakguard slot", None)

cdef object variable = slot_variable
cdef bint slots = False
cdef uint64_t requests = 0
cdef object at_start = None

def set_at_start(function):
    global at_start
    at_start = function

def set_slots(bint on):
    global slots
    slots = on

def request_count():
    return requests

cdef const uint64_t *request_counter() noexcept:
    return &requests

@cython.freelist(64)
@cython.final
cdef class Slot:
    def __cinit__(self, int32_t route=LG_UNBOUND):
        self.slot.owner = NULL
        self.slot.route = route
        self.slot.request = requests

    def __dealloc__(self):
        lg_owner_release(self.slot.owner)

    @property
    def route(self):
        return self.slot.route

    @route.setter
    def route(self, int32_t route):
        bind(self, route)

    @property
    def request(self):
        return self.slot.request

cdef inline void bind(Slot slot, int32_t route) noexcept:
    # What was sampled before the route was known hears of it as well.
    slot.slot.route = route
    if slot.slot.owner != NULL:
        slot.slot.owner.route = route

@cython.freelist(64)
@cython.final
cdef class Flight:
    cdef public object scope, status
    cdef public double started, ended
    cdef readonly Slot slot
    cdef object _send, previous
    cdef bint watched

    def __init__(self, scope, send=None):
        begin(self, scope, send, send is not None and get(scope, "type") == "http")

    @property
    def send(self):
        return self if self.watched else self._send

    @property
    def unanswered(self):
        return self.watched and self.status is None

    def __call__(self, message):
        # Malformed messages are the server's to complain about.
        kind = get(message, "type")
        if kind == "http.response.start":
            self.status = get(message, "status")
        elif kind == "http.response.body" and not get(message, "more_body"):
            self.ended = lg_seconds()
        return self._send(message)

cdef inline void begin(Flight flight, scope, send, bint watched):
    flight.scope = scope
    flight._send = send
    flight.watched = watched
    flight.started = lg_seconds()

cdef inline object get(mapping, str key):
    cdef PyObject *value
    if not PyDict_CheckExact(mapping):
        return mapping.get(key)
    value = PyDict_GetItemWithError(mapping, key)
    return <object>value if value != NULL else None

cdef class NameMemo:
    """Names that were found before, by endpoint and by path; `find` is asked for the others."""

    cdef readonly dict by_endpoint, by_path

    def __cinit__(self, *_, **__):
        self.by_endpoint = {}
        self.by_path = {}

    def __call__(self, Flight flight not None):
        return self.name(flight)

    cdef str name(self, Flight flight):
        cdef PyObject *known = NULL
        endpoint = get(flight.scope, "endpoint")
        if endpoint is not None:
            known = PyDict_GetItemWithError(self.by_endpoint, <size_t><PyObject *>endpoint)
            if known != NULL and (<tuple>known)[0] is endpoint:
                known = PyDict_GetItemWithError(<dict>(<tuple>known)[1], get(flight.scope, "method"))
                if known != NULL:
                    return <str>known
        elif flight.status is None or flight.status < 300 or flight.status >= 500:
            known = PyDict_GetItemWithError(self.by_path, get(flight.scope, "path"))
            if (
                known != NULL
                and (<tuple>known)[0] == get(flight.scope, "method")
                and not get(flight.scope, "root_path")
            ):
                return <str>(<tuple>known)[1]
        return self.find(flight)

    def find(self, flight):
        raise NotImplementedError

@cython.final
cdef class Figures:
    cdef readonly int32_t route
    cdef readonly uint64_t requests, errors
    cdef readonly double seconds

    def __cinit__(self, int32_t route):
        self.route = route

    def count(self):
        self.requests += 1

cdef class FlightCounter:
    cdef readonly dict figures
    cdef public set flights
    cdef public object _name_of
    cdef double tick_seconds, next_tick

    def __cinit__(self, *_, **__):
        self.figures = {}
        self.flights = set()

    def __init__(self, name_of, double tick_seconds):
        self._name_of = name_of
        self.tick_seconds = tick_seconds
        self.next_tick = lg_seconds() + tick_seconds

    def enter(self, scope, send=None):
        return self.take_off(scope, send, send is not None and get(scope, "type") == "http")

    cdef Flight take_off(self, scope, send, bint watched):
        global requests
        cdef Flight flight = Flight.__new__(Flight)
        begin(flight, scope, send, watched)
        requests += 1
        self.flights.add(flight)
        if slots:
            flight.slot = Slot.__new__(Slot)
            flight.previous = get_value(variable)
            PyContextVar_Set(variable, flight.slot)
            if at_start is not None:
                at_start()
        return flight

    def leave(self, Flight flight not None, bint failed):
        self.land(flight, failed)

    cdef land(self, Flight flight, bint failed):
        cdef double ended = flight.ended or lg_seconds()
        cdef Figures figures = None
        cdef PyObject *known
        self.flights.discard(flight)
        if flight.slot is not None and get_value(variable) is flight.slot:
            # Never reset(): it clears the variable's cache and then allocates.
            PyContextVar_Set(variable, flight.previous)
        try:
            if isinstance(self._name_of, NameMemo):
                name = (<NameMemo>self._name_of).name(flight)
            else:
                name = self._name_of(flight)
            known = PyDict_GetItemWithError(self.figures, name)
            figures = <Figures>known if known != NULL else self.add_figures(name)
        finally:  # counted even if it cannot be named
            if figures is None:
                figures = self.add_figures(None)
            figures.requests += 1
            figures.seconds += ended - flight.started
            if failed or (flight.status is not None and flight.status >= 500):
                figures.errors += 1
            if flight.slot is not None:
                bind(flight.slot, figures.route)
        if ended >= self.next_tick:
            self.next_tick = ended + self.tick_seconds
            self.tick()

    def add_figures(self, name):
        raise NotImplementedError

    def tick(self):
        raise NotImplementedError

cdef class Middleware:
    """Calls an ASGI app, and counts its requests. The coroutine of a request is native as well."""

    cdef public object app
    cdef FlightCounter counter
    cdef str path

    def __init__(self, app, FlightCounter counter not None, str path not None):
        self.app = app
        self.counter = counter
        self.path = path

    def __call__(self, scope, receive, send):
        kind = scope["type"]
        if kind == "http":
            # The cheap question first: nearly every path does not even contain ours.
            if self.path in <str?>scope["path"] and self.is_ours(scope):
                return self.answer(scope, send)
        elif kind != "websocket":
            return self.app(scope, receive, send)
        return serve(self, scope, receive, send, kind == "http")

    def is_ours(self, scope):
        raise NotImplementedError

    def answer(self, scope, send):
        raise NotImplementedError

    def is_hang_up(self, error):
        raise NotImplementedError

    def report(self, error):
        raise NotImplementedError

async def serve(Middleware self, scope, receive, send, bint http):
    cdef Flight flight = None
    cdef bint failed = False
    try:
        flight = self.counter.take_off(scope, send, http)
    except Exception as error:
        self.report(error)
    if flight is None:
        return await self.app(scope, receive, send)
    try:
        result = await self.app(scope, receive, flight if http else send)
        failed = http and flight.status is None
        return result
    except Exception as error:
        failed = not self.is_hang_up(error)
        raise
    finally:
        # Also when the task is cancelled: ended, but not failed.
        try:
            self.counter.land(flight, failed)
        except Exception as error:
            self.report(error)
