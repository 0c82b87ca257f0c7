# The figures of requests: who is in flight, how many there were, how long they took.

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
    cdef Py_ssize_t figures_at

    def __cinit__(self, *_, **__):
        self.figures = {}
        self.entered = set()
        lg_start_line(&self.line)

    def __dealloc__(self):
        lg_end_line(&self.line)

    def __init__(self, name_of, double tick_seconds):
        self._name_of = name_of
        self.tick_seconds = tick_seconds
        self.next_tick = lg_seconds() + tick_seconds  # not every app of a test suite is to be known

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
            if flight.scope is not None:  # the garbage collector has not emptied it
                name = self.name_of(flight)
                figures = self.figures.get(name) or self.add_figures(name)
        finally:  # counted even if it cannot be named
            count(figures or self.add_figures(None), flight, failed)
        return 0

    def add_figures(self, name):
        raise NotImplementedError

    def tick(self):
        raise NotImplementedError

cdef Flight new_flight(FlightCounter self, bint watched):
    """A request has come. Whoever calls this says at once which."""
    global requests
    requests += 1
    cdef Flight flight = flight_with_slot() if slots else Flight.__new__(Flight)
    begin(flight, watched)
    lg_link(&self.line, &flight.link, <PyObject *>flight)
    return flight

cdef Flight depart(FlightCounter self, scope, send, bint watched):
    """The request of that scope or environ has come."""
    flight = new_flight(self, watched)
    flight.scope = scope
    flight._send = send
    if is_start_heard():
        at_start()
    return flight

cdef inline bint is_start_heard() noexcept:
    return at_start is not None and slots

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
            known = lg_find_again(<PyObject *>self.figures, known, &self.figures_at)
    if known != NULL:
        count(<Figures>known, flight, failed)
    else:
        self.land_unknown(flight, failed)
    if ended >= self.next_tick and not collected:  # a tick may need what is being collected too
        self.next_tick = ended + self.tick_seconds
        self.tick()
    return 0
