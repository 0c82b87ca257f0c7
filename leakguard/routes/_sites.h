/* The stacks that allocated sampled blocks: each is kept once, with references to its code. */
#ifndef LEAKGUARD_SITES_H
#define LEAKGUARD_SITES_H

#include "_tables.h"

static inline uint32_t lg_stack_hash(const LGFrame *frames, int depth) {
    uint64_t hash = 0;
    for (int i = 0; i < depth; i++) {
        uint64_t frame = (uint64_t)(uintptr_t)frames[i].code + (uint64_t)frames[i].instruction;
        hash = (hash ^ frame) * 0x9E3779B97F4A7C15ull;
    }
    return (uint32_t)(hash >> 32);
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

#endif
