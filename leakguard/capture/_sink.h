/* Where references go: batches of targets with the names by which they are referred to. */
#ifndef LEAKGUARD_SINK_H
#define LEAKGUARD_SINK_H
#include "_sizes.h"

#define LG_BATCH 512
#define LG_EXPECTED 512
#define LG_UNCOUNTED 1 /* low bit of a target: the reference is not in its reference count */

typedef struct LGSink LGSink;
struct LGSink {
    PyObject *target[LG_BATCH];
    uint32_t label[LG_BATCH];
    int count;
    void (*full)(LGSink *); /* empties the batch */
    void *owner;
    LGStrings *strings;
    uint64_t salt;
    uint32_t label_class, label_dict, label_tzinfo, label_base; /* fixed names */
    /* what tp_traverse of the object at hand is expected to report, in about that order */
    PyObject *expected[LG_EXPECTED];
    uint32_t expected_label[LG_EXPECTED];
    int expected_count, cursor;
    int fallback; /* label kind of what was not expected; its value counts up */
    uint32_t ordinal;
    PyDictKeysObject *entries; /* the dict part of a dict's subclass */
    Py_ssize_t entry;
};

static inline void lg_emit(LGSink *k, void *target, uint32_t label) {
    if (!target) return;
    LG_PREFETCH(target);
    LG_PREFETCH((char *)target + 32); /* a string's kind and length are often in the next line */
    k->target[k->count] = target;
    k->label[k->count] = label;
    if (++k->count == LG_BATCH) k->full(k);
}

/* Of a key that is no name only the type and a salted hash leave the process. */
static inline uint32_t lg_key_label(LGSink *k, PyObject *key, Py_hash_t hash) {
    unsigned long flags = Py_TYPE(key)->tp_flags;
    if (flags & Py_TPFLAGS_UNICODE_SUBCLASS) {
        if (lg_is_name(key)) return LG_LABEL(LG_E_KEY, lg_string_of(k->strings, key, LG_KEY_MAX));
        return lg_data_key(0, ((PyASCIIObject *)key)->hash, k->salt);
    }
    uint32_t class = flags & Py_TPFLAGS_LONG_SUBCLASS    ? 1
                     : flags & Py_TPFLAGS_BYTES_SUBCLASS ? 2
                     : flags & Py_TPFLAGS_TUPLE_SUBCLASS ? 3
                     : Py_TYPE(key) == &PyFloat_Type     ? 4 : 5;
    return lg_data_key(class, hash, k->salt);
}

#define LG_L(kind) ((uint32_t)(kind) << 28)

#endif
