"""Pictures that need no script: SVG whose numbers are attributes, coloured by the style sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from leakguard.process.terms import TERM_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.page.facts import Point

WIDTH, HEIGHT = 1000, 200
_MOST_POINTS = 120
_LEAST_POINTS = 3

_BAR = Markup(
    '<svg class="bar{}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
    '<rect class="track" width="100" height="6"/>{}</svg>'
)
_PART = Markup('<rect class="{}" x="{}" width="{}" height="6"/>')
_AREA = Markup('<polygon class="term-{}" points="{}"/>')
_CHART = Markup(
    '<svg class="chart" viewBox="0 0 1000 200" preserveAspectRatio="none" role="img"'
    ' aria-label="{}">{}</svg>'
)
_SPARK = Markup(
    '<svg class="spark" viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">'
    '<polyline points="{}"/></svg>'
)


def bar(share: float, kind: str = "") -> Markup:
    """One bar, `share` (0 to 1) of it filled."""
    return _BAR.format(f" {kind}" if kind else "", _part("fill", 0.0, share))


def stacked(parts: Sequence[tuple[str, float]]) -> Markup:
    """One bar of several parts: the name of the term, and its share of the whole."""
    drawn, start = [], 0.0
    for term, share in parts:
        drawn.append(_part(f"term-{term}", start, share))
        start += share
    return _BAR.format(" stacked", Markup("").join(drawn))


def swatch(term: str) -> Markup:
    """The colour of a term, for a legend."""
    return Markup(
        '<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">'
        '<rect class="term-{}" width="10" height="10"/></svg>'
    ).format(term)


def areas(points: Sequence[Point], label: str) -> Markup:
    """The terms over time, stacked; empty with too few points."""
    known = [point for point in points if point.rss]
    known = known[:: len(known) // _MOST_POINTS + 1]
    if len(known) < _LEAST_POINTS or known[-1].at <= known[0].at:
        return Markup("")
    start, span = known[0].at, known[-1].at - known[0].at
    most = max(sum(point.terms.get(term) or 0 for term in TERM_NAMES) for point in known) or 1
    x = [WIDTH * (point.at - start) / span for point in known]
    below = [0.0] * len(known)
    drawn = []
    for term in TERM_NAMES:
        above = [b + (point.terms.get(term) or 0) for b, point in zip(below, known, strict=True)]
        edge = [*zip(x, above, strict=True), *zip(reversed(x), reversed(below), strict=True)]
        path = " ".join(f"{_digits(at)},{_digits(HEIGHT * (1 - v / most))}" for at, v in edge)
        drawn.append(_AREA.format(term, path))
        below = above
    return _CHART.format(label, Markup("").join(drawn))


def spark(points: Sequence[tuple[float, int]]) -> Markup:
    """A line of bytes over time, from zero; empty with too few points."""
    if len(points) < _LEAST_POINTS or points[-1][0] <= points[0][0]:
        return Markup("")
    start, span = points[0][0], points[-1][0] - points[0][0]
    most = max(value for _, value in points) or 1
    path = " ".join(
        f"{_digits(100 * (at - start) / span)},{_digits(1 + 18 * (1 - value / most))}"
        for at, value in points
    )
    return _SPARK.format(path)


def _part(kind: str, start: float, share: float) -> Markup:
    share = min(max(share, 0.0), 1.0)
    return _PART.format(kind, _digits(100 * start), _digits(100 * share))


def _digits(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
