# The tree of an image: its arrays, its roots and what warm-up knew, walked.


def path_tree(
    image not None,
    *,
    const uint32_t[::1] group not None,
    const uint64_t[::1] string_hash not None,
    const uint8_t[::1] type_role not None,
    const uint32_t[::1] root_node not None,
    const uint8_t[::1] root_tier not None,
    const uint8_t[::1] root_own not None,
    baseline,
) -> PathTree:
    """The tree of paths of an image.

    `group` is `_graph.group_column`'s; `type_role` has a ROLE_ mask for each type. Roots are taken
    tier by tier, among equals in their order; `root_own` marks those whose growth is nobody's leak.
    `baseline` is what `keys()` gave for the image taken after warm-up,
    None if this is that image.
    About 40 bytes a node. Raises ValueError if the arrays do not belong together, MemoryError.
    """
    cdef const uint32_t[::1] offset = image.edge_offset
    cdef const uint32_t[::1] target = image.edge_target
    cdef const uint32_t[::1] label = image.edge_label
    cdef const uint16_t[::1] node_type = image.node_type
    cdef const uint64_t[::1] size = image.node_size
    cdef const uint32_t[::1] folded = image.node_folded
    cdef const uint8_t[::1] kind = image.type_kind
    cdef const uint32_t[::1] type_name = image.type_name_id
    cdef const uint32_t[::1] ident_name = image.ident_name
    cdef const uint32_t[::1] bounded = image.bound_node
    cdef const uint64_t[::1] former
    cdef Py_ssize_t n = node_type.shape[0], i
    cdef Py_ssize_t roots = root_node.shape[0]
    if group.shape[0] != n or root_tier.shape[0] != roots or root_own.shape[0] != roots:
        raise ValueError("the columns do not belong to this image")
    if type_role.shape[0] != kind.shape[0]:
        raise ValueError("there must be one role for each type")
    cdef PathTree tree = PathTree.__new__(PathTree)
    cdef Walk *w = &tree.walk
    columns = {
        name: Column(code, max(length, 1))
        for name, code, length in (
            ("parent", "I", n), ("edge", "I", n), ("seen", "B", n), ("hold", "B", n),
            ("mark", "B", n), ("queue", "I", n), ("path", "I", n), ("referred", "B", n),
            ("type", "Q", kind.shape[0]), ("ident", "Q", ident_name.shape[0]),
        )
    }
    # Fresh columns, which nobody else sees yet, are written through.
    cdef const uint32_t[::1] parent = columns["parent"], edge = columns["edge"]
    cdef const uint32_t[::1] queue = columns["queue"], path = columns["path"]
    cdef const uint8_t[::1] seen = columns["seen"], hold = columns["hold"]
    cdef const uint8_t[::1] mark = columns["mark"], referred = columns["referred"]
    cdef const uint64_t[::1] type_hash = columns["type"], ident_hash = columns["ident"]
    tree.columns = columns
    tree.held = (image, offset, target, label, node_type, size, folded, kind, group, type_role)
    tree.node_count = n
    w.offset = &offset[0]
    w.target = &target[0] if target.shape[0] else NULL
    w.label = &label[0] if label.shape[0] else NULL
    w.type = &node_type[0] if n else NULL
    w.size = &size[0] if n else NULL
    w.folded = &folded[0] if n else NULL
    w.kind = &kind[0]
    w.role = &type_role[0]
    w.type_hash = &type_hash[0]
    w.ident_hash = &ident_hash[0]
    w.string_hash = &string_hash[0]
    w.group = &group[0] if n else NULL
    w.type_count = <uint32_t>kind.shape[0]
    w.parent = <uint32_t*>&parent[0]
    w.parent_edge = <uint32_t*>&edge[0]
    w.seen = <uint8_t*>&seen[0]
    w.hold = <uint8_t*>&hold[0]
    w.mark = <uint8_t*>&mark[0]
    w.queue = <uint32_t*>&queue[0]
    w.path_of = <uint32_t*>&path[0]
    w.dict_slot = hash_bytes(b"__dict__", 8)
    w.closure_slot = hash_bytes(b"__closure__", 11)
    w.data_name = hash_bytes(b"data", 4)
    w.has_baseline = baseline is not None
    for i in range(kind.shape[0]):
        (<uint64_t*>w.type_hash)[i] = string_hash[type_name[i]]
    for i in range(ident_name.shape[0]):
        (<uint64_t*>w.ident_hash)[i] = string_hash[ident_name[i]]
    cdef int failed = (
        map_start(&w.table, n // 8) < 0
        or map_start(&w.known, 1024) < 0
        or map_start(&w.baseline, 1) < 0
    )
    if baseline:
        former = memoryview(baseline).cast("Q")
        for i in range(former.shape[0]):
            failed = failed or map_put(&w.baseline, former[i], KEPT_KEY) < 0
    cdef uint64_t loops = 0, weak = 0
    for i in range(n):
        loops += (w.role[w.type[i]] & LOOP_ROLE) != 0
        weak += (w.role[w.type[i]] & WEAK_ROLE) != 0
    columns["special"] = Column("I", loops + weak + 1)
    cdef const uint32_t[::1] special = columns["special"]
    cdef uint32_t *place_of_loop = <uint32_t*>&special[0]
    cdef uint32_t *place_of_weak = place_of_loop + loops
    for i in range(n):
        if w.role[w.type[i]] & LOOP_ROLE:
            place_of_loop[0] = <uint32_t>i
            place_of_loop += 1
        if w.role[w.type[i]] & WEAK_ROLE:
            place_of_weak[0] = <uint32_t>i
            place_of_weak += 1
    with nogil:
        for i in range(bounded.shape[0]):
            w.mark[bounded[i]] |= BOUNDED
        for i in range(roots):
            if root_own[i]:
                w.mark[root_node[i]] |= OWN
        for i in range(n):
            w.path_of[i] = NO
        if not failed:
            reach(
                w, n, &root_node[0] if roots else NULL, &root_tier[0] if roots else NULL, roots,
                <uint8_t*>&referred[0], <uint32_t*>&special[0], loops, weak,
            )
            failed = assign(w)
            add_up(w)
            failed = failed or add_kin(w)
    if failed:
        raise MemoryError(f"no memory for the paths of {n} nodes")
    tree.parent = memoryview(columns["parent"])
    tree.parent_edge = memoryview(columns["edge"])
    tree.path_of = memoryview(columns["path"])
    return tree
