/* What Cython has no words for: calls without a tuple, send() without a method, a look at a text. */
#ifndef LEAKGUARD_TYPES_H
#define LEAKGUARD_TYPES_H

#include <Python.h>
#include "structmember.h"

/* A call with keywords, or with a wrong number of arguments, by way of the usual slot. */
static PyObject *lg_call_by_tuple(PyObject *callable, PyObject *const *arguments, size_t count,
                                  PyObject *names) {
    Py_ssize_t positional = PyVectorcall_NARGS(count);
    PyObject *result = NULL, *keywords = NULL, *tuple = PyTuple_New(positional);
    if (!tuple) return NULL;
    for (Py_ssize_t i = 0; i < positional; i++)
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(arguments[i]));
    if (names && !(keywords = PyDict_New())) goto done;
    for (Py_ssize_t i = 0; names && i < PyTuple_GET_SIZE(names); i++)
        if (PyDict_SetItem(keywords, PyTuple_GET_ITEM(names, i), arguments[positional + i])) goto done;
    result = Py_TYPE(callable)->tp_call(callable, tuple, keywords);
done:
    Py_XDECREF(keywords);
    Py_DECREF(tuple);
    return result;
}

typedef PySendResult (*lg_sendfunc)(PyObject *, PyObject *, PyObject **);

static lg_sendfunc lg_send; /* how objects of the type below are resumed */

static PyObject *lg_next(PyObject *self) {
    PyObject *result = NULL;
    PySendResult how = lg_send(self, Py_None, &result);
    if (how == PYGEN_NEXT || !result) return result;
    if (result != Py_None) { /* an instance: a tuple or an exception would be taken apart */
        PyObject *stop = PyObject_CallOneArg(PyExc_StopIteration, result);
        if (stop) PyErr_SetObject(PyExc_StopIteration, stop);
        Py_XDECREF(stop);
    }
    Py_DECREF(result);
    return NULL; /* without an error: the end, and None */
}

/* Event loops and `await` resume objects of `type` through `send`. */
static void lg_resume_directly(PyTypeObject *type, void *send) {
    lg_send = (lg_sendfunc)send;
    type->tp_as_async->am_send = (lg_sendfunc)send;
    type->tp_iternext = lg_next;
    PyType_Modified(type);
}

/* PyObject_Vectorcall without its check that a NULL comes with an error. */
static inline PyObject *lg_call(PyObject *callable, PyObject *const *arguments, size_t count) {
    PyTypeObject *type = Py_TYPE(callable);
    if (PyType_HasFeature(type, Py_TPFLAGS_HAVE_VECTORCALL)) {
        vectorcallfunc call = *(vectorcallfunc *)((char *)callable + type->tp_vectorcall_offset);
        if (call) return call(callable, arguments, count, NULL);
    }
    return PyObject_Vectorcall(callable, arguments, count, NULL);
}

/* What `await app(scope, receive, send)` would resume: a new reference, or NULL with an error. */
static PyObject *lg_await(PyObject *app, PyObject *const *arguments) {
    PyObject *made = lg_call(app, arguments, 3);
    if (!made || PyCoro_CheckExact(made)) return made;
    PyObject *resumed = NULL;
    unaryfunc await = Py_TYPE(made)->tp_as_async ? Py_TYPE(made)->tp_as_async->am_await : NULL;
    if (await) resumed = await(made);
    else if (PyGen_CheckExact(made)) return made; /* of types.coroutine, or not an ASGI app */
    else
        PyErr_Format(PyExc_TypeError, "object %.100s can't be used in 'await' expression",
                     Py_TYPE(made)->tp_name);
    if (resumed && !PyIter_Check(resumed) && !PyCoro_CheckExact(resumed)) {
        PyErr_Format(PyExc_TypeError, "__await__() returned non-iterator of type '%.100s'",
                     Py_TYPE(resumed)->tp_name);
        Py_CLEAR(resumed);
    }
    Py_DECREF(made);
    return resumed;
}

