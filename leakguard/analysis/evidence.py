"""What the server knows beside an image: earlier summaries, requests by route, moving memory."""

from __future__ import annotations

import base64
import dataclasses
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from leakguard.analysis.earlier import Life

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "leakguard-evidence/1"


@dataclass(frozen=True, slots=True)
class TermMove:
    """How one term of the resident memory, or "rss" as a whole, has moved.

    `bytes` is what it is now, `change_bytes` what it gained over `minutes`. `bytes_per_minute` is
    its pace, 95 times of 100 between `low` and `high`; `confidence`, 0 to 1, that of the direction.
    `growing` is True where it rises beyond doubt and has not slowed down.
    """

    name: str
    bytes: int
    change_bytes: float
    minutes: float
    bytes_per_minute: float
    low: float
    high: float
    confidence: float
    growing: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What helps to judge an image; every part of it may be missing.

    `summaries` are those of earlier images of the process (`growth.Summary.to_bytes`), oldest
    first. `requests` had ended in all when the image was taken, `routes` says how many of each
    route; `routes_before` how many when the first of `summaries` was taken, and `routes_at` when
    each of them was. `terms` are the moves of resident memory. `uptime_seconds` have passed since
    the middleware was made; `collects` is whether the cycle collector runs by itself. `lives` are
    those of workers of the same app and code that have ended.
    """

    summaries: tuple[bytes, ...] = ()
    requests: int | None = None
    routes: Mapping[str, int] = field(default_factory=dict)
    routes_before: Mapping[str, int] = field(default_factory=dict)
    routes_at: tuple[Mapping[str, int], ...] = ()
    terms: tuple[TermMove, ...] = ()
    uptime_seconds: float | None = None
    collects: bool | None = None
    lives: tuple[Life, ...] = ()

    def routes_since(self, index: int) -> dict[str, int]:
        """Requests by route that ended since the summary at `index` was taken."""
        before = self.routes_at[index] if index < len(self.routes_at) else self.routes_before
        return {
            route: passed
            for route, count in self.routes.items()
            if (passed := count - before.get(route, 0)) > 0
        }

    def without_summaries(self) -> Self:
        """The same as if no image had been taken before."""
        return dataclasses.replace(self, summaries=(), routes_before={}, routes_at=())

    def to_dict(self) -> dict[str, Any]:
        """The evidence as JSON-able values."""
        return {
            "format": FORMAT,
            "summaries": [base64.b64encode(summary).decode() for summary in self.summaries],
            "requests": self.requests,
            "routes": dict(self.routes),
            "routes_before": dict(self.routes_before),
            "routes_at": [dict(routes) for routes in self.routes_at],
            "terms": [dataclasses.asdict(move) for move in self.terms],
            "uptime_seconds": self.uptime_seconds,
            "collects": self.collects,
            "lives": [life.to_dict() for life in self.lives],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The evidence that `to_dict` wrote. Raises ValueError for anything else."""
        try:
            if data["format"] != FORMAT:
                raise ValueError(f"the format is {data['format']!r}, not {FORMAT!r}")
            return cls(
                summaries=tuple(base64.b64decode(text) for text in data["summaries"]),
                requests=data["requests"],
                routes=dict(data["routes"]),
                routes_before=dict(data["routes_before"]),
                routes_at=tuple(dict(routes) for routes in data["routes_at"]),
                terms=tuple(TermMove(**move) for move in data["terms"]),
                uptime_seconds=data["uptime_seconds"],
                collects=data.get("collects"),
                lives=tuple(Life.from_dict(life) for life in data.get("lives", ())),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is no evidence: {error!r}") from error

    def to_bytes(self) -> bytes:
        """JSON, for a pipe or a file."""
        return json.dumps(self.to_dict(), separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The evidence that `to_bytes` wrote. Raises ValueError for anything else."""
        document = json.loads(data)
        if not isinstance(document, dict):
            raise ValueError("this is no evidence: it is no JSON object")
        return cls.from_dict(document)
