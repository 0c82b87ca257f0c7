"""What an analysis found: plain frozen values that a report shows and never computes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from leakguard.analysis.earlier import Earlier
from leakguard.analysis.route_findings import (
    AllocationLine,
    GrowthFacts,
    RouteMemory,
    RouteShare,
    present_fields,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MAPPING = "mmap.mmap"
"""The type whose objects stand for mapped files and memory, by their whole length."""
SCHEMA = "leakguard/1"

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

_Facts = TypeVar("_Facts", "ProcessFacts", "SnapshotFacts", "Verdict", "TypeRow", "Link")


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


@dataclass(frozen=True, slots=True)
class TypeRow:
    """All objects of one type.

    `shallow_bytes` includes the small leaves that only the object itself refers to;
    `retained_bytes` counts an instance below another of the same type once.
    """

    type: str
    count: int
    shallow_bytes: int
    retained_bytes: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer in one or two sentences, and how sure it is (0 to 1).

    `term` is the term of resident memory that grows, None where none does or nobody looked.
    `advice` says what to do, `doubt` what would raise the confidence; "" where there is nothing.
    """

    kind: Kind
    text: str
    confidence: float
    term: str | None = None
    advice: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class SnapshotFacts:
    """What the capture saw and what it cost; `coverage` is bytes reached over bytes handed out."""

    capture: str
    pause_seconds: float
    wall_seconds: float
    objects: int
    nodes: int
    edges: int
    heap_bytes: int
    coverage: float | None


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """Which process was looked at."""

    pid: int
    host: str
    python: str
    uptime_seconds: float
    rss_bytes: int


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything one image told, and what earlier ones add to it.

    `routes` is empty where allocations are not sampled, `growth` None where nothing was compared,
    `earlier` None where no worker ended before this one.
    """

    process: ProcessFacts
    snapshot: SnapshotFacts
    verdict: Verdict
    suspects: tuple[Suspect, ...]
    types: tuple[TypeRow, ...]
    notes: tuple[str, ...] = ()
    routes: tuple[RouteMemory, ...] = ()
    growth: GrowthFacts | None = None
    earlier: Earlier | None = None

    @property
    def allocated_bytes(self) -> int:
        """Bytes of all objects but for what mmap objects map: no allocator has handed that out."""
        mapped = sum(row.shallow_bytes for row in self.types if row.type == MAPPING)
        return max(0, self.snapshot.heap_bytes - mapped)

    def to_dict(self) -> dict[str, Any]:
        """The findings as JSON-able values, under the key names of the schema `leakguard/1`."""
        return {
            "schema": SCHEMA,
            "process": dataclasses.asdict(self.process),
            "snapshot": dataclasses.asdict(self.snapshot),
            "verdict": _verdict_to_dict(self.verdict),
            "suspects": [_suspect_to_dict(suspect) for suspect in self.suspects],
            "types": [dataclasses.asdict(row) for row in self.types],
            "notes": list(self.notes),
            **({"routes": [route.to_dict() for route in self.routes]} if self.routes else {}),
            **({"growth": self.growth.to_dict()} if self.growth is not None else {}),
            **({"earlier": self.earlier.to_dict()} if self.earlier is not None else {}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Findings:
        """The findings that `to_dict` wrote; keys that a later version added are ignored.

        Raises ValueError if the schema is another one, KeyError if a key is missing.
        """
        if data["schema"] != SCHEMA:
            raise ValueError(f"these findings follow {data['schema']!r}, not {SCHEMA!r}")
        return cls(
            process=_build(ProcessFacts, data["process"]),
            snapshot=_build(SnapshotFacts, data["snapshot"]),
            verdict=_build(Verdict, data["verdict"]),
            suspects=tuple(_suspect_from_dict(item) for item in data["suspects"]),
            types=tuple(_build(TypeRow, item) for item in data["types"]),
            notes=tuple(data.get("notes", ())),
            # a report puts the ledger's rows under the same key; they have no strong bytes
            routes=tuple(
                RouteMemory.from_dict(row)
                for row in data.get("routes", ())
                if "strong_bytes" in row
            ),
            growth=GrowthFacts.from_dict(data["growth"]) if "growth" in data else None,
            earlier=Earlier.from_dict(data["earlier"]) if "earlier" in data else None,
        )


_FIRST_KEYS = ("kind", "text", "confidence")
_LATER_FIELDS = (
    "growth_objects",
    "growth_bytes",
    "moves",
    "confidence",
    "bytes_per_request",
    "bound",
)


def _verdict_to_dict(verdict: Verdict) -> dict[str, Any]:
    told = dataclasses.asdict(verdict)
    return {key: told[key] for key in told if key in _FIRST_KEYS or told[key]}


def _suspect_to_dict(suspect: Suspect) -> dict[str, Any]:
    return {
        "rank": suspect.rank,
        "kind": suspect.kind,
        "holder": suspect.holder,
        "retained_bytes": suspect.retained_bytes,
        "share": suspect.share,
        "objects": {"type": suspect.object_type, "count": suspect.object_count},
        "fingerprint": suspect.fingerprint,
        "fix": suspect.fix,
        "chain": [dataclasses.asdict(link) for link in suspect.chain],
        **{name: value for name in _LATER_FIELDS if (value := getattr(suspect, name)) is not None},
        **({"also_held_by": list(suspect.also_held_by)} if suspect.also_held_by else {}),
        **({"routes": [share.to_dict() for share in suspect.routes]} if suspect.routes else {}),
        **({"lines": [line.to_dict() for line in suspect.lines]} if suspect.lines else {}),
    }


def _suspect_from_dict(data: Mapping[str, Any]) -> Suspect:
    return Suspect(
        rank=data["rank"],
        kind=data["kind"],
        holder=data["holder"],
        retained_bytes=data["retained_bytes"],
        share=data["share"],
        object_type=data["objects"]["type"],
        object_count=data["objects"]["count"],
        fingerprint=data["fingerprint"],
        fix=data["fix"],
        chain=tuple(_build(Link, link) for link in data["chain"]),
        also_held_by=tuple(data.get("also_held_by", ())),
        routes=tuple(RouteShare.from_dict(share) for share in data.get("routes", ())),
        lines=tuple(AllocationLine.from_dict(line) for line in data.get("lines", ())),
        **{name: data.get(name) for name in _LATER_FIELDS},
    )


def _build(kind: type[_Facts], data: Mapping[str, Any]) -> _Facts:
    return kind(**present_fields(kind, data))
