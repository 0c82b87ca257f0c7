# What each path weighs with all below it, and which weigh enough to be kept.


cdef void add_up(Walk *w) noexcept nogil:
    cdef uint32_t i = w.paths
    cdef Path *p
    while i:
        i -= 1
        p = &w.path[i]
        p.all_objects += p.count + p.inner
        p.all_bytes += p.bytes
        if p.parent != NO:
            w.path[p.parent].all_objects += p.all_objects
            w.path[p.parent].all_bytes += p.all_bytes


cdef uint32_t keep(Walk *w, uint64_t objects, uint64_t size) noexcept nogil:
    """Mark the paths of some weight, by themselves or by all the light ones below them, and all
    above them; returns how many."""
    cdef uint32_t i = w.paths, kept = 0
    cdef Path *p
    cdef Path *above
    for i in range(w.paths):
        p = &w.path[i]
        p.kept = 0
        p.light_objects = p.all_objects
        p.light_bytes = p.all_bytes
    i = w.paths
    while i:
        i -= 1
        p = &w.path[i]
        if (
            p.kept or p.count >= objects or p.inner >= 4 * objects or p.bytes >= size
            or p.light_objects >= 8 * objects or p.light_bytes >= 4 * size
        ):
            p.kept = 1
            kept += 1
            if p.parent != NO:
                above = &w.path[p.parent]
                above.kept = 1
                above.light_objects -= p.all_objects
                above.light_bytes -= p.all_bytes
    return kept
