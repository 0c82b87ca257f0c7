"""LeakGuard for arq.

    from leakguard_arq import LeakGuard

    @LeakGuard
    class WorkerSettings:
        functions = [send_mail]

Each job is counted by its function, "job send_mail"; `leakguard top` asks the workers.
"""

from __future__ import annotations

from leakguard_arq.worker import LeakGuard

__all__ = ["LeakGuard"]
