"""The answer first: one or two plain sentences with numbers and units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis.findings import Verdict

if TYPE_CHECKING:
    from leakguard.analysis.findings import SnapshotFacts, Suspect

# Below this part of what the allocators handed out, too much was not seen to say that all is well.
ENOUGH_COVERAGE = 0.7
_SURE_OF_NOTHING = 0.8
_NAMED_TYPES = ("function", "method", "coroutine", "generator", "async_generator")


def verdict(
    suspects: tuple[Suspect, ...], snapshot: SnapshotFacts, *, linked: bool, confidence: float
) -> Verdict:
    """The verdict on the first suspect, or that there is none.

    `linked` says whether the first suspect is a linked chain, `confidence` is its diagnosis's.
    """
    if suspects:
        text = _accuse(suspects[0], linked) + _others(len(suspects) - 1)
        return Verdict(suspects[0].kind, text, confidence)
    size = byte_words(snapshot.heap_bytes)
    if snapshot.nodes == 0:
        return Verdict("none", "The image holds no objects: nothing can be said about it.", 0.0)
    if snapshot.coverage is not None and snapshot.coverage < ENOUGH_COVERAGE:
        reached = f"{100 * snapshot.coverage:.0f} %"
        text = (
            f"Nothing stands out in the {size} that were reached, but they are only {reached} "
            "of what the allocators have handed out: the rest was not seen."
        )
        return Verdict("none", text, round(_SURE_OF_NOTHING * snapshot.coverage, 2))
    text = f"Nothing stands out: no container or chain holds an unusual share of the {size} heap."
    return Verdict("none", text, _SURE_OF_NOTHING)


def byte_words(count: float) -> str:
    """Bytes in decimal units: `97.3 MB`."""
    for unit in ("B", "kB", "MB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _accuse(suspect: Suspect, linked: bool) -> str:
    kept = byte_words(suspect.retained_bytes)
    share = f"{100 * suspect.share:.0f} %"
    name = _object_words(suspect)
    if linked:
        return (
            f"Each {name} keeps the one before it alive, from {suspect.holder} on: "
            f"{suspect.object_count:,} of them retain {kept}, {share} of the heap."
        )
    if suspect.object_count == 1:
        return f"{suspect.holder} alone takes {kept}, {share} of the heap."
    return (
        f"{name}s pile up in {suspect.holder}: "
        f"{suspect.object_count:,} of them retain {kept}, {share} of the heap."
    )


def _object_words(suspect: Suspect) -> str:
    """`Cart object`; for functions, which are all of one type, `on_connect function`."""
    called = suspect.chain[-1].name if suspect.object_type in _NAMED_TYPES else ""
    if called:
        return f"{called.rpartition('.')[2]} {suspect.object_type}"
    return f"{suspect.object_type.rpartition('.')[2]} object"


def _others(count: int) -> str:
    if count == 0:
        return ""
    return (
        " 1 other place stands out too." if count == 1 else f" {count} other places stand out too."
    )
