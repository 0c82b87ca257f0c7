/* The allocator hooks: every allocation of Python objects and buffers passes here.
 *
 * The usual path is a countdown and a jump to the allocator below. What is never done in a hook:
 * run Python, allocate or free Python objects, take the lock around anything that could. OBJ and MEM
 * are called with the GIL, so the countdown is a plain variable; the tables have a lock because
 * another interpreter with a GIL of its own may free a block of ours.
 */
#ifndef LEAKGUARD_HOOKS_H
#define LEAKGUARD_HOOKS_H

#include "../capture/_cpython.h"
#include "_lock.h"
#include "_samples.h"
#include <time.h>
#include <unistd.h>

#define LG_OFTEN(x) __builtin_expect(!!(x), 1)
#define LG_NEVER INT64_MAX /* bytes: no countdown gets there */

static LGTables lg_tables;
static int64_t lg_countdown = LG_NEVER; /* bytes until the next sample */
static int lg_sampling;
static int lg_depth = LG_DEPTH;
static PyObject *lg_variable;           /* the ContextVar of the slots */
static PyTypeObject *lg_slot_type;
static size_t lg_slot_offset;
static const uint64_t *lg_requests;     /* how many requests have come */
static PyMemAllocatorEx lg_below[2];    /* what our hooks call: OBJ and MEM */
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
    for (int i = 0; i < 8; i++) lg_uniform(&lg_tables);
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
    if (!value || !PyType_IsSubtype(Py_TYPE(value), lg_slot_type)) return NULL;
    return (LGSlot *)((char *)value + lg_slot_offset);
}

static inline LGOwner *lg_owner_of(LGSlot *slot) {
    if (!slot->owner && (slot->owner = malloc(sizeof *slot->owner))) {
        slot->owner->references = 1;
        slot->owner->route = slot->route;
    }
    return slot->owner;
}

static inline int lg_read_stack(PyThreadState *thread, LGFrame *frames, int most) {
    int depth = 0;
    _PyInterpreterFrame *frame = lg_current_frame(thread);
    for (; frame && depth < most; frame = frame->previous) {
        if (!lg_frame_started(frame)) continue;
        frames[depth].code = lg_frame_code(frame);
        frames[depth++].instruction = lg_frame_instruction(frame);
    }
    return depth;
}

/* Code objects stay as long as their stack is remembered; the hooks never drop one. */
static void lg_keep(void *code) { Py_INCREF((PyObject *)code); }

/* ---- the rare paths ---------------------------------------------------------------------------- */

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
    if (slot && (sample.owner = lg_owner_of(slot))) LG_ADD(&sample.owner->references, 1);
    if (slot && !sample.owner) lg_tables.dropped++;
    sample.site = (uint16_t)lg_site(&lg_tables, frames, depth, lg_keep);
    if (sample.site) lg_tables.sites[sample.site].uses++;
    lg_insert(&lg_tables, &sample);
    lg_tables.taken++;
    lg_unlock();
}

static inline int lg_maybe_sampled(const void *block) {
    return lg_tables.filter[lg_filter_place(block)] != 0;
}

static __attribute__((noinline)) void lg_drop(void *block) {
    LGSample sample;
    lg_lock();
    if (lg_take(&lg_tables, block, &sample)) lg_forget(&lg_tables, &sample);
    lg_unlock();
}

static __attribute__((noinline)) void lg_free_sampled(PyMemAllocatorEx *below, void *block) {
    if (block) lg_drop(block);
    below->free(below->ctx, block);
}

static __attribute__((noinline)) void *lg_malloc_sampled(PyMemAllocatorEx *below, size_t size) {
    void *block = below->malloc(below->ctx, size);
    lg_record(block, size, 0);
    return block;
}

static __attribute__((noinline)) void *lg_calloc_sampled(PyMemAllocatorEx *below, size_t count,
                                                         size_t size) {
    void *block = below->calloc(below->ctx, count, size);
    lg_record(block, count * size, 0);
    return block;
}

