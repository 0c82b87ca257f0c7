# What a server calls: which requests are ours, which are counted, which pass by.

cdef public class Middleware [object LGMiddleware, type LGMiddlewareType]:
    """Calls an ASGI app, and counts its requests. The coroutine of a request is native as well."""

    cdef vectorcallfunc call
    cdef public object app
    cdef FlightCounter counter
    cdef str path

    def __init__(self, app, FlightCounter counter not None, str path not None):
        self.call = <vectorcallfunc><void *>call_middleware
        self.app = app
        self.counter = counter
        self.path = path

    def __call__(self, scope, receive, send):
        return serve(
            <PyObject *>self, <PyObject *>scope, <PyObject *>receive, <PyObject *>send
        )

    def is_ours(self, scope):
        raise NotImplementedError

    def live(self, scope, receive, send):
        raise NotImplementedError

    def answer(self, scope, receive, send):
        raise NotImplementedError

    def is_hang_up(self, error):
        raise NotImplementedError

    def report(self, error):
        raise NotImplementedError

cdef object call_middleware(object self, PyObject **arguments, size_t count, PyObject *names):
    if PyVectorcall_NARGS(count) != 3 or names != NULL:
        return lg_call_by_tuple(self, arguments, count, names)
    return serve(<PyObject *>self, arguments[0], arguments[1], arguments[2])

cdef PyObject *http_seen = NULL
cdef Py_ssize_t kind_at = 0, path_at = 0

cdef inline object serve(
    PyObject *middleware, PyObject *scope, PyObject *receive, PyObject *send
):
    # Pointers: each object that is passed on as one would be counted up and down.
    if not PyDict_CheckExact(<object>scope):
        kind, path = (<object>scope).get("type"), (<object>scope).get("path")
        return serve_kind(
            middleware, scope, receive, send, <PyObject *>kind, <PyObject *>path
        )
    return serve_kind(
        middleware, scope, receive, send, lg_find_again(scope, TYPE, &kind_at), lg_find_again(scope, PATH, &path_at)
    )

cdef inline object serve_kind(
    PyObject *middleware,
    PyObject *scope,
    PyObject *receive,
    PyObject *send,
    PyObject *kind,
    PyObject *path,
):
    cdef bint http = kind != NULL and lg_is_text_again(kind, &http_seen, "http", 4)
    if not http and (kind == NULL or not lg_is_text(kind, "websocket", 9)):
        if kind != NULL and lg_is_text(kind, "lifespan", 8):
            return (<Middleware>middleware).live(<object>scope, <object>receive, <object>send)
        return (<Middleware>middleware).app(<object>scope, <object>receive, <object>send)
    # The cheap questions first: nearly every path does not even contain ours.
    if (
        http
        and path != NULL
        and lg_may_contain(path, <PyObject *>(<Middleware>middleware).path)
        and (<Middleware>middleware).path in <str>path
        and (<Middleware>middleware).is_ours(<object>scope)
    ):
        return (<Middleware>middleware).answer(
            <object>scope, <object>receive, <object>send
        )
    cdef PyObject *coroutine = new_coroutine()
    (<RequestCoroutine>coroutine).middleware = <Middleware>middleware
    (<RequestCoroutine>coroutine).scope = <object>scope
    (<RequestCoroutine>coroutine).receive = <object>receive
    (<RequestCoroutine>coroutine).send_to = <object>send
    (<RequestCoroutine>coroutine).http = http
    if path != NULL:
        (<RequestCoroutine>coroutine).path = <object>path
    return lg_taken(coroutine)
