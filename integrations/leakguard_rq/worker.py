"""Workers of RQ whose jobs are tracks.

`Worker` forks a process for each job: what the job leaves behind goes with that process, and the
worker counts it. While it runs the process is a worker of its own: it can be asked, and what it
allocates is the job's. `SimpleWorker` runs its jobs itself, and may leak from one to the next.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import rq
from rq.exceptions import InvalidJobOperation
from rq.job import JobStatus

from leakguard import background
from leakguard.guard import Guard
from leakguard.settings import FrameworkSettings
from leakguard.tracking import track

if TYPE_CHECKING:
    from rq.job import Job
    from rq.worker import BaseWorker as _Worker
else:
    _Worker = object


class LeakGuardMixin(_Worker):
    """For a worker class of your own: `class Worker(LeakGuardMixin, rq.Worker)`.

    The options are the environment variables `LEAKGUARD_...`, or those of a `leakguard.start(...)`
    that comes before; the app is called "rq-" and its queues unless `LEAKGUARD_APP_NAME` names it.
    `work` raises `SettingsError` for one that cannot be used.
    """

    _leakguard = Guard()

    def work(self, *arguments: Any, **keywords: Any) -> bool:
        started = background.ensure(self._leakguard_settings(), {})
        try:
            return super().work(*arguments, **keywords)
        finally:
            started.leave()

    def execute_job(self, job: Job, *arguments: Any, **keywords: Any) -> Any:
        run = track(_name(job)).__enter__()
        failed = False
        try:
            done = super().execute_job(job, *arguments, **keywords)
            failed = self._has_failed(job)
            return done
        except Exception:
            failed = True
            raise
        finally:
            run.leave(failed)

    def perform_job(self, job: Job, *arguments: Any, **keywords: Any) -> bool:
        if not self.is_horse:
            return super().perform_job(job, *arguments, **keywords)
        # A horse that is spawned, not forked, has nothing of the worker's.
        horse = background.ensure(self._leakguard_settings(), {})
        try:
            with track(_name(job)):
                return super().perform_job(job, *arguments, **keywords)
        finally:
            horse.leave(trace=False)  # the next horse comes at once

    def _leakguard_settings(self) -> FrameworkSettings:
        name = re.sub("[^A-Za-z0-9._-]+", "-", "-".join(["rq", *self.queue_names()]))[:64]
        return FrameworkSettings("option", str, {"app_name": name})

    def _has_failed(self, job: Job) -> bool:
        try:
            return job.get_status() == JobStatus.FAILED
        except InvalidJobOperation:  # its result is not kept
            return False
        except Exception as error:
            self._leakguard.report(error)
            return False


class Worker(LeakGuardMixin, rq.Worker):
    """RQ's worker, which forks a process for each job."""


class SpawnWorker(LeakGuardMixin, rq.worker.SpawnWorker):
    """RQ's worker that starts a process of its own for each job, where a fork is not safe."""


class SimpleWorker(LeakGuardMixin, rq.SimpleWorker):
    """RQ's worker that runs its jobs in its own process."""


def _name(job: Job) -> str:
    try:
        return f"job {job.func_name}"
    except Exception:  # the job cannot be read: RQ will say so
        return "job (unreadable)"
