# The walk in process, with the GIL held.

def capture_inline(bytes meta, uint64_t salt, size_t memory_budget, int fd, tables=None, routes=None):
    """Walk in process, the GIL held; then write with the GIL released. (progress, pause in ns)."""
    cdef Progress progress = Progress()
    cdef _Prepared prepared = _Prepared(meta, salt, memory_budget, tables, routes)
    cdef Graph *g
    cdef int failed
    cdef int64_t began = lg_monotonic_ns(), began_cpu = lg_cpu_ns(), pause
    block = bytearray(sizeof(Graph))
    g = <Graph *><char *>block
    failed = start(g, progress.shared, &prepared.facts)
    if failed:
        progress.shared.failure = OUT_OF_MEMORY
    else:
        failed = walk_and_measure(g)
    pause = lg_monotonic_ns() - began
    with nogil:
        if not failed:
            write_inline(g, fd)
        progress.shared.cpu_ns = lg_cpu_ns() - began_cpu
        free_graph(g)
    return progress, pause

cdef int write_inline(Graph *g, int fd) noexcept nogil:
    if write_image(g, fd) < 0:
        g.shared.failure = OUT_OF_MEMORY if lg_out_of_memory else WRITE_FAILED
        return -1
    g.shared.phase = ENDED
    return 0
