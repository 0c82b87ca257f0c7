"""A Celery app whose broker is the memory of its worker, or a folder; one of its tasks leaks.

As a program it is that worker, and sends the tasks that its standard input names.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from celery import Celery

from leakguard_celery import LeakGuard

SPOOL = os.environ.get("SPOOL")
app = Celery("shop", broker="filesystem://" if SPOOL else "memory://")
if SPOOL:
    app.conf.broker_transport_options = {
        "data_folder_in": SPOOL,
        "data_folder_out": os.environ.get("OUTBOX", SPOOL),
        "control_folder": SPOOL,
    }
app.conf.update(
    task_ignore_result=True,
    broker_transport_options={
        **app.conf.broker_transport_options,
        "polling_interval": 0.01,
    },
    broker_connection_retry_on_startup=False,
)
LeakGuard(app)
KEPT = []


@app.task(name="shop.leak")
def leak():
    KEPT.append(bytearray(200_000))


@app.task(name="shop.fine")
def fine():
    time.sleep(0.02)


@app.task(name="shop.fail")
def fail():
    raise ValueError


@app.task(name="shop.again", bind=True, max_retries=1, default_retry_delay=0)
def again(self):
    if self.request.retries == 0:
        raise self.retry()


@app.task(name="shop.wait")
def wait(gate):
    while not Path(gate).exists():
        time.sleep(0.02)


def send():
    # Not sys.stdin: the children of a pool close theirs, and its lock would be held there.
    rest = b""
    while read := os.read(0, 65536):
        *lines, rest = (rest + read).split(b"\n")
        for line in lines:
            name, *arguments = line.decode().split()
            app.tasks[f"shop.{name}"].delay(*arguments)


if __name__ == "__main__":
    threading.Thread(target=send, daemon=True).start()
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"]
    app.worker_main(["worker", *quiet, *sys.argv[1:]])
