# Shortest paths from the roots.


cdef uint64_t search_tier(
    const uint32_t *offset, const uint32_t *target, uint8_t tier, uint8_t *seen,
    uint32_t *parent, uint32_t *parent_edge, uint32_t *queue, uint64_t head, uint64_t tail
) noexcept nogil:
    cdef uint64_t k
    cdef uint32_t v, w
    while head < tail:
        v = queue[head]
        if head + 4 < tail:
            prefetch(&target[offset[queue[head + 4]]])
        head += 1
        for k in range(offset[v], offset[v + 1]):
            w = target[k]
            if not seen[w]:
                seen[w] = tier
                parent[w] = v
                parent_edge[w] = <uint32_t>k
                queue[tail] = w
                tail += 1
    return tail


def path_tree(
    const uint32_t[::1] edge_offset not None,
    const uint32_t[::1] edge_target not None,
    const uint32_t[::1] root_node not None,
    const uint8_t[::1] root_tier not None,
) -> PathTree:
    """Shortest paths from the roots of tier 1, then of tier 2 to what is left, and so on.

    Roots of tier 0 are left out. Among equally short paths the one from the earlier root wins, so
    the order of `root_node` is the order of preference. 13 bytes a node.
    Raises ValueError if the arrays do not belong together, MemoryError.
    """
    cdef Py_ssize_t n = checked_node_count(edge_offset, edge_target)
    if root_node.shape[0] != root_tier.shape[0]:
        raise ValueError("there must be one tier for each root")
    cdef PathTree tree = PathTree.__new__(PathTree)
    cdef Column parent = column("I", n)
    cdef Column parent_edge = column("I", n)
    cdef Column seen = column("B", n)
    cdef Column order = column("I", n)
    cdef uint32_t *queue = <uint32_t*>order.data
    cdef uint8_t *tier_of = <uint8_t*>seen.data
    cdef uint32_t *parents = <uint32_t*>parent.data
    cdef uint32_t *edges = <uint32_t*>parent_edge.data
    cdef uint64_t head = 0, tail = 0
    cdef Py_ssize_t i
    cdef int tier, last = 0
    with nogil:
        for i in range(n):
            parents[i] = NO_NODE
            edges[i] = NO_NODE
        for i in range(root_tier.shape[0]):
            if root_tier[i] > last:
                last = root_tier[i]
        for tier in range(1, last + 1):
            head = tail
            for i in range(root_node.shape[0]):
                if root_tier[i] == tier and not tier_of[root_node[i]]:
                    tier_of[root_node[i]] = <uint8_t>tier
                    queue[tail] = root_node[i]
                    tail += 1
            if tail > head:
                tail = search_tier(
                    &edge_offset[0], &edge_target[0] if edge_target.shape[0] else NULL,
                    <uint8_t>tier, tier_of, parents, edges, queue, head, tail,
                )
    tree.parent = memoryview(parent)
    tree.parent_edge = memoryview(parent_edge)
    tree.tier = memoryview(seen)
    tree.order = memoryview(order)[:tail]
    tree.reached = tail
    return tree
