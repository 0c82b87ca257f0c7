/* Memory of the walk: vectors that grow, an arena, and a map, all within one budget.
 *
 * Anonymous maps only, so that a forked child needs no lock.
 */
#ifndef LEAKGUARD_MEMORY_H
#define LEAKGUARD_MEMORY_H
#include "_os.h"

typedef struct {
    char *p;
    size_t used, room; /* bytes */
} LGBytes;

static int lg_out_of_memory; /* a reserve failed: the walk ends with a clear error */
static size_t lg_memory_budget;

static void lg_begin_budget(size_t bytes) {
    lg_memory_budget = bytes;
    lg_mapped_bytes = 0;
    lg_out_of_memory = 0;
}
static void lg_exhaust(void) { lg_out_of_memory = 1; }

static int lg_reserve(LGBytes *b, size_t bytes) {
    if (bytes <= b->room) return 0;
    size_t room = b->room < 32 * LG_HUGE_PAGE ? b->room * 2 : b->room + b->room / 4;
    if (room < 65536) room = 65536;
    while (room < bytes) room *= 2;
    if (room >= LG_HUGE_PAGE) room = (room + LG_HUGE_PAGE - 1) & ~(LG_HUGE_PAGE - 1);
    if (lg_memory_budget && lg_mapped_bytes + room - b->room > lg_memory_budget) {
        lg_out_of_memory = 1;
        return -1;
    }
    void *p = lg_map(b->p, b->room, room);
    if (!p) {
        lg_out_of_memory = 1;
        return -1;
    }
    b->p = p;
    b->room = room;
    return 0;
}
static void lg_release(LGBytes *b) {
    lg_unmap(b->p, b->room);
    b->p = NULL;
    b->used = b->room = 0;
}

/* Small things that never move and go all at once. */
#define LG_ARENA_BYTES ((size_t)96 << 20) /* reserved, not used */
typedef struct {
    char *p;
    size_t used;
} LGArena;

static void *lg_arena_take(LGArena *a, size_t bytes) {
    if (!a->p) {
        a->p = mmap(NULL, LG_ARENA_BYTES, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (a->p == MAP_FAILED) a->p = NULL;
    }
    bytes = (bytes + 15) & ~(size_t)15;
    if (!a->p || a->used + bytes > LG_ARENA_BYTES) return NULL;
    a->used += bytes;
    return a->p + a->used - bytes;
}
static void lg_arena_release(LGArena *a) {
    if (a->p) munmap(a->p, LG_ARENA_BYTES);
    a->p = NULL;
    a->used = 0;
}

static inline uint64_t lg_hash_pointer(const void *p) {
    return ((uint64_t)(uintptr_t)p >> 4) * 0x9E3779B97F4A7C15ull;
}

/* pointer -> u32, open addressing; value 0 means absent */
typedef struct {
    LGBytes keys, values;
    size_t mask, count;
    int shift;
} LGMap;

static int lg_map_grow(LGMap *m) {
    LGMap bigger = {{0}};
    size_t size = m->mask ? (m->mask + 1) * 2 : 4096;
    bigger.mask = size - 1;
    bigger.shift = 64 - __builtin_ctzll(size);
    if (lg_reserve(&bigger.keys, size * 8) < 0 || lg_reserve(&bigger.values, size * 4) < 0) {
        lg_release(&bigger.keys);
        return -1;
    }
    for (size_t i = 0; m->mask && i <= m->mask; i++) {
        const void *key = ((const void **)m->keys.p)[i];
        if (!key) continue;
        size_t h = lg_hash_pointer(key) >> bigger.shift;
        while (((const void **)bigger.keys.p)[h]) h = (h + 1) & bigger.mask;
        ((const void **)bigger.keys.p)[h] = key;
        ((uint32_t *)bigger.values.p)[h] = ((uint32_t *)m->values.p)[i];
    }
    bigger.count = m->count;
    lg_release(&m->keys);
    lg_release(&m->values);
    *m = bigger;
    return 0;
}

/* The place of a key's value, made (as 0) when it is new; NULL out of memory. */
static inline uint32_t *lg_map_slot(LGMap *m, const void *key) {
    if (m->count * 2 >= m->mask && lg_map_grow(m) < 0) return NULL;
    const void **keys = (const void **)m->keys.p;
    size_t h = lg_hash_pointer(key) >> m->shift;
    while (keys[h] != key) {
        if (!keys[h]) {
            keys[h] = key;
            m->count++;
            break;
        }
        h = (h + 1) & m->mask;
    }
    return (uint32_t *)m->values.p + h;
}

/* The value of a key; 0 where it is absent. */
static inline uint32_t lg_map_get(const LGMap *m, const void *key) {
    if (!m->mask) return 0;
    const void **keys = (const void **)m->keys.p;
    size_t h = lg_hash_pointer(key) >> m->shift;
    while (keys[h] && keys[h] != key) h = (h + 1) & m->mask;
    return keys[h] ? ((uint32_t *)m->values.p)[h] : 0;
}

static void lg_map_release(LGMap *m) {
    lg_release(&m->keys);
    lg_release(&m->values);
    memset(m, 0, sizeof *m);
}

#endif
