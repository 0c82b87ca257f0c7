# Running the walk: in a forked child, or in process with the GIL held.

import threading

class _Plain:
    """A class as any class statement makes it: its tp_traverse tells such classes apart."""

cdef int walk_and_measure(Graph *g) noexcept nogil:
    cdef Shared *shared = g.shared
    cdef uint64_t in_pymalloc = 0
    cdef int failed = walk(g)
    shared.mapped_bytes = lg_mapped_bytes
    if failed:
        if shared.failure == NO_FAILURE:
            shared.failure = OUT_OF_MEMORY
        return -1
    if g.facts.statistics != NULL:
        print_statistics(g.facts)
        in_pymalloc = lg_pymalloc_in_use(g.facts.statistics_text)
    if in_pymalloc:             # it does not tell where another tool has put itself in front of it
        shared.allocated_bytes = in_pymalloc + g.facts.malloc_bytes + lg_mmap_bytes
    shared.objects = g.objects
    return 0

cdef void print_statistics(Facts *facts) noexcept nogil:
    if facts.tables == NULL:
        lg_pymalloc_report(facts.statistics, NULL, NULL, facts.in_process)
    else:
        lg_pymalloc_report(facts.statistics, facts.tables.hook, facts.tables.below, facts.in_process)

cdef int capture_to(Graph *g, int fd) noexcept nogil:
    """Walk and write. 0, or a Failure in shared memory."""
    cdef Shared *shared = g.shared
    cdef int64_t began = lg_cpu_ns()
    if walk_and_measure(g) < 0:
        return -1
    shared.cpu_ns = lg_cpu_ns() - began
    shared.phase = WRITING
    release_walk(g)
    if write_image(g, fd) < 0:
        shared.failure = OUT_OF_MEMORY if lg_out_of_memory else WRITE_FAILED
        return -1
    shared.cpu_ns = lg_cpu_ns() - began
    return 0

cdef void child_main(int parent, unsigned cpu_seconds, const int *fds, int fd_count, Shared *shared,
                     Facts *facts, char *const *argv) noexcept nogil:
    cdef Graph g
    cdef int refused = 0
    facts.in_process = False
    if facts.tables != NULL:
        facts.tables.unlock()   # whoever held the lock did not come along
    if lg_become_child(parent, cpu_seconds, fds, fd_count) < 0:
        shared.failure = NO_DESCRIPTORS
        _exit(3)
    if start(&g, shared, facts) < 0:
        shared.failure = OUT_OF_MEMORY
        _exit(3)
    if capture_to(&g, 3) < 0:
        _exit(3)
    if argv != NULL:
        shared.phase = ANALYSING
        lg_run(argv, &shared.program, &refused)
    shared.phase = ENDED        # the image is there; without the program, if that was refused
    _exit(0)

cdef thread_ident_and_name(thread):
    """Read past the properties: a subclass of Thread may have its own, and they may do anything."""
    try:
        ident = object.__getattribute__(thread, "_ident")
        name = object.__getattribute__(thread, "_name")
    except AttributeError:      # not started by threading, nor made by it
        return 0, ""
    return ident if type(ident) is int else 0, name if type(name) is str else ""

STATISTICS_BYTES = 1 << 17

cdef class _Prepared:
    """What a walk needs from Python, laid out as C data before the world stops."""

    cdef Facts facts
    cdef object keep
    cdef bytearray statistics, stream_buffer
    cdef ThreadName names[256]

    def __cinit__(self, bytes meta, uint64_t salt, size_t memory_budget, tables, routes):
        text = bytearray()
        cdef int count = 0
        for thread in threading.enumerate()[:256]:
            ident, name = thread_ident_and_name(thread)
            self.names[count].thread_id = ident
            self.names[count].offset = <uint32_t>len(text)
            text += name[:100].encode("utf-8", "replace").replace(b"\0", b"") + b"\0"
            count += 1
        self.keep = (meta, bytes(text))
        self.statistics = bytearray(STATISTICS_BYTES)
        memset(&self.facts, 0, sizeof(Facts))
        self.facts.meta = self.keep[0]
        self.facts.meta_bytes = len(meta)
        self.facts.thread_text = self.keep[1]
        self.facts.threads = self.names
        self.facts.thread_count = count
        self.facts.salt = salt
        self.facts.memory_budget = memory_budget
        self.facts.statistics_text = self.statistics
        self.stream_buffer = bytearray(4096)
        self.facts.statistics = fmemopen(self.facts.statistics_text, STATISTICS_BYTES - 1, b"w")
        # without a buffer the first print would ask malloc for one, in the child
        if self.facts.statistics != NULL:
            setvbuf(self.facts.statistics, self.stream_buffer, _IOFBF, len(self.stream_buffer))
        self.facts.in_process = True
        self.facts.tables = sampler_tables(tables)
        with nogil:
            self.facts.malloc_bytes = lg_malloc_in_use()
        if self.facts.tables == NULL:
            return
        self.facts.malloc_bytes -= min(self.facts.malloc_bytes, sampler_bytes(self.facts.tables))
        if routes is not None:
            self.add_routes(routes)

    cdef add_routes(self, routes):
        cdef bytes text, requests, index
        text, requests, index = routes
        self.keep = (self.keep, text, requests, index)
        self.facts.route_text = text
        self.facts.route_requests = <const uint64_t *><const char *>requests
        self.facts.route_count = len(requests) // 8
        self.facts.route_index = <const uint32_t *><const char *>index
        self.facts.route_numbers = len(index) // 4

    def __dealloc__(self):
        if self.facts.statistics != NULL:
            fclose(self.facts.statistics)

