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


cdef int add_kin(Walk *w) noexcept nogil:
    """Sum up what lies under different keys, at the first path of each kin; -1 without memory."""
    cdef Map near, far
    cdef uint32_t i
    cdef Path *p
    cdef Path *first
    cdef int failed = map_start(&near, w.paths)
    failed = map_start(&far, w.paths) or failed
    for i in range(w.paths):
        p = &w.path[i]
        p.near_count = p.near_bytes = p.far_count = p.far_bytes = 0
        p.first_near = p.first_far = i
        if failed:
            continue
        failed = first_of(&near, p.near, i, &p.first_near) or first_of(&far, p.far, i, &p.first_far)
        first = &w.path[p.first_near]
        first.near_count += p.count
        first.near_bytes += p.all_bytes
        first = &w.path[p.first_far]
        first.far_count += p.count
        first.far_bytes += p.all_bytes
    map_end(&near)
    map_end(&far)
    return failed


cdef int first_of(Map *m, uint64_t key, uint32_t path, uint32_t *found) noexcept nogil:
    cdef uint64_t at = map_place(m, key)
    if m.key[at]:
        found[0] = m.value[at]
        return 0
    found[0] = path
    return map_put(m, key, path)


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
