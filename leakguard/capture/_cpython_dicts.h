/* Dicts, and the attribute values that instances hold without one. */
#ifndef LEAKGUARD_CPYTHON_DICTS_H
#define LEAKGUARD_CPYTHON_DICTS_H

#include "_cpython_objects.h"

static inline size_t lg_keys_bytes(PyDictKeysObject *keys) {
    size_t entry = keys->dk_kind == DICT_KEYS_GENERAL ? sizeof(PyDictKeyEntry)
                                                      : sizeof(PyDictUnicodeEntry);
    size_t usable = (((size_t)1 << keys->dk_log2_size) << 1) / 3;
    return sizeof(PyDictKeysObject) + ((size_t)1 << keys->dk_log2_index_bytes) + usable * entry;
}

static inline int lg_keys_shared(PyDictKeysObject *keys) { return keys->dk_refcnt != 1; }

static inline int lg_keys_unicode(PyDictKeysObject *keys) {
    return keys->dk_kind != DICT_KEYS_GENERAL;
}

static inline PyDictKeysObject *lg_shared_keys(PyTypeObject *type) {
    return lg_is_heap_type(type) ? ((PyHeapTypeObject *)type)->ht_cached_keys : NULL;
}

/* The values array of a dict is part of an instance (and counted there) from 3.13 on. */
static inline int lg_values_embedded(PyDictValues *values) {
#if PY_VERSION_HEX >= 0x030D0000
    return values->embedded;
#else
    (void)values;
    return 0;
#endif
}

/* Whether an instance's values are a block of their own. */
#define LG_VALUES_APART (PY_VERSION_HEX < 0x030D0000)

/* Where the block of a values array starts that is no part of an instance. */
static inline const void *lg_values_block(PyDictValues *values) {
#if PY_VERSION_HEX >= 0x030D0000
    return values;
#else
    return (char *)values - ((uint8_t *)values)[-1];
#endif
}

/* Whether a dict reports the values it shares with an instance: in 3.13 the instance does, from 3.14
   on it leaves them to its dict once that exists. */
static inline int lg_dict_reports(PyDictValues *values) {
#if PY_VERSION_HEX >= 0x030E0000
    (void)values;
    return 1;
#else
    return !lg_values_embedded(values);
#endif
}

static inline size_t lg_values_bytes(PyDictValues *values, PyDictKeysObject *keys) {
#if PY_VERSION_HEX >= 0x030D0000
    (void)keys;
    return 8 * (size_t)values->capacity + 8;
#else
    return ((uint8_t *)values)[-1] + 8 * (size_t)(keys->dk_nentries + keys->dk_usable);
#endif
}

/* The attribute values that an instance holds without a dict, or NULL. */
static inline PyDictValues *lg_inline_values(PyObject *op, PyTypeObject *type) {
    if (!(type->tp_flags & Py_TPFLAGS_MANAGED_DICT)) return NULL;
#if PY_VERSION_HEX >= 0x030D0000
    if (!(type->tp_flags & Py_TPFLAGS_INLINE_VALUES)) return NULL;
    PyDictValues *values = _PyObject_InlineValues(op);
    return values->valid ? values : NULL;
#elif PY_VERSION_HEX >= 0x030C0000
    PyDictOrValues either = *_PyObject_DictOrValuesPointer(op);
    return _PyDictOrValues_IsValues(either) ? _PyDictOrValues_GetValues(either) : NULL;
#else
    return *_PyObject_ValuesPointer(op);
#endif
}

/* bytes of the inline values: inside the object's own block from 3.13 on, a block of their own before */
static inline size_t lg_inline_values_bytes(PyObject *op, PyTypeObject *type, int *own_block) {
#if PY_VERSION_HEX >= 0x030D0000
    *own_block = 0;
    if (!(type->tp_flags & Py_TPFLAGS_INLINE_VALUES)) return 0;
    return 8 + 8 * (size_t)_PyObject_InlineValues(op)->capacity;
#else
    PyDictValues *values = lg_inline_values(op, type);
    *own_block = 1;
    return values ? lg_values_bytes(values, lg_shared_keys(type)) : 0;
#endif
}

/* The __dict__ object of an instance whose dict the interpreter manages, or NULL. */
static inline PyObject *lg_managed_dict(PyObject *op, PyTypeObject *type) {
    if (!(type->tp_flags & Py_TPFLAGS_MANAGED_DICT)) return NULL;
#if PY_VERSION_HEX >= 0x030D0000
    return (PyObject *)_PyObject_ManagedDictPointer(op)->dict;
#elif PY_VERSION_HEX >= 0x030C0000
    PyDictOrValues either = *_PyObject_DictOrValuesPointer(op);
    return _PyDictOrValues_IsValues(either) ? NULL : _PyDictOrValues_GetDict(either);
#else
    return *_PyObject_ManagedDictPointer(op);
#endif
}

#endif
