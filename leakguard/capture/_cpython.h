/* Every difference between CPython 3.11, 3.12, 3.13, 3.14 and 3.15 that the heap walk meets.
 *
 * Accessors only: none of them runs Python code, takes a reference or allocates, so all may be
 * called from a forked child and with nothing but the GIL of a stopped world behind them. Layouts
 * are the interpreter's own private ones, from its headers; a self-test at start-up checks that
 * the running interpreter agrees with what was compiled here.
 */
#ifndef LEAKGUARD_CPYTHON_H
#define LEAKGUARD_CPYTHON_H

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

/* ---- the collector's lists ------------------------------------------------------------------ */

#define LG_GC_LISTS 4 /* three generations, and the permanent one where gc.freeze() moves objects */

static inline PyGC_Head *lg_gc_list(int i) {
    PyInterpreterState *interp = PyInterpreterState_Get();
    return i < 3 ? &interp->gc.generations[i].head : &interp->gc.permanent_generation.head;
}
static inline PyGC_Head *lg_gc_next(PyGC_Head *head) {
    return (PyGC_Head *)(head->_gc_next & ~(uintptr_t)3);
}
static inline PyObject *lg_gc_object(PyGC_Head *head) { return (PyObject *)(head + 1); }
static inline PyGC_Head *lg_gc_header(PyObject *op) { return (PyGC_Head *)op - 1; }

/* ---- the interpreter ---------------------------------------------------------------------- */

static inline PyObject *lg_sys_modules(void) {
#if PY_VERSION_HEX >= 0x030C0000
    return PyInterpreterState_Get()->imports.modules;
#else
    return PyInterpreterState_Get()->modules;
#endif
}

/* The table of interned strings (NULL where it is hidden); it holds no counted references. */
static inline PyObject *lg_interned_strings(void) {
#if PY_VERSION_HEX >= 0x030C0000
    return PyInterpreterState_Get()->cached_objects.interned_strings;
#else
    return NULL;
#endif
}

static inline PyThreadState *lg_first_thread(void) {
    return PyInterpreterState_Get()->threads.head;
}

static inline PyObject *lg_thread_exception(PyThreadState *thread) {
    return thread->exc_info ? thread->exc_info->exc_value : NULL;
}

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

/* ---- dicts and attribute values --------------------------------------------------------------- */

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

/* ---- frames ------------------------------------------------------------------------------------ */

#if PY_VERSION_HEX >= 0x030E0000
/* low bits of a stack reference: 1 marks a borrowed one, both together a tagged integer */
static inline PyObject *lg_slot(_PyStackRef ref, int *borrowed) {
    *borrowed = (int)(ref.bits & 1);
    return (ref.bits & 3) == 3 ? NULL : (PyObject *)(ref.bits & ~(uintptr_t)3);
}
#define LG_FRAME_SLOT(ref, borrowed) lg_slot(ref, borrowed)
#define LG_GENERATOR_FRAME(g) (&(g)->gi_iframe)
#else
static inline PyObject *lg_slot(PyObject *op, int *borrowed) {
    *borrowed = 0;
    return op;
}
#define LG_FRAME_SLOT(ref, borrowed) lg_slot((PyObject *)(ref), borrowed)
#define LG_GENERATOR_FRAME(g) ((_PyInterpreterFrame *)(g)->gi_iframe)
#endif
#if PY_VERSION_HEX >= 0x030D0000
#define LG_EXECUTABLE f_executable
#else
#define LG_EXECUTABLE f_code
#endif
#if PY_VERSION_HEX >= 0x030C0000
#define LG_FUNCOBJ f_funcobj
#else
#define LG_FUNCOBJ f_func
#endif

static inline _PyInterpreterFrame *lg_current_frame(PyThreadState *thread) {
#if PY_VERSION_HEX >= 0x030D0000
    return thread->current_frame;
#else
    return thread->cframe ? thread->cframe->current_frame : NULL;
#endif
}

/* The code object a frame runs, or NULL for the shims that C calls put between frames. */
static inline PyCodeObject *lg_frame_code(_PyInterpreterFrame *frame) {
#if PY_VERSION_HEX >= 0x030E0000
    if (frame->owner >= FRAME_OWNED_BY_INTERPRETER) return NULL;
#elif PY_VERSION_HEX >= 0x030C0000
    if (frame->owner == FRAME_OWNED_BY_CSTACK) return NULL;
#endif
    int borrowed;
    PyObject *code = LG_FRAME_SLOT(frame->LG_EXECUTABLE, &borrowed);
    return code && PyCode_Check(code) ? (PyCodeObject *)code : NULL;
}

