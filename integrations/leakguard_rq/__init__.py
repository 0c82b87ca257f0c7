"""LeakGuard for RQ.

    rq worker --worker-class leakguard_rq.Worker high low

Each job is counted by its function, "job shop.jobs.send_mail"; `leakguard top` asks the workers.
"""

from __future__ import annotations

from leakguard_rq.worker import LeakGuardMixin, SimpleWorker, SpawnWorker, Worker

__all__ = ["LeakGuardMixin", "SimpleWorker", "SpawnWorker", "Worker"]
