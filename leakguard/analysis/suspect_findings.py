"""What an analysis found out about a suspect: who holds what, of which kind, and how it grows."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from leakguard.analysis.route_findings import AllocationLine, RouteShare, present_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal[
    "closure",
    "listener",
    "global-cache",
    "lru-cache",
    "context-variable",
    "thread-local",
    "task",
    "exception",
    "logging-handler",
    "native",
    "fragmentation",
    "other",
    "none",
    "warm-up",
    "unknown",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

_LATER_FIELDS = (
    "growth_objects",
    "growth_bytes",
    "moves",
    "confidence",
    "bytes_per_request",
    "bound",
)


@dataclass(frozen=True, slots=True)
class Link:
    """One object, or `repeats` similar ones, on the way from a root to what piles up.

    `edge` says how the link before refers to this one ("" for the first): `.pending`,
    `['connect']`, `[str]`, `free variable 'original'`. `name` is what the object itself is called
    (a module, a function), "" where it has no name. Neighbouring links with the same `repeats`
    above 1 repeat together.
    """

    type: str
    name: str
    edge: str
    file: str | None
    line: int | None
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class Suspect:
    """A holder under which many similar objects, or one very large one, have gathered.

    `retained_bytes` would be freed with the holder; `share` is their part of the heap, 0 to 1.
    `fix` is the usual one for this kind, in two lines.

    What earlier snapshots add is None where there are not enough of them: `growth_objects` and
    `growth_bytes` gathered since, how it `moves` ("growing", "warming up", "saw-tooth", "steady"),
    `bytes_per_request` (of its routes' requests, of the whole app's where the routes are not
    known), who else holds the same objects, and the `bound` of the holder, far from reached: how
    many entries it may take. `confidence`, 0 to 1, is how sure its growth is, or that it leaks
    where nothing is known of growth.

    `routes` made it, the largest share first, and `lines` of code allocated it, the application's
    first; both are empty where allocations are not sampled.
    """

    rank: int
    kind: Kind
    holder: str
    retained_bytes: int
    share: float
    object_type: str
    object_count: int
    fingerprint: str
    fix: str
    chain: tuple[Link, ...]
    growth_objects: int | None = None
    growth_bytes: int | None = None
    moves: str | None = None
    confidence: float | None = None
    bytes_per_request: float | None = None
    bound: int | None = None
    also_held_by: tuple[str, ...] = ()
    routes: tuple[RouteShare, ...] = ()
    lines: tuple[AllocationLine, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able values, under the key names of the schema `leakguard/1`."""
        return {
            "rank": self.rank,
            "kind": self.kind,
            "holder": self.holder,
            "retained_bytes": self.retained_bytes,
            "share": self.share,
            "objects": {"type": self.object_type, "count": self.object_count},
            "fingerprint": self.fingerprint,
            "fix": self.fix,
            "chain": [dataclasses.asdict(link) for link in self.chain],
            **{name: value for name in _LATER_FIELDS if (value := getattr(self, name)) is not None},
            **({"also_held_by": list(self.also_held_by)} if self.also_held_by else {}),
            **({"routes": [share.to_dict() for share in self.routes]} if self.routes else {}),
            **({"lines": [line.to_dict() for line in self.lines]} if self.lines else {}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote. Raises KeyError if a key is missing."""
        return cls(
            rank=data["rank"],
            kind=data["kind"],
            holder=data["holder"],
            retained_bytes=data["retained_bytes"],
            share=data["share"],
            object_type=data["objects"]["type"],
            object_count=data["objects"]["count"],
            fingerprint=data["fingerprint"],
            fix=data["fix"],
            chain=tuple(Link(**present_fields(Link, link)) for link in data["chain"]),
            also_held_by=tuple(data.get("also_held_by", ())),
            routes=tuple(RouteShare.from_dict(share) for share in data.get("routes", ())),
            lines=tuple(AllocationLine.from_dict(line) for line in data.get("lines", ())),
            **{name: data.get(name) for name in _LATER_FIELDS},
        )
