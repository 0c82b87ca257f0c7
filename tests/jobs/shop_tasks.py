"""A Celery app whose queue and results are files; one of its tasks leaks."""

from __future__ import annotations

import os
import time
from pathlib import Path

from celery import Celery

from leakguard_celery import LeakGuard

SPOOL = Path(os.environ["SPOOL"])
QUEUE, RESULTS, CONTROL = (SPOOL / name for name in ("queue", "results", "control"))
for folder in (QUEUE, RESULTS, CONTROL):
    folder.mkdir(exist_ok=True)

app = Celery("shop", broker="filesystem://", backend=f"file://{RESULTS}")
app.conf.update(
    broker_transport_options={
        "data_folder_in": str(QUEUE),
        "data_folder_out": str(QUEUE),
        "control_folder": str(CONTROL),
        "store_processed": False,
        "polling_interval": 0.02,
    },
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=False,
)
LeakGuard(app)
KEPT = []


@app.task
def leak():
    KEPT.append(bytearray(200_000))


@app.task
def fine():
    time.sleep(0.05)


@app.task
def fail():
    raise ValueError


@app.task(bind=True, max_retries=1, default_retry_delay=0)
def again(self):
    if self.request.retries == 0:
        raise self.retry()


@app.task
def wait(gate):
    while not Path(gate).exists():
        time.sleep(0.02)
