/* What a sampled block holds: whether it may come from one of the interpreter's free lists.
 *
 * A dict, list, tuple or float that is freed goes to a list and comes back for the next request
 * without the allocator hearing of it. The route that first allocated such a block is then not
 * the one that uses it: its sample is weak.
 */
#ifndef LEAKGUARD_BLOCKS_H
#define LEAKGUARD_BLOCKS_H

#include "_record.h"
#include <errno.h>
#include <sys/uio.h>

#define LG_HEAD_WORDS 4 /* the widest prefix that is looked behind, a reference count, a type */
#define LG_TUPLE_KEPT 20 /* longer tuples are not kept */

typedef struct {
    uintptr_t word[LG_HEAD_WORDS];
} LGHead;

static inline int lg_is_any(uintptr_t type, PyTypeObject *const *types) {
    for (; *types; types++)
        if (type == (uintptr_t)*types) return 1;
    return 0;
}

static inline int lg_weak_size(size_t size) {
    return size <= sizeof(PyTupleObject) + sizeof(PyGC_Head) + 8 * LG_TUPLE_KEPT;
}

/* Keys of a dict of at most eight (a fresh one): 3.11 to 3.15 keep those whose keys are strings. */
static inline int lg_is_small_keys(size_t size, uintptr_t word) {
    return size == sizeof(PyDictKeysObject) + 8 + 5 * sizeof(PyDictUnicodeEntry) &&
           (word & 0xFF) == 3 && (word >> 16 & 0xFF) == DICT_KEYS_UNICODE;
}

static inline int lg_is_recycled(size_t size, const LGHead *head) {
    static PyTypeObject *const plain[] = {
        &PyFloat_Type,
#if PY_VERSION_HEX >= 0x030E0000
        &PyLong_Type, &PyRange_Type,
#endif
#if PY_VERSION_HEX >= 0x030F0000
        &PyComplex_Type,
#endif
        &PySlice_Type, NULL};
    static PyTypeObject *const collected[] = {
        &PyDict_Type, &PyList_Type, &PyTuple_Type, &PyContext_Type,
#if PY_VERSION_HEX >= 0x030E0000
        &PyListIter_Type, &PyTupleIter_Type, &PyCFunction_Type, &PyMethod_Type, &PySlice_Type,
#endif
        NULL};
    if (size < 2 * sizeof(void *)) return 0;
    if (lg_is_any(head->word[1], plain) || lg_is_small_keys(size, head->word[1])) return 1;
    return size >= sizeof *head && lg_is_any(head->word[3], collected);
}

/* Extension modules keep blocks for their next object as well: asyncio, and what Cython compiles. A
   block that is seen without references, and is so seconds later, tells that its type is of these. */
enum { LG_MOST_LEARNED = 64, LG_KEPT_SECONDS = 2 };
static PyTypeObject *lg_learned[LG_MOST_LEARNED + 1];

static inline int lg_is_learned(size_t size, const LGHead *head) {
    return (size >= 2 * sizeof(void *) && lg_is_any(head->word[1], lg_learned)) ||
           (size >= sizeof *head && lg_is_any(head->word[3], lg_learned));
}

/* Reads the start of blocks. By the kernel, which tells of an address that is no longer there: a
   free that another tool kept from us must not end the server. */
static inline int lg_read_heads(void *const *blocks, int count, LGHead *heads) {
    struct iovec here = {heads, (size_t)count * sizeof *heads}, there[256];
    for (int i = 0; i < count; i++) there[i] = (struct iovec){blocks[i], sizeof *heads};
    ssize_t got = process_vm_readv(getpid(), &here, 1, there, (unsigned long)count, 0);
    if (got >= 0) return (int)((size_t)got / sizeof *heads);
    if (errno == EFAULT) return 0;
    /* a sandbox that forbids the call: the blocks are alive as far as we know */
    for (int i = 0; i < count; i++) memcpy(&heads[i], blocks[i], sizeof *heads);
    return count;
}

/* Any word may be asked for: only the kernel can tell, and where it must not nothing is learned. */
static inline int lg_is_type(uintptr_t word) {
    LGHead head;
    if (word < 4096 || word % sizeof(void *)) return 0;
    struct iovec here = {&head, sizeof head}, there = {(void *)word, sizeof head};
    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == (ssize_t)sizeof head &&
           head.word[1] == (uintptr_t)&PyType_Type;
}

/* The type of an object without references; NULL: it has some, or is no object. */
static inline PyTypeObject *lg_type_of_kept(size_t size, const LGHead *head) {
    for (int i = 1; i < LG_HEAD_WORDS && (size_t)(i + 1) * sizeof(void *) <= size; i += 2)
        if (!head->word[i - 1] && lg_is_type(head->word[i])) return (PyTypeObject *)head->word[i];
    return NULL;
}

/* A float in its free list has no references either, and has lost its type. */
static inline int lg_is_idle_float(size_t size, const LGHead *head) {
    return size == sizeof(PyFloatObject) && !head->word[0];
}

/* Whether it was news that objects of a type are kept. */
static inline int lg_learn(PyTypeObject *type) {
    for (int i = 0; i < LG_MOST_LEARNED; i++) {
        if (lg_learned[i] == type) return 0;
        if (lg_learned[i]) continue;
        lg_learned[i] = type;
        Py_INCREF(type); /* or another might get its place */
        return 1;
    }
    return 0;
}

/* What kind of sample it is by what stands in its block; whether that taught us a type. */
static inline int lg_classify(LGSample *sample, const LGHead *head, int64_t seconds) {
    PyTypeObject *kept = lg_type_of_kept(sample->size, head);
    int was_kept = sample->kind == LG_KEPT;
    if (lg_is_recycled(sample->size, head) || lg_is_learned(sample->size, head)) {
        sample->kind = LG_WEAK;
    } else if (lg_is_idle_float(sample->size, head)) {
        sample->kind = LG_KEPT;
    } else if (!kept) {
        sample->kind = LG_STRONG;
    } else if (!was_kept) {
        sample->kind = LG_KEPT;
        sample->kept = (uint8_t)seconds;
    } else if ((uint8_t)(seconds - sample->kept) >= LG_KEPT_SECONDS) {
        return lg_learn(kept);
    }
    return 0;
}

/* Looks at every block that may be of a recycled type; the caller holds the GIL and the lock.
   Also at those that looked strong before: what is kept for later shows only once it is freed. */
static inline int lg_look_once(LGTables *t) {
    int news = 0;
    int64_t seconds = lg_now() / 1000;
    void *blocks[256];
    LGSample *samples[256];
    LGHead heads[256];
    for (uint32_t i = 0, count = 0; i <= LG_SAMPLES; i++) {
        if (i < LG_SAMPLES) {
            LGSample *sample = &t->samples[i];
            if (!sample->block || sample->kind == LG_WEAK) continue;
            if (!lg_weak_size(sample->size)) {
                sample->kind = LG_STRONG;
                continue;
            }
            samples[count] = sample;
            blocks[count++] = sample->block;
        }
        if (count < 256 && i < LG_SAMPLES) continue;
        for (uint32_t done = 0; done < count;) {
            int got = lg_read_heads(blocks + done, (int)(count - done), heads);
            for (int k = 0; k < got; k++)
                news |= lg_classify(samples[done + k], &heads[k], seconds);
            done += (uint32_t)got;
            if (done < count) samples[done++]->kind = LG_WEAK; /* it cannot be read: not relied on */
        }
        count = 0;
    }
    return news;
}

static inline void lg_look(LGTables *t) {
    while (lg_look_once(t)) {} /* at most once for each type that is learned, and once more */
}

#endif