/* Moving a block is a free and an allocation by whoever asks for it, if it succeeds. */
static __attribute__((noinline)) void *lg_realloc_sampled(PyMemAllocatorEx *below, void *block,
                                                          size_t size) {
    LGSample before;
    int sampled = 0;
    if (block && lg_maybe_sampled(block)) {
        lg_lock();
        sampled = lg_take(&lg_tables, block, &before);
        lg_unlock();
    }
    void *moved = below->realloc(below->ctx, block, size);
    if (sampled) {
        lg_lock();
        if (moved) lg_forget(&lg_tables, &before);
        else lg_insert(&lg_tables, &before);
        lg_unlock();
    }
    if (!moved) return NULL;
    int certain = size >= LG_GROWN && 8.0 * (double)size >= lg_tables.interval;
    if ((lg_countdown -= (int64_t)size) < 0 || certain) lg_record(moved, size, certain);
    return moved;
}

/* ---- the hooks --------------------------------------------------------------------------------- */

/* A set for each domain: what is below is then at a known place, and need not be asked of `context`,
 * which saves a third of the instructions. */
#define LG_HOOKS(domain, below)                                                                  \
    static void *lg_malloc_##domain(void *context, size_t size) {                                \
        (void)context;                                                                           \
        if (LG_OFTEN((lg_countdown -= (int64_t)size) >= 0))                                      \
            return (below).malloc((below).ctx, size);                                            \
        return lg_malloc_sampled(&(below), size);                                                \
    }                                                                                            \
    static void *lg_calloc_##domain(void *context, size_t count, size_t size) {                  \
        (void)context;                                                                           \
        if (LG_OFTEN((lg_countdown -= (int64_t)(count * size)) >= 0))                            \
            return (below).calloc((below).ctx, count, size);                                     \
        return lg_calloc_sampled(&(below), count, size);                                         \
    }                                                                                            \
    static void *lg_realloc_##domain(void *context, void *block, size_t size) {                  \
        (void)context;                                                                           \
        if (LG_OFTEN(!lg_maybe_sampled(block) && size < LG_GROWN &&                              \
                     lg_countdown >= (int64_t)size)) {                                           \
            lg_countdown -= (int64_t)size;                                                       \
            return (below).realloc((below).ctx, block, size);                                    \
        }                                                                                        \
        return lg_realloc_sampled(&(below), block, size);                                        \
    }                                                                                            \
    static void lg_free_##domain(void *context, void *block) {                                   \
        (void)context;                                                                           \
        if (LG_OFTEN(!lg_maybe_sampled(block))) (below).free((below).ctx, block);                \
        else lg_free_sampled(&(below), block);                                                   \
    }
LG_HOOKS(objects, lg_below[0])
LG_HOOKS(buffers, lg_below[1])

static const PyMemAllocatorEx lg_hooks[2] = {
    {&lg_below[0], lg_malloc_objects, lg_calloc_objects, lg_realloc_objects, lg_free_objects},
    {&lg_below[1], lg_malloc_buffers, lg_calloc_buffers, lg_realloc_buffers, lg_free_buffers},
};

static const void *const lg_hook_address = (const void *)lg_malloc_objects;
static const void *const lg_below_objects = &lg_below[0];

/* ---- in and out -------------------------------------------------------------------------------- */

static const PyMemAllocatorDomain lg_domains[2] = {PYMEM_DOMAIN_OBJ, PYMEM_DOMAIN_MEM};

static int lg_on_top(int i) {
    PyMemAllocatorEx top;
    PyMem_GetAllocator(lg_domains[i], &top);
    return top.malloc == lg_hooks[i].malloc;
}

static void lg_install(int i) {
    PyMemAllocatorEx hook = lg_hooks[i];
    PyMem_GetAllocator(lg_domains[i], &lg_below[i]);
    PyMem_SetAllocator(lg_domains[i], &hook);
}

static void lg_uninstall(int i) { PyMem_SetAllocator(lg_domains[i], &lg_below[i]); }

/* Whether allocations of a domain still come here, on top or below another tool's hook. */
static int lg_reached(int i) {
    if (lg_on_top(i)) return 1;
    int64_t countdown = lg_countdown;
    lg_canary = 1;
    lg_countdown = -1;
    void *block = i == 0 ? PyObject_Malloc(1) : PyMem_Malloc(1);
    int reached = !lg_canary;
    lg_canary = 0;
    lg_countdown = countdown;
    if (i == 0) PyObject_Free(block);
    else PyMem_Free(block);
    return reached;
}

#endif
