"""What an analysis found out about routes: whose requests made what is alive, on which lines."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class RouteShare:
    """The part of a suspect that the requests of one route made.

    `share` is 0 to 1 of what the suspect gained since the first snapshot compared, or of what it
    retains where there is none; 95 times of 100 the truth is not further from it than `margin`.
    `requests` of the route ended in that time, 0 where nobody counted; each left
    `bytes_per_request` behind, None where there were none.
    """

    route: str
    share: float
    requests: int
    bytes_per_request: float | None
    margin: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """JSON-able values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote. Raises KeyError if a key is missing."""
        return cls(**present_fields(cls, data))


@dataclass(frozen=True, slots=True)
class AllocationLine:
    """A line that allocated memory which is alive, `share` (0 to 1) of the whole it stands under.

    `function` is the qualified name, `line` 0 where it is not known, `bytes` an estimate.
    """

    file: str
    line: int
    function: str
    share: float
    bytes: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-able values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote. Raises KeyError if a key is missing."""
        return cls(**present_fields(cls, data))


@dataclass(frozen=True, slots=True)
class Unreached:
    """What a route has allocated, is alive, and no Python object owns; it has gathered since the
    first snapshot compared.

    `bytes` are estimated from samples, each request of the route left `bytes_per_request` behind
    (None where nobody counted them), `confidence` is that there is any.
    """

    bytes: int
    bytes_per_request: float | None
    confidence: float
    lines: tuple[AllocationLine, ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `dataclasses.asdict` wrote. Raises KeyError if a key is missing."""
        lines = tuple(AllocationLine.from_dict(line) for line in data["lines"])
        return cls(data["bytes"], data["bytes_per_request"], data["confidence"], lines)


@dataclass(frozen=True, slots=True)
class RouteMemory:
    """What the requests of a route have allocated and is alive, as one image tells.

    `live_bytes` are `strong_bytes`: what suspects hold of the route, by their exact sizes, and what
    else its samples stand for; 95 times of 100 the truth is not further away than `margin_bytes`.
    `weak_bytes` come on top: blocks of types that the interpreter recycles by itself, held by no
    suspect, so that another route may have made them. `requests` have ended, 0 where nobody counts.
    `suspects` are the ranks of those that hold some of it. `growth_bytes` is what these and
    `unreached` gained since the first snapshot compared, None where nothing did or nothing was
    compared, `confidence` how sure the surest of them is. `unreached` is the part that gathers and
    no Python object owns, None where there is none.
    """

    route: str
    requests: int
    live_bytes: int
    strong_bytes: int
    weak_bytes: int
    bytes_per_request: float
    suspects: tuple[int, ...] = ()
    lines: tuple[AllocationLine, ...] = ()
    margin_bytes: int = 0
    growth_bytes: int | None = None
    confidence: float | None = None
    unreached: Unreached | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-able values."""
        return {
            **dataclasses.asdict(self),
            "suspects": list(self.suspects),
            "lines": [line.to_dict() for line in self.lines],
            "unreached": None if self.unreached is None else dataclasses.asdict(self.unreached),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote. Raises KeyError if a key is missing."""
        given = present_fields(cls, data)
        given["suspects"] = tuple(data.get("suspects", ()))
        given["lines"] = tuple(AllocationLine.from_dict(line) for line in data.get("lines", ()))
        unreached = data.get("unreached")
        given["unreached"] = None if unreached is None else Unreached.from_dict(unreached)
        return cls(**given)


@dataclass(frozen=True, slots=True)
class GrowthFacts:
    """What earlier snapshots were compared, and how much more all objects take than then.

    `ready` says whether there are enough of them to tell what grows with requests from what grew
    once. `snapshots` include the last, `intervals` are those with work in them. `seconds` and
    `requests` (None where nobody counts) passed from the first to the last.
    """

    ready: bool
    snapshots: int
    intervals: int
    seconds: float
    requests: int | None
    growth_bytes: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-able values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote. Raises KeyError if a key is missing."""
        return cls(**present_fields(cls, data))


def present_fields(kind: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """The values for the fields of a dataclass; an absent one keeps its default.

    Raises KeyError where it has none.
    """
    return {
        field.name: data[field.name]
        for field in dataclasses.fields(kind)
        if field.name in data or field.default is dataclasses.MISSING
    }
