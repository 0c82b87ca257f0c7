# cython: language_level=3, boundscheck=False, wraparound=False
"""The path of one request through LeakGuard, in C: its slot, its figures, the watch on its answer.

All that a request costs while nobody looks is in this module, by part: `_slots.pxi` whose memory it
is, `_counter.pxi` the figures, `_serving.pxi` the way of an ASGI request and `_wsgi.pxi` that of a
WSGI one. Counting is exact under threads: there is no Python code between reading and writing a
figure, so the GIL is never given away there.
"""

cimport cython
from cpython.contextvars cimport PyContextVar_New_with_default, PyContextVar_Set, get_value
from cpython.dict cimport PyDict_CheckExact, PyDict_GetItemWithError
from cpython.exc cimport PyErr_GivenExceptionMatches
from cpython.long cimport PyLong_Check
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_XDECREF

cdef extern from "_context.h":
    PyObject **lg_context_vars() noexcept
    void lg_exchange_vars(PyObject **, PyObject *) noexcept
    bint lg_is_direct(PyObject *, PyObject *) noexcept
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
    PyObject *lg_find(object, object) noexcept
    int lg_check_dicts() except -1

cdef extern from "_types.h":
    PyObject *PyTuple_GET_ITEM(PyObject *, Py_ssize_t) noexcept
    ctypedef PyObject *(*vectorcallfunc)(PyObject *, PyObject *const *, size_t, PyObject *)
    ctypedef enum PySendResult:
        PYGEN_RETURN, PYGEN_ERROR, PYGEN_NEXT
    Py_ssize_t PyVectorcall_NARGS(size_t) noexcept
    object lg_call(PyObject *, PyObject *const *, size_t)
    PySendResult PyIter_Send(PyObject *, PyObject *, PyObject **) noexcept
    object lg_call_by_tuple(object, PyObject *const *, size_t, PyObject *)
    PyObject *lg_await(PyObject *, PyObject *const *) noexcept
    PyObject *lg_caught() noexcept
    void lg_raise(PyObject *) noexcept
    void lg_resume_directly(PyTypeObject *, void *) noexcept
    bint lg_is_text(PyObject *, const char *, Py_ssize_t) noexcept
    bint lg_may_contain(object, object) noexcept
    int lg_leading_number(object) noexcept
    void LG_COMPLETE_TYPES() noexcept

NO_REQUEST = LG_NO_REQUEST
UNBOUND = LG_UNBOUND

lg_check_dicts()

cdef public class Flight [object LGFlight, type LGFlightType]

include "_slots.pxi"
include "_counter.pxi"
include "_wsgi.pxi"
include "_serving.pxi"
