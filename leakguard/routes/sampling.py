"""Sampled live allocations of this process: started once, kept by route and by line.

One block of memory in about 64 KiB is remembered until it is freed, with the route whose request
made it and the lines that were running. It stands for the bytes around it: sums over many samples
are right, a single one says little.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import logging
import sys
import sysconfig
import threading
from typing import TYPE_CHECKING, NamedTuple

from leakguard.routes import numpy_data
from leakguard.routes._flight import NO_REQUEST, UNBOUND, set_slots

if TYPE_CHECKING:
    from types import ModuleType

INTERVAL = 1 << 16
"""Bytes from one sample to the next, on average."""
logger = logging.getLogger("leakguard")

_MAX_ROUTES = 100_000

_names = {NO_REQUEST: "(no request)", UNBOUND: "(in flight)"}
_lock = threading.Lock()


class Sample(NamedTuple):
    """A block of memory that is alive, and stands for others of its kind."""

    address: int
    route: int
    """The number of the route whose request allocated it; see `route_name`."""
    site: int
    serial: int
    """With `site`: which stack allocated it; see `stack`."""
    weight: float
    """Bytes it stands for."""
    age: float
    """Seconds since it was allocated."""
    requests: int
    """Requests that have come since the one that allocated it."""
    size: int
    """Bytes of the block itself."""
    kind: int
    """`STRONG`, or `WEAK`: of a type whose blocks the interpreter hands on from request to request
    by itself, so that the route may be an earlier one's."""


class Line(NamedTuple):
    """A line of a stack."""

    file: str
    line: int
    function: str


@functools.cache
def problem() -> str | None:
    """Why allocations cannot be sampled in this interpreter, in a sentence; None when they can."""
    if sys.implementation.name != "cpython":
        return f"{sys.implementation.name} is not CPython"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "this is a free-threaded build: its allocators are called without the GIL"
    try:
        from leakguard.routes import _sampler
    except ImportError as error:
        return f"the native part is missing ({error})"
    if _in_subinterpreter():
        return (
            "this is a subinterpreter, and only the main interpreter's allocations are sampled"
            " (mod_wsgi: WSGIApplicationGroup %{GLOBAL})"
        )
    reason = _sampler.layout_problem()
    if reason is not None:
        return f"{reason}; LeakGuard was built for another CPython {sys.version_info[0]}.x"
    return None


def _in_subinterpreter() -> bool:
    new = sys.version_info >= (3, 13)
    try:
        interpreters = importlib.import_module("_interpreters" if new else "_xxsubinterpreters")
    except ImportError:  # an interpreter that was built without
        return False
    return bool(interpreters.get_current() != interpreters.get_main())


def start(interval: float = INTERVAL) -> str | None:
    """Samples from now on, a block each `interval` bytes on average. None, or why it cannot.

    It stays on for the life of the process; started again, it only takes the new interval.
    """
    reason = problem()
    if reason is not None:
        return reason
    sampler = _native()
    with _lock:
        if sampler.running():
            if sampler.counts()["base_interval"] != interval:
                sampler.set_interval(interval)
            return None
        atexit.register(stop)
        sampler.start(interval)
        set_slots(True)
    return None


def start_or_log(interval: float, *, numpy: bool = False) -> None:
    """Like `start`, for an app that works without: where it cannot be, the log tells why, once.

    With `numpy` the data of numpy's arrays is sampled too.
    """
    reason = start(interval)
    if reason is not None:
        _log_once("LeakGuard shows routes without their memory", reason)
    elif numpy:
        reason = numpy_data.start()
        if reason is not None:
            _log_once("LeakGuard does not see the data of numpy's arrays", reason)


@functools.cache
def _log_once(what: str, reason: str) -> None:
    logger.warning("%s: %s", what, reason)


def stop() -> None:
    """Ends sampling and forgets every sample."""
    atexit.unregister(stop)
    with _lock:
        set_slots(False)
        if problem() is None:
            _native().stop()


def running() -> bool:
    """Whether allocations are sampled."""
    return problem() is None and _native().running()


def forget_unused_stacks() -> None:
    """Let go of the code that only samples of freed blocks ran: a snapshot would find it held from
    C, where an app compiles code at run time (templates)."""
    if running():
        _native().forget_unused_stacks()


def maintain() -> bool:
    """What is due from time to time: sees to it that another tool has not taken our hooks away.

    False: one had. The hooks are back, but all samples are lost.
    """
    return not running() or _native().maintain()


def samples() -> list[Sample]:
    """Every live sample."""
    if not running() or not maintain():
        return []
    return [Sample(*sample) for sample in _native().samples()]


def totals() -> dict[int, tuple[float, float, float]]:
    """By route number: strong and weak live bytes, and the variance of their sum."""
    if not running() or not maintain():
        return {}
    found: dict[int, tuple[float, float, float]] = _native().totals()
    return found


def routes() -> dict[int, str] | None:
    """The name of every route number, for an image that is about to be taken; None while
    allocations are not sampled."""
    if not running() or not maintain():
        return None
    _native().look()
    return dict(_names)


def stack(site: int, serial: int) -> tuple[Line, ...]:
    """The lines of a sample's stack, the innermost first; empty if they are not known."""
    if problem() is not None:
        return ()
    return tuple(Line(*line) for line in _native().stack(site, serial))


def add_route(name: str) -> int:
    """A number for a route: what slots carry, and samples keep. Numbers are never used again."""
    with _lock:
        number = len(_names)
        if number >= _MAX_ROUTES:
            return NO_REQUEST
        _names[number] = name
        return number


def route_name(number: int) -> str:
    """The name of a route by its number; "(no request)" and "(in flight)" are two of them."""
    return _names.get(number, "(no request)")


def _native() -> ModuleType:
    from leakguard.routes import _sampler

    return _sampler
