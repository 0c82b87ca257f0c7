/* What a dict has under a name, found by the name's address: PyDict_GetItem takes six times as long.
 *
 * A name of ours and the same name in an app's code are one object, since both are interned. Where
 * that is not so, where the dict is of another kind, or where its layout is not the one known here,
 * PyDict_GetItemWithError answers.
 */
#ifndef LEAKGUARD_LOOKUP_H
#define LEAKGUARD_LOOKUP_H

#include "_context.h" /* which interpreters are known */
#ifdef LG_CONTEXT_KNOWN
#include "internal/pycore_dict.h"
#endif

/* Functions that are better called than copied to each place: they then need no registers saved. */
#ifdef _MSC_VER
#define LG_CALLED __declspec(noinline)
#else
#define LG_CALLED __attribute__((noinline))
#endif

/* Of the keys of a dict that has only names; no kind until lg_check_dicts() has found it right. */
static uint8_t lg_kind_of_names = 255;

static LG_CALLED PyObject *lg_find_further(PyObject *dict, PyObject *name) {
    PyObject *found = PyDict_GetItemWithError(dict, name);
    if (!found && PyErr_Occurred()) PyErr_Clear(); /* a key that cannot be compared is no name */
    return found;
}

static Py_ssize_t lg_found_at; /* which entry the last answer was */

#ifdef LG_CONTEXT_KNOWN
/* Answers from indices of one type, as wide as the size of the dict asks for. */
#define LG_PROBE(kind)                                                                           \
    const kind *places = (const kind *)keys->dk_indices;                                         \
    size_t size = (size_t)1 << keys->dk_log2_size, mask = size - 1, perturb = hash, i = hash & mask; \
    const PyDictUnicodeEntry *entries = (const PyDictUnicodeEntry *)(places + size);             \
    for (int place; (place = places[i]) != DKIX_EMPTY; i = (i * 5 + perturb + 1) & mask) {       \
        if (place >= 0) {                                                                        \
            if (entries[place].me_key == name) {                                                 \
                lg_found_at = place;                                                             \
                return entries[place].me_value;                                                  \
            }                                                                                    \
            if ((size_t)((PyASCIIObject *)entries[place].me_key)->hash == hash)                  \
                return lg_find_further(dict, name); /* it may be equal */                        \
        }                                                                                        \
        perturb >>= 5;                                                                           \
    }                                                                                            \
    return NULL;
#endif

/* Borrowed; NULL: not there. `name` is a str whose hash has been asked for before. */
static LG_CALLED PyObject *lg_find(PyObject *dict, PyObject *name) {
#ifdef LG_CONTEXT_KNOWN
    PyDictKeysObject *keys = ((PyDictObject *)dict)->ma_keys;
    if (keys->dk_kind == lg_kind_of_names && keys->dk_log2_size < 16) {
        size_t hash = (size_t)((PyASCIIObject *)name)->hash;
        if (keys->dk_log2_size < 8) {
            LG_PROBE(int8_t)
        }
        LG_PROBE(int16_t)
    }
#endif
    return lg_find_further(dict, name);
}

/* The same for a name that nearly always is the same entry: dicts of one maker have the same order.
 * `place` is where it was. */
static inline PyObject *lg_find_again(PyObject *dict, PyObject *name, Py_ssize_t *place) {
    PyObject *found;
#ifdef LG_CONTEXT_KNOWN
    PyDictKeysObject *keys = ((PyDictObject *)dict)->ma_keys;
    if (keys->dk_kind == lg_kind_of_names && *place < keys->dk_nentries &&
        DK_UNICODE_ENTRIES(keys)[*place].me_key == name)
        return DK_UNICODE_ENTRIES(keys)[*place].me_value;
#endif
    found = lg_find(dict, name);
    *place = lg_found_at;
    return found;
}

/* Whether a dict has these two names, in this order, and nothing else. Yes is certain, no is no answer. */
static inline int lg_has_just(PyObject *dict, PyObject *first, PyObject *second) {
#ifdef LG_CONTEXT_KNOWN
    PyDictKeysObject *keys = ((PyDictObject *)dict)->ma_keys;
    return keys->dk_kind == lg_kind_of_names && keys->dk_nentries == 2 &&
           DK_UNICODE_ENTRIES(keys)[0].me_key == first &&
           DK_UNICODE_ENTRIES(keys)[1].me_key == second;
#else
    return 0;
#endif
}

/* The same for a text that the server may just have made: its hash may not be known yet. */
static inline PyObject *lg_find_text(PyObject *dict, PyObject *text) {
    if (PyUnicode_CheckExact(text) && (((PyASCIIObject *)text)->hash != -1 || PyObject_Hash(text) != -1))
        return lg_find(dict, text);
    PyErr_Clear();
    return NULL;
}

/* Tries it with names that stand in each other's way. -1: an error. */
static int lg_check_dicts(void) {
#ifdef LG_CONTEXT_KNOWN
    lg_kind_of_names = DICT_KEYS_UNICODE;
#endif
    int agrees = 1;
    PyObject *dict = PyDict_New(), *names[300] = {NULL};
    if (!dict) return -1;
    for (int i = 0; i < 300; i++) {
        if (!(names[i] = PyUnicode_FromFormat("name %d", i)) || PyObject_Hash(names[i]) == -1) break;
        agrees &= lg_find(dict, names[i]) == NULL;
        if (PyDict_SetItem(dict, names[i], names[i]) || (i % 7 == 3 && PyDict_DelItem(dict, names[i - 2])))
            break;
    }
    for (Py_ssize_t i = 0, place = 2; i < 300 && names[i]; i++, place = i) {
        PyObject *there = i % 7 == 1 && i < 298 ? NULL : names[i];
        agrees &= lg_find(dict, names[i]) == there && lg_find_again(dict, names[i], &place) == there;
    }
    for (int i = 0; i < 300; i++) Py_XDECREF(names[i]);
    Py_DECREF(dict);
    if (!agrees) lg_kind_of_names = 255;
    return PyErr_Occurred() ? -1 : 0;
}

#endif
