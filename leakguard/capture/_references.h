/* One object's references, each with its name.
 *
 * The references are those that tp_traverse reports, plus what it leaves out but the object owns
 * all the same: string keys of dicts, a code object's parts, a type's names and static parts,
 * members of types without a collector, the contents of numpy object arrays. All of them together
 * must account for the reference counts: what they do not explain counts as held from C.
 */
#ifndef LEAKGUARD_REFERENCES_H
#define LEAKGUARD_REFERENCES_H
#include "_bounds.h"
#include "_expected.h"
#include <datetime.h>

/* ---- references of the builtin kinds ------------------------------------------------------------ */

static void lg_visit_dict(PyDictObject *dict, LGSink *k) {
    PyDictKeysObject *keys = dict->ma_keys;
    Py_ssize_t n = keys->dk_nentries;
    if (!lg_keys_unicode(keys)) {
        PyDictKeyEntry *e = DK_ENTRIES(keys);
        for (Py_ssize_t i = 0; i < n; i++) {
            if (i + 8 < n && e[i + 8].me_key) LG_PREFETCH(e[i + 8].me_key);
            if (!e[i].me_value) continue;
            lg_emit(k, e[i].me_key, LG_L(LG_E_DICT_KEY));
            lg_emit(k, e[i].me_value, lg_key_label(k, e[i].me_key, e[i].me_hash));
        }
        return;
    }
    PyDictUnicodeEntry *e = DK_UNICODE_ENTRIES(keys);
    if (dict->ma_values) {
        if (!lg_dict_reports(dict->ma_values)) return;
        for (Py_ssize_t i = 0; i < n; i++)
            if (dict->ma_values->values[i])
                lg_emit(k, dict->ma_values->values[i], lg_key_label(k, e[i].me_key, 0));
        return;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (i + 8 < n && e[i + 8].me_key) LG_PREFETCH(e[i + 8].me_key);
        if (!e[i].me_value) continue;
        lg_emit(k, e[i].me_key, LG_L(LG_E_DICT_KEY));
        lg_emit(k, e[i].me_value, lg_key_label(k, e[i].me_key, 0));
    }
}

/* String keys, which a dict's own tp_traverse leaves out. An OrderedDict's list holds each again, and
 * that one it visits. */
static void lg_visit_dict_keys(PyDictObject *dict, LGSink *k) {
    PyDictKeysObject *keys = dict->ma_keys;
    if (!lg_keys_unicode(keys) || dict->ma_values) return;
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++)
        if (entries[i].me_value) lg_emit(k, entries[i].me_key, LG_L(LG_E_DICT_KEY));
}

static void lg_visit_code(PyCodeObject *code, LGSink *k) {
    PyObject *parts[] = {code->co_consts, code->co_names, code->co_exceptiontable,
                         code->co_localsplusnames, code->co_localspluskinds, code->co_filename,
                         code->co_name, code->co_qualname, code->co_linetable};
    PyObject *cached[4];
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) lg_emit(k, parts[i], LG_L(LG_E_OTHER) | (uint32_t)i);
    for (int i = 0, n = lg_code_cached(code, cached); i < n; i++)
        lg_emit(k, cached[i], LG_L(LG_E_OTHER) | (uint32_t)(16 + i));
}

/* hamt.c's bitmap and collision nodes, which are alike: pairs of variable (or none) and value */
typedef struct {
    PyObject_VAR_HEAD
    uint32_t bits;
    PyObject *array[1];
} LGHamtNode;

static void lg_visit_hamt(PyObject *op, LGSink *k) {
    PyObject **array = ((LGHamtNode *)op)->array;
    for (Py_ssize_t i = 0; i + 1 < Py_SIZE(op); i += 2) {
        PyObject *variable = array[i];
        lg_emit(k, variable, LG_L(LG_E_DICT_KEY));
        uint32_t label = LG_L(LG_E_OTHER);
        if (variable && Py_TYPE(variable) == &PyContextVar_Type) {
            PyObject *name = ((PyContextVar *)variable)->var_name;
            label = LG_LABEL(LG_E_CONTEXT_VAR, lg_string_of(k->strings, name, LG_NAME_MAX));
        }
        lg_emit(k, array[i + 1], label);
    }
}

static void lg_visit_numpy(LGNumpyArray *array, LGSink *k) {
    lg_emit(k, array->base, k->label_base);
    lg_emit(k, array->descr, LG_L(LG_E_OTHER));
    if (!(array->flags & LG_NUMPY_OWNS) || lg_numpy_type_number(array->descr) != LG_NUMPY_OBJECT) return;
    PyObject **items = (PyObject **)array->data;
    for (uint64_t i = 0, n = lg_numpy_bytes(array) / 8; i < n; i++) lg_emit(k, items[i], LG_LABEL(LG_E_INDEX, i));
}

static void lg_visit_static_type(PyTypeObject *type, LGSink *k) {
    lg_emit(k, lg_type_dict(type), k->label_dict);
    PyObject *parts[] = {type->tp_bases, type->tp_mro, type->tp_cache, lg_type_subclasses(type)};
    for (uint32_t i = 0; i < 4; i++) lg_emit(k, parts[i], LG_L(LG_E_OTHER) | i);
}

