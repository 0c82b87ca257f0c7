# The graph: nodes, edges in the order of their sources (CSR), and what the reference counts leave over.

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
    if slot == NULL:
        return 0
    if slot[0]:
        return slot[0]
    index = new_type(g)
    if index:
        slot[0] = index
        g.shared.type = type
        lg_type_init(type_at(g, index), &g.arena, &g.strings, &g.idents, g.facts.salt, type)
    return index

cdef uint32_t pseudo_type(Graph *g, const char *name, uint8_t kind) noexcept nogil:
    cdef uint32_t index = new_type(g)
    type_at(g, index).name = lg_string_z(&g.strings, name)
    type_at(g, index).kind = kind
    return index

# ---- nodes ------------------------------------------------------------------------------------------

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

cdef int64_t add_node(Graph *g, const void *address, uint32_t type, uint64_t references) noexcept nogil:
    cdef uint64_t i = g.n
    if i * 8 + 8 > g.address.room or i * 4 + 8 > g.offset.room:
        if i >= <uint64_t>0xfffffff0:
            g.shared.failure = TOO_MANY
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

cdef inline int64_t object_node(Graph *g, PyObject *op, uint32_t type, bint immortal) noexcept nogil:
    cdef uint32_t *slot = node_slot(g, op, True)
    cdef int64_t node
    if slot == NULL:
        return -1
    if slot[0]:
        return <int64_t>slot[0] - 1
    node = add_node(g, op, type, EXTERNAL_ROOT if immortal
                    else lg_counted_references(op, type_at(g, type)))
    if node >= 0:
        slot[0] = <uint32_t>(node + 1)
    return node

# ---- edges --------------------------------------------------------------------------------------------

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
            if t.leaf and keep_flags[kept] == 0 and lg_refcount(op) == 1:
                bytes = lg_object_bytes(op, t)
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

# ---- threads: what the running frames hold -----------------------------------------------------------

cdef void visit_thread(Graph *g, PyThreadState *thread) noexcept nogil:
    """Edges of a thread's node: its frames, or the generator a frame lives in, and its state."""
    cdef Frame *frame = lg_current_frame(thread)
    cdef uint32_t depth = 0
    cdef LGSink *k = &g.sink
    lg_emit(k, thread.context, LG_LABEL(LG_E_SLOT, lg_string_z(&g.strings, "context")))
    lg_emit(k, thread.dict, LG_LABEL(LG_E_SLOT, lg_string_z(&g.strings, "thread-local data")))
    lg_emit(k, lg_thread_exception(thread),
            LG_LABEL(LG_E_SLOT, lg_string_z(&g.strings, "current exception")))
    while frame != NULL:
        if lg_frame_code(frame) != NULL and LG_FRAME_IN_GENERATOR(frame):
            lg_emit(k, lg_frame_generator(frame), LG_LABEL(LG_E_INDEX, depth))
        depth += 1
        frame = frame.previous

cdef int link_frames(Graph *g, PyThreadState *thread, uint32_t node) noexcept nogil:
    """Frames are no objects: their edges from the thread are written directly, after its others."""
    cdef Frame *frame = lg_current_frame(thread)
    cdef uint32_t depth = 0
    cdef int64_t made
    while frame != NULL:
        if lg_frame_code(frame) != NULL and not LG_FRAME_IN_GENERATOR(frame):
            made = add_node(g, frame, g.frame_type, 1)
            if (made < 0 or lg_reserve(&g.target, (g.e + 1) * 4) < 0
                    or lg_reserve(&g.label, (g.e + 1) * 4) < 0):
                return -1
            (<uint32_t *>g.target.p)[g.e] = <uint32_t>made
            (<uint32_t *>g.label.p)[g.e] = LG_LABEL(LG_E_INDEX, depth)
            g.e += 1
        depth += 1
        frame = frame.previous
    (<uint32_t *>g.offset.p)[node + 1] = <uint32_t>g.e
    return 0

