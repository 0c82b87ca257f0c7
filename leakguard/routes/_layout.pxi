# Does this interpreter look as it did to the compiler? What hooks read is compared with what Python says.

def layout_problem():
    if lg_running_thread() == NULL:
        return "this is not the main interpreter, or its thread state is not where it was expected"
    if not _reads_stack(0):
        return "the frames of this interpreter are laid out differently"
    if next(_from_generator()) is not True:
        return "the frames of generators are laid out differently"
    if not Context().run(_reads_slot):  # where nothing is left in the server's own
        return "the context of this interpreter is laid out differently"
    return None

def _from_generator():
    yield _reads_stack(1)

cdef bint _reads_stack(int skip):
    """Whether frames as the hooks read them are those that sys._getframe() shows, with their lines."""
    cdef LGFrame frames[LG_DEPTH]
    cdef int depth = lg_read_stack(lg_running_thread(), frames, LG_DEPTH)
    cdef int i
    frame = sys._getframe()
    for i in range(depth):
        if frame is None or <PyObject *>frames[i].code != <PyObject *>frame.f_code:
            return False
        if PyCode_Addr2Line(frames[i].code, frames[i].instruction) != frame.f_lineno:
            return False
        frame = frame.f_back
    return depth == LG_DEPTH or frame is None

def _reads_slot():
    cdef Slot slot = Slot()
    slot_variable.set(slot)
    _connect()
    cdef bint asked = lg_current_slot(lg_running_thread()) == &slot.slot
    lg_learn_nodes(lg_running_thread())
    return asked and lg_current_slot(lg_running_thread()) == &slot.slot

cdef void _connect():
    """Tells the hooks where slots are found."""
    global lg_variable, lg_slot_type, lg_slot_offset, lg_requests
    cdef Slot slot
    if lg_variable != NULL:
        return
    slot = Slot()
    lg_slot_type = <PyTypeObject *><PyObject *>Slot
    lg_slot_offset = <uintptr_t>&slot.slot - <uintptr_t><PyObject *>slot
    lg_requests = request_counter()
    Py_INCREF(slot_variable)  # for good: a hook may run as long as the process
    lg_variable = <PyObject *>slot_variable
