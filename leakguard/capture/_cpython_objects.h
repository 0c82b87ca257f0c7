/* Objects of CPython 3.11 to 3.15, and the interpreter's private headers that tell their layouts. */
#ifndef LEAKGUARD_CPYTHON_OBJECTS_H
#define LEAKGUARD_CPYTHON_OBJECTS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#ifdef Py_GIL_DISABLED
#error "free-threaded builds have no stopped world to walk; use the portable capture"
#endif

#ifndef Py_BUILD_CORE
#define Py_BUILD_CORE 1
#endif
/* Cython defines these two for itself */
#undef _PyGC_FINALIZED
#undef _PyObject_LookupSpecial
#include "internal/pycore_interp.h"
#include "internal/pycore_gc.h"
#include "internal/pycore_dict.h"
#include "internal/pycore_object.h"
#include "internal/pycore_frame.h"
#include "internal/pycore_code.h"
#include "internal/pycore_runtime.h"
#include "internal/pycore_context.h"
#if PY_VERSION_HEX >= 0x030E0000
#include "internal/pycore_interpframe.h"
#include "internal/pycore_stackref.h"
#endif
#include "structmember.h"

/* ---- objects ------------------------------------------------------------------------------ */

static inline int lg_is_heap_type(PyTypeObject *type) {
    return (type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0;
}

/* Objects whose reference count says nothing, and whose in-edges are therefore dropped. */
static inline int lg_is_immortal(PyObject *op) {
#if PY_VERSION_HEX >= 0x030C0000
    return _Py_IsImmortal(op);
#else
    return (size_t)((char *)op - (char *)&_PyRuntime) < sizeof(_PyRuntime) || op == Py_None ||
           op == Py_True || op == Py_False || op == Py_Ellipsis || op == Py_NotImplemented;
#endif
}

static inline uint64_t lg_refcount(PyObject *op) { return (uint64_t)Py_REFCNT(op); }

/* A tp_traverse may only be called on an object that has a GC header (type_traverse aborts else). */
static inline int lg_is_gc(PyObject *op, PyTypeObject *type) {
    return (type->tp_flags & Py_TPFLAGS_HAVE_GC) && (!type->tp_is_gc || type->tp_is_gc(op));
}

/* bytes in front of the object: the GC header and, from 3.11, the managed dict and weakref slots */
static inline size_t lg_prefix_bytes(PyTypeObject *type) { return _PyType_PreHeaderSize(type); }

static inline size_t lg_long_digits(PyObject *op) {
#if PY_VERSION_HEX >= 0x030C0000
    size_t n = ((PyLongObject *)op)->long_value.lv_tag >> 3;
#else
    Py_ssize_t signed_size = Py_SIZE(op);
    size_t n = (size_t)(signed_size < 0 ? -signed_size : signed_size);
#endif
    return n ? n : 1;
}

#if PY_VERSION_HEX >= 0x030C0000
#define LG_LONG_HEAD offsetof(PyLongObject, long_value.ob_digit)
#else
#define LG_LONG_HEAD offsetof(PyLongObject, ob_digit)
#endif

static inline int lg_is_interned(PyObject *str) {
    return ((PyASCIIObject *)str)->state.interned != 0;
}

/* From 3.15 a bytearray's buffer is a bytes object of its own. */
static inline size_t lg_bytearray_buffer(PyObject *op) {
    PyByteArrayObject *array = (PyByteArrayObject *)op;
    if (!array->ob_alloc) return 0;
#if PY_VERSION_HEX >= 0x030F0000
    return (size_t)array->ob_alloc + sizeof(PyBytesObject);
#else
    return (size_t)array->ob_alloc;
#endif
}

/* Where the block of that buffer starts. */
static inline const void *lg_bytearray_block(PyObject *op) {
    const char *bytes = ((PyByteArrayObject *)op)->ob_bytes;
#if PY_VERSION_HEX >= 0x030F0000
    return bytes ? bytes - offsetof(PyBytesObject, ob_sval) : NULL;
#else
    return bytes;
#endif
}

/* ---- types ----------------------------------------------------------------------------------- */

/* Static builtin types keep their dict in the interpreter from 3.12 on. */
static inline PyObject *lg_type_dict(PyTypeObject *type) {
    PyObject *dict = type->tp_dict;
#if PY_VERSION_HEX >= 0x030C0000
    if (!dict && (type->tp_flags & _Py_TPFLAGS_STATIC_BUILTIN)) {
        dict = PyType_GetDict(type); /* a new reference to what the interpreter keeps anyway */
        Py_XDECREF(dict);
    }
#endif
    return dict;
}

/* A heap type's own set of subclasses; a static builtin type has an index there instead. */
static inline PyObject *lg_type_subclasses(PyTypeObject *type) {
#if PY_VERSION_HEX >= 0x030C0000
    if (type->tp_flags & _Py_TPFLAGS_STATIC_BUILTIN) return NULL;
#endif
    return (PyObject *)type->tp_subclasses;
}

/* ---- parts of functions and modules --------------------------------------------------------- */

static inline PyObject *lg_function_code(PyObject *op) { return ((PyFunctionObject *)op)->func_code; }
static inline PyObject *lg_function_globals(PyObject *op) { return ((PyFunctionObject *)op)->func_globals; }
static inline PyObject *lg_function_closure(PyObject *op) { return ((PyFunctionObject *)op)->func_closure; }
static inline PyObject *lg_module_dict(PyObject *op) { return PyModule_GetDict(op); }

/* The name of a function's i-th free variable, or NULL. */
static inline PyObject *lg_free_variable(PyObject *op, Py_ssize_t i) {
    PyCodeObject *code = (PyCodeObject *)lg_function_code(op);
    PyObject *names = code->co_localsplusnames;
    i += code->co_nlocalsplus - code->co_nfreevars;
    return names && i >= 0 && i < Py_SIZE(names) ? PyTuple_GET_ITEM(names, i) : NULL;
}

/* ---- code objects ------------------------------------------------------------------------------ */

/* The lazily made tuples and strings that a code object keeps beside its declared fields. */
static inline int lg_code_cached(PyCodeObject *code, PyObject *out[4]) {
#if PY_VERSION_HEX >= 0x030C0000
    if (!code->_co_cached) return 0;
    out[0] = code->_co_cached->_co_code;
    out[1] = code->_co_cached->_co_varnames;
    out[2] = code->_co_cached->_co_cellvars;
    out[3] = code->_co_cached->_co_freevars;
    return 4;
#else
    out[0] = code->_co_code;
    return 1;
#endif
}

#endif
