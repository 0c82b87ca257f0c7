/* The layout of the tables of sampled live blocks and of the stacks that allocated them.
 *
 * Both have a fixed size and are mapped once. Whoever changes one holds the lock; the child of a
 * capture may read them as they were at its fork.
 */
#ifndef LEAKGUARD_TABLES_H
#define LEAKGUARD_TABLES_H

#include <math.h>
#include <stdint.h>
#include <string.h>
#include "_slot.h"

enum {
    LG_SAMPLES = 1 << 14,      /* room in the table; never more than half full */
    LG_MAX_LIVE = 8000,        /* live samples before the interval is doubled */
    LG_SITES = 1 << 13,        /* one more than LG_MAX_LIVE at least, so that each may have its own */
    LG_SITE_SLOTS = 1 << 14,
    LG_SITES_CROWDED = LG_SITES - LG_SITES / 8,
    LG_DEPTH = 16,
    LG_FILTER = 1 << 16,
    /* Bytes of a buffer that is sampled for certain as it grows, such as the items of a list: all that
       is in it may be recycled blocks, and then it alone tells who fills it. */
    LG_GROWN = 1 << 13,
};

/* LG_KEPT: weak for now, a freed object that is being kept for the next of its type, or is just
   being taken apart. */
typedef enum { LG_UNSEEN, LG_STRONG, LG_WEAK, LG_KEPT } LGKind;

#define LG_CERTAINLY 1e-3f /* the interval of a sample that was no matter of chance */

/* One sampled block that is alive. */
typedef struct {
    void *block;    /* as the allocator returned it; NULL: an empty entry */
    size_t size;    /* bytes that were asked for */
    LGOwner *owner; /* NULL: no request */
    int64_t born;   /* milliseconds of CLOCK_MONOTONIC */
    uint64_t request; /* how many requests had come */
    float interval; /* P(sampled) = 1 - exp(-size / interval), then and after each thinning */
    uint16_t site;  /* 0: not known */
    uint8_t kind;   /* LGKind, once somebody has looked at the block */
    uint8_t kept;   /* LG_KEPT: since when, the last bits of the clock's seconds */
} LGSample;

typedef struct {
    void *code;      /* PyCodeObject, a counted reference */
    int instruction; /* bytes */
} LGFrame;

/* A stack, the innermost frame first. */
typedef struct {
    uint32_t hash;
    uint32_t uses;   /* samples that have it */
    uint32_t depth;  /* 0: a free entry */
    uint32_t serial; /* tells two stacks apart that had the same entry one after the other */
    LGFrame frames[LG_DEPTH];
} LGSite;

typedef struct {
    uint32_t version, sample_bytes, sample_room, site_bytes, site_room; /* for who reads from outside */
    LGSample *samples; /* open addressing: look at every entry */
    LGSite *sites;     /* by LGSample.site */
    uint32_t live, live_sites;
    double interval, base_interval;
    uint64_t random;
    double next_gap; /* in intervals */
    uint64_t taken, thinned, dropped; /* dropped: no stack or no owner for want of room */
    uint32_t next_site, serial;
    uint16_t *site_slots;
    /* for the walk of the heap, which looks the blocks up */
    size_t bytes;               /* of all tables together */
    const uint64_t *requests;   /* how many requests have come */
    void (*lock)(void);         /* needs the GIL; never in the child of a plain clone(), which has */
    void (*unlock)(void);       /* nobody to wait for, and unlocks first of all */
    const void *hook, *below;   /* malloc of our OBJ hook; the PyMemAllocatorEx that it calls */
    const size_t *least;        /* bytes that a sampled block has at least, whatever was asked for */
    uint8_t filter[LG_FILTER]; /* how many live blocks share a place; 255 stays */
} LGTables;

#define LG_TABLES_VERSION 4

static inline uint32_t lg_block_hash(const void *block) {
    return (uint32_t)((((uint64_t)(uintptr_t)block >> 4) * 0x9E3779B97F4A7C15ull) >> 32);
}

/* uniform in (0, 1): xorshift, no state but ours */
static inline double lg_uniform(LGTables *t) {
    t->random ^= t->random << 13;
    t->random ^= t->random >> 7;
    t->random ^= t->random << 17;
    return ((double)(t->random >> 11) + 0.5) * (1.0 / 9007199254740992.0);
}

/* Bytes until the next sample: memoryless, so no pattern of sizes can hide from it. The one after is
   drawn beforehand, for nothing then has to wait for the logarithm. */
static inline int64_t lg_gap(LGTables *t) {
    double gap = t->next_gap;
    t->next_gap = -log(lg_uniform(t));
    return (int64_t)(gap * t->interval);
}

static inline double lg_probability(const LGSample *sample) {
    double size = sample->size ? (double)sample->size : 1.0;
    return -expm1(-size / (double)sample->interval);
}

#endif
