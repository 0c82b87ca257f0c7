# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True
"""Graph algorithms over the flat arrays of a heap image, without the GIL and without recursion.

A graph is a CSR pair: the edges of node v are edge_target[edge_offset[v]:edge_offset[v + 1]].
Offsets must ascend and every index must be in range, which is what HeapImage checks on opening;
here only the lengths are compared. Results are `Column`s behind read-only memoryviews.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

cdef extern from *:
    """
    #if defined(__GNUC__) || defined(__clang__)
    #define LG_PREFETCH(address) __builtin_prefetch(address)
    #else
    #define LG_PREFETCH(address) ((void)(address))
    #endif
    #if defined(__linux__)
    #include <sys/mman.h>
    /* The passes jump all over their columns: with 4 KiB pages most of their time is TLB misses. */
    static void lg_prefer_huge_pages(void *start, size_t bytes) {
        uintptr_t first = ((uintptr_t)start + 4095) & ~(uintptr_t)4095;
        uintptr_t end = ((uintptr_t)start + bytes) & ~(uintptr_t)4095;
        if (bytes >= (4u << 20)) (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
    }
    #else
    static void lg_prefer_huge_pages(void *start, size_t bytes) { (void)start; (void)bytes; }
    #endif
    """
    void prefetch "LG_PREFETCH"(const void *address) noexcept nogil
    void lg_prefer_huge_pages(void *start, size_t bytes) noexcept nogil

NONE = 0xFFFFFFFF
cdef enum:
    # Nodes looked at for the start of a pattern, and the longest pattern looked for, in links.
    WINDOW = 96
    LONGEST_PERIOD = 16
    # How far down a heavy path a pattern may start.
    DEEPEST_START = 4096
cdef uint32_t NO_NODE = <uint32_t>0xFFFFFFFFU


cdef class Column:
    """A zeroed array of unsigned integers that it owns; readable through the buffer protocol."""

    cdef void *data
    cdef Py_ssize_t length, width, stride
    cdef char code[2]

    def __cinit__(self, str code, Py_ssize_t length):
        self.code[0] = ord(code)
        self.code[1] = 0
        self.width = {"B": 1, "H": 2, "I": 4, "Q": 8}[code]
        self.stride = self.width
        self.length = length
        self.data = calloc(length if length else 1, self.width)
        if self.data == NULL:
            raise MemoryError(f"no memory for a column of {length} × {self.width} bytes")
        lg_prefer_huge_pages(self.data, length * self.width)

    def __dealloc__(self):
        free(self.data)

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        buffer.buf = self.data
        buffer.obj = self
        buffer.len = self.length * self.width
        buffer.itemsize = self.width
        buffer.readonly = 1
        buffer.ndim = 1
        buffer.format = self.code
        buffer.shape = &self.length
        buffer.strides = &self.stride
        buffer.suboffsets = NULL
        buffer.internal = NULL


cdef Column column(str code, Py_ssize_t length):
    return Column.__new__(Column, code, length)


cdef class DominatorTree:
    """Who dominates whom: every way from a root to a node passes through its dominators.

    By node: `immediate` (the immediate dominator; node_count for a child of the virtual root above
    all roots, NONE where no root reaches), `retained` (bytes freed if the node went away, its own
    included; 0 unreached), `heavy` (the child that retains most, NONE without children; its
    last item is the virtual root's). `child[child_offset[v]:child_offset[v + 1]]` are v's children,
    v = node_count being the virtual root. `order` lists the reached nodes, dominators first.
    """

    cdef readonly object immediate, retained, heavy, child_offset, child, order
    cdef readonly Py_ssize_t node_count, reached
    cdef readonly unsigned long long retained_bytes


cdef class PathTree:
    """One shortest path from a root to every node, tiers of roots taking turns.

    By node: `parent` and `parent_edge` (the node before, and the edge from it; NONE for a root that
    nothing earlier reached, and for unreached nodes), `tier` (0 unreached). `order` lists the
    reached nodes; the children of one parent are neighbours in it.
    """

    cdef readonly object parent, parent_edge, tier, order
    cdef readonly Py_ssize_t reached


cdef Py_ssize_t checked_node_count(
    const uint32_t[::1] edge_offset, const uint32_t[::1] edge_target
) except -1:
    cdef Py_ssize_t count = edge_offset.shape[0] - 1
    if count < 0 or edge_offset[count] > <size_t>edge_target.shape[0]:
        raise ValueError("the edge offsets and the edge targets do not belong together")
    if <uint64_t>count >= NO_NODE:
        raise ValueError(f"{count} nodes are more than an image can hold")
    return count


# -- dominators ---------------------------------------------------------------------------------
# Inside, nodes go by their depth-first number: the virtual root is 0, roots and all else follow.


cdef struct Search:
    const uint32_t *offset
    const uint32_t *target
    const uint8_t *is_root
    uint32_t *number   # by node; 0 = not reached
    uint32_t *node     # by number
    uint32_t *parent   # by number, a number
    uint32_t *stack
    uint32_t *cursor
    uint64_t next      # the first number not yet given


cdef void number_from(Search *s, uint32_t root) noexcept nogil:
    """Number all that `root` reaches and no other root is, depth first."""
    cdef uint64_t depth = 0
    cdef uint32_t v, w
    if s.number[root]:
        return
    s.number[root] = <uint32_t>s.next
    s.node[s.next] = root
    s.parent[s.next] = 0
    s.next += 1
    s.stack[0] = root
    s.cursor[0] = s.offset[root]
    while True:
        v = s.stack[depth]
        if s.cursor[depth] == s.offset[v + 1]:
            if depth == 0:
                return
            depth -= 1
            continue
        w = s.target[s.cursor[depth]]
        s.cursor[depth] += 1
        # A root hangs off the virtual root, whoever else refers to it.
        if s.number[w] == 0 and not s.is_root[w]:
            s.number[w] = <uint32_t>s.next
            s.node[s.next] = w
            s.parent[s.next] = s.number[v]
            s.next += 1
            depth += 1
            s.stack[depth] = w
            s.cursor[depth] = s.offset[w]
            prefetch(&s.target[s.offset[w]])


cdef inline bint is_predecessor_edge(Search *s, uint64_t source, uint32_t target) noexcept nogil:
    # Tree edges are known already, and edges into roots change no dominator.
    return s.parent[s.number[target]] != source and not s.is_root[target]


cdef uint64_t count_predecessors(Search *s, uint32_t *start) noexcept nogil:
    """How many other edges enter each number; leaves the start of each list in `start`."""
    cdef uint64_t i, k, total = 0
    cdef uint32_t v, count
    for i in range(1, s.next):
        v = s.node[i]
        if i + 4 < s.next:
            prefetch(&s.target[s.offset[s.node[i + 4]]])
        for k in range(s.offset[v], s.offset[v + 1]):
            if is_predecessor_edge(s, i, s.target[k]):
                start[s.number[s.target[k]]] += 1
    for i in range(s.next + 1):
        count = start[i]
        start[i] = <uint32_t>total
        total += count
    return total


cdef void list_predecessors(Search *s, uint32_t *end, uint32_t *source) noexcept nogil:
    """Fill the lists; `end` comes in as their starts and leaves as their ends."""
    cdef uint64_t i, k
    cdef uint32_t v, d
    for i in range(1, s.next):
        v = s.node[i]
        if i + 4 < s.next:
            prefetch(&s.target[s.offset[s.node[i + 4]]])
        for k in range(s.offset[v], s.offset[v + 1]):
            if is_predecessor_edge(s, i, s.target[k]):
                d = s.number[s.target[k]]
                source[end[d]] = <uint32_t>i
                end[d] += 1


cdef inline uint32_t evaluate(
    uint32_t v, uint64_t linked, uint32_t *ancestor, uint32_t *label, uint32_t *stack
) noexcept nogil:
    """The smallest semidominator on the path from v up to the forest's root, compressing it."""
    cdef uint64_t depth = 0
    cdef uint32_t u = v, best, top
    if ancestor[v] > linked:
        while ancestor[u] > linked:
            stack[depth] = u
            depth += 1
            u = ancestor[u]
        best = label[u]
        top = ancestor[u]
        while depth:
            depth -= 1
            u = stack[depth]
            if label[u] > best:
                label[u] = best
            else:
                best = label[u]
            ancestor[u] = top
    return label[v]


cdef void find_dominators(
    uint64_t count, const uint32_t *parent, const uint32_t *pred_end, const uint32_t *pred,
    uint32_t *ancestor, uint32_t *label, uint32_t *stack, uint32_t *dominator
) noexcept nogil:
    """Semi-NCA: semidominators in reverse depth-first order, then the nearest common ancestor."""
    cdef uint64_t i, k
    cdef uint32_t best, c
    memcpy(ancestor, parent, count * sizeof(uint32_t))
    i = count - 1
    while i >= 1:
        best = parent[i]
        for k in range(pred_end[i - 1], pred_end[i]):
            c = pred[k]
            if c > i:
                c = evaluate(c, i, ancestor, label, stack)
            if c < best:
                best = c
        label[i] = best
        dominator[i] = best
        i -= 1
    for i in range(1, count):
        # dominator[i] holds i's semidominator until this line
        c = parent[i]
        while c > dominator[i]:
            c = dominator[c]
        dominator[i] = c


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


def dominator_tree(
    const uint32_t[::1] edge_offset not None,
    const uint32_t[::1] edge_target not None,
    const uint64_t[::1] node_size not None,
    const uint32_t[::1] root_node not None,
) -> DominatorTree:
    """Dominators and retained sizes (bytes) under a virtual root over all roots.

    Semi-NCA after Georgiadis, Tarjan et al., "Finding Dominators in Practice" (JGAA 10, 2006), with
    simple path compression. About 45 bytes a node and 4 an edge while it runs, 32 a node after.
    Raises ValueError if the arrays do not belong together, MemoryError.
    """
    cdef Py_ssize_t n = checked_node_count(edge_offset, edge_target)
    if node_size.shape[0] != n:
        raise ValueError("there must be one size for each node")
    cdef DominatorTree tree = DominatorTree.__new__(DominatorTree)
    cdef Column is_root = column("B", n)
    cdef Column number = column("I", n)
    cdef Column node = column("I", n + 2)
    cdef Column parent = column("I", n + 2)
    cdef Column stack = column("I", n + 2)
    cdef Column scratch = column("I", n + 2)
    cdef Search s
    cdef Py_ssize_t i
    cdef uint64_t count, others
    cdef uint32_t root
    cdef uint8_t *rooted = <uint8_t*>is_root.data
    s.offset = &edge_offset[0]
    s.target = &edge_target[0] if edge_target.shape[0] else NULL
    s.is_root = rooted
    s.number = <uint32_t*>number.data
    s.node = <uint32_t*>node.data
    s.parent = <uint32_t*>parent.data
    s.stack = <uint32_t*>stack.data
    s.cursor = <uint32_t*>scratch.data
    s.next = 1
    with nogil:
        for i in range(root_node.shape[0]):
            rooted[root_node[i]] = 1
        for i in range(root_node.shape[0]):
            number_from(&s, root_node[i])
    count = s.next

    cdef Column pred_end = column("I", count + 2)
    with nogil:
        others = count_predecessors(&s, <uint32_t*>pred_end.data)
    cdef Column pred = column("I", others)
    with nogil:
        list_predecessors(&s, <uint32_t*>pred_end.data, <uint32_t*>pred.data)
    # The depth-first numbers have served; their memory is the union-find forest's from here on.
    del number, is_root
    cdef Column label = column("I", count)
    cdef Column dominator = column("I", count)
    with nogil:
        find_dominators(
            count, s.parent, <uint32_t*>pred_end.data, <uint32_t*>pred.data,
            s.cursor, <uint32_t*>label.data, s.stack, <uint32_t*>dominator.data,
        )
    del pred, pred_end, label, parent, stack, scratch

    cdef Column by_number = column("Q", count)
    cdef Column retained = column("Q", n)
    cdef Column immediate = column("I", n)
    cdef Column heavy = column("I", n + 1)
    with nogil:
        if count > 1:
            sum_retained(
                count, <uint32_t*>dominator.data, s.node, &node_size[0], <uint64_t*>by_number.data
            )
        publish(
            n, count, <uint32_t*>dominator.data, s.node, <uint64_t*>by_number.data,
            <uint32_t*>immediate.data, <uint64_t*>retained.data, <uint32_t*>heavy.data,
        )
    tree.retained_bytes = (<uint64_t*>by_number.data)[0]
    del by_number, dominator
    cdef Column child_offset = column("I", n + 2)
    cdef Column child = column("I", count - 1)
    with nogil:
        list_children(
            n, count, <uint32_t*>immediate.data, s.node,
            <uint32_t*>child_offset.data, <uint32_t*>child.data,
        )
    tree.node_count = n
    tree.reached = count - 1
    tree.immediate = memoryview(immediate)
    tree.retained = memoryview(retained)
    tree.heavy = memoryview(heavy)
    tree.child_offset = memoryview(child_offset)
    tree.child = memoryview(child)
    tree.order = memoryview(node)[1:count]
    return tree


# -- shortest paths -----------------------------------------------------------------------------


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


# -- sums over the trees ------------------------------------------------------------------------


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


# -- linked chains ------------------------------------------------------------------------------


cdef uint32_t length_of(
    uint32_t *window, uint32_t period, const uint32_t *heavy, const uint32_t *group,
    const uint64_t *retained, uint32_t *tail, uint64_t *largest
) noexcept nogil:
    """How many links follow the pattern at `window`; `tail` is the last whole repeat's first."""
    cdef uint32_t x = window[0], first = window[0], length = 0, i
    while True:
        first = x
        i = 0
        while i < period and x != NO_NODE and group[x] == group[window[i]]:
            x = heavy[x]
            i += 1
        length += i
        if i < period:
            return length
        tail[0] = first
        if x != NO_NODE and retained[first] - retained[x] > largest[0]:
            largest[0] = retained[first] - retained[x]


cdef struct Pattern:
    uint32_t head, period, length, tail
    uint64_t largest


cdef bint find_pattern(
    uint32_t start, const uint32_t *heavy, const uint32_t *group, const uint64_t *retained,
    uint64_t least_bytes, uint64_t least_repeats, Pattern *found
) noexcept nogil:
    """The first pattern on the path of largest children from `start`; false if there is none."""
    cdef uint32_t window[WINDOW]
    cdef uint32_t x = start, s, p, i, length, depth = 0
    while x != NO_NODE and retained[x] >= least_bytes and depth < DEEPEST_START:
        length = 0
        while x != NO_NODE and length < WINDOW:
            window[length] = x
            length += 1
            x = heavy[x]
        s = 0
        while s < WINDOW // 2 and s < length and retained[window[s]] >= least_bytes:
            for p in range(1, LONGEST_PERIOD + 1):
                if s + 2 * p > length:
                    break
                for i in range(p):
                    if group[window[s + i]] != group[window[s + i + p]]:
                        break
                else:
                    found.largest = 0
                    found.length = length_of(
                        &window[s], p, heavy, group, retained, &found.tail, &found.largest
                    )
                    if found.length // p >= least_repeats:
                        found.head = window[s]
                        found.period = p
                        return True
            s += 1
        x = window[s] if s < length else NO_NODE
        depth += s if s else 1
    return False


def linked_chains(
    DominatorTree tree not None,
    const uint32_t[::1] group not None,
    unsigned long long least_bytes,
    unsigned long long least_repeats,
):
    """Linked structures: (head, period, length, largest, tail) where a pattern of groups repeats.

    Every path of largest children that starts with at least `least_bytes` is searched for a pattern
    of up to 16 links; `head` is the first link of the first repeat, `tail` that of the last whole
    one, `period` the links in one repeat, `length` those in all, a last part of a repeat included,
    and `largest` the bytes that the heaviest repeat adds.
    Raises ValueError if the arrays do not belong together.
    """
    cdef const uint32_t[::1] order = tree.order
    cdef const uint32_t[::1] immediate = tree.immediate
    cdef const uint32_t[::1] heavy = tree.heavy
    cdef const uint64_t[::1] retained = tree.retained
    cdef uint32_t n = <uint32_t>tree.node_count, x = 0
    cdef Py_ssize_t k = 0, reached = order.shape[0]
    cdef bint there
    cdef Pattern pattern
    if group.shape[0] != tree.node_count:
        raise ValueError("there must be one group for each node")
    found = []
    while k < reached:
        there = False
        with nogil:
            while k < reached and not there:
                x = order[k]
                k += 1
                # the largest child of its dominator is part of a path that began further up
                if retained[x] >= least_bytes and (immediate[x] == n or heavy[immediate[x]] != x):
                    there = find_pattern(
                        x, &heavy[0], &group[0], &retained[0], least_bytes, least_repeats, &pattern
                    )
        if there:
            found.append(
                (pattern.head, pattern.period, pattern.length, pattern.largest, pattern.tail)
            )
    return found
