# cython: language_level=3
"""A memory handler for numpy's data, as NEP 49 has it, that tells the sampler of every block.

numpy is not needed to build this: of its C API two functions are called, which stand at the same
places of its table since 1.22, and the handler's layout is fixed by its version.
"""

from cpython.object cimport PyObject
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from libc.stdint cimport uint8_t
from libc.string cimport strcpy

from leakguard.routes._sampler cimport allocated, freed

ctypedef struct Allocator:
    void *ctx
    void *(*malloc)(void *ctx, size_t size) noexcept nogil
    void *(*calloc)(void *ctx, size_t count, size_t size) noexcept nogil
    void *(*realloc)(void *ctx, void *block, size_t size) noexcept nogil
    void (*free)(void *ctx, void *block, size_t size) noexcept nogil

ctypedef struct Handler:  # PyDataMem_Handler
    char name[127]
    uint8_t version
    Allocator allocator

cdef enum:
    C_VERSION = 0  # places in the table
    FEATURE_VERSION = 211
    SET_HANDLER = 304
    GET_HANDLER = 305
    FIRST_FEATURE = 0x0F  # of numpy 1.22, the first that has handlers
    HANDLER_VERSION = 1

cdef const char *CAPSULE = "mem_handler"
cdef Handler ours
cdef Allocator below
cdef object capsule = None
cdef object (*set_handler)(PyObject *)
cdef object (*get_handler)()

# ---- the handler: numpy's default allocator does the work ----------------------------------------

cdef void *handler_malloc(void *ctx, size_t size) noexcept nogil:
    cdef void *block = below.malloc(below.ctx, size)
    if block != NULL:
        allocated(block, size)
    return block

cdef void *handler_calloc(void *ctx, size_t count, size_t size) noexcept nogil:
    cdef void *block = below.calloc(below.ctx, count, size)
    if block != NULL:
        allocated(block, count * size)
    return block

cdef void *handler_realloc(void *ctx, void *block, size_t size) noexcept nogil:
    cdef void *moved = below.realloc(below.ctx, block, size)
    if moved != NULL:
        freed(block)
        allocated(moved, size)
    return moved

cdef void handler_free(void *ctx, void *block, size_t size) noexcept nogil:
    freed(block)
    below.free(below.ctx, block, size)

# ---- in and out ----------------------------------------------------------------------------------

def connect(api):
    global set_handler, get_handler, below, capsule
    cdef void **table
    cdef Handler *default
    if capsule is not None:
        enter()
        return None
    table = <void **>PyCapsule_GetPointer(api, NULL)
    cdef unsigned int c_version = (<unsigned int (*)() noexcept>table[C_VERSION])()
    if c_version >> 24 not in (1, 2):
        return f"its C API is of an unknown version, {c_version:#x}"
    if (<unsigned int (*)() noexcept>table[FEATURE_VERSION])() < FIRST_FEATURE:
        return "it is older than 1.22 and has no memory handlers"
    set_handler = <object (*)(PyObject *)>table[SET_HANDLER]
    get_handler = <object (*)()>table[GET_HANDLER]
    before = set_handler(NULL)  # the default for a moment, to see which functions it has
    default_capsule = get_handler()
    set_handler(<PyObject *>before)
    default = <Handler *>PyCapsule_GetPointer(default_capsule, CAPSULE)
    if default.version != HANDLER_VERSION:
        return f"its memory handlers are of an unknown version, {default.version}"
    below = default.allocator
    strcpy(ours.name, "leakguard")
    ours.version = HANDLER_VERSION
    ours.allocator.malloc = handler_malloc
    ours.allocator.calloc = handler_calloc
    ours.allocator.realloc = handler_realloc
    ours.allocator.free = handler_free
    capsule = PyCapsule_New(&ours, CAPSULE, NULL)
    enter()
    return None

def enter():
    if capsule is None:
        return
    before = set_handler(<PyObject *>capsule)
    cdef Handler *found = <Handler *>PyCapsule_GetPointer(before, CAPSULE)
    if found != &ours and found.allocator.malloc != below.malloc:
        set_handler(<PyObject *>before)  # the application has one of its own here: it stays

def entered():
    return capsule is not None and get_handler() is capsule
