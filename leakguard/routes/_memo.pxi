# What a request was called before, and so is again.

cdef inline object get(mapping, PyObject *key):
    cdef PyObject *value
    if not PyDict_CheckExact(mapping):
        return mapping.get(<object>key)
    value = lg_find(<PyObject *>mapping, key)
    return <object>value if value != NULL else None

cdef inline object found(PyObject *mapping, PyObject *key):
    """The same, but nothing of a mapping that is no plain dict: asking it may raise."""
    cdef PyObject *value = lg_find(mapping, key) if PyDict_CheckExact(<object>mapping) else NULL
    return <object>value if value != NULL else None

cdef enum:
    RECENT = 64

cdef Py_ssize_t method_at = 0, root_at = 0

cdef class NameMemo:
    """Names that were found before, by endpoint, template or path; `find` is asked for the others."""

    cdef readonly dict by_endpoint, by_template, by_path
    cdef list recent  # entries of by_endpoint: to find one there takes an int

    def __cinit__(self, *_, **__):
        self.by_endpoint = {}
        self.by_template = {}
        self.by_path = {}
        self.recent = [None] * RECENT

    def __call__(self, Flight flight not None):
        return self.name(flight)

    cdef str name(self, Flight flight):
        cdef PyObject *known = self.known(flight)
        return <str>known if known != NULL else self.find(flight)

    cdef PyObject *known(self, Flight flight) except? NULL:
        """Borrowed; NULL if it is not remembered."""
        cdef PyObject *found
        cdef PyObject *key
        cdef PyObject *method
        cdef PyObject *said
        cdef PyObject *scope = <PyObject *>flight.scope
        cdef bint wsgi = flight.wsgi
        if not PyDict_CheckExact(<object>scope):
            return NULL
        method = lg_find_again(scope, REQUEST_METHOD if wsgi else METHOD, &method_at)
        if method == NULL or (wsgi and not is_where_it_entered(scope, <PyObject *>flight.entry)):
            return NULL
        said = lg_find(scope, LEAKGUARD_ROUTE)
        if wsgi:
            key = <PyObject *>flight.route
            if key == <PyObject *>None and said == NULL:
                key = lg_find(scope, BOTTLE_ROUTE)
        else:
            key = lg_find(scope, ENDPOINT)
            if said == NULL and (key == NULL or key == <PyObject *>None):
                said = lg_find(scope, PATH_TEMPLATE)
            elif said != NULL and key != NULL:
                return NULL
        if said != NULL:
            found = lg_find_text(<PyObject *>self.by_template, said)
            return lg_find_text(found, method) if found != NULL else NULL
        if key != NULL and key != <PyObject *>None:
            found = self.of_endpoint(key)
            if found != NULL:
                return lg_find(PyTuple_GET_ITEM(found, 1), method)
        elif flight.code < 300 or flight.code >= 500:
            if wsgi or flight.entry is None:
                key = lg_find(scope, PATH_INFO if wsgi else PATH)
            else:
                key = <PyObject *>flight.entry
            if key == NULL:
                return NULL
            found = lg_find_text(<PyObject *>self.by_path, key)
            if found != NULL and (
                PyTuple_GET_ITEM(found, 0) == method
                or <object>PyTuple_GET_ITEM(found, 0) == <object>method
            ):
                key = NULL if wsgi else lg_find_again(scope, ROOT_PATH, &root_at)
                if key == NULL or lg_is_text(key, "", 0) or not <object>key:
                    return PyTuple_GET_ITEM(found, 1)
        return NULL

    cdef PyObject *of_endpoint(self, PyObject *endpoint) except? NULL:
        """Borrowed; NULL if there is none. An entry holds its endpoint, so the address tells."""
        cdef Py_ssize_t at = <Py_ssize_t>((<size_t>endpoint >> 5) % RECENT)
        cdef PyObject *entry = PyList_GET_ITEM(<PyObject *>self.recent, at)
        if entry != <PyObject *>None and PyTuple_GET_ITEM(entry, 0) == endpoint:
            return entry
        entry = PyDict_GetItemWithError(self.by_endpoint, <size_t>endpoint)
        if entry == NULL or PyTuple_GET_ITEM(entry, 0) != endpoint:
            return NULL
        self.recent[at] = <object>entry
        return entry

    def find(self, flight):
        raise NotImplementedError

cdef inline bint is_where_it_entered(PyObject *environ, PyObject *entry) except -1:
    """Whether no app within the app has been reached, below which its routes would begin."""
    cdef PyObject *root = lg_find_again(environ, SCRIPT_NAME, &root_at)
    if root == entry or root == NULL:
        return True
    return <object>root == <object>entry
