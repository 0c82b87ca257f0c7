"""What workers of the same app that ended before this one told: plain values for the findings."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from leakguard.analysis.route_findings import present_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.analysis.findings import Kind


@dataclass(frozen=True, slots=True)
class GrewBefore:
    """A suspect that grew in a worker that has ended, as its last findings told."""

    holder: str
    object_type: str
    kind: Kind
    fingerprint: str
    growth_bytes: int
    bytes_per_minute: float | None
    bytes_per_request: float | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Life:
    """A worker that has ended, which ran the same code: its last figures, and what grew in it.

    `started` and `ended` are Unix times. `rss_start_bytes` was resident when it began to serve,
    `rss_bytes` at last. `intervals` with work in them lay between its snapshots, 0 where there were
    too few; `ready` says whether they were enough to tell a leak from what grows once.
    """

    pid: int
    started: float
    ended: float
    requests: int
    rss_start_bytes: int | None = None
    rss_bytes: int | None = None
    rss_bytes_per_minute: float | None = None
    intervals: int = 0
    ready: bool = False
    grew: tuple[GrewBefore, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able values."""
        return {**dataclasses.asdict(self), "grew": [dataclasses.asdict(one) for one in self.grew]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote. Raises KeyError if a key is missing."""
        given = present_fields(cls, data)
        grew = tuple(GrewBefore(**present_fields(GrewBefore, one)) for one in data.get("grew", ()))
        return cls(**{**given, "grew": grew})


@dataclass(frozen=True, slots=True)
class EarlierGrowth:
    """A holder that grew in `workers` that have ended, `of` those that were looked at.

    No two of `generations` of them lived at the same time. `low` to `high` are bytes a minute in
    each, `bytes_per_request` is the median. `confirmed`: it went on growing in two generations or
    more, and no worker that could tell says otherwise. `rank` is that of the same suspect in this
    process, None where it is none (yet).
    """

    holder: str
    object_type: str
    kind: Kind
    fingerprint: str
    workers: int
    of: int
    generations: int
    low: float | None
    high: float | None
    bytes_per_request: float | None
    confidence: float
    confirmed: bool
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """The workers that ended before, and what grew in them: by the most of them first.

    The first of them began `seconds` ago. Of their figures these are the medians: requests that
    one served, and what was resident when it began to serve and at last.
    """

    generations: int
    seconds: float
    requests: int
    rss_start_bytes: int | None
    rss_bytes: int | None
    growing: tuple[EarlierGrowth, ...]
    lives: tuple[Life, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able values."""
        return {
            "generations": self.generations,
            "seconds": self.seconds,
            "requests": self.requests,
            "rss_start_bytes": self.rss_start_bytes,
            "rss_bytes": self.rss_bytes,
            "growing": [dataclasses.asdict(one) for one in self.growing],
            "lives": [life.to_dict() for life in self.lives],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote. Raises KeyError if a key is missing."""
        given = present_fields(cls, data)
        given["growing"] = tuple(
            EarlierGrowth(**present_fields(EarlierGrowth, one)) for one in data["growing"]
        )
        given["lives"] = tuple(Life.from_dict(life) for life in data["lives"])
        return cls(**given)

    def of(self, holder: str, object_type: str) -> EarlierGrowth | None:
        """What grew there in earlier workers, None where nothing did."""
        return next((g for g in self.growing if is_same(g, holder, object_type)), None)

    def with_ranks(self, places: Sequence[tuple[str, str]]) -> Self:
        """The same beside the suspects of this process, whose holders and types are `places`."""

        def rank(grown: EarlierGrowth) -> int | None:
            found = (at for at, place in enumerate(places, 1) if is_same(grown, *place))
            return next(found, None)

        growing = tuple(dataclasses.replace(one, rank=rank(one)) for one in self.growing)
        return dataclasses.replace(self, growing=growing)


def is_same(grown: EarlierGrowth, holder: str, object_type: str) -> bool:
    """Whether that is the place."""
    return (grown.holder, grown.object_type) == (holder, object_type)
