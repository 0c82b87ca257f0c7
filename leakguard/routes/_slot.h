/* Whose request a piece of code works for: what the allocator hooks read and the samples keep. */
#ifndef LEAKGUARD_SLOT_H
#define LEAKGUARD_SLOT_H

#include <stdint.h>
#include <stdlib.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <time.h>
#endif

#define LG_NO_REQUEST 0
#define LG_UNBOUND (-1) /* a request whose route is not known yet */

/* What outlives the slot: shared by the samples of one request. */
typedef struct {
    int64_t references; /* one of the slot, one of each sample */
    int32_t route;
} LGOwner;

typedef struct {
    LGOwner *owner; /* NULL until something that the request allocates is sampled */
    LGOwner *late;  /* the same for what is allocated in its name when it has ended */
    int64_t late_since; /* ms: the first sample of these */
    int32_t route;
    int32_t ended;
    uint64_t request; /* the number of the request */
} LGSlot;

#ifdef _MSC_VER
#define LG_ADD(target, n) (*(target) += (n)) /* there is no sampler: nothing else touches it */
#else
/* A block may be freed by a thread of another interpreter, which holds another GIL. */
#define LG_ADD(target, n) __atomic_add_fetch((target), (n), __ATOMIC_ACQ_REL)
#endif

static inline void lg_owner_release(LGOwner *owner) {
    if (owner && LG_ADD(&owner->references, -1) == 0) free(owner);
}

/* The slot is to serve another request. */
static inline void lg_renew(LGSlot *slot, uint64_t request) {
    lg_owner_release(slot->owner);
    slot->owner = NULL; /* nobody had inherited the slot: nothing came late, and it has not ended */
    slot->route = LG_UNBOUND;
    slot->request = request;
}

/* Seconds of a clock that only goes forward: the one of time.perf_counter(). */
static inline double lg_seconds(void) {
#ifdef _WIN32
    LARGE_INTEGER ticks, frequency;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&frequency);
    return (double)ticks.QuadPart / (double)frequency.QuadPart;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
#endif
}

#endif
