"""One figure of a benchmark, and the table that shows many."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_WIDTHS = (58, 13, 14)


@dataclass(frozen=True)
class Figure:
    """What was measured; `limit` is the most it should be, None for mere information."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    detail: str = ""

    @property
    def verdict(self) -> str:
        if self.limit is None:
            return ""
        return "PASS" if self.value <= self.limit else "over"


def rounds(measures: Mapping[str, Callable[[], float]], count: int) -> dict[str, list[float]]:
    """Every measure once in each round, so that a busy machine disturbs all of them alike.

    The order is turned round by round: no measure always follows the same other one.
    """
    names = list(measures)
    results: dict[str, list[float]] = {name: [] for name in names}
    for number in range(count):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            results[name].append(measures[name]())
    return results


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def spread(values: Sequence[float], scale: float = 1.0) -> str:
    """Smallest to largest, for the column beside a median."""
    return f"{min(values) * scale:.3g} to {max(values) * scale:.3g}"


def table(figures: Iterable[Figure]) -> str:
    lines = []
    for figure in figures:
        value = f"{_number(figure.value)} {figure.unit}"
        limit = "" if figure.limit is None else f"<= {_number(figure.limit)} {figure.unit}"
        cells = (figure.name.ljust(_WIDTHS[0]), value.rjust(_WIDTHS[1]), limit.rjust(_WIDTHS[2]))
        lines.append("  ".join((*cells, figure.verdict.ljust(4), figure.detail)).rstrip())
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
