"""How far the snapshot is that is being taken, by whichever worker takes it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from leakguard import workers

if TYPE_CHECKING:
    from leakguard.endpoint.others import Crew
    from leakguard.endpoint.watch import Watch

VERB = "progress"
_SECONDS = 0.5
"""For the other workers to say it."""


def of(watch: Watch) -> dict[str, Any]:
    """The answer to `GET /_leak/progress` of this worker: whether a snapshot runs, the share of it
    that is done (0 to 1), for how many seconds it has run, and what the longest of the last ones
    took in all. Each is null where it is not known."""
    running = watch.running
    took = [wall for _, wall in watch.costs]
    return {
        "pid": os.getpid(),
        "running": running is not None,
        "share": None if running is None else round(running.share, 3),
        "seconds": None if running is None else round(max(0.0, watch.now() - running.began), 2),
        "expected_seconds": round(max(took), 3) if took else None,
    }


def of_any(watch: Watch, crew: Crew) -> dict[str, Any]:
    """That of a worker where one runs, of this one otherwise. Blocks for a moment."""
    own = of(watch)
    if own["running"]:
        return own
    alive = [entry for entry in crew.entries() if entry.alive]
    told = [one.answer for one in workers.ask_all(alive, VERB, _SECONDS) if one.answer is not None]
    return next((dict(one) for one in told if one.get("running")), own)
