"""LeakGuard for Celery.

    from celery import Celery
    from leakguard_celery import LeakGuard

    app = Celery("shop", broker=...)
    LeakGuard(app)

Each task is counted by its name, "task shop.tasks.send_mail"; `leakguard top` asks the workers.
"""

from __future__ import annotations

from leakguard_celery.extension import LeakGuard

__all__ = ["LeakGuard"]
