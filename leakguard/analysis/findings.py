"""What an analysis found: plain frozen values that a report shows and never computes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from leakguard.analysis.earlier import Earlier
from leakguard.analysis.route_findings import GrowthFacts, RouteMemory, present_fields
from leakguard.analysis.suspect_findings import KINDS, Kind, Link, Suspect

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "KINDS",
    "MAPPING",
    "SCHEMA",
    "Findings",
    "Kind",
    "Link",
    "ProcessFacts",
    "SnapshotFacts",
    "Suspect",
    "TypeRow",
    "Verdict",
]

MAPPING = "mmap.mmap"
"""The type whose objects stand for mapped files and memory, by their whole length."""
SCHEMA = "leakguard/1"

_Facts = TypeVar("_Facts", "ProcessFacts", "SnapshotFacts", "Verdict", "TypeRow")


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
            "suspects": [suspect.to_dict() for suspect in self.suspects],
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
            suspects=tuple(Suspect.from_dict(item) for item in data["suspects"]),
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


def _verdict_to_dict(verdict: Verdict) -> dict[str, Any]:
    told = dataclasses.asdict(verdict)
    return {key: told[key] for key in told if key in _FIRST_KEYS or told[key]}


def _build(kind: type[_Facts], data: Mapping[str, Any]) -> _Facts:
    return kind(**present_fields(kind, data))
