/* The variables of the running context, put in place and put back as a whole.
 *
 * ContextVar.set() builds a new mapping and a token, about 1,300 instructions. A mapping that only
 * differs from the one before by the slot of a request that has ended can serve again, if nobody
 * else holds it: then an exchange of two pointers does the same. Where the layout of a context is
 * not the one known here, nothing is exchanged and set() is called.
 */
#ifndef LEAKGUARD_CONTEXT_H
#define LEAKGUARD_CONTEXT_H

#include <Python.h>

#if !defined(Py_GIL_DISABLED) && !defined(PYPY_VERSION) && PY_VERSION_HEX < 0x03100000
#define LG_CONTEXT_KNOWN 1
#ifndef Py_BUILD_CORE
#define Py_BUILD_CORE 1
#endif
#undef _PyGC_FINALIZED /* Cython defines these two for itself */
#undef _PyObject_LookupSpecial
#include "internal/pycore_context.h"
#include "internal/pycore_hamt.h"
#endif

#define LG_SPARES 64 /* slots that wait for their next request */

static int lg_context_usable; /* set by lg_check_context() */

/* Where the running thread's context keeps its mapping; NULL: do without. A thread has a context only
 * once somebody asks for it. */
static inline PyObject **lg_context_vars(PyThreadState *thread) {
#ifdef LG_CONTEXT_KNOWN
    if (lg_context_usable && !thread->context) {
        PyObject *copy = PyContext_CopyCurrent();
        Py_XDECREF(copy);
        PyErr_Clear();
    }
    if (lg_context_usable && thread->context)
        return (PyObject **)&((PyContext *)thread->context)->ctx_vars;
#endif
    return NULL;
}

/* What the thread's `vars` holds becomes `mapping`; what variables remember from before is void. */
static inline void lg_exchange_vars(PyThreadState *thread, PyObject **vars, PyObject *mapping) {
#ifdef LG_CONTEXT_KNOWN
    PyObject *old = *vars;
    Py_INCREF(mapping);
    *vars = mapping;
    thread->context_ver++;
    Py_DECREF(old);
#endif
}

static int lg_is_sought(PyObject *found, void *sought) { return found == sought; }

/* Whether the mapping's topmost node refers to `value` itself: then every mapping that has been
 * derived from this one and still has the value has added a reference to it. */
static inline int lg_is_direct(PyObject *mapping, PyObject *value) {
#ifdef LG_CONTEXT_KNOWN
    PyObject *root = (PyObject *)((PyHamtObject *)mapping)->h_root;
    return root && Py_TYPE(root)->tp_traverse(root, lg_is_sought, value);
#else
    return 0;
#endif
}

/* A mapping without variables. Every thread may have its own, and they are all alike. */
static inline int lg_is_empty(PyObject *mapping) {
#ifdef LG_CONTEXT_KNOWN
    return ((PyHamtObject *)mapping)->h_count == 0;
#else
    return 0;
#endif
}

#define LG_FEW 16

typedef struct {
    PyObject *seen[LG_FEW];
    int count;
} LGFew;

static int lg_collect(PyObject *found, void *few) {
    LGFew *known = few;
    if (known->count == LG_FEW) return -1;
    known->seen[known->count++] = found;
    return 0;
}

/* Whether two small mappings have the same variables with the same values. False is no answer. An
 * app that sets variables of its own and resets them leaves a mapping that is equal to the one
 * before, and not the same: Flask does so with each request. */
static inline int lg_is_equal(PyObject *mapping, PyObject *other) {
#ifdef LG_CONTEXT_KNOWN
    PyObject *root = (PyObject *)((PyHamtObject *)mapping)->h_root;
    PyObject *its = (PyObject *)((PyHamtObject *)other)->h_root;
    LGFew one, two;
    one.count = two.count = 0;
    return ((PyHamtObject *)mapping)->h_count == ((PyHamtObject *)other)->h_count &&
           Py_TYPE(root) == Py_TYPE(its) && !Py_TYPE(root)->tp_traverse(root, lg_collect, &one) &&
           !Py_TYPE(its)->tp_traverse(its, lg_collect, &two) && one.count == two.count &&
           !memcmp(one.seen, two.seen, sizeof(PyObject *) * (size_t)one.count);
#else
    return 0;
#endif
}

/* Tries all of this on a context of its own. -1: an error. */
static int lg_check_context(PyObject *variable) {
    lg_context_usable = 0;
#ifdef LG_CONTEXT_KNOWN
    int agrees = 0;
    PyObject *context = PyContext_New(), *value = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
    if (!context || !value || PyContext_Enter(context)) goto done;
    PyObject **vars = (PyObject **)&((PyContext *)context)->ctx_vars, *before = *vars;
    PyObject *token = NULL, *found = NULL;
    if (PyThreadState_Get()->context == context && strcmp(Py_TYPE(before)->tp_name, "hamt") == 0) {
        Py_INCREF(before);
        int empty = lg_is_empty(before);
        token = PyContextVar_Set(variable, value);
        if (token && *vars != before && Py_TYPE(*vars) == Py_TYPE(before) &&
            empty && !lg_is_empty(*vars) && lg_is_direct(*vars, value) &&
            PyContextVar_Get(variable, NULL, &found) == 0) {
            agrees = found == value;
            Py_CLEAR(found);
            lg_exchange_vars(PyThreadState_Get(), vars, before);
            agrees &= PyContextVar_Get(variable, NULL, &found) == 0 && found == Py_None;
        }
        Py_XDECREF(found);
        Py_XDECREF(token);
        Py_DECREF(before);
    }
    PyContext_Exit(context);
done:
    Py_XDECREF(context);
    Py_XDECREF(value);
    if (PyErr_Occurred()) return -1;
    lg_context_usable = agrees;
#endif
    return 0;
}

#endif
