# The nodes of the graph: their types, and which node an address is.

# ---- types ----------------------------------------------------------------------------------------
cdef inline LGType *type_at(Graph *g, uint32_t index) noexcept nogil:
    return &g.types[index]

cdef uint32_t new_type(Graph *g) noexcept nogil:
    if g.type_count >= MAX_TYPES:
        return 0
    g.type_count += 1
    memset(type_at(g, g.type_count - 1), 0, sizeof(LGType))
    return g.type_count - 1

cdef inline uint32_t type_index(Graph *g, PyTypeObject *type) noexcept nogil:
    cdef uint32_t *slot = lg_map_slot(&g.type_known, type)
    cdef uint32_t index
    cdef PyTypeObject *visited = g.shared.type
    if slot == NULL:
        return 0
    if slot[0]:
        return slot[0]
    index = new_type(g)
    if index:
        slot[0] = index
        g.shared.type = type
        lg_type_init(type_at(g, index), &g.arena, &g.strings, &g.idents, g.facts.salt, type)
        type_at(g, index).buffers = lg_has_buffers(type_at(g, index))
        type_at(g, index).bounding = lg_bounding_of(type)
        g.shared.type = visited
    return index

cdef uint32_t pseudo_type(Graph *g, const char *name, uint8_t kind) noexcept nogil:
    cdef uint32_t index = new_type(g)
    type_at(g, index).name = lg_string_z(&g.strings, name)
    type_at(g, index).kind = kind
    return index

# ---- nodes ----------------------------------------------------------------------------------------

# An address is looked up in a table of its 4 KiB page, then among the 256 places of the page where
# an object can start: neighbours in memory are neighbours in the table, and cost one cache miss.

cdef int grow_pages(Graph *g) noexcept nogil:
    cdef LGBytes keys, index
    cdef uint64_t size = (g.page_mask + 1) * 2 if g.page_mask else 4096
    cdef uint64_t i, h
    cdef uint64_t *old = <uint64_t *>g.page_key.p
    cdef int shift = 0
    memset(&keys, 0, sizeof(LGBytes))
    memset(&index, 0, sizeof(LGBytes))
    while (<uint64_t>1 << shift) < size:
        shift += 1
    shift = 64 - shift
    if lg_reserve(&keys, size * 8) < 0 or lg_reserve(&index, size * 4) < 0:
        lg_release(&keys)
        return -1
    if g.page_mask:
        for i in range(g.page_mask + 1):
            if old[i]:
                h = (old[i] * <uint64_t>0x9E3779B97F4A7C15) >> shift
                while (<uint64_t *>keys.p)[h]:
                    h = (h + 1) & (size - 1)
                (<uint64_t *>keys.p)[h] = old[i]
                (<uint32_t *>index.p)[h] = (<uint32_t *>g.page_index.p)[i]
    lg_release(&g.page_key)
    lg_release(&g.page_index)
    g.page_key = keys
    g.page_index = index
    g.page_mask = size - 1
    g.page_shift = shift
    return 0

cdef inline uint32_t *node_slot(Graph *g, const void *address, bint make) noexcept nogil:
    """Where the node of an address is kept as index + 1; NULL: unknown (or no memory)."""
    cdef uint64_t key = <uint64_t><uintptr_t>address >> 12
    cdef uint64_t h
    cdef uint64_t *keys
    if make and g.page_count * 2 >= g.page_mask and grow_pages(g) < 0:
        return NULL
    keys = <uint64_t *>g.page_key.p
    h = (key * <uint64_t>0x9E3779B97F4A7C15) >> g.page_shift
    while keys[h] != key:
        if keys[h] == 0:
            if not make or lg_reserve(&g.page_block, (g.page_count + 1) * 1024) < 0:
                return NULL
            keys[h] = key
            (<uint32_t *>g.page_index.p)[h] = <uint32_t>g.page_count
            g.page_count += 1
            break
        h = (h + 1) & g.page_mask
    return &(<uint32_t *>g.page_block.p)[
        (<uint64_t>(<uint32_t *>g.page_index.p)[h] << 8) + ((<uintptr_t>address >> 4) & 255)]

cdef inline void prefetch_page(Graph *g, const void *address) noexcept nogil:
    cdef uint64_t key = <uint64_t><uintptr_t>address >> 12
    cdef uint64_t h = (key * <uint64_t>0x9E3779B97F4A7C15) >> g.page_shift
    LG_PREFETCH(&(<uint64_t *>g.page_key.p)[h])
    LG_PREFETCH(&(<uint32_t *>g.page_index.p)[h])

cdef int64_t add_node(Graph *g, const void *address, uint32_t type, uint64_t references) noexcept nogil:
    cdef uint64_t i = g.n
    if i * 8 + 8 > g.address.room or i * 4 + 8 > g.offset.room:
        if i >= <uint64_t>0xfffffff0:
            g.shared.failure = TOO_MANY
            lg_exhaust()
            return -1
        if (lg_reserve(&g.address, (i + 1) * 8) < 0 or lg_reserve(&g.size, (i + 1) * 8) < 0
                or lg_reserve(&g.external, (i + 1) * 4) < 0 or lg_reserve(&g.folded, (i + 1) * 4) < 0
                or lg_reserve(&g.offset, (i + 2) * 4) < 0 or lg_reserve(&g.type, (i + 1) * 2) < 0
                or lg_reserve(&g.folded_type, (i + 1) * 2) < 0):
            return -1
    (<uint64_t *>g.address.p)[i] = <uint64_t><uintptr_t>address
    (<uint16_t *>g.type.p)[i] = <uint16_t>type
    (<uint32_t *>g.external.p)[i] = <uint32_t>(references if references < COUNT_MAX else COUNT_MAX)
    g.n = i + 1
    return <int64_t>i

cdef inline int64_t node_at(Graph *g, uint32_t *slot, PyObject *op, uint32_t type,
                            bint immortal) noexcept nogil:
    """The node kept in a slot, made if it is the first time that its object is met."""
    cdef int64_t node
    if slot[0]:
        return <int64_t>slot[0] - 1
    node = add_node(g, op, type, EXTERNAL_ROOT if immortal
                    else lg_counted_references(op, type_at(g, type)))
    if node >= 0:
        slot[0] = <uint32_t>(node + 1)
    return node

cdef inline int64_t object_node(Graph *g, PyObject *op, uint32_t type, bint immortal) noexcept nogil:
    cdef uint32_t *slot = node_slot(g, op, True)
    return -1 if slot == NULL else node_at(g, slot, op, type, immortal)