cdef LGTables *sampler_tables(capsule) except? NULL:
    """The tables behind the sampler's capsule; NULL where there is none, or of another build."""
    cdef LGTables *t
    if capsule is None:
        return NULL
    t = <LGTables *>PyCapsule_GetPointer(capsule, "leakguard.routes._sampler.tables")
    if (t.version != LG_TABLES_VERSION or t.sample_bytes != sizeof(LGSample)
            or t.site_bytes != sizeof(LGSite) or t.samples == NULL):
        return NULL
    return t

cdef class Progress:
    """How far a capture is, read from memory that the child writes."""

    cdef Shared *shared

    def __cinit__(self):
        self.shared = <Shared *>lg_shared_map(sizeof(Shared))
        if self.shared == NULL:
            raise MemoryError("no memory for a shared page")

    def __dealloc__(self):
        if self.shared != NULL:
            munmap(self.shared, sizeof(Shared))

    @property
    def phase(self):
        return PHASES[self.shared.phase]

    @property
    def failure(self):
        return FAILURES[self.shared.failure]

    @property
    def processed(self):
        return self.shared.processed

    @property
    def expected(self):
        return self.shared.expected

    @property
    def type_address(self):
        """Address of the type whose C code ran last, 0 for none: names the culprit of a crash."""
        return <size_t>self.shared.type

    @property
    def stats_offset(self):
        return self.shared.stats_offset

    @property
    def cpu_seconds(self):
        return self.shared.cpu_ns * 1e-9

    @property
    def mapped_bytes(self):
        return self.shared.mapped_bytes

    @property
    def objects(self):
        return self.shared.objects

PHASES = ("starting", "enumerating", "references", "naming", "writing", "analysing", "ended")
FAILURES = ("", "out of memory", "write failed", "too many objects", "no descriptors")

cdef class ChildCapture:
    """A forked child that walks the heap as it was at the fork and writes an image."""

    cdef readonly Progress progress
    cdef _Prepared prepared
    cdef readonly int pid
    cdef int pidfd, owner       # owner: in a process forked since, the child is not ours
    cdef readonly int64_t pause_ns, pause_cpu_ns

    def __cinit__(self, bytes meta, uint64_t salt, size_t memory_budget, unsigned cpu_seconds,
                  list fds, list argv, tables=None, routes=None):
        """Fork. OSError where clone is denied."""
        cdef int wanted[4]
        cdef char *arguments[64]
        cdef char **argv_or_null = NULL
        cdef sigset_t all_signals, previous
        cdef int pid, i, error, count = len(fds), parent = getpid()
        cdef int64_t began, began_cpu
        self.pid = self.pidfd = -1
        self.owner = parent
        self.progress = Progress()
        self.prepared = _Prepared(meta, salt, memory_budget, tables, routes)
        for i in range(count):
            wanted[i] = fds[i]
        if argv:
            for i in range(len(argv)):
                arguments[i] = <bytes>argv[i]
            arguments[len(argv)] = NULL
            argv_or_null = arguments
        cdef Shared *shared = self.progress.shared
        cdef Facts *facts = &self.prepared.facts
        sigfillset(&all_signals)
        began = lg_monotonic_ns()
        began_cpu = lg_cpu_ns()
        pthread_sigmask(SIG_SETMASK, &all_signals, &previous)
        pid = lg_clone(&self.pidfd)
        if pid == 0:
            child_main(parent, cpu_seconds, wanted, count, shared, facts, argv_or_null)
        error = errno
        pthread_sigmask(SIG_SETMASK, &previous, NULL)
        self.pause_cpu_ns = lg_cpu_ns() - began_cpu
        self.pause_ns = lg_monotonic_ns() - began
        if pid < 0:
            raise OSError(error, "clone was refused")
        self.pid = pid

    def wait(self, int milliseconds):
        """Whether the child has ended, after at most that time. Releases the GIL."""
        cdef bint ended
        with nogil:
            ended = lg_wait_readable(self.pidfd, milliseconds)
        return ended

    def kill(self):
        if self.pid > 0 and self.owner == getpid():
            with nogil:
                end_child(self.pid, self.pidfd, self.progress.shared)

    def reap(self):
        """The wait status of the child, which has ended or is about to."""
        cdef int status = 0, pid = self.pid
        if pid <= 0 or self.owner != getpid():
            return 0
        with nogil:
            status = lg_reap(pid)
        close(self.pidfd)
        self.pid = self.pidfd = -1
        return status

    def __dealloc__(self):
        if self.pid > 0 and self.owner == getpid():
            end_child(self.pid, self.pidfd, self.progress.shared)
            lg_reap(self.pid)
            close(self.pidfd)

