# Declarations of the C headers.

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.string cimport memcpy, memset, strlen
from libc.stdio cimport FILE

cdef extern from "_owned.h" nogil:
    ctypedef struct PyObject:
        pass
    ctypedef struct PyTypeObject:
        pass
    ctypedef struct PyThreadState:
        unsigned long thread_id
        PyThreadState *next
        PyObject *context
        PyObject *dict
    ctypedef struct PyGC_Head:
        pass
    ctypedef struct Frame "_PyInterpreterFrame":
        Frame *previous
    ctypedef struct LGBytes:
        char *p
        size_t used, room
    ctypedef struct LGArena:
        pass
    ctypedef struct LGMap:
        size_t count
    ctypedef struct LGStrings:
        LGBytes text, ends
        LGMap known
        uint32_t count
    ctypedef struct LGIdents:
        LGBytes names, files, lines
        LGMap known
        uint32_t count
    ctypedef struct LGType:
        PyTypeObject *type
        uint8_t kind, flags, leaf, buffers, bounding
        uint32_t name, ident, prefix
        uint64_t folded_count, folded_bytes
    ctypedef struct LGSink:
        PyObject **target
        uint32_t *label
        int count
        void (*full)(LGSink *) noexcept nogil
        void *owner
        LGStrings *strings
        uint64_t salt
        uint32_t label_class, label_dict, label_tzinfo, label_base
    ctypedef struct LGLayouts:
        uint32_t deque_maxlen, lru_maxsize, lru_func, mmap_size, numpy_major
        void *subtype_traverse
    LGLayouts lg_layouts
    int lg_out_of_memory
    uint64_t lg_mmap_bytes
    size_t lg_mapped_bytes
    void lg_begin_budget(size_t)
    void lg_exhaust()
    int lg_begin_strings(LGStrings *)
    enum:
        LG_FUNCTION, LG_GENERATOR, LG_FRAME, LG_MODULE, LG_CODE, LG_TYPE, LG_THREAD, LG_LRU_CACHE
        LG_OTHER, LG_DEQUE, LG_WEAKREF
        LG_E_INDEX, LG_E_CELL, LG_E_SLOT, LG_E_ATTR, LG_E_OTHER
        LG_NAME_MAX, LG_PATH_MAX, LG_GC_LISTS, LG_BATCH, LG_UNCOUNTED

    PyTypeObject *Py_TYPE(PyObject *)
    int PyDict_Next(PyObject *, Py_ssize_t *, PyObject **, PyObject **)
    int lg_reserve(LGBytes *, size_t)
    void lg_release(LGBytes *)
    void *lg_arena_take(LGArena *, size_t)
    void lg_arena_release(LGArena *)
    uint32_t *lg_map_slot(LGMap *, const void *)
    void lg_map_release(LGMap *)
    uint32_t lg_string_z(LGStrings *, const char *)
    uint32_t lg_string_of(LGStrings *, PyObject *, Py_ssize_t)
    PyObject *lg_dict_find(PyObject *, const char *)
    uint32_t lg_ident_add(LGIdents *, uint32_t, uint32_t, uint32_t)
    uint32_t lg_ident_code(LGIdents *, LGStrings *, PyObject *, PyObject *)
    void lg_type_init(LGType *, LGArena *, LGStrings *, LGIdents *, uint64_t,
                      PyTypeObject *)
    uint64_t lg_object_bytes(PyObject *, LGType *)
    uint64_t lg_counted_references(PyObject *, LGType *)
    int64_t lg_bound_of(PyObject *, LGType *)
    uint8_t lg_bounding_of(PyTypeObject *)
    enum: LG_NO_BOUND
    void lg_visit(PyObject *, LGType *, LGSink *)
    void lg_emit(LGSink *, void *, uint32_t)
    void lg_frame_references(Frame *, LGSink *, int)
    void lg_prefetch_body(PyObject *, LGType *)
    uint32_t LG_LABEL(uint32_t, uint64_t)
    int lg_is_immortal(PyObject *)
    uint64_t lg_refcount(PyObject *)
    PyGC_Head *lg_gc_list(int)
    PyGC_Head *lg_gc_next(PyGC_Head *)
    PyGC_Head *lg_gc_header(PyObject *)
    PyObject *lg_gc_object(PyGC_Head *)
    PyObject *lg_sys_modules()
    PyObject *lg_interned_strings()
    int lg_is_interned_for_ever(PyObject *)
    PyThreadState *lg_first_thread()
    PyObject *lg_thread_exception(PyThreadState *)
    Frame *lg_current_frame(PyThreadState *)
    ctypedef struct PyCodeObject:
        pass
    PyCodeObject *lg_frame_code(Frame *)
    PyObject *lg_frame_generator(Frame *)
    int LG_FRAME_IN_GENERATOR(Frame *)
    void *lg_traverse_of(PyObject *)
    uint64_t lg_numpy_size(PyObject *)
    void lg_pymalloc_report(FILE *, const void *, const void *, int)
    uint64_t lg_pymalloc_in_use(const char *)
    # parts of objects whose names the walk records
    PyObject *lg_function_code(PyObject *)
    PyObject *lg_function_globals(PyObject *)
    PyObject *lg_function_closure(PyObject *)
    PyObject *lg_free_variable(PyObject *, Py_ssize_t)
    Frame *lg_generator_frame(PyObject *)
    Frame *lg_frame_object_frame(PyObject *)
    PyObject *lg_frame_globals(Frame *)
    PyObject *lg_module_dict(PyObject *)
    PyObject *lg_lru_function(PyObject *)
    # sampled allocations
    ctypedef struct LGOwner:
        int32_t route
    ctypedef struct LGSample:
        void *block
        size_t size
        LGOwner *owner
        int64_t born
        uint64_t request
        uint16_t site
        uint8_t kind
    ctypedef struct LGFrame:
        void *code
    ctypedef struct LGSite:
        uint32_t depth
        LGFrame *frames
    ctypedef struct LGTables:
        uint32_t version, sample_bytes, sample_room, site_bytes, site_room, live
        LGSample *samples
        LGSite *sites
        size_t bytes
        const uint64_t *requests
        void (*lock)() noexcept nogil
        void (*unlock)() noexcept nogil
        const void *hook
        const void *below
        const size_t *least
    ctypedef struct LGWanted:
        uint64_t *filter
        LGMap index
        uint32_t *node
    enum:
        LG_STRONG, LG_NO_REQUEST, LG_UNBOUND, LG_TABLES_VERSION, LG_NOBODY, LG_WIDEST_PREFIX, LG_FILTER_BITS
    uint64_t lg_estimated_bytes(LGSample *)
    uint64_t lg_block(uint64_t)
    uint32_t *lg_want(LGWanted *, const void *)
    const void *lg_instruction_key(LGFrame *)
    uint32_t lg_frame_line(LGFrame *)
    uint8_t lg_has_buffers(LGType *)
    void lg_claim_leaf(LGWanted *, PyObject *, LGType *, uint32_t)
    void lg_claim_buffers(LGWanted *, PyObject *, LGType *, uint32_t)

cdef extern from "_program.h" nogil:
    void lg_run(char *const *, char *const *, int *, int *)

cdef extern from "_os.h" nogil:
    enum:
        LG_MOST_FDS
    void LG_PREFETCH(const void *)
    int64_t lg_monotonic_ns()
    int64_t lg_cpu_ns()
    void *lg_shared_map(size_t)
    int lg_clone(int *)
    int lg_become_child(int, unsigned, const int *, int)
    int lg_reap(int)
    int lg_wait_readable(int, int)
    int lg_write_all(int, const void *, size_t)
    uint64_t lg_malloc_in_use()
    int getpid()
    void _exit(int)
    int munmap(void *, size_t)
    ctypedef struct sigset_t:
        pass
    int sigfillset(sigset_t *)
    int pthread_sigmask(int, const sigset_t *, sigset_t *)
    int SIG_SETMASK, SIGKILL
    int kill(int, int)
    int close(int)
    int dup2(int, int)
    void *memchr(const void *, int, size_t)
    FILE *fmemopen(void *, size_t, const char *)
    int setvbuf(FILE *, char *, int, size_t)
    int fclose(FILE *)
    int _IOFBF, errno
    ctypedef long off_t
    long lseek(int, long, int)
    int ftruncate(int, long)
