# The edges, in the order of their sources (CSR): references in batches, leaves folded into owners.

cdef enum:
    LARGE_LEAF = 65536      # bytes from which a string is worth a node, and a name, of its own

# References are collected in batches and prefetched, so that the cache misses of one object's
# targets overlap. A leaf with one reference becomes part of its owner: half of all objects.

cdef void flush(Graph *g) noexcept nogil:
    cdef LGSink *k = &g.sink
    cdef uint32_t *source = <uint32_t *>g.batch_source.p
    cdef uint32_t *end = <uint32_t *>g.batch_end.p
    cdef uint32_t *target
    cdef uint32_t *label
    cdef uint32_t s, kept, type, this
    cdef uint64_t bytes
    cdef int64_t node
    cdef LGType *t
    cdef PyObject *op
    cdef uintptr_t raw
    cdef int i, j = 0
    cdef PyObject *keep[512]
    cdef uint32_t keep_type[512]
    cdef uint32_t keep_label[512]
    cdef uint8_t keep_flags[512]
    if lg_out_of_memory:
        k.count = 0
        return
    for s in range(<uint32_t>g.batch_sources):
        this = source[s]
        kept = 0
        while j < <int>end[s]:
            raw = <uintptr_t>k.target[j]
            op = <PyObject *>(raw & ~<uintptr_t>LG_UNCOUNTED)
            type = type_index(g, Py_TYPE(op))
            t = type_at(g, type)
            keep_flags[kept] = <uint8_t>(lg_is_immortal(op) * 2 + (raw & LG_UNCOUNTED))
            bytes = 0
            if t.leaf and keep_flags[kept] == 0 and lg_refcount(op) == 1:
                bytes = lg_object_bytes(op, t)
            if bytes and bytes < LARGE_LEAF:
                t.folded_count += 1
                t.folded_bytes += bytes
                (<uint64_t *>g.size.p)[this] += bytes
                (<uint32_t *>g.folded.p)[this] += 1
                (<uint16_t *>g.folded_type.p)[this] = <uint16_t>type
                g.objects += 1
                j += 1
                continue
            keep[kept] = op
            keep_type[kept] = type
            keep_label[kept] = k.label[j]
            kept += 1
            j += 1
        if lg_reserve(&g.target, (g.e + kept) * 4) < 0 or lg_reserve(&g.label, (g.e + kept) * 4) < 0:
            break
        if g.e + kept >= <uint64_t>0xfffffff0:
            g.shared.failure = TOO_MANY
            lg_exhaust()
            break
        target = <uint32_t *>g.target.p
        label = <uint32_t *>g.label.p
        for i in range(<int>kept):
            node = object_node(g, keep[i], keep_type[i], keep_flags[i] & 2)
            if node < 0:
                break
            if keep_flags[i] & 2:
                continue        # in-edges of immortal objects say nothing
            if keep_flags[i] & 1 and (<uint32_t *>g.external.p)[node] < COUNT_MAX:
                (<uint32_t *>g.external.p)[node] += 1
            target[g.e] = <uint32_t>node
            label[g.e] = keep_label[i]
            g.e += 1
        (<uint32_t *>g.offset.p)[this + 1] = <uint32_t>g.e
    k.count = 0
    g.batch_sources = 0

cdef void end_source(Graph *g) noexcept nogil:
    (<uint32_t *>g.batch_source.p)[g.batch_sources] = g.source
    (<uint32_t *>g.batch_end.p)[g.batch_sources] = <uint32_t>g.sink.count
    g.batch_sources += 1

cdef void batch_full(LGSink *k) noexcept nogil:
    cdef Graph *g = <Graph *>k.owner
    end_source(g)
    flush(g)
