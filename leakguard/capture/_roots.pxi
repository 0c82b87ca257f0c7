# Roots: what the reference counts leave over.

cdef int add_root(Graph *g, uint64_t node, uint8_t kind) noexcept nogil:
    if (lg_reserve(&g.root_node, (g.roots + 1) * 4) < 0
            or lg_reserve(&g.root_kind, g.roots + 1) < 0):
        return -1
    (<uint32_t *>g.root_node.p)[g.roots] = <uint32_t>node
    (<uint8_t *>g.root_kind.p)[g.roots] = kind
    g.roots += 1
    return 0

cdef int find_roots(Graph *g) noexcept nogil:
    """As CPython's own collector reasons: a count that in-edges do not explain is held from outside."""
    cdef uint64_t i
    cdef uint32_t *external = <uint32_t *>g.external.p
    cdef uint32_t *target = <uint32_t *>g.target.p
    cdef uint32_t *slot
    cdef PyObject *modules = lg_sys_modules()
    cdef PyObject *key
    cdef PyObject *module
    cdef Py_ssize_t position = 0
    cdef int32_t left
    cdef uint8_t kind
    for i in range(g.e):
        if i + 24 < g.e:
            LG_PREFETCH(&external[target[i + 24]])
        external[target[i]] -= 1
    while modules != NULL and PyDict_Next(modules, &position, &key, &module):
        slot = node_slot(g, module, False)
        if slot != NULL and slot[0] and type_at(g, (<uint16_t *>g.type.p)[slot[0] - 1]).kind == LG_MODULE:
            external[slot[0] - 1] = 0x7fffffff
    for i in range(g.n):
        left = <int32_t>external[i]
        if left <= 0:
            continue            # below nothing: an edge that no count stands for
        kind = type_at(g, (<uint16_t *>g.type.p)[i]).kind
        if left == 0x7fffffff:
            kind = 1
        elif kind == LG_THREAD:
            kind = 2
        elif left >= 0x38000000:
            kind = 5
        elif kind == LG_TYPE:
            kind = 4
        else:
            kind = 3
        if add_root(g, i, kind) < 0:
            return -1
    return 0
