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

# Slots that nobody holds any more, each within a mapping that is `spare_before` and the slot.
cdef PyObject *spare_before = NULL
cdef PyObject *spare_slots[LG_SPARES]
cdef PyObject *spare_mappings[LG_SPARES]
cdef int spares = 0

cdef int put_on(Flight flight) except -1:
    """The running code works for a new slot from now on."""
    global spares
    cdef PyObject **current = lg_context_vars()
    if spares == 0 or current == NULL or current[0] != spare_before:
        flight.slot = Slot.__new__(Slot)
        return put_on_again(flight)
    spares -= 1
    flight.before = <object>spare_before
    flight.slot = <Slot>spare_slots[spares]
    flight.mapping = <object>spare_mappings[spares]
    Py_DECREF(flight.slot)
    Py_DECREF(flight.mapping)
    lg_renew(&flight.slot.slot, requests)
    lg_exchange_vars(current, <PyObject *>flight.mapping)
    return 0

cdef int put_on_again(Flight flight) except -1:
    """The same slot once more, after it was taken off."""
    cdef PyObject **current = lg_context_vars()
    if current != NULL and flight.mapping is not None and current[0] == <PyObject *>flight.before:
        lg_exchange_vars(current, <PyObject *>flight.mapping)
        return 0
    flight.previous = get_value(variable)
    flight.before = <object>current[0] if current != NULL else None
    PyContextVar_Set(variable, flight.slot)
    flight.mapping = <object>current[0] if current != NULL else None
    return 0

cdef int take_off(Flight flight) except -1:
    """The running code works for whom it did before."""
    cdef PyObject **current = lg_context_vars()
    if current != NULL and current[0] == <PyObject *>flight.mapping:
        lg_exchange_vars(current, <PyObject *>flight.before)
    elif get_value(variable) is flight.slot:
        # Never reset(): it clears the variable's cache and then allocates.
        PyContextVar_Set(variable, flight.previous)
    return 0

cdef void give_up(Flight flight) noexcept:
    """The slot was worn for the last time; it serves another if nobody has inherited it."""
    global spares, spare_before
    cdef PyObject *before = <PyObject *>flight.before
    if (
        spares < LG_SPARES
        and flight.previous is None
        and flight.mapping is not None
        and flight.mapping is not flight.before
        and lg_references(<PyObject *>flight.slot) == 2  # ours, and that of the mapping
        and lg_references(<PyObject *>flight.mapping) == 1
        # Nothing stays alive because of us that lives by this context alone.
        and (before == spare_before or lg_references(<PyObject *>flight.before) > 2)
        and lg_is_direct(<PyObject *>flight.mapping, <PyObject *>flight.slot)
    ):
        if before != spare_before:
            drop_spares()
            Py_INCREF(flight.before)
            spare_before = before
        Py_INCREF(flight.slot)
        Py_INCREF(flight.mapping)
        spare_slots[spares] = <PyObject *>flight.slot
        spare_mappings[spares] = <PyObject *>flight.mapping
        spares += 1
        flight.slot = None
    flight.mapping = flight.before = flight.previous = None

cdef void drop_spares() noexcept:
    global spares, spare_before
    cdef PyObject *before = spare_before
    spare_before = NULL
    while spares:
        spares -= 1
        Py_DECREF(<object>spare_mappings[spares])
        Py_DECREF(<object>spare_slots[spares])
    Py_XDECREF(before)

lg_check_context(variable)
