# What nodes are called: functions, frames, modules, classes, and closures' free variables.

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
        if kind < LG_TYPE and not t.bounding:
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
        if kind == LG_LRU_CACHE or kind == LG_DEQUE or t.bounding:
            limit = lg_bound_of(op, t)
            if limit > LG_NO_BOUND:
                bound_node(g, node, limit)

cdef void name_type(Graph *g, uint32_t node, PyTypeObject *type) noexcept nogil:
    cdef LGType *t = type_at(g, type_index(g, type))
    cdef uint32_t file = 0, line = 0
    if t.ident:
        file = (<uint32_t *>g.idents.files.p)[t.ident - 1]
        line = (<uint32_t *>g.idents.lines.p)[t.ident - 1]
    name_node(g, node, lg_ident_add(&g.idents, t.name, file, line))
