/* The sampled blocks that are alive, found by address.
 *
 * Nothing here allocates, and nothing frees but an owner (malloc, about 32 bytes a request that has
 * a live sample).
 */
#ifndef LEAKGUARD_SAMPLES_H
#define LEAKGUARD_SAMPLES_H

#include "_tables.h"

static inline uint32_t lg_filter_place(const void *block) {
    uintptr_t bits = (uintptr_t)block;
    return (uint32_t)(bits >> 4) & (LG_FILTER - 1);
}

/* No: it is not. The filter is changed with the lock held, and read without. */
static inline int lg_may_contain(const LGTables *t, const void *block) {
    return __atomic_load_n(&t->filter[lg_filter_place(block)], __ATOMIC_RELAXED) != 0;
}

static inline void lg_change_filter(LGTables *t, const void *block, int change) {
    uint8_t *count = &t->filter[lg_filter_place(block)];
    if (*count == 255) return; /* that and more cannot be told apart */
    __atomic_store_n(count, (uint8_t)(*count + change), __ATOMIC_RELAXED);
}

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
    lg_change_filter(t, t->samples[hole].block, -1);
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
    lg_change_filter(t, sample->block, 1);
    while (t->live > LG_MAX_LIVE) lg_thin(t, 2.0 * t->interval);
}

static inline void lg_clear(LGTables *t) {
    for (uint32_t i = 0; i < LG_SAMPLES; i++) {
        if (t->samples[i].block) lg_forget(t, &t->samples[i]);
        t->samples[i].block = NULL;
    }
    t->live = 0;
    t->interval = t->base_interval;
    for (uint32_t i = 0; i < LG_FILTER; i++) __atomic_store_n(&t->filter[i], 0, __ATOMIC_RELAXED);
}

#endif
