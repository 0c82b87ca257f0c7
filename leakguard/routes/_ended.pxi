# Coroutines that have ended and wait for the next request: they refer to nothing, and but for their
# state they are as new ones. To make one and to take it apart costs a request three times as much.
cdef PyObject *ended_coroutines[LG_SPARES]
cdef int ended = 0
cdef destructor take_apart = (<PyTypeObject *>RequestCoroutine).tp_dealloc

cdef inline PyObject *new_coroutine() except NULL:
    """A new reference."""
    global ended
    cdef PyObject *coroutine
    if not ended:
        made = RequestCoroutine.__new__(RequestCoroutine)
        Py_INCREF(made)
        return <PyObject *>made
    ended -= 1
    coroutine = PyObject_Init(ended_coroutines[ended], <PyTypeObject *>RequestCoroutine)
    (<RequestCoroutine>coroutine).state = CREATED
    PyObject_GC_Track(coroutine)
    return coroutine

cdef void let_go(PyObject *coroutine) noexcept:
    """The tp_dealloc of request coroutines."""
    global ended
    if (
        (<RequestCoroutine>coroutine).state == CLOSED
        and not lg_has_weakrefs(coroutine)
    ):
        PyObject_GC_UnTrack(coroutine)
        (<RequestCoroutine>coroutine).middleware = None
        (<RequestCoroutine>coroutine).path = None
        if ended < LG_KEPT_COROUTINES:
            ended_coroutines[ended] = coroutine
            ended += 1
            return
    take_apart(coroutine)

(<PyTypeObject *>RequestCoroutine).tp_dealloc = let_go
