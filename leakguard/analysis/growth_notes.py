"""What is said where growth cannot be judged yet, and of objects that C alone holds."""

from __future__ import annotations

from typing import Protocol

from leakguard.analysis.growth_series import LEAST_INTERVALS
from leakguard.analysis.verdict_units import request_words

NOT_ENOUGH = "Not enough history yet to say what grows: suspects are ranked by size."
NATIVE_FIX = (
    "Nothing in Python refers to these objects: look for a missing decref in the\n"
    "extension that makes them, or update it."
)


class Seen(Protocol):
    """How many snapshots were compared, and the requests between them (None: nobody counts)."""

    @property
    def snapshots(self) -> int: ...
    @property
    def requests(self) -> int | None: ...


def few(growth: Seen) -> str:
    """Too few snapshots were compared to tell leaks from what grows once."""
    requests = "" if growth.requests is None else request_words(growth.requests)
    between = f" and {requests} between them" if requests else ""
    return (
        f"Suspects are ranked by growth, from {growth.snapshots} snapshots{between} only: "
        f"{LEAST_INTERVALS + 1} would tell leaks from what grows once."
    )
