/* The tables of sampled live blocks and of the stacks that allocated them.
 *
 * Both have a fixed size and are mapped once, so nothing here allocates but an owner (malloc, about
 * 32 bytes a request that has a live sample). Whoever changes a table holds the lock; the child of a
 * capture may read them as they were at its fork.
 */
#ifndef LEAKGUARD_SAMPLES_H
#define LEAKGUARD_SAMPLES_H

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
    uint64_t taken, thinned, dropped; /* dropped: no stack or no owner for want of room */
    uint32_t next_site, serial;
    uint16_t *site_slots;
    /* for the walk of the heap, which looks the blocks up */
    size_t bytes;               /* of all tables together */
    const uint64_t *requests;   /* how many requests have come */
    void (*lock)(void);         /* needs the GIL; never in the child of a plain clone(), which has */
    void (*unlock)(void);       /* nobody to wait for, and unlocks first of all */
    const void *hook, *below;   /* malloc of our OBJ hook; the PyMemAllocatorEx that it calls */
    uint8_t filter[LG_FILTER]; /* how many live blocks share a place; 255 stays */
} LGTables;

#define LG_TABLES_VERSION 2

static inline uint32_t lg_filter_place(const void *block) {
    uintptr_t bits = (uintptr_t)block;
    return (uint32_t)(bits >> 4) & (LG_FILTER - 1);
}

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

/* Bytes until the next sample: memoryless, so no pattern of sizes can hide from it. */
static inline int64_t lg_gap(LGTables *t) { return (int64_t)(-log(lg_uniform(t)) * t->interval); }

static inline double lg_probability(const LGSample *sample) {
    double size = sample->size ? (double)sample->size : 1.0;
    return -expm1(-size / (double)sample->interval);
}

/* ---- stacks ------------------------------------------------------------------------------------ */

static inline uint32_t lg_stack_hash(const LGFrame *frames, int depth) {
    uint32_t hash = 2166136261u;
    for (int i = 0; i < depth; i++) {
        hash = (hash ^ lg_block_hash(frames[i].code)) * 16777619u;
        hash = (hash ^ (uint32_t)frames[i].instruction) * 16777619u;
    }
    return hash;
}

static inline int lg_same_stack(const LGSite *site, const LGFrame *frames, int depth) {
    if (site->depth != (uint32_t)depth) return 0;
    for (int i = 0; i < depth; i++)
        if (site->frames[i].code != frames[i].code ||
            site->frames[i].instruction != frames[i].instruction)
            return 0;
    return 1;
}

static inline uint16_t *lg_site_slot(LGTables *t, uint32_t hash) {
    return &t->site_slots[hash & (LG_SITE_SLOTS - 1)];
}

static inline uint16_t *lg_next_slot(LGTables *t, uint16_t *slot) {
    return ++slot == t->site_slots + LG_SITE_SLOTS ? t->site_slots : slot;
}

static inline uint32_t lg_free_site(LGTables *t) {
    for (uint32_t tries = 1; tries < LG_SITES; tries++) {
        if (++t->next_site >= LG_SITES) t->next_site = 1;
        if (t->sites[t->next_site].depth == 0) return t->next_site;
    }
    return 0;
}

/* The number of a stack; it is remembered if it is new (`keep` takes references to its code). */
static inline uint32_t lg_site(LGTables *t, const LGFrame *frames, int depth, void (*keep)(void *)) {
    if (depth == 0) return 0;
    uint32_t hash = lg_stack_hash(frames, depth);
    uint16_t *slot = lg_site_slot(t, hash);
    for (; *slot; slot = lg_next_slot(t, slot)) {
        LGSite *site = &t->sites[*slot];
        if (site->hash == hash && lg_same_stack(site, frames, depth)) return *slot;
    }
    uint32_t number = t->live_sites < LG_SITES - 1 ? lg_free_site(t) : 0;
    if (number == 0) {
        t->dropped++;
        return 0;
    }
    LGSite *site = &t->sites[number];
    site->hash = hash;
    site->uses = 0;
    site->depth = (uint32_t)depth;
    site->serial = ++t->serial;
    memcpy(site->frames, frames, (size_t)depth * sizeof *frames);
    for (int i = 0; i < depth; i++) keep(frames[i].code);
    *slot = (uint16_t)number;
    t->live_sites++;
    return number;
}

