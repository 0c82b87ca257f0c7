/* What the walk knows about a type, found out once for each type it meets. */
#ifndef LEAKGUARD_TYPES_H
#define LEAKGUARD_TYPES_H
#include "_names.h"
#include <datetime.h>

/* kinds as the image has them (docs/image-format.md), then two that only the walk tells apart */
enum {
    LG_OTHER, LG_NONE, LG_STR, LG_BYTES, LG_INT, LG_FLOAT, LG_BOOL, LG_COMPLEX, LG_BYTEARRAY,
    LG_DICT, LG_LIST, LG_TUPLE, LG_SET, LG_TYPE, LG_CODE, LG_FUNCTION, LG_MODULE, LG_CELL,
    LG_GENERATOR, LG_FRAME, LG_METHOD, LG_THREAD, LG_DEQUE, LG_WEAKREF, LG_CONTEXT, LG_HAMT,
    LG_LRU_CACHE, LG_THREAD_LOCAL, LG_TASK, LG_EXCEPTION, LG_TRACEBACK, LG_BUILTIN_FUNCTION,
    LG_NUMPY_ARRAY, LG_PARTIAL
};
enum { LG_PLAIN, LG_HAMT_BITMAP, LG_HAMT_COLLISION, LG_ORDERED_DICT, LG_DATETIME, LG_TIME, LG_MMAP,
       LG_LRU_LINK };

#define LG_FLAG_GC 1
#define LG_FLAG_PYTHON 2

typedef struct {
    uint32_t offset, label;
} LGField;

typedef struct {
    PyTypeObject *type;
    traverseproc traverse;
    PyCFunction sizeof_fn; /* a __sizeof__ of the interpreter's own, or NULL */
    LGField *fields;       /* object pointers at known offsets, with their names */
    uint32_t *attributes;  /* labels of the inline attribute values */
    uint32_t field_count, attribute_count;
    uint32_t name, ident; /* string id; ident + 1 */
    uint32_t basic, item, prefix;
    uint8_t kind, special, flags;
    uint8_t exact; /* the builtin type itself, not a subclass */
    uint8_t leaf;  /* refers to nothing: foldable */
    uint8_t buffers; /* may own blocks beside its own (_owned.h) */
    uint64_t folded_count, folded_bytes;
} LGType;

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

/* Layouts no header gives, each checked at start-up against live objects (0 = not to be used). */
typedef struct {
    uint32_t deque_maxlen;     /* offset of deque's maxlen */
    uint32_t lru_maxsize;      /* offset of functools._lru_cache_wrapper's maxsize */
    uint32_t lru_func;         /* and of the wrapped function */
    uint32_t mmap_size;        /* offset of mmap.mmap's size */
    uint32_t numpy_major;      /* 1 or 2: which array descriptor */
    traverseproc subtype_traverse; /* of every class that a class statement made */
} LGLayouts;
static LGLayouts lg_layouts;

static inline void *lg_traverse_of(PyObject *type) { return (void *)((PyTypeObject *)type)->tp_traverse; }

/* The function behind an lru_cache, or NULL. */
static inline PyObject *lg_lru_function(PyObject *op) {
    return lg_layouts.lru_func ? *(PyObject **)((char *)op + lg_layouts.lru_func) : NULL;
}

/* C modules of the standard library: only their __sizeof__ is called. A third party's may do
   anything, and a Python one is the user's code. */
static int lg_is_stdlib_c(const char *name) {
    static const char *const modules[] = {
        "_asyncio.", "_bisect.", "_collections.", "_ctypes.", "_datetime.", "_decimal.",
        "_elementtree.", "_hashlib.", "_io.", "_pickle.", "_queue.", "_random.", "_socket.",
        "_sre.", "_ssl.", "_struct.", "array.", "collections.", "ctypes.", "datetime.", "decimal.",
        "functools.", "itertools.", "re.", "select.", "xml.etree.", "zlib.", NULL};
    if (!strchr(name, '.')) return 1;
    for (int i = 0; modules[i]; i++)
        if (!strncmp(name, modules[i], strlen(modules[i]))) return 1;
    return 0;
}

static int lg_any_base(PyTypeObject *type, const char *name) {
    for (; type; type = type->tp_base)
        if (!strcmp(type->tp_name, name)) return 1;
    return 0;
}

