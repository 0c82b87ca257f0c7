# What each node retains: the sums down the tree of dominators, and its children in order.


cdef void sum_retained(
    uint64_t count, const uint32_t *dominator, const uint32_t *node, const uint64_t *size,
    uint64_t *retained
) noexcept nogil:
    cdef uint64_t i
    for i in range(1, count):
        if i + 16 < count:
            prefetch(&size[node[i + 16]])
        retained[i] = size[node[i]]
    i = count - 1
    while i >= 1:
        retained[dominator[i]] += retained[i]
        i -= 1


cdef void publish(
    uint64_t n, uint64_t count, const uint32_t *dominator, const uint32_t *node,
    const uint64_t *retained, uint32_t *immediate, uint64_t *by_node, uint32_t *heavy
) noexcept nogil:
    """From depth-first numbers back to nodes."""
    cdef uint64_t i
    cdef uint32_t v, d
    for i in range(n):
        immediate[i] = NO_NODE
        heavy[i] = NO_NODE
    heavy[n] = NO_NODE
    for i in range(1, count):
        v = node[i]
        d = <uint32_t>n if dominator[i] == 0 else node[dominator[i]]
        immediate[v] = d
        by_node[v] = retained[i]
        if heavy[d] == NO_NODE or retained[i] > by_node[heavy[d]]:
            heavy[d] = v


cdef void list_children(
    uint64_t n, uint64_t count, const uint32_t *immediate, const uint32_t *node,
    uint32_t *start, uint32_t *child
) noexcept nogil:
    """Children of every dominator; `start` has two items more than there are nodes."""
    cdef uint64_t i
    cdef uint32_t v
    # start is kept one to the right while filling, so that it ends up in place
    for i in range(1, count):
        v = immediate[node[i]]
        if v + 2 <= n + 1:
            start[v + 2] += 1
    for i in range(1, n + 2):
        start[i] += start[i - 1]
    for i in range(1, count):
        v = immediate[node[i]]
        child[start[v + 1]] = node[i]
        start[v + 1] += 1
