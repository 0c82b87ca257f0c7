"""The jobs of a shop for RQ and arq, and an arq worker's settings."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

KEPT = []


def leak():
    KEPT.append(bytearray(200_000))


def fail():
    raise ValueError


def wait(gate):
    held = [bytearray(100_000) for _ in range(50)]
    Path(f"{gate}.pid").write_text(f"{os.getpid()}\n")
    while not Path(gate).exists():
        time.sleep(0.02)
    del held


if "ARQ_PORT" in os.environ:
    from arq import Retry, cron
    from arq.connections import RedisSettings

    from leakguard_arq import LeakGuard

    async def send(ctx):
        await asyncio.sleep(0.01)
        KEPT.append(bytearray(200_000))

    async def break_down(ctx):
        raise ValueError

    async def again(ctx):
        if ctx["job_try"] == 1:
            raise Retry

    async def wait_for(ctx, gate):
        while not Path(gate).exists():
            await asyncio.sleep(0.02)

    async def on_startup(ctx):
        ctx["begun"] = True

    async def check(ctx):
        assert ctx["begun"]

    async def sweep(ctx):
        KEPT.append(bytearray(1000))

    @LeakGuard(top=3)
    class WorkerSettings:
        functions = (send, break_down, again, wait_for, check)
        cron_jobs = (cron(sweep, month=1, day=1, hour=0, minute=0, run_at_startup=True),)
        on_startup = on_startup
        redis_settings = RedisSettings(port=int(os.environ["ARQ_PORT"]))
        poll_delay = 0.02
