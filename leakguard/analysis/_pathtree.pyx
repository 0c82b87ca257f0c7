# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True
"""The tree of paths of a heap image: what hangs where, by the names of the references.

Two objects are on one path when the same references lead to them from a root, so that the tree is
small where the heap is large, and the same path is found again in a later image. Paths go by a
64-bit hash over the words of labels, types and names, which do not depend on one image's numbers.

Indices into the image's arrays must be in range, which HeapImage checks on opening; the lengths of
all arrays are compared here.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, realloc

from leakguard.analysis._graph import NONE, Column

cdef extern from *:
    """
    #if defined(__GNUC__) || defined(__clang__)
    #define LG_PREFETCH(address) __builtin_prefetch(address)
    #else
    #define LG_PREFETCH(address) ((void)(address))
    #endif
    """
    void prefetch "LG_PREFETCH"(const void *address) noexcept nogil

# In the order in which roots take their turn; weak containers come last of all.
TIER_MODULE, TIER_LOOP, TIER_THREAD, TIER_C, TIER_C_REFERRED = 1, 2, 3, 4, 5
TIER_TYPE, TIER_IMMORTAL, TIER_WEAK = 6, 7, 8

ROLE_LOOP, ROLE_WEAK, ROLE_BOUNDED, ROLE_OWN = 1, 2, 4, 8

FLAG_BOUNDED, FLAG_WEAK, FLAG_OWN, FLAG_REPEATS, FLAG_DISTINCT_KEY = 1, 2, 4, 8, 16

cdef enum:
    MODULE_TIER = 1
    LOOP_TIER = 2
    THREAD_TIER = 3
    C_TIER = 4
    C_REFERRED_TIER = 5
    WEAK_TIER = 8
    LOOP_ROLE = 1
    WEAK_ROLE = 2
    BOUNDED_ROLE = 4
    OWN_ROLE = 8
    BOUNDED = 1
    WEAK = 2
    OWN = 4
    REPEATS = 8
    DISTINCT_KEY = 16
    # An event loop waits until somebody has referred to it.
    LOOP = 254
    LOOP_MET = 253
    # Kinds of edges and of types: see leakguard.image.format.
    ATTR = 1
    KEY = 2
    DATA_KEY = 3
    CELL_EDGE = 5
    SLOT = 8
    CONTEXT_VAR = 9
    DICT = 9
    FUNCTION = 15
    MODULE = 16
    CELL = 17
    GENERATOR = 18
    METHOD = 20
    THREAD = 21
    HAMT = 25
    LRU_CACHE = 26
    TASK = 28
    BUILTIN_FUNCTION = 31
    PARTIAL = 33
    # Of one dict (or one object) at most so many keys are paths of their own.
    MOST_KEYS = 256
    MOST_NAMES = 512
    # Of the nameless references of one path so many lead to objects that go by their own names.
    MOST_IDENTS = 32
    # A step that is found twice among so many before it goes round in a ring.
    RING = 48
    # Of a method, a partial or a task so many references are searched for its function.
    CALLABLE_EDGES = 16
    MOST_PATHS = 1 << 21
    # Of what is known, this is what a later image must know too.
    KEPT_KEY = 1

cdef uint32_t NO = <uint32_t>0xFFFFFFFFU
cdef uint32_t SHOWN_DATA_KEY = <uint32_t>DATA_KEY << 28

include "_hashes.pxi"
include "_reach.pxi"
include "_paths.pxi"


cdef class PathTree:
    """The paths of one image; see `path_tree`."""

    cdef Walk walk
    cdef object columns, held
    cdef uint64_t node_count
    cdef readonly object parent, parent_edge, path_of

    def __dealloc__(self):
        map_end(&self.walk.table)
        map_end(&self.walk.baseline)
        map_end(&self.walk.known)
        free(self.walk.path)

    @property
    def path_count(self):
        """How many paths there are."""
        return self.walk.paths

    @property
    def reached(self):
        """How many nodes some root reaches."""
        return self.walk.reached

    @property
    def reached_objects(self):
        """All that some root reaches, folded leaves included."""
        cdef uint32_t i
        cdef uint64_t total = 0
        for i in range(self.walk.paths):
            total += self.walk.path[i].count + self.walk.path[i].inner
        return total

    @property
    def reached_bytes(self):
        """The size of all that some root reaches."""
        cdef uint32_t i
        cdef uint64_t total = 0
        for i in range(self.walk.paths):
            if self.walk.path[i].parent == NO:
                total += self.walk.path[i].all_bytes
        return total

    def __getitem__(self, Py_ssize_t index):
        """(hash, parent, label, node, ident, count, inner, bytes, all objects, all bytes, tier,
        flags) of one path.

        Parents come before their children; parent, label and ident are NONE where there is none.
        """
        cdef Path *p
        if index < 0 or index >= <Py_ssize_t>self.walk.paths:
            raise IndexError(index)
        p = &self.walk.path[index]
        return (
            p.hash, p.parent, p.label, p.node, p.ident, p.count, p.inner, p.bytes, p.all_objects,
            p.all_bytes, p.tier, p.flags,
        )

    def heaviest(self, unsigned long long objects, unsigned long long size, uint32_t most):
        """At most `most` paths, ascending, with every path that leads to them.

        Wanted are paths of at least `objects` objects or `size` bytes; both limits are
        raised until few enough remain.
        """
        cdef uint32_t i
        with nogil:
            while keep(&self.walk, objects, size) > most:
                objects += objects // 4 + 1
                size += size // 4 + 1
        return [i for i in range(self.walk.paths) if self.walk.path[i].kept]

    def keys(self):
        """The hashes that tell keys and dicts of this image in a later one, as bytes of uint64."""
        cdef uint64_t i
        cdef Map *m = &self.walk.baseline if self.walk.has_baseline else &self.walk.known
        column = Column("Q", max(m.used, 1))
        cdef const uint64_t[::1] view = column
        cdef uint64_t *out = <uint64_t*>&view[0]
        cdef uint64_t found = 0
        for i in range(m.size):
            if m.key[i] and m.value[i] == KEPT_KEY:
                out[found] = m.key[i]
                found += 1
        return bytes(memoryview(column)[:found])

    def other_owners(self, wanted):
        """Who else refers to the objects of some paths: {path: {owner's path: references}}.

        Not counted are the reference by which an object was reached, further ones from the same
        path, and references out of weak containers.
        """
        cdef Walk *w = &self.walk
        column = Column("B", w.paths)
        cdef const uint8_t[::1] view = column
        cdef uint8_t *mark = <uint8_t*>&view[0] if w.paths else NULL
        cdef uint64_t i, k, place, many
        cdef uint32_t u, t, one, other
        cdef Map pairs
        found = {}
        for index in wanted:
            mark[<uint32_t>index] = 1
        cdef int failed = map_start(&pairs, 4096)
        with nogil:
            for i in range(w.reached):
                if failed:
                    break
                u = w.queue[i]
                if w.seen[u] == WEAK_TIER:
                    continue
                one = w.path_of[u]
                for k in range(w.offset[u], w.offset[u + 1]):
                    t = w.target[k]
                    other = w.path_of[t]
                    if other == NO or not mark[other] or w.parent_edge[t] == k:
                        continue
                    if w.parent[t] == NO or w.path_of[w.parent[t]] == one or one == other:
                        continue
                    place = map_place(&pairs, (<uint64_t>one << 32 | other) + 1)
                    many = pairs.value[place] if pairs.key[place] else 0
                    if map_put(&pairs, (<uint64_t>one << 32 | other) + 1, <uint32_t>(many + 1)) < 0:
                        failed = -1
                        break
        for i in range(pairs.size):
            if pairs.key[i]:
                one, other = (pairs.key[i] - 1) >> 32, (pairs.key[i] - 1) & NO
                found.setdefault(other, {})[one] = pairs.value[i]
        map_end(&pairs)
        if failed:
            raise MemoryError("no memory for the owners of a path's objects")
        return found


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
    if failed:
        raise MemoryError(f"no memory for the paths of {n} nodes")
    tree.parent = memoryview(columns["parent"])
    tree.parent_edge = memoryview(columns["edge"])
    tree.path_of = memoryview(columns["path"])
    return tree
