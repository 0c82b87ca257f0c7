/* What a sampled block holds: whether it may come from one of the interpreter's free lists.
 *
 * A dict, list, tuple or float that is freed goes to a list and comes back for the next request
 * without the allocator hearing of it. The route that first allocated such a block is then not
 * the one that uses it: its sample is weak.
 */
#ifndef LEAKGUARD_BLOCKS_H
#define LEAKGUARD_BLOCKS_H

#include "_hooks.h"
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

/* Looks at every block that is not known to be weak; the caller holds the GIL and the lock. */
static inline void lg_look(LGTables *t) {
    void *blocks[256];
    LGSample *samples[256];
    LGHead heads[256];
    for (uint32_t i = 0, count = 0; i <= LG_SAMPLES; i++) {
        if (i < LG_SAMPLES) {
            LGSample *sample = &t->samples[i];
            /* a strong one again: a float that waits in its free list has lost its type */
            if (!sample->block || sample->kind == LG_WEAK) continue;
            sample->kind = LG_STRONG;
            if (!lg_weak_size(sample->size)) continue;
            samples[count] = sample;
            blocks[count++] = sample->block;
        }
        if (count < 256 && i < LG_SAMPLES) continue;
        for (uint32_t done = 0; done < count;) {
            int got = lg_read_heads(blocks + done, (int)(count - done), heads);
            for (int k = 0; k < got; k++)
                if (lg_is_recycled(samples[done + k]->size, &heads[k]))
                    samples[done + k]->kind = LG_WEAK;
            done += (uint32_t)got;
            if (done < count) samples[done++]->kind = LG_WEAK; /* it cannot be read: not relied on */
        }
        count = 0;
    }
}

#endif
