# How far a capture is, what stopped it and what it cost.

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
