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
include "_weights.pxi"


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
        flags, near objects, near bytes, far objects, far bytes) of one path.

        Parents come before their children; parent, label and ident are NONE where there is none.
        Near are this path and those that differ by the last key only; far those that differ by data
        keys on the way as well. Bytes are with all below.
        """
        cdef Path *p
        cdef Path *near
        cdef Path *far
        if index < 0 or index >= <Py_ssize_t>self.walk.paths:
            raise IndexError(index)
        p = &self.walk.path[index]
        near = &self.walk.path[p.first_near]
        far = &self.walk.path[p.first_far]
        return (
            p.hash, p.parent, p.label, p.node, p.ident, p.count, p.inner, p.bytes, p.all_objects,
            p.all_bytes, p.tier, p.flags, near.near_count, near.near_bytes, far.far_count,
            far.far_bytes,
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

    def retained(self, uint32_t index, const uint64_t[::1] by_node not None):
        """What the objects of a path retain together, by what each node does."""
        cdef Walk *w = &self.walk
        cdef uint64_t i, total = 0
        if index >= w.paths or by_node.shape[0] < <Py_ssize_t>self.node_count:
            raise IndexError(index)
        with nogil:
            for i in range(self.node_count):
                # what is on its owner's path is a part of the owner
                if w.path_of[i] == index and (
                    w.parent[i] == NO or w.path_of[w.parent[i]] != index
                ):
                    total += by_node[i]
        return total

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


include "_pathtree_of.pxi"