/* Live slots: the locals, and the evaluation stack where its height is known. */
static inline int lg_frame_slots(_PyInterpreterFrame *frame, PyCodeObject *code) {
#if PY_VERSION_HEX >= 0x030E0000
    int top = frame->stackpointer ? (int)(frame->stackpointer - frame->localsplus) : 0;
#else
    int top = frame->stacktop;
#endif
    int most = code->co_nlocalsplus + code->co_stacksize;
    return top > code->co_nlocalsplus && top <= most ? top : code->co_nlocalsplus;
}

/* The frame inside a generator, coroutine or async generator; NULL when it has ended. */
static inline _PyInterpreterFrame *lg_generator_frame(PyObject *op) {
    PyGenObject *generator = (PyGenObject *)op;
    return generator->gi_frame_state < FRAME_CLEARED ? LG_GENERATOR_FRAME(generator) : NULL;
}

/* The generator that a frame lives in. */
static inline PyObject *lg_frame_generator(_PyInterpreterFrame *frame) {
    return (PyObject *)((char *)frame - offsetof(PyGenObject, gi_iframe));
}

#define LG_FRAME_IN_GENERATOR(f) ((f)->owner == FRAME_OWNED_BY_GENERATOR)
#define LG_FRAME_IN_OBJECT(f) ((f)->owner == FRAME_OWNED_BY_FRAME_OBJECT)

/* ---- pymalloc ---------------------------------------------------------------------------------- */

extern int _PyObject_DebugMallocStats(FILE *out); /* exported by all versions, declared apart */

/* The allocator of objects, replaced past the lock that PyMem_SetAllocator takes (3.12 on). */
static inline void lg_replace_object_allocator(const PyMemAllocatorEx *allocator) {
#if PY_VERSION_HEX >= 0x030C0000
    _PyRuntime.allocators.standard.obj = *allocator;
#else
    PyMem_SetAllocator(PYMEM_DOMAIN_OBJ, (PyMemAllocatorEx *)allocator);
#endif
}

/* Prints pymalloc's statistics. It says nothing unless it is the allocator itself: so the sampler's
   hook (`hook` is its malloc, `below` what it calls; both NULL: there is none) makes room for that
   long, if it is on top. Nothing else allocates meanwhile: the GIL is held or this is a child, and
   where others run (`parallel`) there must be no second interpreter, which may have its own GIL. */
static inline void lg_pymalloc_report(FILE *out, const void *hook, const void *below, int parallel) {
    PyMemAllocatorEx top = {0};
#if PY_VERSION_HEX >= 0x030C0000
    top = _PyRuntime.allocators.standard.obj;
#else
    PyMem_GetAllocator(PYMEM_DOMAIN_OBJ, &top);
#endif
    int alone = !parallel || !PyInterpreterState_Next(PyInterpreterState_Head());
    int hooked = hook && (const void *)top.malloc == hook;
    if (hooked && alone) lg_replace_object_allocator(below);
    _PyObject_DebugMallocStats(out);
    fflush(out);
    if (hooked && alone) lg_replace_object_allocator(&top);
}

/* bytes that pymalloc has handed out, from the statistics it has printed into `text`; 0 where it is
   not in use. */
static inline uint64_t lg_pymalloc_in_use(const char *text) {
    const char *p = strstr(text, "# bytes in allocated blocks");
    uint64_t n = 0;
    if (p) p = strchr(p, '=');
    for (; p && *p && *p != '\n'; p++)
        if (*p >= '0' && *p <= '9') n = n * 10 + (uint64_t)(*p - '0');
    return n;
}

static inline _PyInterpreterFrame *lg_frame_object_frame(PyObject *op) {
    return ((PyFrameObject *)op)->f_frame;
}
/* Of the function that a frame runs, or NULL: the frame's own field is not set in the shim that
   calls an __init__ (3.13), which has a code object but no function. */
