# cython: language_level=3, boundscheck=False, wraparound=False
"""The path of one request through LeakGuard, in C: its slot, its figures, the watch on its answer.

All that a request costs while nobody looks is in this module, by part: `_flights.pxi` the request
itself, `_slots.pxi` whose memory it is, `_memo.pxi` what it is called, `_counter.pxi` the figures;
`_middleware.pxi` and `_serving.pxi` the way of an ASGI request (`_ended.pxi`: what of it serves
again), `_wsgi.pxi` that of a WSGI one.
Counting is exact under threads: there is no Python code between reading and writing a figure, so the
GIL is never given away there.
"""

cimport cython
from cpython.contextvars cimport PyContextVar_New_with_default, PyContextVar_Set, get_value
from cpython.dict cimport PyDict_CheckExact, PyDict_GetItemWithError
from cpython.exc cimport PyErr_GivenExceptionMatches
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_XDECREF

cdef public class Flight [object LGFlight, type LGFlightType]

cdef extern from "Python.h":
    ctypedef struct PyThreadState:
        pass
    PyThreadState *PyThreadState_Get() noexcept
    PyObject *PyUnicode_InternFromString(const char *) except NULL

cdef extern from "_context.h":
    PyObject **lg_context_vars(PyThreadState *) noexcept
    void lg_exchange_vars(PyThreadState *, PyObject **, PyObject *) noexcept
    bint lg_is_direct(PyObject *, PyObject *) noexcept
    bint lg_is_equal(PyObject *, PyObject *) noexcept
    bint lg_is_empty(PyObject *) noexcept
    int lg_check_context(object) except -1
    Py_ssize_t lg_references "Py_REFCNT"(PyObject *) noexcept
    enum:
        LG_SPARES

cdef extern from "_line.h":
    ctypedef struct LGLink:
        LGLink *next
        PyObject *flight
    void lg_start_line(LGLink *) noexcept
    void lg_end_line(LGLink *) noexcept
    void lg_link(LGLink *, LGLink *, PyObject *) noexcept
    void lg_unlink(LGLink *) noexcept

cdef extern from "_lookup.h":
    PyObject *lg_find(PyObject *, PyObject *) noexcept
    PyObject *lg_find_again(PyObject *, PyObject *, Py_ssize_t *) noexcept
    bint lg_has_just(PyObject *, PyObject *, PyObject *) noexcept
    PyObject *lg_find_text(PyObject *, PyObject *) noexcept
    int lg_check_dicts() except -1

cdef extern from "_types.h":
    enum:
        LG_KEPT_COROUTINES
    ctypedef void (*destructor)(PyObject *) noexcept
    ctypedef struct PyTypeObject:
        destructor tp_dealloc
    bint lg_has_weakrefs(PyObject *) noexcept
    PyObject *PyObject_Init(PyObject *, PyTypeObject *) noexcept
    void PyObject_GC_Track(PyObject *) noexcept
    void PyObject_GC_UnTrack(PyObject *) noexcept
    PyObject *PyTuple_GET_ITEM(PyObject *, Py_ssize_t) noexcept
    PyObject *PyList_GET_ITEM(PyObject *, Py_ssize_t) noexcept
    ctypedef PyObject *(*vectorcallfunc)(PyObject *, PyObject *const *, size_t, PyObject *)
    ctypedef enum PySendResult:
        PYGEN_RETURN, PYGEN_ERROR, PYGEN_NEXT
    Py_ssize_t PyVectorcall_NARGS(size_t) noexcept
    object lg_call(PyObject *, PyObject *const *, size_t)
    PySendResult lg_resume(PyObject *, PyObject *, PyObject **) noexcept
    object lg_call_by_tuple(object, PyObject *const *, size_t, PyObject *)
    PyObject *lg_await(PyObject *, PyObject *const *) noexcept
    PyObject *lg_caught() noexcept
    void lg_raise(PyObject *) noexcept
    void lg_resume_directly(PyTypeObject *, void *) noexcept
    bint lg_is_text(PyObject *, const char *, Py_ssize_t) noexcept
    bint lg_is_text_again(PyObject *, PyObject **, const char *, Py_ssize_t) noexcept
    bint lg_may_contain(PyObject *, PyObject *) noexcept
    int lg_leading_number(object) noexcept
    int lg_status(PyObject *) noexcept
    Flight lg_own(PyObject *)
    object lg_taken(PyObject *)
    object lg_next_item(PyObject *, PyObject *)
    bint lg_has_length(PyObject *) noexcept
    void LG_COMPLETE_TYPES() noexcept

NO_REQUEST = LG_NO_REQUEST
UNBOUND = LG_UNBOUND

lg_check_dicts()

cdef PyObject *named(const char *name) except NULL:
    cdef PyObject *text = PyUnicode_InternFromString(name)
    hash(<object>text)  # lg_find() takes it from there
    return text

cdef PyObject *TYPE = named("type")
cdef PyObject *STATUS = named("status")
cdef PyObject *BODY = named("body")
cdef PyObject *MORE_BODY = named("more_body")
cdef PyObject *METHOD = named("method")
cdef PyObject *ENDPOINT = named("endpoint")
cdef PyObject *PATH = named("path")
cdef PyObject *ROOT_PATH = named("root_path")
cdef PyObject *REQUEST_METHOD = named("REQUEST_METHOD")
cdef PyObject *PATH_INFO = named("PATH_INFO")
cdef PyObject *SCRIPT_NAME = named("SCRIPT_NAME")
cdef PyObject *FILE_WRAPPER = named("wsgi.file_wrapper")
cdef PyObject *LEAKGUARD_ROUTE = named("leakguard.route")
cdef PyObject *WERKZEUG_REQUEST = named("werkzeug.request")
cdef PyObject *BOTTLE_ROUTE = named("bottle.route")
cdef PyObject *PATH_TEMPLATE = named("path_template")

include "_slots.pxi"
include "_flights.pxi"
include "_memo.pxi"
include "_counter.pxi"
include "_wsgi.pxi"
include "_middleware.pxi"
include "_serving.pxi"
include "_ended.pxi"
