/* What an interpreter keeps: the lists of its collector, its modules and threads, and the thread that
 * runs with its context. */
#ifndef LEAKGUARD_CPYTHON_INTERPRETER_H
#define LEAKGUARD_CPYTHON_INTERPRETER_H

#include "_cpython_objects.h"

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

/* Whether nothing keeps an interned string alive but its being interned, and that for ever; those
   that are part of the interpreter itself do not count. Only in 3.12 are all of them immortal. */
static inline int lg_is_interned_for_ever(PyObject *str) {
#if PY_VERSION_HEX >= 0x030C0000 && PY_VERSION_HEX < 0x030D0000
    return lg_is_interned(str) && !((PyASCIIObject *)str)->state.statically_allocated &&
           lg_is_immortal(str);
#else
    (void)str;
    return 0;
#endif
}

static inline PyThreadState *lg_first_thread(void) {
    return PyInterpreterState_Get()->threads.head;
}

static inline PyObject *lg_thread_exception(PyThreadState *thread) {
    return thread->exc_info ? thread->exc_info->exc_value : NULL;
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

#endif
