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

/* Of the keys of a dict that has only names; no kind until lg_check_dicts() has found it right. */
static uint8_t lg_kind_of_names = 255;

static PyObject *lg_find_further(PyObject *dict, PyObject *name) {
    PyObject *found;
#ifdef LG_CONTEXT_KNOWN
    PyDictKeysObject *keys = ((PyDictObject *)dict)->ma_keys;
    if (keys->dk_kind == lg_kind_of_names && keys->dk_log2_size < 16) {
        const PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
        size_t hash = (size_t)((PyASCIIObject *)name)->hash, perturb = hash;
        size_t mask = ((size_t)1 << keys->dk_log2_size) - 1;
        for (size_t i = hash & mask;; perturb >>= 5, i = (i * 5 + perturb + 1) & mask) {
            int place = keys->dk_log2_size < 8 ? ((const int8_t *)keys->dk_indices)[i]
                                               : ((const int16_t *)keys->dk_indices)[i];
            if (place == DKIX_EMPTY) return NULL;
            if (place < 0) continue;
            if (entries[place].me_key == name) return entries[place].me_value;
            if ((size_t)((PyASCIIObject *)entries[place].me_key)->hash == hash) break;
        }
    }
#endif
    found = PyDict_GetItemWithError(dict, name);
    if (!found && PyErr_Occurred()) PyErr_Clear(); /* a key that cannot be compared is no name */
    return found;
}

/* Borrowed; NULL: not there. `name` is a str whose hash has been asked for before. Nearly always the
 * first place of a small dict tells. */
static inline PyObject *lg_find(PyObject *dict, PyObject *name) {
#ifdef LG_CONTEXT_KNOWN
    PyDictKeysObject *keys = ((PyDictObject *)dict)->ma_keys;
    if (keys->dk_kind == lg_kind_of_names && keys->dk_log2_size < 8) {
        size_t size = (size_t)1 << keys->dk_log2_size;
        const int8_t *places = (const int8_t *)keys->dk_indices;
        int place = places[(size_t)((PyASCIIObject *)name)->hash & (size - 1)];
        if (place == DKIX_EMPTY) return NULL;
        const PyDictUnicodeEntry *entries = (const PyDictUnicodeEntry *)(places + size);
        if (place >= 0 && entries[place].me_key == name) return entries[place].me_value;
    }
#endif
    return lg_find_further(dict, name);
}

/* The same for a name that is nearly always the first. */
static inline PyObject *lg_first(PyObject *dict, PyObject *name) {
#ifdef LG_CONTEXT_KNOWN
    PyDictKeysObject *keys = ((PyDictObject *)dict)->ma_keys;
    if (keys->dk_kind == lg_kind_of_names && keys->dk_nentries > 0 &&
        DK_UNICODE_ENTRIES(keys)->me_key == name)
        return DK_UNICODE_ENTRIES(keys)->me_value;
#endif
    return lg_find(dict, name);
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
    for (int i = 0; i < 300 && names[i]; i++)
        agrees &= lg_find(dict, names[i]) == (i % 7 == 1 && i < 298 ? NULL : names[i]);
    for (int i = 0; i < 300; i++) Py_XDECREF(names[i]);
    Py_DECREF(dict);
    if (!agrees) lg_kind_of_names = 255;
    return PyErr_Occurred() ? -1 : 0;
}

#endif
