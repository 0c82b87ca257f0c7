"""What workers of the same app told that ended before this one: what grew in them, how fast.

A process that takes the place of another begins with fresh objects, so its snapshots cannot be held
against the other's. What can be compared is how each of them grew: a leak goes on in every one of
them, at the same pace for a request. A warm-up does not: it is over in those that lived long
enough, and slows down in the others.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from typing import TYPE_CHECKING

from leakguard.analysis.earlier import Earlier, EarlierGrowth

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from leakguard.analysis.earlier import GrewBefore, Life

# A worker takes part in confirming a leak when it saw it go on for so many intervals.
_WENT_ON = 2
_CONFIRMING_GENERATIONS = 2
# Of so many generations the confidence adds up; more of them say no more.
_MOST_ADDED = 3
# What is only known of other processes is no more certain than this.
_MOST_SURE = 0.9
# The next worker may start in the moment in which the one before it says its last words.
_SECONDS_TOGETHER = 1.0


def look_back(lives: Iterable[Life], now: float) -> Earlier | None:
    """What these lives tell together at Unix time `now`, None where there are none."""
    lives = sorted(lives, key=lambda life: (life.ended, life.pid))
    if not lives:
        return None
    places: dict[tuple[str, str], list[tuple[Life, GrewBefore]]] = defaultdict(list)
    for life in lives:
        for place, grew in {(one.holder, one.object_type): one for one in life.grew}.items():
            places[place].append((life, grew))
    growing = [_together(found, lives) for found in places.values()]
    growing.sort(key=lambda one: (not one.confirmed, -one.workers, -(one.high or 0.0), one.holder))
    sizes = [
        (life.rss_start_bytes, life.rss_bytes)
        for life in lives
        if life.rss_start_bytes is not None and life.rss_bytes is not None
    ]
    return Earlier(
        generations=generations(lives),
        seconds=round(max(0.0, now - min(life.started for life in lives)), 1),
        requests=round(statistics.median(life.requests for life in lives)),
        rss_start_bytes=round(statistics.median(first for first, _ in sizes)) if sizes else None,
        rss_bytes=round(statistics.median(last for _, last in sizes)) if sizes else None,
        growing=tuple(growing),
        lives=tuple(lives),
    )


def generations(lives: Iterable[Life]) -> int:
    """How many of them lived one after the other, at most."""
    count, until = 0, float("-inf")
    for life in sorted(lives, key=lambda life: life.ended):
        if life.started >= until - _SECONDS_TOGETHER:
            count, until = count + 1, life.ended
    return count


def added(confidence: float, earlier: EarlierGrowth) -> float:
    """How sure a growth is that was seen in earlier generations too."""
    return round(1 - (1 - confidence) * (1 - earlier.confidence), 3)


def _together(found: list[tuple[Life, GrewBefore]], lives: Sequence[Life]) -> EarlierGrowth:
    last = found[-1][1]
    grew_in = [life for life, _ in found]
    went_on = [(life, grew) for life, grew in found if life.ready or life.intervals >= _WENT_ON]
    without = [life for life in lives if life.ready and life not in grew_in]
    confirmed = _is_confirmed([life for life, _ in went_on], without)
    paces = sorted(g.bytes_per_minute for _, g in found if g.bytes_per_minute is not None)
    each = [g.bytes_per_request for _, g in found if g.bytes_per_request is not None]
    return EarlierGrowth(
        holder=last.holder,
        object_type=last.object_type,
        kind=last.kind,
        fingerprint=last.fingerprint,
        workers=len(found),
        of=len(found) + len(without),
        generations=generations(grew_in),
        low=paces[0] if paces else None,
        high=paces[-1] if paces else None,
        bytes_per_request=statistics.median(each) if each else None,
        # only what is confirmed adds up: a warm-up is as new in each of them
        confidence=_added(went_on) if confirmed else _surest(found),
        confirmed=confirmed,
    )


def _is_confirmed(went_on: Sequence[Life], without: Sequence[Life]) -> bool:
    """Whether it went on in enough generations: those that had enough snapshots to tell decide; of
    the others none may have a longer-lived one against it, where it came to an end."""
    sure = [life for life in went_on if life.ready]
    if generations(sure) >= _CONFIRMING_GENERATIONS:
        return True
    longest = max((life.requests for life in went_on), default=0)
    denied = any(life.requests >= longest for life in without)
    return not denied and generations(went_on) >= _CONFIRMING_GENERATIONS


def _added(found: Sequence[tuple[Life, GrewBefore]]) -> float:
    """How sure it is by one worker of each generation, the surest first."""
    taken: list[Life] = []
    doubt = 1.0
    for life, grew in sorted(found, key=lambda pair: -pair[1].confidence):
        if generations([*taken, life]) > len(taken):
            taken.append(life)
            doubt *= 1 - grew.confidence
        if len(taken) == _MOST_ADDED:
            break
    return round(min(1 - doubt, _MOST_SURE), 3)


def _surest(found: Sequence[tuple[Life, GrewBefore]]) -> float:
    """How sure it is by one worker alone."""
    return min(max(grew.confidence for _, grew in found), _MOST_SURE)
