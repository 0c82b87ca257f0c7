# Who is the nearest of a few marked nodes above each node.


def nearest_marked(
    const uint32_t[::1] parent not None,
    const uint32_t[::1] order not None,
    marked,
) -> memoryview:
    """By node: 1 + the place in `marked` of the node itself or of the nearest one above it, or 0.

    `order` lists nodes, each after its parent; a parent that is no node ends the way up. Where a
    node is marked twice the first place holds. 2 bytes a node.
    Raises ValueError for more than 65,535 marks or an index out of range, MemoryError.
    """
    cdef Py_ssize_t n = parent.shape[0], i, place
    cdef Column nearest = column("H", n)
    cdef uint16_t *of = <uint16_t*>nearest.data
    cdef uint32_t v, above
    cdef bint bad = False
    if len(marked) >= 1 << 16:
        raise ValueError(f"{len(marked)} nodes are more than can be marked")
    for place, node in enumerate(marked):
        if not 0 <= node < n:
            raise ValueError(f"node {node} does not exist: there are {n}")
        if of[<Py_ssize_t>node] == 0:
            of[<Py_ssize_t>node] = <uint16_t>(place + 1)
    with nogil:
        for i in range(order.shape[0]):
            v = order[i]
            if v >= n:
                bad = True
                break
            above = parent[v]
            if of[v] == 0 and above < n:
                of[v] = of[above]
    if bad:
        raise ValueError("the order lists a node that does not exist")
    return memoryview(nearest)
