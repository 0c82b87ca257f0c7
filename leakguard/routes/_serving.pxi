# One request from the server's call to the end of the app's coroutine.

cdef extern from "_types.h":
    void LG_HAND_OVER(RequestCoroutine, Flight) noexcept

cdef enum:
    CREATED, SUSPENDED, RUNNING, CLOSED

@cython.final
@cython.no_gc_clear  # when garbage is collected it lands as well, and needs what it has
cdef public class RequestCoroutine [object LGRequestCoroutine, type LGRequestCoroutineType]:
    """Runs the coroutine of the app as `await app(...)` would, between the marks of its flight."""

    cdef Middleware middleware
    cdef Flight flight
    cdef object scope, receive, send_to, path, awaited
    cdef int state
    cdef bint http
    cdef object __weakref__

    def __dealloc__(self):
        if self.state == SUSPENDED:
            if not is_whole(self.middleware.counter):
                self.flight = None
            elif self.flight is not None:
                self.flight.unsound = True  # the collector may have emptied its mapping
            self.close()  # as any coroutine that nobody awaits to its end

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        return self.send(None)

    def send(self, value):
        """Resumes the coroutine; raises StopIteration with its result when it has ended."""
        cdef PyObject *result = NULL
        cdef PySendResult how = resume(<PyObject *>self, <PyObject *>value, &result)
        found = <object>result
        Py_DECREF(found)
        if how == PYGEN_RETURN:
            raise StopIteration(found)
        return found

    def throw(self, kind, value=None, traceback=None):
        """Raises an error where the coroutine waits."""
        if self.state != SUSPENDED:
            self.check_idle()
            self.drop()
            raise_thrown(kind, value, traceback)
        if PyErr_GivenExceptionMatches(kind, GeneratorExit) or not hasattr(self.awaited, "throw"):
            self.close()
            raise_thrown(kind, value, traceback)
        self.state = RUNNING
        try:
            if value is None and traceback is None:
                found = self.awaited.throw(kind)
            else:
                found = self.awaited.throw(kind, value, traceback)
        except StopIteration:
            self.end(None)
            raise
        except BaseException as error:
            self.end(error)
            raise
        self.state = SUSPENDED
        return found

    def close(self):
        """Ends the coroutine where it waits."""
        if self.state != SUSPENDED:
            self.check_idle()
            self.drop()
            return
        self.state = RUNNING
        close_awaited = getattr(self.awaited, "close", None)
        try:
            if close_awaited is not None:
                close_awaited()
        except BaseException as error:
            self.end(error)
            raise
        self.end(GeneratorExit())

    # What debuggers and asyncio ask a coroutine.

    @property
    def __name__(self):
        return "LeakGuard"

    @property
    def __qualname__(self):
        return "LeakGuard"

    @property
    def cr_await(self):
        return self.awaited

    @property
    def cr_running(self):
        return self.state == RUNNING

    @property
    def cr_suspended(self):
        return self.state == SUSPENDED

    @property
    def cr_frame(self):
        return getattr(self.awaited, "cr_frame", None)

    @property
    def cr_code(self):
        return getattr(self.awaited, "cr_code", None)

    cdef int check_idle(self) except -1:
        if self.state == RUNNING:
            raise ValueError("coroutine already executing")
        return 0

    cdef void drop(self) noexcept:
        self.state = CLOSED
        self.scope = self.receive = self.send_to = None

    cdef PyObject *start(self) noexcept:
        """What to resume: the app's coroutine, a new reference. NULL: calling it raised."""
        cdef PyObject *awaited
        cdef PyObject *arguments[3]
        arguments[0] = <PyObject *>self.scope
        arguments[1] = <PyObject *>self.receive
        arguments[2] = <PyObject *>self.send_to
        cdef PyObject *flight = (<departs><void *>new_flight)(
            <PyObject *>self.middleware.counter, self.http
        )
        if flight == NULL:
            report_caught(self.middleware)
        else:
            self.flight = lg_own(flight)
            LG_HAND_OVER(self, self.flight)
            if self.http:
                arguments[2] = flight
            if is_start_heard():
                tell_start(self.middleware)
        awaited = lg_await(<PyObject *>self.middleware.app, arguments)
        self.drop()
        self.state = RUNNING
        return awaited

    cdef void end(self, error) noexcept:
        """The app has returned, or raised."""
        cdef Flight flight = self.flight
        cdef bint failed = False
        self.state = CLOSED
        self.awaited = None
        if flight is None:
            return
        self.flight = None
        if error is None:
            failed = self.http and not flight.code
        elif isinstance(error, Exception):  # a task that is cancelled has not failed
            failed = is_failure(self.middleware, error)
        if (<lands><void *>land)(<PyObject *>self.middleware.counter, <PyObject *>flight, failed) < 0:
            report_caught(self.middleware)

# The same functions, called where an error of ours is rare enough to be looked for by hand: a `try`
# costs each request more than all that may raise.
ctypedef PyObject *(*departs)(PyObject *, bint) noexcept
ctypedef int (*lands)(PyObject *, PyObject *, bint) noexcept

cdef void tell_start(Middleware middleware) noexcept:
    try:
        at_start()
    except Exception as problem:
        middleware.report(problem)

cdef int is_failure(Middleware middleware, error) noexcept:
    try:
        return not middleware.is_hang_up(error)
    except Exception as problem:
        middleware.report(problem)
        return True

cdef void report_caught(Middleware middleware) noexcept:
    cdef PyObject *error = lg_caught()
    middleware.report(lg_taken(error))

cdef PySendResult resume(
    PyObject *coroutine, PyObject *value, PyObject **result
) except PYGEN_ERROR:
    """The am_send of request coroutines: what `await` and event loops call."""
    cdef RequestCoroutine self = <RequestCoroutine>coroutine
    cdef PyObject *awaited
    cdef PySendResult how
    result[0] = NULL
    if self.state == SUSPENDED:
        self.state = RUNNING
    else:
        self.check_idle()
        if self.state == CLOSED:
            raise RuntimeError("cannot reuse already awaited coroutine")
        if <object>value is not None:
            raise TypeError("can't send non-None value to a just-started coroutine")
        self.state = RUNNING
        awaited = self.start()
        if awaited == NULL:
            return end_with_error(self)
        self.awaited = <object>awaited
        Py_DECREF(<object>awaited)
    how = lg_resume(<PyObject *>self.awaited, value, result)
    if how == PYGEN_NEXT:
        self.state = SUSPENDED
        return how
    if how == PYGEN_ERROR:
        return end_with_error(self)
    self.end(None)
    return how

cdef PySendResult end_with_error(RequestCoroutine self) noexcept:
    """The error passes as it is, without a line of ours in its traceback."""
    cdef PyObject *error = lg_caught()
    self.end(<object>error)
    lg_raise(error)
    return PYGEN_ERROR

cdef int raise_thrown(kind, value, traceback) except -1:
    if isinstance(kind, type):
        kind = value if isinstance(value, kind) else kind() if value is None else kind(value)
    raise kind if traceback is None else kind.with_traceback(traceback)

LG_COMPLETE_TYPES()
lg_resume_directly(<PyTypeObject *>RequestCoroutine, <void *>resume)
