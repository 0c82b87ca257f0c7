"""The settings of an arq worker, with its functions as tracks."""

from __future__ import annotations

import dataclasses
import functools
import re
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, overload

from arq.worker import Retry, RetryJob, func

from leakguard import background
from leakguard.errors import SettingsError
from leakguard.settings import FrameworkSettings, Options, Settings
from leakguard.tracking import track
from leakguard.wrapping import named

if TYPE_CHECKING:
    from collections.abc import Callable

WorkerSettings = TypeVar("WorkerSettings")

_NOTHING = FrameworkSettings("option", str, {})
_ADVICE = "Decorate the class WorkerSettings, or pass the dict of settings."


@overload
def LeakGuard(settings: WorkerSettings, /) -> WorkerSettings: ...
@overload
def LeakGuard(**options: Unpack[Options]) -> Callable[[WorkerSettings], WorkerSettings]: ...
def LeakGuard(settings: Any = None, /, **options: Unpack[Options]) -> Any:  # noqa: N802  # as beside
    """Watches the workers with these settings, a class or a dict, which it changes and returns.

    The options are the fields of `leakguard.settings.Settings`; each may also be an environment
    variable `LEAKGUARD_...`, and a keyword wins. `app_name` is the name of the class unless it is
    given. Nothing runs before a worker starts: other programs may import the settings.

    Raises `SettingsError` for an option that does not exist or cannot be used, and for what are no
    settings of an arq worker.
    """
    Settings.build(_NOTHING, **options)  # what is wrong is said now
    if settings is None:
        return functools.partial(_guard, options=options)
    return _guard(settings, options)


def _guard(settings: Any, options: Options) -> Any:
    if isinstance(settings, dict):
        settings.update(_changes(settings, None, options))
    elif isinstance(settings, type):
        called = re.sub("[^A-Za-z0-9._-]+", "-", f"{settings.__module__}.{settings.__qualname__}")
        for name, value in _changes(settings.__dict__, called.strip("_.-")[:64], options).items():
            setattr(settings, name, value)
    else:
        raise SettingsError(f"{named(settings)} is no settings of arq. {_ADVICE}")
    return settings


def _changes(given: Any, name: str | None, options: Options) -> dict[str, Any]:
    functions, cron_jobs = given.get("functions") or (), given.get("cron_jobs") or ()
    if not functions and not cron_jobs:
        raise SettingsError(
            f"there are neither functions nor cron_jobs in these settings. {_ADVICE}"
        )
    if any(getattr(job.coroutine, "_leakguard", False) for job in map(func, functions)):
        raise SettingsError("these settings have a LeakGuard already: each job would count twice.")
    startup, shutdown = given.get("on_startup"), given.get("on_shutdown")
    framework = FrameworkSettings("option", str, {"app_name": name})
    begun: list[background.Background] = []

    async def on_startup(ctx: dict[Any, Any]) -> None:
        begun.append(background.ensure(framework, options))
        if startup is not None:
            await startup(ctx)

    async def on_shutdown(ctx: dict[Any, Any]) -> None:
        try:
            if shutdown is not None:
                await shutdown(ctx)
        finally:
            while begun:
                begun.pop().leave()

    changes: dict[str, Any] = {"on_startup": on_startup, "on_shutdown": on_shutdown}
    if functions:
        changes["functions"] = [_tracked(func(function)) for function in functions]
    if cron_jobs:
        changes["cron_jobs"] = [_tracked(job) for job in cron_jobs]
    return changes


def _tracked(job: Any) -> Any:
    """A Function or a CronJob whose coroutine function counts for its name."""
    name, coroutine = f"job {job.name}", job.coroutine

    @functools.wraps(coroutine)
    async def inside(*arguments: Any, **keywords: Any) -> Any:
        run = track(name).__enter__()
        failed = False
        try:
            return await coroutine(*arguments, **keywords)
        except (Retry, RetryJob):  # it is to run again
            raise
        except Exception:
            failed = True
            raise
        finally:
            run.leave(failed)

    inside._leakguard = True  # type: ignore[attr-defined]  # for the next LeakGuard to see
    return dataclasses.replace(job, coroutine=inside)
