"""The sentences on suspects: who leaks how much, what, where it is held and which line made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis.verdict_routes import lines_words, name_of, routes_words, runs_word
from leakguard.analysis.verdict_units import byte_words, sure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.findings import Suspect
    from leakguard.analysis.growth_compare import Growth

_NAMED_TYPES = ("function", "method", "coroutine", "generator", "async_generator")
_MOST_OTHERS = 2
# One that was never seen to grow is no more certain than this, however clear its kind.
_SURE_BY_SIZE = 0.7


def has_grown(suspect: Suspect) -> bool:
    """Whether a suspect was seen to grow between snapshots."""
    return bool(suspect.growth_bytes and suspect.growth_bytes > 0)


def sure_by_size(confidence: float, *, watched: bool) -> float:
    """The confidence in a suspect that was not seen to grow; less in a process that is `watched`,
    of which later snapshots will tell more."""
    return min(confidence, _SURE_BY_SIZE) if watched else confidence


def pace(suspect: Suspect, growth: Growth | None) -> float | None:
    """Bytes a minute that a suspect gains, None where that is not known."""
    if growth is None or growth.seconds <= 0 or not has_grown(suspect):
        return None
    seconds = growth.seconds
    for path in growth.paths:
        if (path.holder, path.verdict) == (suspect.holder, "growing"):
            # The path's growth is told over its own time: the start may have been left out.
            seconds = path.seconds or seconds
            break
    return 60 * (suspect.growth_bytes or 0) / seconds


def accuse(
    suspect: Suspect, linked: bool, confidence: float, speed: float | None, *, proved: bool = True
) -> str:
    """The sentences on the first suspect: by its routes, else by its growth, else by its size.

    `speed` is its growth in bytes a minute, `proved` is False where it grew in too few intervals
    to be told from a warm-up. By size alone it is not said how sure that is.
    """
    routes = routes_words(suspect)
    if suspect.kind == "native":
        told = _held_from_c(suspect)
    elif routes is not None:
        told = _place(suspect, linked)
    elif has_grown(suspect):
        return _growing(suspect, linked, confidence, speed)
    else:
        return by_size(suspect, linked, "")
    figures = _figures(suspect, routes.requests if routes else 0, speed) + _bound(suspect)
    if routes is None:
        return f"{told} ({sure(confidence)}). {figures}"
    verb = routes.verb("leak" if proved and has_grown(suspect) else "seem to leak")
    return f"{routes.who} {verb}{routes.amount} ({sure(confidence)}): {told}. {figures}"


def others(suspects: Sequence[Suspect]) -> str:
    """What there is beside the first suspect, with the routes of the next."""
    if not suspects:
        return ""
    count = len(suspects)
    if not any(has_grown(suspect) or suspect.routes for suspect in suspects):
        places = "1 other place stands" if count == 1 else f"{count} other places stand"
        return f" {places} out too."
    told = [_short(suspect) for suspect in suspects[:_MOST_OTHERS]]
    if count > _MOST_OTHERS:
        told.append(f"{count - _MOST_OTHERS} more")
    return f" And {count} more suspect{'s' if count > 1 else ''}: {', '.join(told)}."


def by_size(suspect: Suspect, linked: bool, how_sure: str) -> str:
    """`Cart objects pile up in shop.cart.CARTS: 41,207 of them retain 97.3 MB, …`"""
    kept = byte_words(suspect.retained_bytes)
    share = f"{100 * suspect.share:.0f} %"
    name = object_words(suspect)
    if linked:
        return (
            f"Each {name} keeps the one before it alive, from {suspect.holder} on{how_sure}: "
            f"{suspect.object_count:,} of them retain {kept}, {share} of the heap."
        )
    if suspect.object_count == 1:
        return f"{suspect.holder} alone takes {kept}, {share} of the heap{how_sure}."
    return (
        f"{name}s pile up in {suspect.holder}{how_sure}: "
        f"{suspect.object_count:,} of them retain {kept}, {share} of the heap."
    )


def object_words(suspect: Suspect) -> str:
    """`Cart object`; for functions, which are all of one type, `on_connect function`."""
    called = suspect.chain[-1].name if suspect.chain and _is_named(suspect) else ""
    if called:
        return f"{called.rpartition('.')[2]} {suspect.object_type}"
    return f"{suspect.object_type.rpartition('.')[2]} object"


def _is_named(suspect: Suspect) -> bool:
    return suspect.object_type in _NAMED_TYPES


def _growing(suspect: Suspect, linked: bool, confidence: float, speed: float | None) -> str:
    told = by_size(suspect, linked, f" ({sure(confidence)})")
    made = lines_words(suspect).removeprefix(", ")
    made = f" {made[:1].upper()}{made[1:]}." if made else ""
    return f"{told}{made} {_figures(suspect, 0, speed)}{_bound(suspect)}"


def _place(suspect: Suspect, linked: bool) -> str:
    """`Cart objects in shop.cart.CARTS, allocated at shop/cart.py:41`."""
    name, made = object_words(suspect), lines_words(suspect)
    if linked:
        return f"each {name} keeps the one before it alive, from {suspect.holder} on{made}"
    if suspect.object_count == 1:
        return f"{suspect.holder}, one {name} that grows{made}"
    return f"{name}s in {suspect.holder}{made}"


def _held_from_c(suspect: Suspect) -> str:
    count, name = suspect.object_count, object_words(suspect)
    return (
        f"{count:,} {name}{'s' if count != 1 else ''} live on that nothing in Python refers to"
        f"{lines_words(suspect)}: an extension does not let go of them, or cannot collect cycles"
    )


def _bound(suspect: Suspect) -> str:
    """A bound that is no help, beside what it bounds."""
    if suspect.bound is None:
        return ""
    return f" It holds {suspect.object_count:,} of at most {suspect.bound:,}."


def _figures(suspect: Suspect, requests: int, speed: float | None) -> str:
    """`3,200 requests, 2.8 MB so far, 1.1 MB/min.`"""
    parts = [f"{requests:,} {runs_word(suspect, requests)}"] if requests else []
    if not suspect.routes and suspect.bytes_per_request and suspect.bytes_per_request >= 0.5:
        parts.append(f"{byte_words(suspect.bytes_per_request)} a request")
    gathered = suspect.growth_bytes if has_grown(suspect) else suspect.retained_bytes
    parts.append(f"{byte_words(gathered or 0)} so far")
    if speed is not None:
        parts.append(f"{byte_words(speed)}/min")
    return ", ".join(parts) + "."


def _short(suspect: Suspect) -> str:
    routes = routes_words(suspect)
    if routes is None:
        return suspect.holder
    first = name_of(suspect.routes[0].route)
    amount = f" ({routes.amount.strip()})" if routes.one and routes.amount else ""
    return f"{first}{amount} in {suspect.holder}"
