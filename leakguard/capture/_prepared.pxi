# What a walk needs from Python, laid out as C data before the world stops.

import threading

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
