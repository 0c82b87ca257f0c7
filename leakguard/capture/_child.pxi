# The walk in a forked child.

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
        lg_run(argv, NULL, &shared.program, &refused)
    shared.phase = ENDED        # the image is there; without the program, if that was refused
    _exit(0)

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