cdef int add_threads(Graph *g) noexcept nogil:
    """Threads are the first nodes; their edges are visited like those of objects."""
    cdef PyThreadState *thread = lg_first_thread()
    while thread != NULL:
        if add_node(g, thread, g.thread_type, EXTERNAL_ROOT) < 0:
            return -1
        thread = thread.next
    return 0

# ---- names of nodes ----------------------------------------------------------------------------------------

cdef void name_node(Graph *g, uint32_t node, uint32_t ident) noexcept nogil:
    if (lg_reserve(&g.named_node, (g.named + 1) * 4) < 0
            or lg_reserve(&g.named_ident, (g.named + 1) * 4) < 0):
        return
    (<uint32_t *>g.named_node.p)[g.named] = node
    (<uint32_t *>g.named_ident.p)[g.named] = ident
    g.named += 1

cdef void bound_node(Graph *g, uint32_t node, int64_t limit) noexcept nogil:
    if (lg_reserve(&g.bound_node, (g.bound + 1) * 4) < 0
            or lg_reserve(&g.bound_limit, (g.bound + 1) * 8) < 0):
        return
    (<uint32_t *>g.bound_node.p)[g.bound] = node
    (<int64_t *>g.bound_limit.p)[g.bound] = limit
    g.bound += 1

cdef void name_closure(Graph *g, PyObject *function) noexcept nogil:
    """Edges from a closure tuple to its cells carry the free variables' names, not positions."""
    cdef PyObject *closure = lg_function_closure(function)
    cdef uint32_t *slot
    cdef uint32_t *offset = <uint32_t *>g.offset.p
    cdef uint32_t *label = <uint32_t *>g.label.p
    cdef uint32_t edge
    cdef PyObject *name
    if closure == NULL:
        return
    slot = node_slot(g, closure, False)
    if slot == NULL or slot[0] == 0:
        return
    for edge in range(offset[slot[0] - 1], offset[slot[0]]):
        if label[edge] >> 28 != LG_E_INDEX:
            continue
        name = lg_free_variable(function, label[edge] & 0x0fffffff)
        label[edge] = LG_LABEL(LG_E_CELL, lg_string_of(&g.strings, name, LG_NAME_MAX))

cdef void name_frame(Graph *g, uint32_t node, Frame *frame) noexcept nogil:
    if frame != NULL and lg_frame_code(frame) != NULL:
        name_node(g, node, lg_ident_code(&g.idents, &g.strings, <PyObject *>lg_frame_code(frame),
                                         lg_frame_globals(frame)))

cdef void name_function(Graph *g, uint32_t node, PyObject *function) noexcept nogil:
    name_node(g, node, lg_ident_code(&g.idents, &g.strings, lg_function_code(function),
                                     lg_function_globals(function)))

cdef void name_module(Graph *g, uint32_t node, PyObject *module) noexcept nogil:
    cdef PyObject *names = lg_module_dict(module)
    name_node(g, node, lg_ident_add(
        &g.idents, lg_string_of(&g.strings, lg_dict_find(names, "__name__"), LG_NAME_MAX),
        lg_string_of(&g.strings, lg_dict_find(names, "__file__"), LG_PATH_MAX), 0))

cdef void name_thread(Graph *g, uint32_t node, PyThreadState *thread) noexcept nogil:
    cdef uint32_t name = 0
    cdef int i
    for i in range(g.facts.thread_count):
        if g.facts.threads[i].thread_id == thread.thread_id:
            name = lg_string_z(&g.strings, g.facts.thread_text + g.facts.threads[i].offset)
    name_node(g, node, lg_ident_add(&g.idents, name, 0, 0))

cdef void name_lru_cache(Graph *g, uint32_t node, PyObject *cache) noexcept nogil:
    cdef PyObject *function = lg_lru_function(cache)
    if function != NULL and type_at(g, type_index(g, Py_TYPE(function))).kind == LG_FUNCTION:
        name_function(g, node, function)