static void lg_classify(LGType *t, PyTypeObject *type) {
    static const struct { const char *name; uint8_t kind, special; } named[] = {
        {"collections.deque", LG_DEQUE, 0}, {"weakref.ReferenceType", LG_WEAKREF, 0},
        {"_contextvars.Context", LG_CONTEXT, 0}, {"hamt_bitmap_node", LG_HAMT, LG_HAMT_BITMAP},
        {"hamt_collision_node", LG_HAMT, LG_HAMT_COLLISION}, {"hamt_array_node", LG_HAMT, 0},
        {"hamt", LG_HAMT, 0}, {"functools._lru_cache_wrapper", LG_LRU_CACHE, 0},
        {"_thread._local", LG_THREAD_LOCAL, 0}, {"_thread._localdummy", LG_THREAD_LOCAL, 0},
        {"_asyncio.Task", LG_TASK, 0}, {"builtin_function_or_method", LG_BUILTIN_FUNCTION, 0},
        {"numpy.ndarray", LG_NUMPY_ARRAY, 0}, {"functools.partial", LG_PARTIAL, 0},
        {"collections.OrderedDict", LG_DICT, LG_ORDERED_DICT},
        {"datetime.datetime", LG_OTHER, LG_DATETIME}, {"datetime.time", LG_OTHER, LG_TIME},
        {"mmap.mmap", LG_OTHER, LG_MMAP}, {"functools._lru_list_elem", LG_OTHER, LG_LRU_LINK},
        {NULL, 0, 0}};
    unsigned long f = type->tp_flags;
#define LG_IS(test, k, builtin) if (test) { t->kind = k; t->exact = type == &(builtin); return; }
    LG_IS(f & Py_TPFLAGS_UNICODE_SUBCLASS, LG_STR, PyUnicode_Type)
    LG_IS(type == &PyBool_Type, LG_BOOL, PyBool_Type)
    LG_IS(f & Py_TPFLAGS_LONG_SUBCLASS, LG_INT, PyLong_Type)
    LG_IS(f & Py_TPFLAGS_BYTES_SUBCLASS, LG_BYTES, PyBytes_Type)
    LG_IS(f & Py_TPFLAGS_LIST_SUBCLASS, LG_LIST, PyList_Type)
    LG_IS(f & Py_TPFLAGS_TUPLE_SUBCLASS, LG_TUPLE, PyTuple_Type)
    LG_IS(f & Py_TPFLAGS_TYPE_SUBCLASS, LG_TYPE, PyType_Type)
    LG_IS(f & Py_TPFLAGS_BASE_EXC_SUBCLASS, LG_EXCEPTION, *type)
    if (f & Py_TPFLAGS_DICT_SUBCLASS) {
        t->kind = LG_DICT;
        t->exact = type == &PyDict_Type;
        if (PyType_IsSubtype(type, &PyODict_Type)) t->special = LG_ORDERED_DICT;
        return;
    }
    LG_IS(type == &PyFloat_Type, LG_FLOAT, PyFloat_Type)
    LG_IS(type == &PyComplex_Type, LG_COMPLEX, PyComplex_Type)
    LG_IS(type == &PyByteArray_Type, LG_BYTEARRAY, PyByteArray_Type)
    LG_IS(PyType_IsSubtype(type, &PySet_Type), LG_SET, PySet_Type)
    LG_IS(PyType_IsSubtype(type, &PyFrozenSet_Type), LG_SET, PyFrozenSet_Type)
    LG_IS(type == &PyCode_Type, LG_CODE, PyCode_Type)
    LG_IS(type == &PyFunction_Type, LG_FUNCTION, PyFunction_Type)
    LG_IS(type == &PyMethod_Type, LG_METHOD, PyMethod_Type)
    LG_IS(type == &PyCell_Type, LG_CELL, PyCell_Type)
    LG_IS(type == &PyGen_Type || type == &PyCoro_Type || type == &PyAsyncGen_Type, LG_GENERATOR, *type)
    LG_IS(type == &PyFrame_Type, LG_FRAME, PyFrame_Type)
    LG_IS(type == &PyTraceBack_Type, LG_TRACEBACK, PyTraceBack_Type)
    LG_IS(PyType_IsSubtype(type, &PyModule_Type), LG_MODULE, PyModule_Type)
    LG_IS(type == Py_TYPE(Py_None), LG_NONE, *type)
#undef LG_IS
    for (int i = 0; named[i].name; i++)
        if (lg_any_base(type, named[i].name)) {
            t->kind = named[i].kind;
            t->special = named[i].special;
            return;
        }
    if (lg_any_base(type, "weakref")) t->kind = LG_WEAKREF; /* its name before 3.12 */
    if (!strcmp(type->tp_name, "_PyTask")) t->kind = LG_TASK;
}

/* ---- fields ----------------------------------------------------------------------------------- */

