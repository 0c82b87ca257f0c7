"""Figures in a sentence: bytes, times and how sure something is."""

from __future__ import annotations

MOST_SURE = 0.99
"""Nothing is more certain than this."""


def byte_words(count: float) -> str:
    """Bytes in decimal units: `97.3 MB`."""
    for unit in ("B", "kB", "MB"):
        if abs(count) < 999.5:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def request_words(count: int) -> str:
    """A number of requests: `1 request`, `3,200 requests`."""
    return f"{count:,} request{'' if count == 1 else 's'}"


def sure(confidence: float) -> str:
    """`97 % sure`, never 100."""
    return f"{100 * min(confidence, MOST_SURE):.0f} % sure"


def time_words(minutes: float) -> str:
    """A time span in one unit: `40 s`, `20 min`, `3 h`."""
    if minutes < 1.5:
        return f"{60 * minutes:.0f} s"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"
