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


include "_retained.pxi"
include "_dominators.pxi"
include "_shortest.pxi"
include "_groups.pxi"
include "_linked.pxi"
include "_nearest.pxi"
include "_below.pxi"
