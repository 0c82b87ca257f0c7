# For allocators beside the interpreter's own, whose blocks are to be sampled as well.

cdef void allocated(void *block, size_t size) noexcept nogil
cdef void freed(void *block) noexcept nogil
