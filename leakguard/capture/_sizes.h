/* One object's bytes: everything it owns that is no object itself. */
#ifndef LEAKGUARD_SIZES_H
#define LEAKGUARD_SIZES_H
#include "_types.h"

/* What the allocator hands out for n bytes: 16-byte steps, and malloc's header above pymalloc's 512. */
static inline uint64_t lg_block(uint64_t n) {
    if (!n) return 0;
    return n <= 512 ? (n + 15) & ~15ull : (n + 8 + 15) & ~15ull;
}

static uint64_t lg_str_bytes(PyObject *op, LGType *t) {
    PyASCIIObject *ascii = (PyASCIIObject *)op;
    uint64_t length = (uint64_t)ascii->length, kind = ascii->state.kind;
    if (ascii->state.compact) {
        if (ascii->state.ascii) return lg_block(sizeof(PyASCIIObject) + length + 1);
        PyCompactUnicodeObject *compact = (PyCompactUnicodeObject *)op;
        uint64_t n = lg_block(sizeof(PyCompactUnicodeObject) + (length + 1) * kind);
        return compact->utf8 ? n + lg_block((uint64_t)compact->utf8_length + 1) : n;
    }
    PyUnicodeObject *str = (PyUnicodeObject *)op;
    uint64_t n = lg_block(t->basic + t->prefix);
    if (str->data.any) n += lg_block((length + 1) * kind);
    if (str->_base.utf8 && (void *)str->_base.utf8 != str->data.any)
        n += lg_block((uint64_t)str->_base.utf8_length + 1);
    return n;
}

/* numpy's array, whose C layout is stable: data, nd, dimensions, strides, base, descr, flags */
typedef struct {
    PyObject_HEAD
    char *data;
    int nd;
    Py_ssize_t *dimensions, *strides;
    PyObject *base, *descr;
    int flags;
} LGNumpyArray;
#define LG_NUMPY_OWNS 4
#define LG_NUMPY_OBJECT 17

static int lg_numpy_type_number(PyObject *descr) { /* HEAD, typeobj, four chars, type_num */
    return *(int *)((char *)descr + sizeof(PyObject) + 8 + 4);
}
static uint64_t lg_numpy_bytes(LGNumpyArray *array) {
    char *after = (char *)array->descr + sizeof(PyObject) + 8 + 8;
    uint64_t n = lg_layouts.numpy_major >= 2 ? *(uint64_t *)(after + 8) : *(uint32_t *)after;
    for (int i = 0; i < array->nd; i++) n *= (uint64_t)array->dimensions[i];
    return n;
}

static uint64_t lg_mmap_bytes; /* of all mmap objects: handed out, though by no allocator */

static uint64_t lg_numpy_size(PyObject *op) { return lg_numpy_bytes((LGNumpyArray *)op); }

static uint64_t lg_other_bytes(PyObject *op, LGType *t) {
    uint64_t n = t->basic;
    if (t->sizeof_fn) {
        PyObject *size = t->sizeof_fn(op, NULL);
        if (size && PyLong_Check(size)) n = (uint64_t)PyLong_AsSsize_t(size);
        Py_XDECREF(size);
        if (PyErr_Occurred()) PyErr_Clear();
    } else if (t->item) {
        Py_ssize_t items = Py_SIZE(op);
        n += (uint64_t)(items < 0 ? -items : items) * t->item;
    }
    int own_block;
    uint64_t values = lg_inline_values_bytes(op, t->type, &own_block);
    n = lg_block(n + t->prefix + (own_block ? 0 : values)) + (own_block ? lg_block(values) : 0);
    if (t->kind == LG_NUMPY_ARRAY && lg_layouts.numpy_major) {
        LGNumpyArray *array = (LGNumpyArray *)op;
        if (array->flags & LG_NUMPY_OWNS) n += lg_block(lg_numpy_bytes(array));
    }
    if (t->special == LG_MMAP && lg_layouts.mmap_size) {
        char *size = (char *)op + lg_layouts.mmap_size;
        if (((void **)size)[-1]) lg_mmap_bytes += *(uint64_t *)size; /* a closed one has no data */
        if (((void **)size)[-1]) n += *(uint64_t *)size;
    }
    return n;
}

/* bytes of everything the object owns that is no object itself */
static uint64_t lg_object_bytes(PyObject *op, LGType *t) {
    switch (t->kind) {
    case LG_STR: return lg_str_bytes(op, t);
    case LG_BYTES: return lg_block(t->basic + t->prefix + (uint64_t)Py_SIZE(op));
    case LG_INT: return lg_block((t->exact ? LG_LONG_HEAD : t->basic) + t->prefix + lg_long_digits(op) * 4);
    case LG_BOOL: case LG_NONE: return 0;
    case LG_FLOAT: return lg_block(sizeof(PyFloatObject));
    case LG_BYTEARRAY: return lg_block(t->basic) + lg_block(lg_bytearray_buffer(op));
    case LG_TUPLE: return lg_block(t->basic + t->prefix + (uint64_t)Py_SIZE(op) * 8);
    case LG_LIST:
        if (!t->exact) return lg_other_bytes(op, t) + lg_block((uint64_t)((PyListObject *)op)->allocated * 8);
        return lg_block(t->basic + t->prefix) + lg_block((uint64_t)((PyListObject *)op)->allocated * 8);
    case LG_DICT: {
        PyDictObject *dict = (PyDictObject *)op;
        uint64_t n;
        if (t->special == LG_ORDERED_DICT && t->sizeof_fn) n = lg_other_bytes(op, t);
        else {
            n = t->exact ? lg_block(t->basic + t->prefix) : lg_other_bytes(op, t);
            if (!lg_keys_shared(dict->ma_keys)) n += lg_block(lg_keys_bytes(dict->ma_keys));
        }
        if (dict->ma_values && !lg_values_embedded(dict->ma_values))
            n += lg_block(lg_values_bytes(dict->ma_values, dict->ma_keys));
        return n;
    }
    case LG_SET: {
        PySetObject *set = (PySetObject *)op;
        uint64_t n = t->exact ? lg_block(t->basic + t->prefix) : lg_other_bytes(op, t);
        return set->table == set->smalltable ? n : n + lg_block(((uint64_t)set->mask + 1) * sizeof(setentry));
    }
    case LG_TYPE: {
        PyTypeObject *type = (PyTypeObject *)op;
        if (!lg_is_heap_type(type)) return 0; /* in some library's data segment */
        uint64_t n = lg_block(t->basic + t->prefix + (uint64_t)Py_SIZE(op) * t->item);
        PyDictKeysObject *keys = lg_shared_keys(type);
        if (keys) n += lg_block(lg_keys_bytes(keys));
        return type->tp_doc ? n + lg_block(strlen(type->tp_doc) + 1) : n;
    }
    default: return lg_other_bytes(op, t);
    }
}

/* References that are accounted for before any edge is seen: the queue of an lru_cache owns each of
   its links once, beside the dict. */
static inline uint64_t lg_counted_references(PyObject *op, LGType *t) {
    return lg_refcount(op) - (t->special == LG_LRU_LINK);
}

#endif
