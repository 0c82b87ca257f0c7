# The edges, in the order of their sources (CSR): references in batches, leaves folded into owners.

cdef enum:
    LARGE_LEAF = 65536      # bytes from which a string is worth a node, and a name, of its own

# References are collected in batches and prefetched, so that the cache misses of one object's
# targets overlap. A leaf with one reference becomes part of its owner: half of all objects.

cdef void flush(Graph *g) noexcept nogil:
    """Three passes over a batch, each starting to load what the next one reads."""
    cdef LGSink *k = &g.sink
    cdef uint32_t *source = <uint32_t *>g.batch_source.p
    cdef uint32_t *end = <uint32_t *>g.batch_end.p
    cdef uint32_t *target
    cdef uint32_t *label
    cdef uint32_t *slot
    cdef uint32_t s, kept = 0, type, this
    cdef uint64_t bytes
    cdef int64_t node
    cdef LGType *t
    cdef PyObject *op
    cdef uintptr_t raw
    cdef uint8_t flags
    cdef int i, j = 0
    cdef PyObject *keep[512]
    cdef uint32_t keep_type[512]
    cdef uint32_t keep_label[512]
    cdef uint8_t keep_flags[512]
    cdef uint64_t place[512]        # in the page blocks, which may move as they grow
    if lg_out_of_memory:
        k.count = 0
        g.batch_sources = 0     # a long list goes on filling batches until its visit is over
        return
    for s in range(<uint32_t>g.batch_sources):
        this = source[s]
        while j < <int>end[s]:
            raw = <uintptr_t>k.target[j]
            op = <PyObject *>(raw & ~<uintptr_t>LG_UNCOUNTED)
            type = type_index(g, Py_TYPE(op))
            t = type_at(g, type)
            flags = <uint8_t>(lg_is_immortal(op) * 2 + (raw & LG_UNCOUNTED))
            bytes = 0
            if t.leaf and flags == 0 and lg_refcount(op) == 1:
                bytes = lg_object_bytes(op, t)
            if bytes and bytes < LARGE_LEAF:
                t.folded_count += 1
                t.folded_bytes += bytes
                if g.allocations.wanted.filter != NULL:
                    lg_claim_leaf(&g.allocations.wanted, op, t, this)
                (<uint64_t *>g.size.p)[this] += bytes
                (<uint32_t *>g.folded.p)[this] += 1
                (<uint16_t *>g.folded_type.p)[this] = <uint16_t>type
                g.objects += 1
            else:
                prefetch_page(g, op)
                keep[kept] = op
                keep_type[kept] = type
                keep_label[kept] = k.label[j]
                keep_flags[kept] = flags
                kept += 1
            j += 1
        end[s] = kept
    k.count = 0
    for i in range(<int>kept):
        slot = node_slot(g, keep[i], True)
        if slot == NULL:
            return
        place[i] = <uint64_t>(slot - <uint32_t *>g.page_block.p)
        LG_PREFETCH(slot)
    if lg_reserve(&g.target, (g.e + kept) * 4) < 0 or lg_reserve(&g.label, (g.e + kept) * 4) < 0:
        return
    if g.e + kept >= <uint64_t>0xfffffff0:
        g.shared.failure = TOO_MANY
        lg_exhaust()
        return
    target = <uint32_t *>g.target.p
    label = <uint32_t *>g.label.p
    i = 0
    for s in range(<uint32_t>g.batch_sources):
        while i < <int>end[s]:
            slot = &(<uint32_t *>g.page_block.p)[place[i]]
            node = node_at(g, slot, keep[i], keep_type[i], keep_flags[i] & 2)
            if node < 0:
                return
            if not keep_flags[i] & 2:   # in-edges of immortal objects say nothing
                if keep_flags[i] & 1 and (<uint32_t *>g.external.p)[node] < COUNT_MAX:
                    (<uint32_t *>g.external.p)[node] += 1
                target[g.e] = <uint32_t>node
                label[g.e] = keep_label[i]
                g.e += 1
            i += 1
        (<uint32_t *>g.offset.p)[source[s] + 1] = <uint32_t>g.e
    g.batch_sources = 0

cdef void end_source(Graph *g) noexcept nogil:
    (<uint32_t *>g.batch_source.p)[g.batch_sources] = g.source
    (<uint32_t *>g.batch_end.p)[g.batch_sources] = <uint32_t>g.sink.count
    g.batch_sources += 1

cdef void batch_full(LGSink *k) noexcept nogil:
    cdef Graph *g = <Graph *>k.owner
    cdef PyTypeObject *visited = g.shared.type
    end_source(g)
    flush(g)
    g.shared.type = visited
