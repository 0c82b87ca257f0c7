# The walk: from the collector's lists to a whole graph.

cdef int start(Graph *g, Shared *shared, Facts *facts) noexcept nogil:
    memset(g, 0, sizeof(Graph))
    global lg_mmap_bytes
    lg_begin_budget(facts.memory_budget)
    lg_mmap_bytes = 0
    g.shared = shared
    g.facts = facts
    g.sink.full = batch_full
    g.sink.owner = g
    g.sink.strings = &g.strings
    g.sink.salt = facts.salt
    # a table that moved while an object is visited would leave its type behind
    g.types = <LGType *>lg_arena_take(&g.arena, MAX_TYPES * sizeof(LGType))
    if g.types == NULL or lg_begin_strings(&g.strings) < 0:
        return -1
    lg_string_z(&g.strings, "")
    pseudo_type(g, "<unknown>", LG_OTHER)
    g.thread_type = pseudo_type(g, "<thread>", LG_THREAD)
    g.frame_type = pseudo_type(g, "<frame>", LG_FRAME)
    g.interned_type = pseudo_type(g, "<interned strings>", LG_OTHER)
    g.sink.label_class = LG_LABEL(LG_E_SLOT, lg_string_z(&g.strings, "__class__"))
    g.sink.label_dict = LG_LABEL(LG_E_SLOT, lg_string_z(&g.strings, "__dict__"))
    g.sink.label_tzinfo = LG_LABEL(LG_E_ATTR, lg_string_z(&g.strings, "tzinfo"))
    g.sink.label_base = LG_LABEL(LG_E_ATTR, lg_string_z(&g.strings, "base"))
    if lg_reserve(&g.batch_source, (LG_BATCH + 8) * 4) < 0 or lg_reserve(&g.batch_end, (LG_BATCH + 8) * 4) < 0:
        return -1
    return 0 if grow_pages(g) == 0 and not lg_out_of_memory else -1

cdef int enumerate_objects(Graph *g) noexcept nogil:
    """Every object that the collector tracks; frozen ones too. Link pointers only, no incref."""
    cdef PyGC_Head *head
    cdef PyGC_Head *link
    cdef PyObject *op
    cdef int i
    for i in range(LG_GC_LISTS):
        head = lg_gc_list(i)
        link = lg_gc_next(head)
        while link != head:
            op = lg_gc_object(link)
            link = lg_gc_next(link)
            LG_PREFETCH(link)
            if object_node(g, op, type_index(g, Py_TYPE(op)), lg_is_immortal(op)) < 0:
                return -1
    return 0

cdef int visit_references(Graph *g) noexcept nogil:
    cdef uint64_t i = 0, bytes
    cdef PyObject *op
    cdef LGType *t
    cdef PyThreadState *thread = lg_first_thread()
    cdef PyObject *interned = lg_interned_strings()  # its references are in no count
    while True:
        if i == g.n or g.batch_sources >= LG_BATCH - 1:
            flush(g)
            if lg_out_of_memory:
                return -1
            if i == g.n:
                return 0
        if i + 8 < g.n:
            LG_PREFETCH((<PyObject **>g.address.p)[i + 8])
        if i + 3 < g.n:
            lg_prefetch_body((<PyObject **>g.address.p)[i + 3],
                             type_at(g, (<uint16_t *>g.type.p)[i + 3]))
        op = (<PyObject **>g.address.p)[i]
        t = type_at(g, (<uint16_t *>g.type.p)[i])
        g.source = <uint32_t>i
        if t.type != NULL:
            g.shared.type = t.type
            bytes = lg_object_bytes(op, t)
            (<uint64_t *>g.size.p)[i] += bytes
            if t.buffers and g.allocations.wanted.filter != NULL:
                lg_claim_buffers(&g.allocations.wanted, op, t, <uint32_t>i)
            if not t.leaf and op != interned:
                lg_visit(op, t, &g.sink)
        elif t.kind == LG_THREAD:
            visit_thread(g, thread)
            end_source(g)
            flush(g)
            if lg_out_of_memory or link_frames(g, thread, <uint32_t>i) < 0:
                return -1
            thread = thread.next
            i += 1
            continue
        elif t.kind == LG_FRAME:
            lg_frame_references(<Frame *>op, &g.sink, True)
        end_source(g)
        if g.sink.count > LG_BATCH - 64:
            flush(g)
        i += 1
        if lg_out_of_memory:
            return -1
        if not i & 1023:
            g.shared.processed = i
            g.shared.expected = g.n