/* The error that is being raised, taken away: a new reference. */
static PyObject *lg_caught(void) {
#if PY_VERSION_HEX >= 0x030C0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    PyErr_NormalizeException(&type, &error, &traceback);
    if (traceback) PyException_SetTraceback(error, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return error;
#endif
}

/* Raises `error` again, and takes the reference. */
static void lg_raise(PyObject *error) {
#if PY_VERSION_HEX >= 0x030C0000
    PyErr_SetRaisedException(error);
#else
    PyErr_Restore(Py_NewRef(Py_TYPE(error)), error, PyException_GetTraceback(error));
#endif
}

/* The fields of our types, once they are declared. Whoever walks the heap finds names for the
 * references in tp_members, as in CPython's own types. */
#define LG_REFERENCE(type, field, name) {name, T_OBJECT, offsetof(struct type, field), READONLY, NULL}
#define LG_COMPLETE(type, ...)                                                                   \
    do {                                                                                         \
        static PyMemberDef members[] = {__VA_ARGS__, {NULL, 0, 0, 0, NULL}};                      \
        type##Type.tp_members = members;                                                         \
    } while (0)
#define LG_CALL_DIRECTLY(type)                                                                   \
    do {                                                                                         \
        type##Type.tp_vectorcall_offset = offsetof(struct type, call);                           \
        type##Type.tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;                                       \
        PyType_Modified(&type##Type);                                                            \
    } while (0)
#define LG_COMPLETE_TYPES()                                                                      \
    do {                                                                                         \
        LG_CALL_DIRECTLY(LGFlight);                                                              \
        LG_CALL_DIRECTLY(LGMiddleware);                                                          \
        LG_COMPLETE(LGMiddleware, LG_REFERENCE(LGMiddleware, app, "app"),                        \
                    LG_REFERENCE(LGMiddleware, counter, "counter"));                             \
        LG_COMPLETE(LGFlight, LG_REFERENCE(LGFlight, scope, "scope"),                            \
                    LG_REFERENCE(LGFlight, _send, "send"), LG_REFERENCE(LGFlight, slot, "slot"), \
                    LG_REFERENCE(LGFlight, before, "variables before"),                          \
                    LG_REFERENCE(LGFlight, mapping, "variables"));                               \
        LG_COMPLETE(LGRequestCoroutine, LG_REFERENCE(LGRequestCoroutine, awaited, "cr_await"),   \
                    LG_REFERENCE(LGRequestCoroutine, flight, "flight"),                          \
                    LG_REFERENCE(LGRequestCoroutine, scope, "scope"),                            \
                    LG_REFERENCE(LGRequestCoroutine, middleware, "middleware"));                 \
    } while (0)

/* Whether `value` is that ASCII text; a subclass of str may be. */
static inline int lg_is_text(PyObject *value, const char *text, Py_ssize_t length) {
    if (PyUnicode_CheckExact(value) && PyUnicode_IS_COMPACT_ASCII(value))
        return PyUnicode_GET_LENGTH(value) == length &&
               memcmp(PyUnicode_DATA(value), text, (size_t)length) == 0;
    return PyUnicode_Check(value) && PyUnicode_CompareWithASCIIString(value, text) == 0;
}

/* The same for a text that an app says with each request: nearly always the same object, which is
 * remembered. */
static inline int lg_is_text_again(PyObject *value, PyObject **seen, const char *text,
                                   Py_ssize_t length) {
    if (value == *seen) return 1;
    if (!lg_is_text(value, text, length)) return 0;
    if (PyUnicode_CheckExact(value)) Py_XSETREF(*seen, Py_NewRef(value));
    return 1;
}

/* PyIter_Send to what nearly always is a coroutine. */
static inline PySendResult lg_resume(PyObject *awaited, PyObject *value, PyObject **result) {
    if (PyCoro_CheckExact(awaited)) return PyCoro_Type.tp_as_async->am_send(awaited, value, result);
    return PyIter_Send(awaited, value, result);
}

/* Whether a path may contain ours: has its second character, which few paths have. */
static inline int lg_may_contain(PyObject *path, PyObject *ours) {
    if (!PyUnicode_Check(path)) return 0; /* the app may tell what is wrong with it */
    if (!PyUnicode_IS_COMPACT_ASCII(path) || PyUnicode_GET_LENGTH(ours) < 2) return 1;
    return memchr(PyUnicode_DATA(path), (int)PyUnicode_READ_CHAR(ours, 1),
                  (size_t)PyUnicode_GET_LENGTH(path)) != NULL;
}

/* The next item, or `end`. No StopIteration is made, whose traceback costs more than most items. */
static inline PyObject *lg_next_item(PyObject *iterator, PyObject *end) {
    PyObject *item = PyIter_Next(iterator);
    if (!item && !PyErr_Occurred()) item = Py_NewRef(end);
    return item;
}

/* Whether len() works, as far as its type says. */
static inline int lg_has_length(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    return (type->tp_as_sequence && type->tp_as_sequence->sq_length) ||
           (type->tp_as_mapping && type->tp_as_mapping->mp_length);
}

/* Request coroutines that have ended and are kept; none where threads could take one at once. */
#ifdef Py_GIL_DISABLED
enum { LG_KEPT_COROUTINES = 0 };
#else
enum { LG_KEPT_COROUTINES = 64 };
#endif

static inline int lg_has_weakrefs(PyObject *object) {
    return *(PyObject **)((char *)object + Py_TYPE(object)->tp_weaklistoffset) != NULL;
}

/* The flight gets what its coroutine has, and the coroutine what the flight had: nothing. */
#define LG_EXCHANGE(one, other)                                                                  \
    do {                                                                                         \
        PyObject *kept = (one);                                                                  \
        (one) = (other);                                                                         \
        (other) = kept;                                                                          \
    } while (0)
#define LG_HAND_OVER(coroutine, flight)                                                          \
    do {                                                                                         \
        LG_EXCHANGE((coroutine)->scope, (flight)->scope);                                        \
        LG_EXCHANGE((coroutine)->send_to, (flight)->_send);                                      \
        LG_EXCHANGE((coroutine)->path, (flight)->entry);                                         \
    } while (0)

/* For Cython: an object whose reference is taken over. */
static inline PyObject *lg_own(PyObject *kept) { return kept; }
static inline PyObject *lg_taken(PyObject *kept) { return kept; }

/* The status that an app says; what is no status is an answer all the same. */
static inline int lg_status(PyObject *status) {
    int overflow = 0;
    if (status == Py_None) return 0;
#if PY_VERSION_HEX >= 0x030C0000
    if (PyLong_CheckExact(status) && PyUnstable_Long_IsCompact((PyLongObject *)status)) {
        Py_ssize_t small = PyUnstable_Long_CompactValue((PyLongObject *)status);
        return small > 0 && small < 1000 ? (int)small : 1;
    }
#endif
    long number = PyLong_Check(status) ? PyLong_AsLongAndOverflow(status, &overflow) : 1;
    return number > 0 && number < 1000 ? (int)number : 1;
}

/* The number that "404 Not Found" begins with; 1 where there is none: answered all the same. */
static inline int lg_leading_number(PyObject *status) {
    int number = 0;
    for (Py_ssize_t i = 0; i < 3 && i < PyUnicode_GET_LENGTH(status); i++) {
        Py_UCS4 digit = PyUnicode_READ_CHAR(status, i);
        if (digit < '0' || digit > '9') break;
        number = 10 * number + (int)(digit - '0');
    }
    return number ? number : 1;
}

#endif
