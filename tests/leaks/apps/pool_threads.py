"""Threads of a pool gather what each request leaves in their thread-local data."""

from __future__ import annotations

import asyncio
import threading

from serving import serving

scratch = threading.local()


def work(number):
    if not hasattr(scratch, "rows"):
        scratch.rows = []
    scratch.rows.append([f"{number} {at}" for at in range(5)])


async def crunch(number):
    await asyncio.to_thread(work, number)


app = serving({"/crunch/{n}": crunch})
