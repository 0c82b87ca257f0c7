# For whoever looks around in a heap: what is below a node, and who refers to it.


def subtree_counts(DominatorTree tree not None) -> memoryview:
    """By node: how many nodes would go with it, itself included; 0 for what no root reaches.

    The last item is the virtual root's: all that are reached. MemoryError.
    """
    cdef const uint32_t[::1] order = tree.order
    cdef const uint32_t[::1] immediate = tree.immediate
    cdef Py_ssize_t n = tree.node_count, k
    cdef Column counts = column("I", n + 1)
    cdef uint32_t *count = <uint32_t*>counts.data
    with nogil:
        for k in range(order.shape[0] - 1, -1, -1):
            count[order[k]] += 1
            count[immediate[order[k]]] += count[order[k]]
    return memoryview(counts)


def references_to(
    const uint32_t[::1] edge_target not None, uint32_t node, Py_ssize_t skipped, Py_ssize_t most
):
    """The edges that end at a node: (how many, at most `most` of them after `skipped`).

    Looks at every edge, some 10 ms for ten million.
    """
    cdef Py_ssize_t n = edge_target.shape[0], i = 0, total = 0
    found = []
    while i < n:
        with nogil:
            while i < n and edge_target[i] != node:
                i += 1
        if i < n:
            if total >= skipped and total < skipped + most:
                found.append(i)
            total += 1
            i += 1
            if total >= skipped + most:
                with nogil:
                    while i < n:
                        total += edge_target[i] == node
                        i += 1
    return total, found