static void lg_visit_heap_type(PyTypeObject *type, LGType *t, LGSink *k) {
    if (t->traverse) t->traverse((PyObject *)type, lg_on_visit, k);
    PyHeapTypeObject *heap = (PyHeapTypeObject *)type;
    PyObject *parts[] = {heap->ht_name, heap->ht_qualname, heap->ht_slots, lg_type_subclasses(type)};
    for (uint32_t i = 0; i < 4; i++) lg_emit(k, parts[i], LG_L(LG_E_OTHER) | (16 + i));
    PyDictKeysObject *keys = heap->ht_cached_keys;
    for (Py_ssize_t i = 0; keys && lg_keys_unicode(keys) && i < keys->dk_nentries; i++)
        lg_emit(k, DK_UNICODE_ENTRIES(keys)[i].me_key, LG_L(LG_E_DICT_KEY));
}

/* ---- all references of one object ------------------------------------------------------------------ */

static void lg_visit(PyObject *op, LGType *t, LGSink *k) {
    if (t->exact) {
        if (t->kind == LG_DICT) { lg_visit_dict((PyDictObject *)op, k); return; }
        if (t->kind == LG_CODE) { lg_visit_code((PyCodeObject *)op, k); return; }
        if (t->kind == LG_LIST) {
            PyListObject *list = (PyListObject *)op;
            for (Py_ssize_t i = 0; i < Py_SIZE(list); i++) lg_emit(k, list->ob_item[i], LG_LABEL(LG_E_INDEX, i));
            return;
        }
        if (t->kind == LG_TUPLE) {
            for (Py_ssize_t i = 0; i < Py_SIZE(op); i++)
                lg_emit(k, PyTuple_GET_ITEM(op, i), LG_LABEL(LG_E_INDEX, i));
            return;
        }
    }
    if (t->special == LG_LRU_LINK) return; /* the cache itself reports what its links hold */
    if (t->special == LG_HAMT_BITMAP || t->special == LG_HAMT_COLLISION) { lg_visit_hamt(op, k); return; }
    if (t->kind == LG_TYPE && !lg_is_heap_type((PyTypeObject *)op)) {
        lg_visit_static_type((PyTypeObject *)op, k);
        return;
    }
    k->expected_count = k->cursor = 0;
    k->ordinal = 0;
    k->entries = NULL;
    k->fallback = t->kind == LG_SET                           ? LG_E_SET_ITEM
                  : t->kind == LG_LIST || t->kind == LG_TUPLE || t->kind == LG_DEQUE ? LG_E_INDEX
                                                                                     : LG_E_OTHER;
    lg_expect_instance(op, t, k);
    PyObject *dict = lg_managed_dict(op, t->type);
    int dict_at = k->expected_count;
    lg_expect(k, dict, k->label_dict);
    switch (t->kind) {
    case LG_TYPE: lg_visit_heap_type((PyTypeObject *)op, t, k); return;
    case LG_MODULE: lg_expect(k, PyModule_GetDict(op), k->label_dict); break;
    case LG_GENERATOR: {
        _PyInterpreterFrame *frame = lg_generator_frame(op);
        if (!frame) break;
        lg_frame_references(frame, k, 0);
        int borrowed;
        PyObject *function = LG_FRAME_SLOT(frame->LG_FUNCOBJ, &borrowed);
        if (borrowed) lg_expect(k, (PyObject *)((uintptr_t)function | LG_UNCOUNTED), LG_L(LG_E_OTHER));
        break;
    }
    case LG_FRAME: {
        _PyInterpreterFrame *frame = ((PyFrameObject *)op)->f_frame;
        if (frame && LG_FRAME_IN_OBJECT(frame)) lg_frame_references(frame, k, 0);
        break;
    }
    case LG_DICT: k->entries = ((PyDictObject *)op)->ma_keys; k->entry = 0; break;
    case LG_NUMPY_ARRAY: if (lg_layouts.numpy_major) lg_visit_numpy((LGNumpyArray *)op, k); break;
    default: break;
    }
    if (lg_is_gc(op, t->type)) {
        if (t->traverse) t->traverse(op, lg_on_visit, k);
        if (dict && k->expected[dict_at] == dict) lg_emit(k, dict, k->label_dict); /* 3.13 forgets it */
    } else {
        for (int i = 0; i < k->expected_count; i++) lg_emit(k, k->expected[i], k->expected_label[i]);
    }
    if (t->kind == LG_DICT) lg_visit_dict_keys((PyDictObject *)op, k);
    if (t->special == LG_DATETIME && ((PyDateTime_DateTime *)op)->hastzinfo)
        lg_emit(k, ((PyDateTime_DateTime *)op)->tzinfo, k->label_tzinfo);
    if (t->special == LG_TIME && ((PyDateTime_Time *)op)->hastzinfo)
        lg_emit(k, ((PyDateTime_Time *)op)->tzinfo, k->label_tzinfo);
}

/* Starts loading what the next objects' references are read from. */
static inline void lg_prefetch_body(PyObject *op, LGType *t) {
    if (t->kind == LG_DICT) LG_PREFETCH(((PyDictObject *)op)->ma_keys);
    else if (t->kind == LG_LIST) LG_PREFETCH(((PyListObject *)op)->ob_item);
}

#endif
