# What the walk builds: the graph, what is asked of it, and what it tells of itself.

cdef enum:
    MAX_TYPES = 65500       # type 0 stands for any beyond
    EXTERNAL_ROOT = 0x40000000  # a reference count that no in-edges can use up
    COUNT_MAX = 0x3fffffff

cdef enum Phase:
    STARTING, ENUMERATING, REFERENCES, NAMING, WRITING, ANALYSING, ENDED

cdef struct Shared:
    # in memory that parent and child both see: how far the child is, and what stopped it
    uint32_t phase
    uint32_t failure
    uint64_t processed, expected
    PyTypeObject *type      # whose C code is running
    uint64_t objects, allocated_bytes, stats_offset
    int64_t cpu_ns
    uint64_t mapped_bytes
    int program             # process id of the program that the child became, 0: none yet

cdef enum Failure:
    NO_FAILURE, OUT_OF_MEMORY, WRITE_FAILED, TOO_MANY, NO_DESCRIPTORS

cdef struct ThreadName:
    unsigned long thread_id
    uint32_t offset         # into Facts.thread_text

cdef struct Facts:
    # what the parent knows and the child writes down
    const char *meta
    size_t meta_bytes
    uint64_t malloc_bytes
    FILE *statistics
    char *statistics_text
    ThreadName *threads
    int thread_count
    const char *thread_text
    uint64_t salt
    size_t memory_budget    # bytes; 0: none
    LGTables *tables        # of sampled allocations; NULL: there are none
    bint in_process         # other threads are there; in a child they are not
    const char *route_text  # names, each with its end
    const uint64_t *route_requests
    uint32_t route_count    # 0: samples are not asked for
    const uint32_t *route_index     # by route number + 1
    uint32_t route_numbers

cdef struct Allocations:
    LGWanted wanted
    uint32_t count, stacks, frames
    LGBytes block, filter
    LGBytes node, bytes, size, route, stack, kind, age, requests    # the image's columns
    LGBytes stack_offset, frame_ident, frame_line, route_name
    LGBytes stack_number    # by site
    LGMap lines             # instruction -> line + 1

cdef struct Graph:
    uint64_t n, e
    LGBytes address, external, type, size, folded, folded_type, offset, target, label
    LGBytes page_key, page_index, page_block    # object address -> node
    uint64_t page_mask, page_count
    int page_shift
    LGType *types
    LGMap type_known
    uint32_t type_count, thread_type, frame_type, interned_type
    LGStrings strings
    LGIdents idents
    LGArena arena
    LGBytes named_node, named_ident, bound_node, bound_limit, root_node, root_kind
    uint64_t named, bound, roots
    LGBytes batch_source, batch_end
    int batch_sources
    uint32_t source         # node whose references are being visited
    uint64_t objects, heap_bytes
    LGSink sink
    Allocations allocations
    Facts *facts
    Shared *shared