cdef void end_child(int pid, int pidfd, Shared *shared) noexcept nogil:
    # its program first, while the child is there to reap it: an orphan would become a zombie of
    # the server where that is the container's first process
    if shared.program > 0 and not lg_wait_readable(pidfd, 0):
        kill(shared.program, SIGKILL)
        lg_wait_readable(pidfd, 1000)
    kill(pid, SIGKILL)

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

def bare_fork():
    """Wall and CPU nanoseconds of a clone whose child ends at once: what a pause is measured by."""
    cdef int pidfd = -1, pid
    cdef int64_t began = lg_monotonic_ns(), began_cpu = lg_cpu_ns(), wall, cpu
    pid = lg_clone(&pidfd)
    if pid == 0:
        _exit(0)
    cpu = lg_cpu_ns() - began_cpu
    wall = lg_monotonic_ns() - began
    if pid < 0:
        raise OSError(errno, "clone was refused")
    with nogil:
        lg_reap(pid)
    close(pidfd)
    return wall, cpu

# ---- self-test -----------------------------------------------------------------------------------

def layout_problem():
    """Why the compiled layouts do not fit the running interpreter; None when they do.

    Also finds out which of the layouts that no header gives can be used.
    """
    import collections
    import functools
    import gc
    was_enabled = gc.isenabled()
    gc.disable()
    fresh = []
    cdef PyGC_Head *after = lg_gc_next(lg_gc_header(<PyObject *><void *>fresh))
    if was_enabled:
        gc.enable()
    if after != lg_gc_list(0):
        return "the collector's youngest generation is not where this build expects it"
    import sys
    if lg_sys_modules() != <PyObject *><void *>sys.modules:
        return "sys.modules is not where this build expects it"
    lg_layouts.subtype_traverse = lg_traverse_of(<PyObject *><void *>_Plain)
    bounded = collections.deque(maxlen=123457)
    lg_layouts.deque_maxlen = offset_of(bounded, 123457, type(bounded).__basicsize__)
    probe = lambda: None
    cached = functools.lru_cache(maxsize=123457)(probe)
    lg_layouts.lru_maxsize = offset_of(cached, 123457, type(cached).__basicsize__)
    lg_layouts.lru_func = offset_of(cached, id(probe), type(cached).__basicsize__)
    return None

cdef uint32_t offset_of(object op, size_t value, size_t limit):
    """Where in the object a word has the value; 0: nowhere."""
    cdef char *p = <char *><void *>op
    cdef size_t offset
    for offset in range(16, limit, 8):
        if (<size_t *>(p + offset))[0] == value:
            return <uint32_t>offset
    return 0

def learn_mmap(mapping, size_t size):
    """Find where an mmap object keeps its size, by one whose size is known."""
    lg_layouts.mmap_size = offset_of(mapping, size, type(mapping).__basicsize__)

def learn_numpy(array, size_t nbytes):
    """Use numpy's array layout if it gives the right size for this array."""
    for major in (2, 1):
        lg_layouts.numpy_major = major
        if lg_numpy_size(<PyObject *><void *>array) == nbytes:
            return
    lg_layouts.numpy_major = 0
