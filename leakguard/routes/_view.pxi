# What there is to see of the samples.

def counts():
    return {
        "live": lg_tables.live,
        "sites": lg_tables.live_sites,
        "taken": lg_tables.taken,
        "thinned": lg_tables.thinned,
        "dropped": lg_tables.dropped,
        "restarts": restarts,
        "apart": bool(lg_least),
        "interval": lg_tables.interval,
        "base_interval": lg_tables.base_interval,
        "memory": sizeof(LGTables) + _table_bytes(),
    }

cdef size_t _table_bytes():
    """Of the tables that malloc gave."""
    return (LG_SAMPLES * sizeof(LGSample) + LG_SITES * sizeof(LGSite)
            + LG_SITE_SLOTS * sizeof(uint16_t))

cdef void _let_go_of_names() noexcept:
    """The interpreter's cache of attributes keeps the strings by which C code has asked for them, of
    every such call another one, until their place in it is needed. Samples stay there longest: they
    are where no other block is, and have places that nobody else needs."""
    PyType_ClearCache()

def look():
    if lg_tables.samples != NULL:
        _let_go_of_names()
        lg_lock()
        lg_look(&lg_tables)
        lg_unlock()

def pymalloc_report():
    text = bytearray(STATISTICS_BYTES)
    cdef char *room = text
    cdef FILE *out = fmemopen(room, STATISTICS_BYTES - 1, b"w")
    if out == NULL:
        return b""
    lg_pymalloc_report(out, lg_hook_address, lg_below_objects, 1)
    fclose(out)
    return bytes(text).rstrip(b"\0")

@cython.final
cdef class _Copy:
    """The live samples at one moment: making Python objects changes the table."""

    cdef LGSample *samples
    cdef int32_t *routes
    cdef uint32_t *serials
    cdef uint32_t count

    def __cinit__(self):
        cdef uint32_t i, room = LG_MAX_LIVE
        cdef LGSample *sample
        self.samples = <LGSample *>malloc(room * sizeof(LGSample))
        self.routes = <int32_t *>malloc(room * sizeof(int32_t))
        self.serials = <uint32_t *>malloc(room * sizeof(uint32_t))
        if self.samples == NULL or self.routes == NULL or self.serials == NULL:
            raise MemoryError("no memory for a copy of the samples")
        if lg_tables.samples == NULL:
            return
        _let_go_of_names()
        lg_lock()
        lg_look(&lg_tables)
        for i in range(LG_SAMPLES):
            sample = &lg_tables.samples[i]
            if sample.block == NULL or self.count == room:
                continue
            self.samples[self.count] = sample[0]
            if sample.kind == LG_KEPT:
                self.samples[self.count].kind = LG_WEAK
            self.routes[self.count] = sample.owner.route if sample.owner != NULL else LG_NO_REQUEST
            self.serials[self.count] = lg_tables.sites[sample.site].serial
            self.count += 1
        lg_unlock()

    def __dealloc__(self):
        free(self.samples)
        free(self.routes)
        free(self.serials)

def totals():
    cdef _Copy copy = _Copy()
    cdef uint32_t i
    cdef double chance, weight
    found = {}
    for i in range(copy.count):
        chance = lg_probability(&copy.samples[i])
        weight = max(copy.samples[i].size, 1) / chance
        strong, weak, variance = found.get(copy.routes[i], (0.0, 0.0, 0.0))
        if copy.samples[i].kind == LG_WEAK:
            weak += weight
        else:
            strong += weight
        # Horvitz and Thompson: each block is in the sample by its own chance, on its own
        found[copy.routes[i]] = (strong, weak, variance + weight * weight * (1.0 - chance))
    return found

def samples():
    cdef _Copy copy = _Copy()
    cdef uint32_t i
    cdef LGSample *sample
    cdef int64_t now = lg_now()
    cdef uint64_t request = lg_requests[0] if lg_requests != NULL else 0
    found = []
    for i in range(copy.count):
        sample = &copy.samples[i]
        found.append((
            <uintptr_t>sample.block, copy.routes[i], sample.site, copy.serials[i],
            max(sample.size, 1) / lg_probability(sample), (now - sample.born) * 1e-3,
            request - sample.request, sample.size, sample.kind,
        ))
    return found

def stack(uint32_t site, uint32_t serial):
    cdef LGFrame frames[LG_DEPTH]
    cdef uint32_t i, depth = 0
    if lg_tables.sites == NULL or not 0 < site < LG_SITES:
        return []
    lg_lock()
    if lg_tables.sites[site].serial == serial:
        depth = lg_tables.sites[site].depth
        for i in range(depth):
            frames[i] = lg_tables.sites[site].frames[i]
            lg_keep(frames[i].code)
    lg_unlock()
    codes = []
    for i in range(depth):
        codes.append(<object><PyObject *>frames[i].code)
        Py_DECREF(<PyObject *>frames[i].code)
    return [
        (code.co_filename, PyCode_Addr2Line(<void *><PyObject *>code, frames[i].instruction),
         code.co_qualname)
        for i, code in enumerate(codes)
    ]

def slot_seen():
    cdef LGSlot *seen
    _connect()
    seen = lg_current_slot(lg_running_thread()) if lg_running_thread() != NULL else NULL
    value = slot_variable.get()
    if value is not None and seen == &(<Slot>value).slot:
        return value
    return None