cdef void add_interned_strings(Graph *g) noexcept nogil:
    """The table of interned strings where the collector does not know it, without edges, and with it
    the strings that nobody but the table knows."""
    cdef PyObject *table = lg_interned_strings()
    cdef PyObject *string
    cdef PyObject *value
    cdef Py_ssize_t position = 0
    cdef uint32_t type, count = 0
    cdef uint64_t bytes = 0
    cdef int64_t node
    cdef LGType *t
    if table == NULL or node_slot(g, table, False) != NULL and node_slot(g, table, False)[0]:
        return
    node = add_node(g, table, g.interned_type, EXTERNAL_ROOT)
    if node < 0:
        return
    (<uint64_t *>g.size.p)[node] = lg_object_bytes(table, type_at(g, type_index(g, Py_TYPE(table))))
    (<uint32_t *>g.offset.p)[node + 1] = <uint32_t>g.e
    if g.allocations.wanted.filter != NULL:
        lg_claim_buffers(&g.allocations.wanted, table, type_at(g, type_index(g, Py_TYPE(table))),
                         <uint32_t>node)
    while PyDict_Next(table, &position, &string, &value):
        if not lg_is_interned_for_ever(string):
            continue
        if node_slot(g, string, False) != NULL and node_slot(g, string, False)[0]:
            continue
        type = type_index(g, Py_TYPE(string))
        t = type_at(g, type)
        bytes += lg_object_bytes(string, t)
        count += 1
        if g.allocations.wanted.filter != NULL:
            lg_claim_leaf(&g.allocations.wanted, string, t, <uint32_t>node)
    if count:
        t.folded_count += count
        t.folded_bytes += bytes
        (<uint64_t *>g.size.p)[node] += bytes
        (<uint32_t *>g.folded.p)[node] = count
        (<uint16_t *>g.folded_type.p)[node] = <uint16_t>type
        g.objects += count

cdef int walk(Graph *g) noexcept nogil:
    cdef uint64_t i
    g.shared.phase = ENUMERATING
    begin_allocations(g)
    if add_threads(g) < 0 or enumerate_objects(g) < 0:
        return -1
    g.shared.phase = REFERENCES
    if visit_references(g) < 0:
        return -1
    add_interned_strings(g)
    g.shared.type = NULL
    g.shared.phase = NAMING
    name_objects(g)
    end_allocations(g)
    if find_roots(g) < 0 or lg_out_of_memory:
        return -1
    g.objects += g.n
    for i in range(g.n):
        g.heap_bytes += (<uint64_t *>g.size.p)[i]
    return 0

cdef int walk_and_measure(Graph *g) noexcept nogil:
    cdef Shared *shared = g.shared
    cdef uint64_t in_pymalloc = 0
    cdef int failed = walk(g)
    shared.mapped_bytes = lg_mapped_bytes
    if failed:
        if shared.failure == NO_FAILURE:
            shared.failure = OUT_OF_MEMORY
        return -1
    if g.facts.statistics != NULL:
        print_statistics(g.facts)
        in_pymalloc = lg_pymalloc_in_use(g.facts.statistics_text)
    if in_pymalloc:             # it does not tell where another tool has put itself in front of it
        shared.allocated_bytes = in_pymalloc + g.facts.malloc_bytes + lg_mmap_bytes
    shared.objects = g.objects
    return 0

cdef void print_statistics(Facts *facts) noexcept nogil:
    if facts.tables == NULL:
        lg_pymalloc_report(facts.statistics, NULL, NULL, facts.in_process)
    else:
        lg_pymalloc_report(facts.statistics, facts.tables.hook, facts.tables.below, facts.in_process)

cdef void release_walk(Graph *g) noexcept nogil:
    """Give back what only the walk needs, so that the image takes its place in memory."""
    lg_release(&g.page_key)
    lg_release(&g.page_index)
    lg_release(&g.page_block)
    lg_release(&g.external)
    release_claims(g)

cdef void free_graph(Graph *g) noexcept nogil:
    cdef LGBytes *parts[21]
    cdef int i
    parts[:] = [&g.address, &g.external, &g.type, &g.size, &g.folded, &g.folded_type, &g.offset,
                &g.target, &g.label, &g.page_key, &g.page_index, &g.page_block,
                &g.named_node, &g.named_ident, &g.bound_node, &g.bound_limit, &g.root_node,
                &g.root_kind, &g.batch_source, &g.batch_end, &g.strings.text]
    for i in range(21):
        lg_release(parts[i])
    free_allocations(g)
    lg_release(&g.strings.ends)
    lg_release(&g.idents.names)
    lg_release(&g.idents.files)
    lg_release(&g.idents.lines)
    lg_map_release(&g.strings.known)
    lg_map_release(&g.idents.known)
    lg_map_release(&g.type_known)
    lg_arena_release(&g.arena)
