# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Sampled live allocations: which blocks are alive, whose request made them, on which line.

The parts: `_hooks.h` is what every allocation passes, `_samples.h` the tables that it fills,
`_blocks.h` tells what a sampled block holds; here is what Python sees of it.

For who walks the heap, another native module, in the child of a fork too: the capsule
"leakguard.routes._sampler.tables" holds an `LGTables *` (`_samples.h`), which stays where it is for
the life of the process. Check `version`, `sample_bytes` and `site_bytes` against the header, and
that `samples` is not NULL (never started). Read the `sample_room` entries of `samples`: one whose
`block` is NULL is empty. Of each entry:

- `block` is what the allocator returned. An object starts there, or behind its prefix
  (`lg_prefix_bytes`: the collector's header, the managed dict); or the block is a buffer of an
  object (list items, dict keys, values).
- it stands for `size / (1 - exp(-size / interval))` bytes, `lg_probability` inverts it.
- `owner`, if not NULL, has the number of the route (`sampling.route_name`); -1 is a request that
  is still without a name, NULL no request.
- `site` is the index in `sites`: `depth` frames, the innermost first, whose `code` is a code object
  that is alive and whose `instruction` PyCode_Addr2Line takes. 0 is an unknown stack. A site is
  named in this process by its index and `serial` (`stack()`).
- `born` is in ms of CLOCK_MONOTONIC, `request` the count of requests at that time.
- `kind` is LG_UNSEEN, LG_STRONG, or LG_WEAK or LG_KEPT for a block from a free list (call `look()`
  before the fork).

With the GIL held nothing changes the table but the holder's own allocations, and what an interpreter
with another GIL frees. A child of a plain clone() must not take the lock: nobody would release it.
It calls `unlock` first of all, so that its own allocations find none.
"""

cimport cython
from cpython.object cimport PyObject
from cpython.pycapsule cimport PyCapsule_New
from cpython.ref cimport Py_INCREF
from libc.stdint cimport int32_t, int64_t, uint16_t, uint32_t, uint64_t, uint8_t, uintptr_t
from libc.stdio cimport FILE, fclose
from libc.stdlib cimport calloc, free, malloc

from leakguard.routes._flight cimport LGOwner, LGSlot, Slot, request_counter

import sys

from leakguard.routes._flight import slot_variable

cdef extern from "_blocks.h" nogil:
    ctypedef struct PyTypeObject:
        pass
    ctypedef struct PyThreadState:
        pass
    ctypedef struct LGSample:
        void *block
        size_t size
        LGOwner *owner
        int64_t born
        uint64_t request
        float interval
        uint16_t site
        uint8_t kind
    ctypedef struct LGFrame:
        void *code
        int instruction
    ctypedef struct LGSite:
        uint32_t uses, depth, serial
        LGFrame *frames
    ctypedef struct LGTables:
        uint32_t version, sample_bytes, sample_room, site_bytes, site_room
        LGSample *samples
        LGSite *sites
        uint32_t live, live_sites
        double interval, base_interval
        uint64_t taken, thinned, dropped
        uint16_t *site_slots
        size_t bytes
        const uint64_t *requests
        void (*lock)() noexcept nogil
        void (*unlock)() noexcept nogil
        const void *hook
        const void *below
    LGTables lg_tables
    const void *lg_hook_address
    const void *lg_below_objects
    int64_t lg_countdown
    int lg_sampling, lg_depth
    PyObject *lg_variable
    PyTypeObject *lg_slot_type
    size_t lg_slot_offset
    const uint64_t *lg_requests
    enum:
        LG_SAMPLES, LG_SITES, LG_SITE_SLOTS, LG_SITES_CROWDED, LG_DEPTH, LG_MAX_LIVE
        LG_UNSEEN, LG_STRONG, LG_WEAK, LG_KEPT
        LG_NO_REQUEST, LG_TABLES_VERSION
    int64_t LG_NEVER
    void lg_lock()
    void lg_unlock()
    int64_t lg_now()
    int64_t lg_gap(LGTables *)
    double lg_probability(const LGSample *)
    void lg_thin(LGTables *, double)
    void lg_clear(LGTables *)
    void lg_look(LGTables *)
    int lg_take_unused_sites(LGTables *, void **, int)
    void lg_seed(uint64_t)
    void lg_seed_anew()
    void lg_watch_forks()
    PyThreadState *lg_running_thread()
    LGSlot *lg_current_slot(PyThreadState *)
    int lg_read_stack(PyThreadState *, LGFrame *, int)
    void lg_install(int)
    int lg_on_top(int)
    int lg_reached(int)
    void lg_uninstall(int)
    void lg_keep(void *)
    void lg_record(void *, size_t, int)
    void lg_drop(void *)
    int lg_maybe_sampled(const void *)
    int PyCode_Addr2Line(void *, int)
    FILE *fmemopen(void *, size_t, const char *)
    void lg_pymalloc_report(FILE *, const void *, const void *, int)
    void Py_DECREF(PyObject *)

UNSEEN, STRONG, WEAK = LG_UNSEEN, LG_STRONG, LG_WEAK
MAX_LIVE = LG_MAX_LIVE
tables = PyCapsule_New(&lg_tables, "leakguard.routes._sampler.tables", NULL)

cdef enum:
    STATISTICS_BYTES = 1 << 16  # the report is 4 to 12 kB long

cdef bint hooked = False
cdef uint64_t restarts = 0

# ---- does this interpreter look as it did to the compiler? -------------------------------------

def layout_problem():
    if lg_running_thread() == NULL:
        return "this is not the main interpreter, or its thread state is not where it was expected"
    if not _reads_stack(0):
        return "the frames of this interpreter are laid out differently"
    if next(_from_generator()) is not True:
        return "the frames of generators are laid out differently"
    if not _reads_slot():
        return "the context of this interpreter is laid out differently"
    return None

def _from_generator():
    yield _reads_stack(1)

cdef bint _reads_stack(int skip):
    """Whether frames as the hooks read them are those that sys._getframe() shows, with their lines."""
    cdef LGFrame frames[LG_DEPTH]
    cdef int depth = lg_read_stack(lg_running_thread(), frames, LG_DEPTH)
    cdef int i
    frame = sys._getframe()
    for i in range(depth):
        if frame is None or <PyObject *>frames[i].code != <PyObject *>frame.f_code:
            return False
        if PyCode_Addr2Line(frames[i].code, frames[i].instruction) != frame.f_lineno:
            return False
        frame = frame.f_back
    return depth == LG_DEPTH or frame is None

cdef bint _reads_slot():
    cdef Slot slot = Slot()
    previous = slot_variable.get()
    slot_variable.set(slot)
    try:
        _connect()
        return lg_current_slot(lg_running_thread()) == &slot.slot
    finally:
        slot_variable.set(previous)

cdef void _connect():
    """Tells the hooks where slots are found."""
    global lg_variable, lg_slot_type, lg_slot_offset, lg_requests
    cdef Slot slot
    if lg_variable != NULL:
        return
    slot = Slot()
    lg_slot_type = <PyTypeObject *><PyObject *>Slot
    lg_slot_offset = <uintptr_t>&slot.slot - <uintptr_t><PyObject *>slot
    lg_requests = request_counter()
    Py_INCREF(slot_variable)  # for good: a hook may run as long as the process
    lg_variable = <PyObject *>slot_variable

# ---- on and off ----------------------------------------------------------------------------------

def start(double interval, int depth=LG_DEPTH):
    global lg_sampling, lg_depth, lg_countdown, hooked
    cdef int i
    if lg_tables.samples == NULL:
        lg_tables.samples = <LGSample *>calloc(LG_SAMPLES, sizeof(LGSample))
        lg_tables.sites = <LGSite *>calloc(LG_SITES, sizeof(LGSite))
        lg_tables.site_slots = <uint16_t *>calloc(LG_SITE_SLOTS, sizeof(uint16_t))
        if lg_tables.samples == NULL or lg_tables.sites == NULL or lg_tables.site_slots == NULL:
            raise MemoryError("no memory for the table of samples")
        lg_tables.version = LG_TABLES_VERSION
        lg_tables.sample_bytes = sizeof(LGSample)
        lg_tables.sample_room = LG_SAMPLES
        lg_tables.site_bytes = sizeof(LGSite)
        lg_tables.site_room = LG_SITES
        lg_tables.bytes = _table_bytes()
        lg_tables.lock = lg_lock
        lg_tables.unlock = lg_unlock
        lg_tables.hook = lg_hook_address
        lg_tables.below = lg_below_objects
        lg_watch_forks()
    _connect()
    lg_tables.requests = lg_requests
    lg_depth = max(0, min(depth, LG_DEPTH))
    lg_tables.interval = lg_tables.base_interval = interval
    lg_sampling = True
    lg_seed_anew()
    for i in range(2):
        # Even where they are not ours to remove: a tool may have put back what we had taken out.
        if not lg_reached(i):
            lg_install(i)
    hooked = True

def stop():
    global lg_sampling, lg_countdown, hooked
    cdef int i
    lg_sampling = False
    lg_countdown = LG_NEVER
    clear()
    if hooked and lg_on_top(0) and lg_on_top(1):
        for i in range(2):
            lg_uninstall(i)
        hooked = False
    return not hooked

def running():
    return bool(lg_sampling)

def seed(uint64_t number):
    lg_seed(number)

def set_interval(double interval):
    global lg_countdown
    lg_lock()
    lg_tables.base_interval = interval
    if interval > lg_tables.interval:
        lg_thin(&lg_tables, interval)
    lg_tables.interval = interval
    if lg_sampling:
        lg_countdown = lg_gap(&lg_tables)
    lg_unlock()

def maintain():
    global restarts
    cdef int i
    cdef bint whole = True
    if not lg_sampling:
        return True
    for i in range(2):
        if not lg_reached(i):
            whole = False
            lg_install(i)
    if not whole:
        restarts += 1
        clear()
    if lg_tables.live_sites > LG_SITES_CROWDED:
        _drop_unused_sites()
    if lg_tables.live < LG_MAX_LIVE // 4 and lg_tables.interval > lg_tables.base_interval:
        # Samples keep the interval with which they were taken, so this biases nothing either.
        lg_tables.interval = max(lg_tables.base_interval, lg_tables.interval / 2)
    return whole

def clear():
    if lg_tables.samples == NULL:
        return
    lg_lock()
    lg_clear(&lg_tables)
    lg_unlock()
    _drop_unused_sites()

def forget_unused_stacks():
    if lg_tables.samples != NULL:
        _drop_unused_sites()

cdef void _drop_unused_sites():
    cdef int room = LG_SITES * LG_DEPTH
    cdef void **codes = <void **>malloc(room * sizeof(void *))
    cdef int i, count
    if codes == NULL:
        return
    lg_lock()
    count = lg_take_unused_sites(&lg_tables, codes, room)
    lg_unlock()
    for i in range(count):
        Py_DECREF(<PyObject *>codes[i])
    free(codes)

# ---- blocks of other allocators ------------------------------------------------------------------

cdef void allocated(void *block, size_t size) noexcept nogil:
    # Without the GIL two threads may count at once: a gap is then a little longer or shorter.
    global lg_countdown
    lg_countdown -= <int64_t>size
    if lg_countdown < 0:
        lg_record(block, size, 0)

cdef void freed(void *block) noexcept nogil:
    if block != NULL and lg_maybe_sampled(block):
        lg_drop(block)

# ---- what there is to see ------------------------------------------------------------------------

def counts():
    return {
        "live": lg_tables.live,
        "sites": lg_tables.live_sites,
        "taken": lg_tables.taken,
        "thinned": lg_tables.thinned,
        "dropped": lg_tables.dropped,
        "restarts": restarts,
        "interval": lg_tables.interval,
        "base_interval": lg_tables.base_interval,
        "memory": sizeof(LGTables) + _table_bytes(),
    }

cdef size_t _table_bytes():
    """Of the tables that malloc gave."""
    return (LG_SAMPLES * sizeof(LGSample) + LG_SITES * sizeof(LGSite)
            + LG_SITE_SLOTS * sizeof(uint16_t))

def look():
    if lg_tables.samples != NULL:
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
