# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Sampled live allocations: which blocks are alive, whose request made them, on which line.

The parts: `_hooks.h` is what every allocation passes, `_record.h` takes a sample of it, `_tables.h`
has the tables that are filled, by `_samples.h` and `_sites.h`; `_install.h` puts the hooks in and
out, `_blocks.h` tells what a sampled block holds. Here is what Python sees of it.

For who walks the heap, another native module, in the child of a fork too: the capsule
"leakguard.routes._sampler.tables" holds an `LGTables *` (`_tables.h`), which stays where it is for
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
from contextvars import Context

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
        const size_t *least
    LGTables lg_tables
    int64_t lg_countdown
    int64_t lg_late_ms
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
    void lg_learn_nodes(PyThreadState *)
    int lg_read_stack(PyThreadState *, LGFrame *, int)
    void lg_keep(void *)
    void lg_record(void *, size_t, int)
    void lg_drop(void *)
    int lg_maybe_sampled(const void *)
    int PyCode_Addr2Line(void *, int)
    FILE *fmemopen(void *, size_t, const char *)
    void lg_pymalloc_report(FILE *, const void *, const void *, int)
    void Py_DECREF(PyObject *)
    unsigned int PyType_ClearCache()

cdef extern from "_install.h" nogil:
    const void *lg_hook_address
    const void *lg_below_objects
    size_t lg_least
    bint lg_install()
    bint lg_uninstall()

UNSEEN, STRONG, WEAK = LG_UNSEEN, LG_STRONG, LG_WEAK
MAX_LIVE = LG_MAX_LIVE
tables = PyCapsule_New(&lg_tables, "leakguard.routes._sampler.tables", NULL)

cdef enum:
    STATISTICS_BYTES = 1 << 16  # the report is 4 to 12 kB long

cdef bint hooked = False
cdef uint64_t restarts = 0

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

include "_layout.pxi"
include "_switch.pxi"
include "_view.pxi"