cdef void name_objects(Graph *g) noexcept nogil:
    """In the order of the nodes, which the image's sparse lists keep."""
    cdef uint64_t i
    cdef uint32_t node, kind
    cdef PyObject *op
    cdef LGType *t
    cdef int64_t limit
    for i in range(g.n):
        t = type_at(g, (<uint16_t *>g.type.p)[i])
        kind = t.kind
        if kind < LG_TYPE:
            continue
        op = (<PyObject **>g.address.p)[i]
        node = <uint32_t>i
        if kind == LG_FUNCTION:
            name_closure(g, op)
            name_function(g, node, op)
        elif kind == LG_GENERATOR:
            name_frame(g, node, lg_generator_frame(op))
        elif kind == LG_FRAME:
            name_frame(g, node, <Frame *>op if t.type == NULL else lg_frame_object_frame(op))
        elif kind == LG_CODE:
            name_node(g, node, lg_ident_code(&g.idents, &g.strings, op, NULL))
        elif kind == LG_TYPE:
            name_type(g, node, <PyTypeObject *>op)
        elif kind == LG_MODULE:
            name_module(g, node, op)
        elif kind == LG_THREAD:
            name_thread(g, node, <PyThreadState *>op)
        elif kind == LG_LRU_CACHE:
            name_lru_cache(g, node, op)
        if kind == LG_LRU_CACHE or kind == LG_DEQUE:
            limit = lg_bound_of(op, t)
            if limit >= 0:
                bound_node(g, node, limit)

cdef void name_type(Graph *g, uint32_t node, PyTypeObject *type) noexcept nogil:
    cdef LGType *t = type_at(g, type_index(g, type))
    cdef uint32_t file = 0, line = 0
    if t.ident:
        file = (<uint32_t *>g.idents.files.p)[t.ident - 1]
        line = (<uint32_t *>g.idents.lines.p)[t.ident - 1]
    name_node(g, node, lg_ident_add(&g.idents, t.name, file, line))

# ---- roots ---------------------------------------------------------------------------------------------------

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

ctypedef int int32_t

# ---- the walk ------------------------------------------------------------------------------------------------

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
    """The table of interned strings where the collector does not know it: bytes, no edges."""
    cdef PyObject *table = lg_interned_strings()
    cdef int64_t node
    if table == NULL or node_slot(g, table, False) != NULL and node_slot(g, table, False)[0]:
        return
    node = add_node(g, table, g.interned_type, EXTERNAL_ROOT)
    if node < 0:
        return
    (<uint64_t *>g.size.p)[node] = lg_object_bytes(table, type_at(g, type_index(g, Py_TYPE(table))))
    (<uint32_t *>g.offset.p)[node + 1] = <uint32_t>g.e

cdef int walk(Graph *g) noexcept nogil:
    cdef uint64_t i
    g.shared.phase = ENUMERATING
    if add_threads(g) < 0 or enumerate_objects(g) < 0:
        return -1
    g.shared.phase = REFERENCES
    if visit_references(g) < 0:
        return -1
    add_interned_strings(g)
    g.shared.type = NULL
    g.shared.phase = NAMING
    name_objects(g)
    if find_roots(g) < 0 or lg_out_of_memory:
        return -1
    g.objects += g.n
    for i in range(g.n):
        g.heap_bytes += (<uint64_t *>g.size.p)[i]
    return 0

cdef void free_graph(Graph *g) noexcept nogil:
    cdef LGBytes *parts[21]
    cdef int i
    parts[:] = [&g.address, &g.external, &g.type, &g.size, &g.folded, &g.folded_type, &g.offset,
                &g.target, &g.label, &g.page_key, &g.page_index, &g.page_block,
                &g.named_node, &g.named_ident, &g.bound_node, &g.bound_limit, &g.root_node,
                &g.root_kind, &g.batch_source, &g.batch_end, &g.strings.text]
    for i in range(21):
        lg_release(parts[i])
    lg_release(&g.strings.ends)
    lg_release(&g.idents.names)
    lg_release(&g.idents.files)
    lg_release(&g.idents.lines)
    lg_map_release(&g.strings.known)
    lg_map_release(&g.idents.known)
    lg_map_release(&g.type_known)
    lg_arena_release(&g.arena)
