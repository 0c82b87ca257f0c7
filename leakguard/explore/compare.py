"""Two images of one process: what grew from one to the other, by holder and by type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leakguard.analysis.growth_diff import diff
from leakguard.analysis.growth_survey import Survey
from leakguard.explore.errors import ViewError
from leakguard.explore.wording import Wording

if TYPE_CHECKING:
    from leakguard.analysis.growth_found import GrownPath
    from leakguard.analysis.growth_summary import GrowthPath, Summary
    from leakguard.explore.opened import Opened

MOST_HOLDERS = 50
MOST_TYPES = 200
_SHRUNK = 50
_SAME_SECONDS = 2.0


def compare(before: Opened, after: Opened, longest: int) -> dict[str, Any]:
    """What gained or lost from the earlier of two images to the later, the most growth first.

    `exchanged` is True where the second given is the earlier. Raises `ViewError` for images of
    different processes, whose names of paths do not match.
    """
    _check(before, after)
    exchanged = _created(before) > _created(after)
    if exchanged:
        before, after = after, before
    first = Survey(before.image)
    earlier = first.summary(requests=None)
    later = Survey(after.image, earlier.keys).summary(requests=None)
    difference = diff(earlier, later, 1, 2, most=MOST_HOLDERS)
    wording = Wording(after.heap, longest)
    kinds = {found["holder"]: found["kind"] for found in after.found[0]["suspects"]}
    holders: list[dict[str, Any]] = [
        _gained(grown, earlier, later) | {"kind": _kind(grown.holder, kinds)}
        for grown in difference.holders
    ]
    holders.sort(key=lambda row: (-row["growth"], row["holder"]))
    for row in holders:
        row |= {"holder": wording.cut(row["holder"]), "type": wording.cut(row["type"])}
    return {
        "exchanged": exchanged,
        "seconds": round(difference.seconds, 3),
        "growth_bytes": difference.growth_bytes,
        "holders": holders,
        "types": _types(before, after, wording),
    }


def _gained(grown: GrownPath, earlier: Summary, later: Summary) -> dict[str, Any]:
    """What a holder has gained; `before` and `after` are all that is under it."""
    before, after = (_path(summary, grown.holder_key) for summary in (earlier, later))
    gained = grown.growth_bytes, grown.growth_objects
    if before is None and after is not None:
        # what came with its holder, as an imported module's did, has gathered nowhere before
        gained = after.all_bytes, after.all_objects
    return {
        "holder": grown.holder,
        "before": max(before.all_bytes if before else 0, grown.bytes[0]),
        "after": max(after.all_bytes if after else 0, grown.bytes[-1]),
        "growth": gained[0],
        "objects": gained[1],
        "type": grown.object_type,
    }


def _path(summary: Summary, key: int) -> GrowthPath | None:
    return next((path for path in summary.paths if path.key == key), None)


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


def _created(opened: Opened) -> float:
    return float(opened.image.meta.get("created", 0))
