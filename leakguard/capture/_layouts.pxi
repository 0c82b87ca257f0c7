# Layouts: what was compiled in is checked against the running interpreter, what no header gives is found out.

class _Plain:
    """A class as any class statement makes it: its tp_traverse tells such classes apart."""

def layout_problem():
    """Why the compiled layouts do not fit the running interpreter; None when they do.

    Also finds out which of the layouts that no header gives can be used.
    """
    import collections
    import functools
    import gc
    was_enabled = gc.isenabled()
    gc.disable()
    fresh = []
    cdef PyGC_Head *after = lg_gc_next(lg_gc_header(<PyObject *><void *>fresh))
    if was_enabled:
        gc.enable()
    if after != lg_gc_list(0):
        return "the collector's youngest generation is not where this build expects it"
    import sys
    if lg_sys_modules() != <PyObject *><void *>sys.modules:
        return "sys.modules is not where this build expects it"
    lg_layouts.subtype_traverse = lg_traverse_of(<PyObject *><void *>_Plain)
    bounded = collections.deque(maxlen=123457)
    lg_layouts.deque_maxlen = offset_of(bounded, 123457, type(bounded).__basicsize__)
    probe = lambda: None
    cached = functools.lru_cache(maxsize=123457)(probe)
    lg_layouts.lru_maxsize = offset_of(cached, 123457, type(cached).__basicsize__)
    lg_layouts.lru_func = offset_of(cached, id(probe), type(cached).__basicsize__)
    return None

cdef uint32_t offset_of(object op, size_t value, size_t limit):
    """Where in the object a word has the value; 0: nowhere."""
    cdef char *p = <char *><void *>op
    cdef size_t offset
    for offset in range(16, limit, 8):
        if (<size_t *>(p + offset))[0] == value:
            return <uint32_t>offset
    return 0

def learn_mmap(mapping, size_t size):
    """Find where an mmap object keeps its size, by one whose size is known."""
    lg_layouts.mmap_size = offset_of(mapping, size, type(mapping).__basicsize__)

def learn_numpy(array, size_t nbytes):
    """Use numpy's array layout if it gives the right size for this array."""
    for major in (2, 1):
        lg_layouts.numpy_major = major
        if lg_numpy_size(<PyObject *><void *>array) == nbytes:
            return
    lg_layouts.numpy_major = 0
