/* Taking a sample: which block, whose request, which lines.
 *
 * Called from the allocator hooks, with the GIL held or not. What is never done here: run Python,
 * allocate or free Python objects, take the lock around anything that could.
 */
#ifndef LEAKGUARD_RECORD_H
#define LEAKGUARD_RECORD_H

#include "../capture/_cpython.h"
#include "_lock.h"
#include "_samples.h"
#include "_sites.h"
#include <time.h>
#include <unistd.h>

#define LG_NEVER INT64_MAX /* bytes: no countdown gets there */

static LGTables lg_tables;
static int64_t lg_countdown = LG_NEVER; /* bytes until the next sample */
static int lg_sampling;
static int lg_depth = LG_DEPTH;
static PyObject *lg_variable;           /* the ContextVar of the slots */
static PyTypeObject *lg_slot_type;
static size_t lg_slot_offset;
static const uint64_t *lg_requests;     /* how many requests have come */
static int64_t lg_late_ms = 60000;      /* so long what a request left behind is taken for its own */
static int lg_canary;                   /* set by the canary, cleared by the hook that it reaches */

static inline int64_t lg_now(void) {
    struct timespec now;
#ifdef CLOCK_MONOTONIC_COARSE
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
#else
    clock_gettime(CLOCK_MONOTONIC, &now);
#endif
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void lg_seed(uint64_t seed) {
    /* any seed but 0 will do for xorshift; the multiplication spreads small ones */
    lg_tables.random = (seed * 0x9E3779B97F4A7C15ull) | 1;
    for (int i = 0; i < 8; i++) lg_gap(&lg_tables);
    if (lg_sampling) lg_countdown = lg_gap(&lg_tables);
}

static void lg_seed_anew(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    lg_seed(((uint64_t)getpid() << 40) ^ ((uint64_t)now.tv_sec << 30) ^ (uint64_t)now.tv_nsec);
}

/* The child of a fork keeps the samples (it has the blocks), but must draw other numbers. */
static void lg_after_fork_in_child(void) {
    lg_seed_anew();
    lg_after_fork();
}

static void lg_watch_forks(void) {
    static int watching;
    if (!watching) pthread_atfork(lg_before_fork, lg_after_fork, lg_after_fork_in_child);
    watching = 1;
}

/* ---- what is true of the thread that allocates ------------------------------------------------- */

static inline LGSlot *lg_current_slot(PyThreadState *thread) {
    PyObject *value = lg_variable ? lg_context_value(thread, lg_variable) : NULL;
    if (!value || Py_TYPE(value) != lg_slot_type) return NULL; /* no class can be derived from it */
    return (LGSlot *)((char *)value + lg_slot_offset);
}

/* What a request started and left behind may be work of its own, or what serves all requests from
 * then on: a worker with a queue, the connection of a pool. The first is soon done; the other is
 * nobody's, and never was. */
static inline LGOwner *lg_owner_of(LGSlot *slot, int64_t now) {
    LGOwner **owner = slot->ended ? &slot->late : &slot->owner;
    if (!*owner && (*owner = malloc(sizeof **owner))) {
        (*owner)->references = 1;
        (*owner)->route = slot->route;
        slot->late_since = now;
    }
    if (*owner && slot->ended && now - slot->late_since > lg_late_ms) (*owner)->route = LG_NO_REQUEST;
    return *owner;
}

static inline int lg_read_stack(PyThreadState *thread, LGFrame *frames, int most) {
    int depth = 0;
    _PyInterpreterFrame *frame = lg_current_frame(thread);
    for (; frame && depth < most; frame = frame->previous) {
        PyCodeObject *code = lg_frame_started(frame);
        if (!code) continue;
        frames[depth].code = code;
        frames[depth++].instruction = lg_frame_instruction(frame);
    }
    return depth;
}

/* Code objects stay as long as their stack is remembered; the hooks never drop one. */
static void lg_keep(void *code) { Py_INCREF((PyObject *)code); }

/* ---- samples come and go --------------------------------------------------------------------- */

static __attribute__((noinline)) void lg_record(void *block, size_t size, int certain) {
    if (lg_canary) {
        lg_canary = 0;
        return;
    }
    if (!lg_sampling) {
        lg_countdown = LG_NEVER;
        return;
    }
    PyThreadState *thread = lg_running_thread();
    if (!thread || !block) { /* another interpreter, no GIL, or no memory: not ours to count */
        lg_countdown = (int64_t)lg_tables.interval;
        return;
    }
    LGSample sample = {.block = block, .size = size, .born = lg_now(), .request = *lg_requests};
    LGFrame frames[LG_DEPTH];
    LGSlot *slot = lg_current_slot(thread);
    int depth = lg_read_stack(thread, frames, lg_depth);
    if (slot) sample.request = slot->request;
    lg_lock();
    lg_countdown = lg_gap(&lg_tables);
    sample.interval = certain ? LG_CERTAINLY : (float)lg_tables.interval;
    if (slot && (sample.owner = lg_owner_of(slot, sample.born))) LG_ADD(&sample.owner->references, 1);
    if (slot && !sample.owner) lg_tables.dropped++;
    sample.site = (uint16_t)lg_site(&lg_tables, frames, depth, lg_keep);
    if (sample.site) lg_tables.sites[sample.site].uses++;
    lg_insert(&lg_tables, &sample);
    lg_tables.taken++;
    lg_unlock();
}

static inline int lg_maybe_sampled(const void *block) { return lg_may_contain(&lg_tables, block); }

static __attribute__((noinline)) void lg_drop(void *block) {
    LGSample sample;
    lg_lock();
    if (lg_take(&lg_tables, block, &sample)) lg_forget(&lg_tables, &sample);
    lg_unlock();
}

#endif