static inline PyObject *lg_frame_globals(_PyInterpreterFrame *frame) {
    int borrowed;
    PyObject *function = LG_FRAME_SLOT(frame->LG_FUNCOBJ, &borrowed);
    return function && PyFunction_Check(function) ? ((PyFunctionObject *)function)->func_globals : NULL;
}

/* ---- the thread that runs, seen from inside the allocator ------------------------------------- */

/* This thread's state if it holds the GIL of the main interpreter, else NULL. */
static inline PyThreadState *lg_running_thread(void) {
#if PY_VERSION_HEX >= 0x030D0000
    PyThreadState *thread = PyThreadState_GetUnchecked();
    if (!thread) return NULL;
#elif PY_VERSION_HEX >= 0x030C0000
    PyThreadState *thread = _PyThreadState_UncheckedGet();
    if (!thread) return NULL;
#else
    /* one variable for the whole process: it names the thread that holds the GIL, maybe another */
    PyThreadState *thread = _PyThreadState_UncheckedGet();
    if (!thread || thread->thread_id != PyThread_get_thread_ident()) return NULL;
#endif
    return thread->interp == PyInterpreterState_Main() ? thread : NULL;
}

/* Whether C code may still be called that checks the recursion limit, without an error. */
static inline int lg_has_recursion_room(PyThreadState *thread) {
#if PY_VERSION_HEX >= 0x030E0000
    char here;
    return (uintptr_t)&here > ((_PyThreadStateImpl *)thread)->c_stack_soft_limit + (1 << 14);
#elif PY_VERSION_HEX >= 0x030C0000
    return thread->c_recursion_remaining > 16;
#else
    return thread->recursion_remaining > 16;
#endif
}

/* The type of the topmost node of a context with few variables, once lg_learn_nodes() was called in
   one. CPython exports none of these types. */
static PyTypeObject *lg_few_variables;

typedef struct { /* declared by no header of 3.11 */
    PyObject_VAR_HEAD
    uint32_t bitmap;
    PyObject *pairs[1];
} LGFewVariables;

static inline PyObject *lg_topmost_node(PyObject *context) {
    return (PyObject *)((PyContext *)context)->ctx_vars->h_root;
}

static inline void lg_learn_nodes(PyThreadState *thread) {
    PyObject *node = thread->context ? lg_topmost_node(thread->context) : NULL;
    if (node && strcmp(Py_TYPE(node)->tp_name, "hamt_bitmap_node") == 0) lg_few_variables = Py_TYPE(node);
}

/* The value of a context variable in a thread's context, borrowed, or NULL. Where the topmost node
   has it, as nearly always, it is read there: asking the context takes five times as long.
   PyContextVar_Get would also write the variable's cache, which ContextVar.reset() has just cleared
   when it allocates: the cache then outlives the value. */
static inline PyObject *lg_context_value(PyThreadState *thread, PyObject *variable) {
    PyObject *context = thread->context, *node = context ? lg_topmost_node(context) : NULL;
    if (node && Py_TYPE(node) == lg_few_variables) {
        PyObject **pairs = ((LGFewVariables *)node)->pairs;
        int below = 0; /* whether there are further nodes, where a key is NULL */
        for (Py_ssize_t i = 0; i < Py_SIZE(node); i += 2) {
            if (pairs[i] == variable) return pairs[i + 1];
            below |= !pairs[i];
        }
        if (!below) return NULL;
    }
    if (!context || !lg_has_recursion_room(thread)) return NULL;
    if (PyContext_Type.tp_as_sequence->sq_contains(context, variable) != 1) return NULL;
    PyObject *value = PyContext_Type.tp_as_mapping->mp_subscript(context, variable);
    Py_XDECREF(value); /* the context keeps it */
    return value;
}

/* The code of a frame that runs bytecode already, whose instruction may be read then, or NULL. */
static inline PyCodeObject *lg_frame_started(_PyInterpreterFrame *frame) {
    PyCodeObject *code = lg_frame_code(frame);
    return code && !_PyFrame_IsIncomplete(frame) ? code : NULL;
}

/* The offset of a started frame's instruction in bytes, as PyCode_Addr2Line takes it. */
static inline int lg_frame_instruction(_PyInterpreterFrame *frame) {
    return _PyInterpreterFrame_LASTI(frame) * (int)sizeof(_Py_CODEUNIT);
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
