"""The sentences on terms of resident memory: what grows, how fast, what that means, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from leakguard.analysis.verdict_units import byte_words, request_words, sure, time_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.evidence import TermMove
    from leakguard.analysis.growth_compare import Growth
    from leakguard.analysis.growth_found import GrownPath
    from leakguard.analysis.verdict_terms import KeptFree

GARBAGE_ADVICE = (
    "Find what keeps the cycle collector from running (gc.disable(), gc.set_threshold(0)),\n"
    "or break the cycles, for example with weakref."
)
ASK_LATER = "Ask again after more requests: a warm-up comes to an end, a leak does not."
_GROWS = {
    "python_objects": "Python objects grow",
    "python_slack": "Memory that Python's allocator keeps and nothing uses grows",
    "c_heap_in_use": "The C heap grows",
    "c_heap_free": "Memory that malloc keeps and nothing uses grows",
    "mappings": "Mapped files and shared memory grow",
    "rest": "Memory outside of the allocators grows",
    "rss": "Resident memory grows",
}
_NATIVE = {
    "c_heap_in_use": (
        "something allocates with malloc and does not free",
        "Look at the C extensions that serve these requests: `memray run --native` or heaptrack\n"
        "names the function; then update the extension, or free what it returns.",
    ),
    "rest": (
        "an extension maps memory by itself, or threads pile up with their stacks",
        "Look for threads that never end, and for extensions with allocators of their own\n"
        "(`memray run --native` names the function).",
    ),
    "mappings": (
        "mapped files stay open, or pages of shared memory pile up",
        "Close what mmap, numpy.memmap or multiprocessing.shared_memory has opened; clean pages\n"
        "of files are given up by the system when memory gets short.",
    ),
}
# From halves that are more alike nothing can be told of what is to come.
_SLOWED = 0.9
_NEARLY_ALL = 0.8
_UNTOLD_C_HEAP = "something allocates outside of Python's allocator and does not free"
_REMEDIES = {
    "c_heap_free": (
        "POST /_leak/trim gives it back and measures what that is worth. To keep it small try\n"
        "MALLOC_ARENA_MAX=2, or another allocator such as jemalloc (LD_PRELOAD)."
    ),
    "python_slack": (
        "Objects that stay lie between short-lived ones: avoid the peaks, or try\n"
        "PYTHONMALLOC=malloc with jemalloc (LD_PRELOAD)."
    ),
}


class Told(NamedTuple):
    """What a verdict says, and its advice."""

    text: str
    advice: str = ""


def beside(move: TermMove) -> str:
    """A second sentence, for a term that grows as fast as the suspect or faster."""
    return f"{_GROWS[move.name]} too, by {_rate(move)}."


def garbage(size: int, confidence: float) -> Told:
    """Unreachable objects that no collection takes."""
    amount = f" ({byte_words(size)} now)" if size else ""
    return Told(
        f"Garbage gathers ({sure(confidence)}): objects in reference cycles that nothing uses any "
        f"more{amount}. A full collection would free them, but none runs.",
        GARBAGE_ADVICE,
    )


def fragmentation(move: TermMove, confidence: float) -> Told:
    """Free memory grows while what is in use does not."""
    return Told(
        f"{_grows(move, confidence)}, while what is in use does not: it is fragmentation, "
        "no object leaks.",
        _REMEDIES[move.name],
    )


def kept_free(kept: KeptFree) -> Told:
    """Much memory is free, and does not grow."""
    free = kept.python + kept.c_heap
    keepers = [
        f"{byte_words(size)} by {keeper}"
        for size, keeper in ((kept.python, "Python's allocator"), (kept.c_heap, "malloc"))
        if size >= 0.05 * free
    ]
    return Told(
        f"Nothing leaks, but {byte_words(free)} of the {byte_words(kept.rss)} resident are free "
        f"and kept by the allocators: {' and '.join(keepers)}.",
        _REMEDIES[kept.largest],
    )


def native(move: TermMove, confidence: float, *, c_heap_known: bool, searched: bool) -> Told:
    """A term of C grows and no Python holder explains it."""
    why, advice = _NATIVE[move.name]
    if move.name == "rest" and not c_heap_known:
        why = _UNTOLD_C_HEAP
    no_holder = "no Python object explains it" if searched else "no holder of that size was found"
    return Told(f"{_grows(move, confidence)}, and {no_holder}: {why}.", advice)


def no_holder(move: TermMove, confidence: float) -> Told:
    """Python objects grow, and nobody was found to hold them."""
    return Told(
        f"{_grows(move, confidence)}, but no holder was found that grows with the requests."
    )


def large_objects(move: TermMove, confidence: float, *, python: float) -> Told:
    """The C heap grows by Python's large objects, and nobody was found to hold them."""
    return Told(
        f"{_grows(move, confidence)}; {byte_words(python)}/min are Python objects, but no holder "
        "was found that grows with the requests."
    )


