/* Labels of edges: how a reference is called, and the no-values rule for keys. */
#ifndef LEAKGUARD_LABELS_H
#define LEAKGUARD_LABELS_H
#include "_names.h"

/* edge labels: kind << 28 | value */
enum {
    LG_E_OTHER, LG_E_ATTR, LG_E_KEY, LG_E_DATA_KEY, LG_E_INDEX, LG_E_CELL, LG_E_LOCAL, LG_E_STACK,
    LG_E_SLOT, LG_E_CONTEXT_VAR, LG_E_DICT_KEY, LG_E_SET_ITEM
};
#define LG_VALUE_MAX 0x0FFFFFFFu
#define LG_LABEL(kind, value) \
    ((uint32_t)(kind) << 28 | ((value) > LG_VALUE_MAX ? LG_VALUE_MAX : (uint32_t)(value)))

/* ---- labels of keys: the no-values rule ------------------------------------------------------- */

static inline uint32_t lg_mix(uint64_t hash, uint64_t salt) { /* splitmix64's finish, 24 bits of it */
    uint64_t z = hash ^ salt;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return (uint32_t)((z ^ z >> 31) >> 40);
}

/* A string is a name when it is interned: then it stands in somebody's code. */
static inline int lg_is_name(PyObject *str) {
    return lg_is_interned(str) && PyUnicode_GET_LENGTH(str) <= LG_KEY_MAX;
}

static inline uint32_t lg_data_key(uint32_t class, Py_hash_t hash, uint64_t salt) {
    return (uint32_t)LG_E_DATA_KEY << 28 | class << 24 | lg_mix((uint64_t)hash, salt);
}

#endif