#define LG_FIELDS_MAX 128
typedef struct {
    LGField field[LG_FIELDS_MAX];
    uint32_t count;
} LGFieldList;

static void lg_field_add(LGFieldList *l, size_t offset, uint32_t label) {
    for (uint32_t i = 0; i < l->count; i++)
        if (l->field[i].offset == offset) return;
    if (l->count < LG_FIELDS_MAX) l->field[l->count++] = (LGField){(uint32_t)offset, label};
}
static void lg_slot_add(LGFieldList *l, LGStrings *s, size_t offset, const char *name) {
    lg_field_add(l, offset, LG_LABEL(LG_E_SLOT, lg_string_z(s, name)));
}

/* Fields of builtin types that tp_members does not declare. */
static void lg_builtin_fields(LGFieldList *l, LGStrings *s, LGType *t) {
#define LG_AT(struct_, member, name) lg_slot_add(l, s, offsetof(struct_, member), name)
    switch (t->kind) {
    case LG_FUNCTION:
        LG_AT(PyFunctionObject, func_globals, "__globals__");
        LG_AT(PyFunctionObject, func_builtins, "__builtins__");
        LG_AT(PyFunctionObject, func_name, "__name__");
        LG_AT(PyFunctionObject, func_qualname, "__qualname__");
        LG_AT(PyFunctionObject, func_code, "__code__");
        LG_AT(PyFunctionObject, func_defaults, "__defaults__");
        LG_AT(PyFunctionObject, func_kwdefaults, "__kwdefaults__");
        LG_AT(PyFunctionObject, func_closure, "__closure__");
        LG_AT(PyFunctionObject, func_doc, "__doc__");
        LG_AT(PyFunctionObject, func_dict, "__dict__");
        LG_AT(PyFunctionObject, func_module, "__module__");
        LG_AT(PyFunctionObject, func_annotations, "__annotations__");
        break;
    case LG_METHOD:
        LG_AT(PyMethodObject, im_func, "__func__");
        LG_AT(PyMethodObject, im_self, "__self__");
        break;
    case LG_BUILTIN_FUNCTION:
        LG_AT(PyCFunctionObject, m_self, "__self__");
        LG_AT(PyCFunctionObject, m_module, "__module__");
        break;
    case LG_CELL: LG_AT(PyCellObject, ob_ref, "cell_contents"); break;
    case LG_EXCEPTION:
        LG_AT(PyBaseExceptionObject, dict, "__dict__");
        LG_AT(PyBaseExceptionObject, args, "args");
        LG_AT(PyBaseExceptionObject, notes, "__notes__");
        LG_AT(PyBaseExceptionObject, traceback, "__traceback__");
        LG_AT(PyBaseExceptionObject, context, "__context__");
        LG_AT(PyBaseExceptionObject, cause, "__cause__");
        break;
    case LG_TRACEBACK:
        LG_AT(PyTracebackObject, tb_next, "tb_next");
        LG_AT(PyTracebackObject, tb_frame, "tb_frame");
        break;
    case LG_FRAME:
        LG_AT(PyFrameObject, f_back, "f_back");
        LG_AT(PyFrameObject, f_trace, "f_trace");
        break;
    case LG_WEAKREF: LG_AT(PyWeakReference, wr_callback, "__callback__"); break;
    case LG_CONTEXT:
        LG_AT(PyContext, ctx_prev, "previous context");
        LG_AT(PyContext, ctx_vars, "variables");
        break;
    case LG_GENERATOR:
        LG_AT(PyGenObject, gi_name, "__name__");
        LG_AT(PyGenObject, gi_qualname, "__qualname__");
        LG_AT(PyGenObject, gi_exc_state.exc_value, "handled exception");
        break;
    case LG_TYPE:
        LG_AT(PyTypeObject, tp_dict, "__dict__");
        LG_AT(PyTypeObject, tp_bases, "__bases__");
        LG_AT(PyTypeObject, tp_mro, "__mro__");
        LG_AT(PyTypeObject, tp_base, "__base__");
        LG_AT(PyTypeObject, tp_cache, "cache");
        LG_AT(PyHeapTypeObject, ht_module, "module");
        break;
    case LG_LRU_CACHE:
        if (lg_layouts.lru_func) lg_slot_add(l, s, lg_layouts.lru_func, "__wrapped__");
        break;
    default: break;
    }
#undef LG_AT
}