def unexplained(move: TermMove, confidence: float) -> Told:
    """The whole grows, and no term steadily enough to be blamed."""
    return Told(
        f"{_grows(move, confidence)}, but none of its terms grows steadily enough to be blamed."
    )


def settling(move: TermMove, free: float) -> Told:
    """The whole grows by what the allocators keep free, for now: `free` bytes of it."""
    part = "nearly all" if free >= _NEARLY_ALL * move.change_bytes else "most"
    return Told(
        f"Still settling: resident memory grew by {byte_words(move.change_bytes)} in "
        f"{time_words(move.minutes)}, {part} of it memory that the allocators keep free for "
        "later, as they do until they have seen the highest load."
    )


def too_early(move: TermMove, confidence: float) -> Told:
    """Growth of Python objects that no snapshots tell from a warm-up yet."""
    return Told(
        f"{_grows(move, confidence)}; it is too early to tell a warm-up from a leak, and no "
        "holder stands out yet."
    )


def warming_up(path: GrownPath) -> str:
    """A holder that grows less and less, and how full it seems to be; or that has a bound."""
    early, late = _halves(path.bytes)
    slowed = ""
    if 0 < late < _SLOWED * early:
        # Each half of what was seen gains the same part of the one before it.
        full = path.bytes[-1] + late * late / (early - late)
        slowed = (
            f": {byte_words(late)} in the later half of the snapshots, {byte_words(early)} in the "
            f"one before. It seems to be {100 * path.bytes[-1] / full:.0f} % full"
        )
    elif late <= 0 < early:
        return (
            f"It has warmed up, as it seems: {path.holder} grew by {byte_words(path.growth_bytes)} "
            "and has stopped. Nothing else grows with the requests."
        )
    elif path.bounded:
        return (
            f"Still warming up: {path.holder} grew by {byte_words(path.growth_bytes)} and is not "
            "full yet, but limits by itself how much it holds. Nothing else grows with the "
            "requests."
        )
    return (
        f"Still warming up: {path.holder} grew by {byte_words(path.growth_bytes)}, but slows "
        f"down{slowed}. Nothing else grows with the requests."
    )


def _halves(sizes: Sequence[int]) -> tuple[int, int]:
    """What was gained in the first and in the last half of the intervals."""
    half = (len(sizes) - 1) // 2
    if half < 1:
        return 0, 0
    return sizes[half] - sizes[0], sizes[-1] - sizes[-1 - half]


def slowing(move: TermMove) -> str:
    """Resident memory that grew, and does so less and less, or only now and then."""
    return (
        f"Still warming up: resident memory grew by {byte_words(move.change_bytes)} in "
        f"{time_words(move.minutes)}, but not steadily. No holder stands out."
    )


def little_seen(size: str, coverage: float) -> str:
    """Nothing stands out in the part of the heap that was seen."""
    return (
        f"Nothing stands out in the {size} that were reached, but they are only "
        f"{100 * coverage:.0f} % of what the allocators have handed out: the rest was not seen."
    )


def nothing(size: str, growth: Growth | None) -> str:
    """Nothing stands out, by size or by growth."""
    if growth is None:
        return (
            f"Nothing stands out: no container or chain holds an unusual share of the {size} heap."
        )
    requests = f" and {request_words(growth.requests)}" if growth.requests else ""
    return (
        f"Nothing leaks: no holder in the {size} heap grew with the work of "
        f"{time_words(growth.seconds / 60)}{requests}."
    )


def _grows(move: TermMove, confidence: float) -> str:
    return f"{_GROWS[move.name]} by {_rate(move)} ({sure(confidence)})"


def _rate(move: TermMove) -> str:
    """`1.1 MB/min, 22 MB in 20 min`."""
    return (
        f"{byte_words(move.bytes_per_minute)}/min, {byte_words(move.change_bytes)} in "
        f"{time_words(move.minutes)}"
    )
