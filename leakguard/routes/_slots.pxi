# Whose request runs: a slot in a context variable, so that tasks and threads inherit it.

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
        self.slot.owner = self.slot.late = NULL
        self.slot.ended = 0
        self.slot.route = route
        self.slot.request = requests

    def __dealloc__(self):
        lg_owner_release(self.slot.owner)
        lg_owner_release(self.slot.late)

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

# Flights that have ended and that nobody holds: each still has its slot, and the mapping that is
# `spare_before` and this slot.
cdef PyObject *spare_before = NULL
cdef PyObject *spare_flights[LG_SPARES]
cdef int spares = 0

cdef inline bint is_before(PyObject *mapping) noexcept:
    """Whether the flights that wait can begin where these are the running code's variables."""
    return mapping == spare_before or (
        spare_before != NULL and lg_is_empty(mapping) and lg_is_empty(spare_before)
    )

cdef inline Flight flight_with_slot():
    """A flight for whose slot the running code works from now on."""
    global spares
    cdef PyThreadState *thread = PyThreadState_Get()
    cdef PyObject **current = lg_context_vars(thread)
    cdef PyObject *spare
    if spares and current != NULL and is_before(current[0]):
        spares -= 1
        spare = spare_flights[spares]
        lg_renew(&(<Flight>spare).slot.slot, requests)
        lg_exchange_vars(thread, current, <PyObject *>(<Flight>spare).mapping)
        return lg_own(spare)
    flight = Flight.__new__(Flight)
    put_on(<Flight>flight)
    return <Flight>flight

cdef int put_on(Flight flight) except -1:
    """The running code works for the flight's slot from now on."""
    cdef PyThreadState *thread = PyThreadState_Get()
    cdef PyObject **current = lg_context_vars(thread)
    if (
        current != NULL
        and flight.mapping is not None
        and current[0] == <PyObject *>flight.before
    ):
        lg_exchange_vars(thread, current, <PyObject *>flight.mapping)
        return 0
    if flight.slot is None:
        flight.slot = Slot.__new__(Slot)
    flight.previous = get_value(variable)
    flight.before = <object>current[0] if current != NULL else None
    PyContextVar_Set(variable, flight.slot)
    flight.mapping = <object>current[0] if current != NULL else None
    return 0

cdef int take_off(Flight flight) except -1:
    """The running code works for whom it did before."""
    cdef PyThreadState *thread = PyThreadState_Get()
    cdef PyObject **current = lg_context_vars(thread)
    # What came before may be empty by now, and the context must not get that, if the collector has
    # found the flight to be garbage.
    if (
        current != NULL
        and not flight.unsound
        and flight.mapping is not None
        and (
            current[0] == <PyObject *>flight.mapping
            or lg_is_equal(current[0], <PyObject *>flight.mapping)
        )
    ):
        lg_exchange_vars(thread, current, <PyObject *>flight.before)
    elif get_value(variable) is flight.slot:
        # Never reset(): it clears the variable's cache and then allocates.
        PyContextVar_Set(variable, flight.previous)
    return 0

cdef void retire(Flight flight) noexcept:
    """The flight has ended; it serves another request if nobody has inherited its slot."""
    global spares, spare_before
    cdef PyObject *before = <PyObject *>flight.before
    if (
        spares < LG_SPARES
        and lg_references(<PyObject *>flight) == 1
        and lg_references(<PyObject *>flight.slot) == 2  # the flight's, and that of the mapping
        and lg_references(<PyObject *>flight.mapping) == 1
        and flight.previous is None
        and not flight.unsound
        and before != <PyObject *>None
        # Nothing stays alive because of us that lives by this context alone.
        and (before == spare_before or lg_is_empty(before) or lg_references(before) > 2)
        and (flight.reused or is_reusable(flight))
    ):
        flight.scope = flight._send = flight.route = flight.entry = None
        flight.ended = flight.code = 0
        flight.wsgi = False
        flight.reused = True
        if not is_before(before):
            drop_spares()
            Py_INCREF(flight.before)
            spare_before = before
        Py_INCREF(flight)
        spare_flights[spares] = <PyObject *>flight
        spares += 1
    else:
        flight.slot.slot.ended = True

cdef bint is_reusable(Flight flight) noexcept:
    return flight.mapping is not flight.before and lg_is_direct(
        <PyObject *>flight.mapping, <PyObject *>flight.slot
    )

cdef void drop_spares() noexcept:
    global spares, spare_before
    cdef PyObject *before = spare_before
    spare_before = NULL
    while spares:
        spares -= 1
        Py_DECREF(<object>spare_flights[spares])
    Py_XDECREF(before)

lg_check_context(variable)