static void lg_find_fields(LGType *t, LGArena *arena, LGStrings *s, PyTypeObject *type) {
    LGFieldList list;
    list.count = 0;
    lg_builtin_fields(&list, s, t);
    for (PyTypeObject *b = type; b; b = b->tp_base) {
        if (b->tp_base && b->tp_members == b->tp_base->tp_members) continue;
        for (PyMemberDef *m = b->tp_members; m && m->name; m++) {
            if ((m->type != T_OBJECT && m->type != T_OBJECT_EX) || (m->flags & 8)) continue;
            if (m->offset < (Py_ssize_t)sizeof(PyObject)) continue;
            int kind = m->name[0] == '_' && m->name[1] == '_' ? LG_E_SLOT : LG_E_ATTR;
            lg_field_add(&list, (size_t)m->offset, LG_LABEL(kind, lg_string_z(s, m->name)));
        }
    }
    if (type->tp_dictoffset > 0 && t->kind != LG_TYPE) /* dedup by offset: a function has named its own */
        lg_slot_add(&list, s, (size_t)type->tp_dictoffset, "__dict__");
    if (!list.count) return;
    t->fields = lg_arena_take(arena, list.count * sizeof(LGField));
    if (!t->fields) return;
    t->field_count = list.count;
    memcpy(t->fields, list.field, list.count * sizeof(LGField));
}

static void lg_find_attributes(LGType *t, LGArena *arena, LGStrings *s, uint64_t salt,
                               PyTypeObject *type) {
    PyDictKeysObject *keys = lg_shared_keys(type);
    if (!keys || !lg_keys_unicode(keys) || !keys->dk_nentries) return;
    t->attributes = lg_arena_take(arena, (size_t)keys->dk_nentries * 4);
    if (!t->attributes) return;
    t->attribute_count = (uint32_t)keys->dk_nentries;
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    for (uint32_t i = 0; i < t->attribute_count; i++) {
        PyObject *key = entries[i].me_key;
        /* vars(instance)[data] = … puts data among the names that a class's instances share */
        t->attributes[i] = lg_is_name(key) ? LG_LABEL(LG_E_ATTR, lg_string_of(s, key, LG_KEY_MAX))
                                           : lg_data_key(0, ((PyASCIIObject *)key)->hash, salt);
    }
}

static PyCFunction lg_find_sizeof(PyTypeObject *type) {
    for (PyTypeObject *b = type; b; b = b->tp_base) {
        PyObject *method = lg_dict_find(lg_type_dict(b), "__sizeof__");
        if (!method || Py_TYPE(method) != &PyMethodDescr_Type) continue;
        if (b == &PyBaseObject_Type || !lg_is_stdlib_c(b->tp_name)) return NULL;
        PyMethodDef *def = ((PyMethodDescrObject *)method)->d_method;
        int convention = METH_NOARGS | METH_O | METH_VARARGS | METH_FASTCALL | METH_METHOD;
        return (def->ml_flags & convention) == METH_NOARGS ? def->ml_meth : NULL;
    }
    return NULL;
}

static void lg_type_init(LGType *t, LGArena *arena, LGStrings *s, LGIdents *idents, uint64_t salt,
                         PyTypeObject *type) {
    memset(t, 0, sizeof *t);
    t->type = type;
    t->traverse = type->tp_traverse;
    t->basic = (uint32_t)type->tp_basicsize;
    t->item = (uint32_t)type->tp_itemsize;
    t->prefix = (uint32_t)lg_prefix_bytes(type);
    lg_classify(t, type);
    int gc = (type->tp_flags & Py_TPFLAGS_HAVE_GC) != 0;
    int python = lg_is_heap_type(type) && type->tp_traverse == lg_layouts.subtype_traverse;
    t->flags = (uint8_t)((gc ? LG_FLAG_GC : 0) | (python ? LG_FLAG_PYTHON : 0));
    lg_text_type(s, type);
    t->name = lg_text_end(s);
    if (lg_is_heap_type(type)) t->ident = lg_ident_class(idents, s, type, t->name);
    lg_find_fields(t, arena, s, type);
    lg_find_attributes(t, arena, s, salt, type);
    int atomic = t->exact && t->kind >= LG_NONE && t->kind < LG_BYTEARRAY; /* those that never grow */
    int opaque = !gc && t->kind == LG_OTHER && !t->special && !t->field_count &&
                 !lg_is_heap_type(type); /* timedelta, Decimal, a lock … */
    t->leaf = (uint8_t)(atomic || opaque);
    if (t->kind == LG_OTHER || t->kind == LG_CODE || t->kind >= LG_GENERATOR ||
        t->special == LG_ORDERED_DICT)
        t->sizeof_fn = lg_find_sizeof(type);
}

#endif
