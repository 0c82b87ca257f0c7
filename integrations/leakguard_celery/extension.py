"""The signals of Celery: when a worker's process begins and ends, and each task in it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Unpack

from celery import Celery, signals

from leakguard import background
from leakguard.errors import SettingsError
from leakguard.guard import Guard
from leakguard.settings import FrameworkSettings, Options, Settings
from leakguard.tracking import track
from leakguard.wrapping import named

if TYPE_CHECKING:
    from leakguard.background import Background

_MARK = "_leakguard"
_FAILED = "FAILURE"


class LeakGuard:
    """Watches the workers of a Celery app: of every pool, and in each of its processes.

    The options are the fields of `leakguard.settings.Settings`; each may also be an environment
    variable `LEAKGUARD_...`, and a keyword wins. `app_name` is "celery-" and the app's name unless
    it is given. Nothing runs before a worker starts: other programs may import the app.

    Raises `SettingsError` for an option that does not exist or cannot be used, for an object that
    is no Celery app, and for an app that has a LeakGuard.
    """

    def __init__(self, app: Celery, **options: Unpack[Options]) -> None:
        if not isinstance(app, Celery):
            raise SettingsError(f"{named(app)} is no Celery app. Pass the Celery object.")
        if getattr(app, _MARK, None) is not None:
            raise SettingsError(
                f"the Celery app {app.main!r} has a LeakGuard already, which would count each task "
                "twice; call LeakGuard(app) once."
            )
        self._app = app
        self._options = options
        self._framework = FrameworkSettings("option", str, {"app_name": _name(app)})
        self._guard = Guard()
        self._background: Background | None = None
        self._tracks: dict[str, track] = {}
        Settings.build(self._framework, **options)  # what is wrong is said now
        setattr(app, _MARK, self)
        # The child of a pool, and the process that runs the tasks itself or starts the pool.
        for signal in (signals.worker_process_init, signals.worker_ready):
            signal.connect(self._begin, weak=False)
        # Celery ends the child of a pool without Python's own exit.
        signals.worker_process_shutdown.connect(self._end, weak=False)
        signals.worker_shutdown.connect(self._end, weak=False)
        signals.task_prerun.connect(self._enter, weak=False)
        signals.task_postrun.connect(self._leave, weak=False)

    def _begin(self, **_: Any) -> None:
        try:
            self._background = background.ensure(self._framework, self._options)
        except Exception as error:
            self._guard.report(error)

    def _end(self, **_: Any) -> None:
        if self._background is not None and self._background.pid == os.getpid():
            self._background.leave()

    def _enter(self, task: Any, **_: Any) -> None:
        try:
            if task.app is not self._app:
                return
            entered = self._tracks.get(task.name)
            if entered is None:
                entered = self._tracks.setdefault(task.name, track(f"task {task.name}"))
            entered.__enter__()
            setattr(task.request, _MARK, entered)  # it goes with the run
        except Exception as error:
            self._guard.report(error)

    def _leave(self, task: Any, state: str | None = None, **_: Any) -> None:
        try:
            entered = task.request.__dict__.pop(_MARK, None)
            if entered is not None:
                entered.leave(state == _FAILED)
        except Exception as error:
            self._guard.report(error)


def _name(app: Celery) -> str | None:
    """What the app is called here: its name as far as one can be made of it."""
    main = re.sub("[^A-Za-z0-9._-]+", "-", app.main or "").strip("_")
    return f"celery-{main}"[:64] if main and main != "main" else None
