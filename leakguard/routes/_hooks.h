/* The allocator hooks: every allocation of Python objects and buffers passes here.
 *
 * The usual path is a countdown and a jump to the allocator below. OBJ and MEM are called with the
 * GIL, so the countdown is a plain variable; the tables have a lock, because RAW is called without,
 * and another interpreter with a GIL of its own may free a block of ours.
 *
 * Freeing costs nothing where pymalloc is the allocator. It hands every block that lies in none of
 * its arenas on to RAW: so a block that is sampled is made too long for an arena, and only the free
 * of RAW is hooked. With another allocator the free of OBJ and MEM is.
 */
#ifndef LEAKGUARD_HOOKS_H
#define LEAKGUARD_HOOKS_H

#include "_record.h"

#define LG_OFTEN(x) __builtin_expect(!!(x), 1)

enum { LG_OBJECTS, LG_BUFFERS, LG_DOMAINS };
static PyMemAllocatorEx lg_below[LG_DOMAINS]; /* what our hooks call: OBJ and MEM */
static PyMemAllocatorEx lg_below_raw; /* written once: a thread without the GIL may be reading it */

/* Bytes that are too many for a block of pymalloc's arenas. */
enum { LG_APART = 513 };
/* What a sampled block has at least, of which its owner knows nothing. 0: the free of OBJ and MEM is
   hooked, and it may be in an arena. */
static size_t lg_least;

static inline size_t lg_room(size_t size) { return size < lg_least ? lg_least : size; }

/* ---- the rare paths ---------------------------------------------------------------------------- */

static __attribute__((noinline)) void *lg_calloc_sampled(PyMemAllocatorEx *below, size_t size) {
    void *block = below->calloc(below->ctx, 1, lg_room(size));
    lg_record(block, size, 0);
    return block;
}

/* What is made longer comes from calloc: as long as pymalloc's malloc has not met a size that is too
   long for it, the processor predicts its usual path better (a quarter of a nanosecond a call). */
static __attribute__((noinline)) void *lg_malloc_sampled(PyMemAllocatorEx *below, size_t size) {
    if (size < lg_least) return lg_calloc_sampled(below, size);
    void *block = below->malloc(below->ctx, size);
    lg_record(block, size, 0);
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
    int certain = size >= LG_GROWN && 8.0 * (double)size >= lg_tables.interval;
    int due = (lg_countdown -= (int64_t)size) < 0 || certain;
    void *moved = below->realloc(below->ctx, block, due ? lg_room(size) : size);
    if (sampled) {
        lg_lock();
        if (moved) lg_forget(&lg_tables, &before);
        else lg_insert(&lg_tables, &before);
        lg_unlock();
    }
    if (moved && due) lg_record(moved, size, certain);
    return moved;
}

static __attribute__((noinline)) void lg_free_sampled(PyMemAllocatorEx *below, void *block) {
    if (block) lg_drop(block);
    below->free(below->ctx, block);
}

/* ---- the hooks --------------------------------------------------------------------------------- */

/* A set for each domain: what is below is then at a known place, and need not be asked of `context`,
 * which saves a third of the instructions. */
#define LG_FREE_HOOK(domain, below)                                                              \
    static void lg_free_##domain(void *context, void *block) {                                   \
        (void)context;                                                                           \
        if (LG_OFTEN(!lg_maybe_sampled(block))) (below).free((below).ctx, block);                \
        else lg_free_sampled(&(below), block);                                                   \
    }
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
        return lg_calloc_sampled(&(below), count * size);                                        \
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
    LG_FREE_HOOK(domain, below)
LG_HOOKS(objects, lg_below[LG_OBJECTS])
LG_HOOKS(buffers, lg_below[LG_BUFFERS])
LG_FREE_HOOK(raw, lg_below_raw)

static const PyMemAllocatorEx lg_hooks[LG_DOMAINS] = {
    {NULL, lg_malloc_objects, lg_calloc_objects, lg_realloc_objects, lg_free_objects},
    {NULL, lg_malloc_buffers, lg_calloc_buffers, lg_realloc_buffers, lg_free_buffers},
};

static const void *const lg_hook_address = (const void *)lg_malloc_objects;
static const void *const lg_below_objects = &lg_below[LG_OBJECTS];

#endif
