/* What kind of object the instances of a type are. */
#ifndef LEAKGUARD_KINDS_H
#define LEAKGUARD_KINDS_H
#include "_labels.h"

/* kinds as the image has them (docs/image-format.md) */
enum {
    LG_OTHER, LG_NONE, LG_STR, LG_BYTES, LG_INT, LG_FLOAT, LG_BOOL, LG_COMPLEX, LG_BYTEARRAY,
    LG_DICT, LG_LIST, LG_TUPLE, LG_SET, LG_TYPE, LG_CODE, LG_FUNCTION, LG_MODULE, LG_CELL,
    LG_GENERATOR, LG_FRAME, LG_METHOD, LG_THREAD, LG_DEQUE, LG_WEAKREF, LG_CONTEXT, LG_HAMT,
    LG_LRU_CACHE, LG_THREAD_LOCAL, LG_TASK, LG_EXCEPTION, LG_TRACEBACK, LG_BUILTIN_FUNCTION,
    LG_NUMPY_ARRAY, LG_PARTIAL
};
/* what the walk alone tells apart */
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
    uint8_t bounding; /* which of the containers that bound themselves (_bounds.h), from 1 on */
    uint64_t folded_count, folded_bytes;
} LGType;

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

#endif
