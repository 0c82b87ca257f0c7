# Sums over both trees: by type, and by group of similar objects.


cdef void nested_once(
    uint64_t n, const uint32_t *child_offset, const uint32_t *child, const uint64_t *retained,
    const uint16_t *node_type, uint32_t *open_of_type, uint32_t *path, uint32_t *cursor,
    uint64_t *total
) noexcept nogil:
    """Walk the dominator tree, adding what a node retains unless one of its type is open above."""
    cdef uint64_t depth = 0
    cdef uint32_t v
    path[0] = <uint32_t>n
    cursor[0] = child_offset[n]
    while True:
        v = path[depth]
        if cursor[depth] == child_offset[v + 1]:
            if depth == 0:
                return
            open_of_type[node_type[v]] -= 1
            depth -= 1
            continue
        v = child[cursor[depth]]
        cursor[depth] += 1
        if open_of_type[node_type[v]] == 0:
            total[node_type[v]] += retained[v]
        if child_offset[v] != child_offset[v + 1]:
            open_of_type[node_type[v]] += 1
            depth += 1
            path[depth] = v
            cursor[depth] = child_offset[v]


def histogram(
    DominatorTree tree not None,
    const uint16_t[::1] node_type not None,
    const uint64_t[::1] node_size not None,
    Py_ssize_t type_count,
):
    """Per type: (count, shallow bytes, retained bytes), three memoryviews.

    Nodes that no root reaches are counted and have a shallow size, but nothing retains them.
    Raises ValueError if the arrays do not belong together or a type is out of range, MemoryError.
    """
    cdef Py_ssize_t n = tree.node_count, i
    if node_type.shape[0] != n or node_size.shape[0] != n:
        raise ValueError("there must be one type and one size for each node")
    cdef Column count = column("Q", type_count)
    cdef Column shallow = column("Q", type_count)
    cdef Column retained = column("Q", type_count)
    cdef Column open_of_type = column("I", type_count)
    cdef Column path = column("I", n + 2)
    cdef Column cursor = column("I", n + 2)
    cdef const uint32_t[::1] child_offset = tree.child_offset
    cdef const uint32_t[::1] child = tree.child
    cdef const uint64_t[::1] by_node = tree.retained
    cdef Py_ssize_t stray = -1
    with nogil:
        for i in range(n):
            if node_type[i] >= type_count:
                stray = i
                break
            (<uint64_t*>count.data)[node_type[i]] += 1
            (<uint64_t*>shallow.data)[node_type[i]] += node_size[i]
        if stray < 0 and child.shape[0]:
            nested_once(
                n, &child_offset[0], &child[0], &by_node[0], &node_type[0],
                <uint32_t*>open_of_type.data, <uint32_t*>path.data, <uint32_t*>cursor.data,
                <uint64_t*>retained.data,
            )
    if stray >= 0:
        raise ValueError(f"node {stray} has a type that does not exist")
    return memoryview(count), memoryview(shallow), memoryview(retained)


def group_column(
    const uint16_t[::1] node_type not None,
    Py_ssize_t type_count,
    const uint32_t[::1] named_node not None,
    const uint32_t[::1] named_ident not None,
):
    """What makes objects similar: their type, and for named ones (functions, coroutines) the name.

    A memoryview by node: the type's index, or type_count + the ident's index.
    Raises ValueError if a named node does not exist, MemoryError.
    """
    cdef Py_ssize_t n = node_type.shape[0], i
    cdef Column group = column("I", n)
    cdef uint32_t *groups = <uint32_t*>group.data
    if named_node.shape[0] != named_ident.shape[0]:
        raise ValueError("there must be one ident for each named node")
    cdef Py_ssize_t stray = -1
    with nogil:
        for i in range(n):
            groups[i] = node_type[i]
        for i in range(named_node.shape[0]):
            if named_node[i] >= n:
                stray = i
                break
            groups[named_node[i]] = <uint32_t>(type_count + named_ident[i])
    if stray >= 0:
        raise ValueError(f"node {named_node[stray]} is named but does not exist")
    return memoryview(group)


def gatherings(
    PathTree paths not None,
    DominatorTree tree not None,
    const uint32_t[::1] group not None,
    Py_ssize_t group_count,
    unsigned long long least_bytes,
    unsigned long long least_count,
):
    """Where many similar objects hang on one: (holder, group, count, bytes, largest) for each.

    The objects are those to which the shortest path's last step comes from the holder, so that an
    object with two owners belongs to one of them, not to a common dominator that names neither.
    bytes is what they retain, largest what the largest of them does. Only groups of at least
    `least_count` objects retaining `least_bytes` are listed, in the order of the paths.
    Raises ValueError if the arrays do not belong together, MemoryError.
    """
    cdef const uint32_t[::1] order = paths.order
    cdef const uint32_t[::1] parent = paths.parent
    cdef const uint64_t[::1] retained = tree.retained
    if group.shape[0] != parent.shape[0] or retained.shape[0] != parent.shape[0]:
        raise ValueError("the trees and the groups belong to different graphs")
    cdef Column count_column = column("Q", group_count)
    cdef Column bytes_column = column("Q", group_count)
    cdef Column largest_column = column("Q", group_count)
    cdef uint64_t *count = <uint64_t*>count_column.data
    cdef uint64_t *total = <uint64_t*>bytes_column.data
    cdef uint64_t *largest = <uint64_t*>largest_column.data
    cdef Py_ssize_t i, k, start = 0, reached = order.shape[0]
    cdef uint64_t whole
    cdef uint32_t holder, g
    found = []
    while start < reached:
        with nogil:
            holder = parent[order[start]]
            whole = 0
            i = start
            while i < reached and parent[order[i]] == holder:
                if i + 8 < reached:
                    prefetch(&retained[order[i + 8]])
                whole += retained[order[i]]
                i += 1
        if holder != NO_NODE and whole >= least_bytes and i - start >= <Py_ssize_t>least_count:
            with nogil:
                for k in range(start, i):
                    g = group[order[k]]
                    if g < group_count:
                        count[g] += 1
                        total[g] += retained[order[k]]
                        if retained[order[k]] > largest[g]:
                            largest[g] = retained[order[k]]
            for k in range(start, i):
                g = group[order[k]]
                if g < group_count and count[g]:
                    if count[g] >= least_count and total[g] >= least_bytes:
                        found.append((holder, g, count[g], total[g], largest[g]))
                    count[g] = total[g] = largest[g] = 0
        start = i
    return found


def large_nodes(const uint64_t[::1] node_size not None, unsigned long long least_bytes):
    """The nodes that are at least `least_bytes` large by themselves."""
    cdef Py_ssize_t i, n = node_size.shape[0]
    found = []
    for i in range(n):
        if node_size[i] >= least_bytes:
            found.append(i)
    return found