/* Takes the stacks that no sample has out of the table. Their code objects, whose references the
   caller must drop without the lock, go to `codes`; returns how many. */
static inline int lg_take_unused_sites(LGTables *t, void **codes, int room) {
    int taken = 0;
    for (uint32_t number = 1; number < LG_SITES && taken + LG_DEPTH <= room; number++) {
        LGSite *site = &t->sites[number];
        if (site->depth == 0 || site->uses > 0) continue;
        for (uint32_t i = 0; i < site->depth; i++) codes[taken++] = site->frames[i].code;
        site->depth = 0;
        t->live_sites--;
    }
    memset(t->site_slots, 0, LG_SITE_SLOTS * sizeof *t->site_slots);
    for (uint32_t number = 1; number < LG_SITES; number++) {
        if (t->sites[number].depth == 0) continue;
        uint16_t *slot = lg_site_slot(t, t->sites[number].hash);
        while (*slot) slot = lg_next_slot(t, slot);
        *slot = (uint16_t)number;
    }
    return taken;
}

/* ---- samples ----------------------------------------------------------------------------------- */

static inline uint32_t lg_find(const LGTables *t, const void *block) {
    uint32_t i = lg_block_hash(block) & (LG_SAMPLES - 1);
    while (t->samples[i].block && t->samples[i].block != block) i = (i + 1) & (LG_SAMPLES - 1);
    return i; /* an empty entry: not there */
}

static inline void lg_forget(LGTables *t, const LGSample *sample) {
    if (sample->site) t->sites[sample->site].uses--;
    lg_owner_release(sample->owner);
}

/* Closes the hole so that probing never needs a mark for what was there. */
static inline void lg_delete_entry(LGTables *t, uint32_t hole) {
    uint8_t *count = &t->filter[lg_filter_place(t->samples[hole].block)];
    if (*count != 255) --*count; /* 255 and more cannot be told apart */
    uint32_t mask = LG_SAMPLES - 1, i = hole;
    for (;;) {
        i = (i + 1) & mask;
        if (!t->samples[i].block) break;
        uint32_t home = lg_block_hash(t->samples[i].block) & mask;
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        t->samples[hole] = t->samples[i];
        hole = i;
    }
    t->samples[hole].block = NULL;
    t->live--;
}

/* Takes the sample of a block out of the table; false: there is none. */
static inline int lg_take(LGTables *t, const void *block, LGSample *sample) {
    uint32_t i = lg_find(t, block);
    if (!t->samples[i].block) return 0;
    *sample = t->samples[i];
    lg_delete_entry(t, i);
    return 1;
}

/* Lets every sample whose interval is shorter go with the chance that makes the rest what the new
   interval would have sampled: estimates stay unbiased. */
static inline void lg_thin(LGTables *t, double interval) {
    t->interval = interval;
    for (uint32_t i = 0; i < LG_SAMPLES;) {
        LGSample *sample = &t->samples[i];
        if (!sample->block || (double)sample->interval >= interval) {
            i++;
            continue;
        }
        double before = lg_probability(sample);
        sample->interval = (float)interval;
        if (lg_uniform(t) * before < lg_probability(sample)) {
            i++;
            continue;
        }
        lg_forget(t, sample);
        lg_delete_entry(t, i); /* what follows may have moved here: look at the entry again */
        t->thinned++;
    }
}

static inline void lg_insert(LGTables *t, const LGSample *sample) {
    uint32_t i = lg_find(t, sample->block);
    if (t->samples[i].block) { /* a free that nobody told us of */
        lg_forget(t, &t->samples[i]);
        lg_delete_entry(t, i);
        i = lg_find(t, sample->block);
    }
    t->samples[i] = *sample;
    t->live++;
    uint8_t *count = &t->filter[lg_filter_place(sample->block)];
    if (*count != 255) ++*count;
    while (t->live > LG_MAX_LIVE) lg_thin(t, 2.0 * t->interval);
}

static inline void lg_clear(LGTables *t) {
    for (uint32_t i = 0; i < LG_SAMPLES; i++) {
        if (t->samples[i].block) lg_forget(t, &t->samples[i]);
        t->samples[i].block = NULL;
    }
    t->live = 0;
    t->interval = t->base_interval;
    memset(t->filter, 0, sizeof t->filter);
}

#endif
