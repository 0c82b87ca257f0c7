"""LeakGuard in a process that serves no requests: a worker of jobs, a consumer, a loop.

    import leakguard
    leakguard.start(app_name="shop-jobs")

    for message in queue:
        with leakguard.track("consume orders"):
            ...

There is no endpoint: `leakguard top --app shop-jobs`, `leakguard workers` and `leakguard snapshot`
ask the process over its Unix socket, and so do the workers of an app of the same name.
"""

from __future__ import annotations

import logging
import os
import threading
from time import perf_counter
from typing import TYPE_CHECKING, Unpack

from leakguard.endpoint import Endpoint
from leakguard.errors import LeakGuardError
from leakguard.guard import Guard
from leakguard.routes import Ledger, tracks
from leakguard.routes.ledger import TICK_SECONDS, UNMATCHED
from leakguard.routes.sampling import start_or_log as start_sampling
from leakguard.settings import FrameworkSettings, Options, Settings

if TYPE_CHECKING:
    from leakguard.routes.ledger import Flight

logger = logging.getLogger("leakguard")

_started: Background | None = None
_starting = threading.RLock()


class Background:
    """What `start` has started. The tracks of this process are its routes."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pid = os.getpid()
        self._guard = Guard()
        self._next_tick = 0.0
        self._ledger = Ledger(_no_request, max_routes=settings.max_routes)
        tracks.allow(settings.max_routes)
        if settings.sampling:
            start_sampling(settings.sampling, numpy=settings.numpy)
        # No token: nobody can ask here but over the socket.
        self._endpoint = Endpoint(settings, self._ledger.report, requests=self._ledger.requests)
        self._ledger.on_tick = self._endpoint.tick
        if not settings.listener:
            logger.warning("LeakGuard is started without its listener: nobody can ask this process")

    def join(self) -> None:
        """Register this process; nothing the second time. In the child of a fork, that one."""
        self.pid = os.getpid()
        tracks.on_end = self._tick
        self._endpoint.join(again=True)

    def leave(self, *, trace: bool = True) -> None:
        """Unregister this process, which stops; its last words stay if there is to be a `trace`."""
        self._endpoint.leave(trace=trace)

    def stop(self) -> None:
        """End what `start` has begun, which may then be called again. Allocations go on being
        sampled: others may need it."""
        global _started
        with _starting:
            if _started is self:
                _started = tracks.on_end = None
        self._endpoint.leave()

    def _tick(self) -> None:
        now = perf_counter()
        if now < self._next_tick:
            return
        self._next_tick = now + TICK_SECONDS
        try:
            self._ledger.tick()
        except Exception as error:
            self._guard.report(error)


def start(**options: Unpack[Options]) -> Background:
    """Watch this process from now on: its allocations are sampled, its tracks are its routes, and
    it is known to the command line.

    The options are those of the middleware (`leakguard.settings.Settings`); those of the endpoint
    (`path`, `token`, `authorize`, `allowed_hosts`) mean nothing here. Growth is judged from
    snapshots that are taken by themselves as tracks end. A child of a fork is a worker of its own
    from the end of its first track on, or from a `start` of its own.

    Raises `SettingsError` for an option that cannot be used, and `LeakGuardError` where this
    process has been started before.
    """
    global _started
    settings = Settings.build(**options)
    with _starting:
        if _started is not None and _started.pid == os.getpid():
            raise LeakGuardError(
                "leakguard.start() was called in this process before; call it once, or stop() what "
                "it returned"
            )
        _started = Background(settings)
        _started.join()
        return _started


def ensure(framework: FrameworkSettings, options: Options) -> Background:
    """What runs already, by `start` or by the parent of a fork; else as `start` would. For hooks.

    Raises `SettingsError` as `start` does.
    """
    global _started
    with _starting:
        if _started is None:
            _started = Background(Settings.build(framework, **options))
        _started.join()
        return _started


def _no_request(flight: Flight) -> str:
    return UNMATCHED


def _after_fork() -> None:
    global _starting
    _starting = threading.RLock()  # another thread of the parent may have held it


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
