"""The history over the workers that have ended: what grew in each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.report import columns, units
from leakguard.report.memory import labelled_paragraph

if TYPE_CHECKING:
    from leakguard.analysis.earlier import Earlier, EarlierGrowth
    from leakguard.analysis.findings import Findings

_MOST = 2
_ALIKE = 1.25  # paces so close are told as one


def earlier_lines(findings: Findings, width: int) -> list[str]:
    """How many workers ended before this one, and at most two holders that grew in them."""
    earlier = findings.earlier
    if earlier is None:
        return []
    told = [f"{_who(earlier)}, {_served(earlier)}"]
    told += [_grown(one, findings) for one in earlier.growing[:_MOST]]
    if len(earlier.growing) > _MOST:
        told[-1] += f" (and {len(earlier.growing) - _MOST} more)"
    first, *others = told
    lines = labelled_paragraph("history", first, width)
    return lines + [line for text in others for line in labelled_paragraph("", text, width)]


def _who(earlier: Earlier) -> str:
    """`6 workers in 3 generations ended before this one in 18 min`."""
    count = len(earlier.lives)
    generations = f" in {earlier.generations} generations" if earlier.generations > 1 else ""
    noun = "worker" if count == 1 else "workers"
    return f"{count} {noun}{generations} ended before this one in {units.duration(earlier.seconds)}"


def _served(earlier: Earlier) -> str:
    """`each from 41.0 MB to 97.2 MB in 1,000 requests`."""
    each = "each " if len(earlier.lives) > 1 else ""
    served = units.requests(earlier.requests)
    if earlier.rss_start_bytes is None or earlier.rss_bytes is None:
        return f"{each}after {served}"
    sizes = f"{units.size(earlier.rss_start_bytes)} to {units.size(earlier.rss_bytes)}"
    return f"{each}from {sizes} in {served}"


def _grown(grown: EarlierGrowth, findings: Findings) -> str:
    """`shop.CARTS grew by 2.1 MB/min in each of the 6; here by 2.0 MB/min`."""
    if grown.of == 1:
        where = "in one that told"
    elif grown.workers < grown.of:
        where = f"in {grown.workers} of {grown.of} that told"
    else:
        where = f"in each of {grown.workers} that told"
    size = grown.bytes_per_request
    each = f", {units.size(round(size))} a request" if size and size >= 1 else ""
    holder = columns.visible(grown.holder)
    return f"{holder} grew{_pace(grown)} {where}{each}{_here(grown, findings)}"


def _pace(grown: EarlierGrowth) -> str:
    told = sorted(one for one in (grown.low, grown.high) if one)
    if not told:
        return ""
    low, high = told[0], told[-1]
    if high <= low * _ALIKE:
        return f" by {units.size(round((low + high) / 2))}/min"
    return f" by {units.size(round(low))} to {units.size(round(high))}/min"


def _here(grown: EarlierGrowth, findings: Findings) -> str:
    """What it does in this process."""
    growth = findings.growth
    suspect = next((one for one in findings.suspects if one.rank == grown.rank), None)
    if suspect is not None and suspect.growth_bytes and growth is not None and growth.seconds > 0:
        pace = units.size(round(60 * suspect.growth_bytes / growth.seconds))
        return f"; here by {pace}/min"
    if growth is None or not growth.ready:
        return "; too early to tell here"
    return "; not here so far"
