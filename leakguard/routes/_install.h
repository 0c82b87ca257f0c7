/* The hooks go in and out, and whether they are reached is found out.
 *
 * Other tools hook the same domains, before us or after, and put back what they remember when they
 * leave. A canary tells whether our functions are still called, and the hooks stay where they are
 * while others lead to them.
 */
#ifndef LEAKGUARD_INSTALL_H
#define LEAKGUARD_INSTALL_H

#include "_hooks.h"

static const PyMemAllocatorDomain lg_domains[LG_DOMAINS] = {PYMEM_DOMAIN_OBJ, PYMEM_DOMAIN_MEM};

static int lg_same_allocator(const PyMemAllocatorEx *a, const PyMemAllocatorEx *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

static int lg_on_top(int i) {
    PyMemAllocatorEx top;
    PyMem_GetAllocator(lg_domains[i], &top);
    return top.malloc == lg_hooks[i].malloc;
}

/* ---- are they reached? ------------------------------------------------------------------------- */

/* Enters a block as a sample that stays until it is freed; whether it was freed. */
static void lg_watch(void *block) {
    LGSample sample = {.block = block, .size = 1, .interval = INFINITY};
    lg_lock();
    lg_insert(&lg_tables, &sample);
    lg_unlock();
}
static int lg_seen_free(void *block) {
    LGSample sample;
    lg_lock();
    int missed = lg_take(&lg_tables, block, &sample);
    lg_unlock();
    return !missed;
}

enum { LG_ALLOCATIONS = 1, LG_FREES = 2, LG_REACHED = 3 };

/* Whether allocations of a domain and the frees of sampled blocks still come here, on top or below
   another tool's hook. */
static int lg_reached(int i) {
    int64_t countdown = lg_countdown;
    lg_canary = 1;
    lg_countdown = -1;
    void *block = i == LG_OBJECTS ? PyObject_Malloc(1) : PyMem_Malloc(1);
    int reached = lg_canary ? 0 : LG_ALLOCATIONS;
    lg_canary = 0;
    lg_countdown = countdown;
    if (!block) return LG_REACHED; /* no memory: nothing is known, and nothing to be done */
    lg_watch(block);
    if (i == LG_OBJECTS) PyObject_Free(block);
    else PyMem_Free(block);
    return reached | (lg_seen_free(block) ? LG_FREES : 0);
}

/* ---- the free of RAW --------------------------------------------------------------------------- */

/* Only one word of what a thread without the GIL may be reading changes here. */
static int lg_hook_raw(void) {
    PyMemAllocatorEx top;
    PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &top);
    if (!lg_below_raw.free) lg_below_raw = top;
    atomic_thread_fence(memory_order_release);
    if (!lg_same_allocator(&top, &lg_below_raw)) return 0;
    top.free = lg_free_raw;
    PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &top);
    return 1;
}

static int lg_raw_on_top(void) {
    PyMemAllocatorEx top, ours = lg_below_raw;
    PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &top);
    ours.free = lg_free_raw;
    return lg_same_allocator(&top, &ours);
}

static void lg_unhook_raw(void) {
    if (lg_raw_on_top()) PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &lg_below_raw);
}

/* Whether an allocator's blocks that are not for an arena come to RAW when they are freed. */
static int lg_passes_on(const PyMemAllocatorEx *below) {
    for (size_t size = LG_APART; size < 1 << 17; size *= 4) {
        void *block = below->malloc(below->ctx, size);
        if (!block) return 0;
        lg_watch(block);
        below->free(below->ctx, block);
        if (!lg_seen_free(block)) return 0;
    }
    return 1;
}

/* Whether it is enough to hook the free of RAW: below us is pymalloc, for both domains. */
static int lg_frees_to_raw(void) {
    if (!lg_same_allocator(&lg_below[LG_OBJECTS], &lg_below[LG_BUFFERS])) return 0;
    int hooked = lg_hook_raw(), passes = lg_passes_on(&lg_below[LG_OBJECTS]);
    if (hooked && !passes) lg_unhook_raw();
    return passes;
}

/* ---- in and out -------------------------------------------------------------------------------- */

/* Sees to it that every allocation and free of OBJ and MEM comes here. Whether it did before. */
static int lg_install(void) {
    int reached[LG_DOMAINS] = {lg_reached(LG_OBJECTS), lg_reached(LG_BUFFERS)};
    if (reached[LG_OBJECTS] == LG_REACHED && reached[LG_BUFFERS] == LG_REACHED) return 1;
    /* Not where ours are reached below another tool's: ours would lead to it, and it to ours. */
    for (int i = 0; i < LG_DOMAINS; i++)
        if (!(reached[i] & LG_ALLOCATIONS)) PyMem_GetAllocator(lg_domains[i], &lg_below[i]);
    lg_least = lg_frees_to_raw() ? LG_APART : 0;
    for (int i = 0; i < LG_DOMAINS; i++) {
        if (reached[i] & LG_ALLOCATIONS && !lg_on_top(i)) continue;
        PyMemAllocatorEx hook = lg_hooks[i];
        hook.ctx = lg_below[i].ctx;
        if (lg_least) hook.free = lg_below[i].free;
        PyMem_SetAllocator(lg_domains[i], &hook);
    }
    return 0;
}

/* Whether they are out: not where another tool leads to them. */
static int lg_uninstall(void) {
    if (!lg_on_top(LG_OBJECTS) || !lg_on_top(LG_BUFFERS) || (lg_least && !lg_raw_on_top())) return 0;
    for (int i = 0; i < LG_DOMAINS; i++) PyMem_SetAllocator(lg_domains[i], &lg_below[i]);
    lg_unhook_raw();
    return 1;
}

#endif
