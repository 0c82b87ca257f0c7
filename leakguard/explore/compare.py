"""Two images of one process: what grew from one to the other, by holder and by type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leakguard.analysis.growth_diff import diff
from leakguard.analysis.growth_survey import Survey
from leakguard.explore.errors import ViewError
from leakguard.explore.wording import Wording

if TYPE_CHECKING:
    from leakguard.explore.opened import Opened

MOST_HOLDERS = 50
MOST_TYPES = 200
_SHRUNK = 50
_SAME_SECONDS = 2.0


def compare(before: Opened, after: Opened, longest: int) -> dict[str, Any]:
    """What gained or lost between two images, the most growth first.

    Raises `ViewError` for images of different processes, whose names of paths do not match, and
    where the first is the later one.
    """
    _check(before, after)
    first = Survey(before.image)
    earlier = first.summary(requests=None)
    later = Survey(after.image, earlier.keys).summary(requests=None)
    difference = diff(earlier, later, 1, 2, most=MOST_HOLDERS)
    wording = Wording(after.heap, longest)
    kinds = {found["holder"]: found["kind"] for found in after.found[0]["suspects"]}
    holders = [
        {
            "holder": wording.cut(grown.holder),
            "kind": _kind(grown.holder, kinds),
            "before": grown.bytes[0],
            "after": grown.bytes[-1],
            "growth": grown.growth_bytes,
            "objects": grown.growth_objects,
            "type": wording.cut(grown.object_type),
        }
        for grown in difference.holders
    ]
    return {
        "seconds": round(difference.seconds, 3),
        "growth_bytes": difference.growth_bytes,
        "holders": holders,
        "types": _types(before, after, wording),
    }


def _kind(holder: str, kinds: dict[str, str]) -> str:
    """That of the suspect which is this holder, or above it."""
    for known, kind in kinds.items():
        if holder == known or holder.startswith((f"{known}.", f"{known}[", f"{known} ")):
            return kind
    return "other"


def _types(before: Opened, after: Opened, wording: Wording) -> list[dict[str, Any]]:
    """The types of which there is more or less than before, those that grew most first."""
    counted: dict[str, list[int]] = {}
    for at, opened in enumerate((before, after)):
        for row in opened.types:
            figures = counted.setdefault(row.type, [0, 0, 0, 0])
            figures[at] = row.count
            figures[2 + at] = row.shallow_bytes
    names = [name for name, row in counted.items() if row[0] != row[1] or row[2] != row[3]]
    names.sort(key=lambda name: (counted[name][2] - counted[name][3], name))
    if len(names) > MOST_TYPES:
        # what shrank most is worth more than the middle, which hardly moved
        names = names[: MOST_TYPES - _SHRUNK] + names[-_SHRUNK:]
    fields = ("count_before", "count_after", "bytes_before", "bytes_after")
    return [
        {"type": wording.cut(name), **dict(zip(fields, counted[name], strict=True))}
        for name in names
    ]


def _check(before: Opened, after: Opened) -> None:
    one, other = before.image.meta, after.image.meta
    started = abs(float(one.get("started", 0)) - float(other.get("started", 0)))
    if one.get("pid") != other.get("pid") or started > _SAME_SECONDS:
        raise ViewError(
            400, "The two images are of different processes: only those of one can be compared."
        )
    if float(one.get("created", 0)) > float(other.get("created", 0)):
        raise ViewError(400, "The first image is later than the second: exchange 'from' and 'to'.")
