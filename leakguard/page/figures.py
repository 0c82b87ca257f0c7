"""Pictures that need no script: SVG whose numbers are attributes, coloured by the style sheet.

Size and colours are attributes too, which a style sheet overrides: a page that was saved or pasted
somewhere without it is still to be read."""

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
_LEAST_OF_A_LINE = 2
_FLAT = 0.9
"""From which part of the highest value on a line is drawn at least: what hardly moves looks so."""

_COLOURS = {
    "fill": "#2f6db3",
    "term-python_objects": "#2f6db3",
    "term-python_slack": "#86b6e6",
    "term-c_heap_in_use": "#b5541c",
    "term-c_heap_free": "#e8ae80",
    "term-mappings": "#6b8f3a",
    "term-rest": "#8b8794",
}
_BAR = Markup(
    '<svg class="bar{}" viewBox="0 0 100 6" preserveAspectRatio="none" width="{}" height="{}"'
    ' aria-hidden="true"><rect class="track" width="100" height="6" fill="#eceae4"/>{}</svg>'
)
_PART = Markup('<rect class="{}" x="{}" width="{}" height="6" fill="{}"/>')
_AREA = Markup('<polygon class="{}" points="{}" fill="{}"/>')
_CHART = Markup(
    '<svg class="chart" viewBox="0 0 1000 200" preserveAspectRatio="none" width="600" height="160"'
    ' role="img" aria-label="{}">{}</svg>'
)
_SPARK = Markup(
    '<svg class="spark" viewBox="0 0 100 20" preserveAspectRatio="none" width="110" height="22"'
    ' role="img" aria-label="{}"><polyline points="{}" fill="none" stroke="#2f6db3"/></svg>'
)


def bar(share: float, kind: str = "") -> Markup:
    """One bar, `share` (0 to 1) of it filled."""
    return _BAR.format(f" {kind}" if kind else "", 100, 8, _part("fill", 0.0, share))


def stacked(parts: Sequence[tuple[str, float]]) -> Markup:
    """One bar of several parts: the name of the term, and its share of the whole."""
    drawn, start = [], 0.0
    for term, share in parts:
        drawn.append(_part(f"term-{term}", start, share))
        start += share
    return _BAR.format(" stacked", 600, 20, Markup("").join(drawn))


def swatch(term: str) -> Markup:
    """The colour of a term, for a legend."""
    return Markup(
        '<svg class="swatch" viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">'
        '<rect class="{}" width="10" height="10" fill="{}"/></svg>'
    ).format(f"term-{term}", _COLOURS[f"term-{term}"])


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
        kind = f"term-{term}"
        drawn.append(_AREA.format(kind, path, _COLOURS[kind]))
        below = above
    return _CHART.format(label, Markup("").join(drawn))


def spark(points: Sequence[tuple[float, int]], label: str, *, from_zero: bool = True) -> Markup:
    """A small line of bytes over time, from zero or from about the lowest; empty with too few
    points."""
    if len(points) < _LEAST_OF_A_LINE or points[-1][0] <= points[0][0]:
        return Markup("")
    start, span = points[0][0], points[-1][0] - points[0][0]
    most = max(value for _, value in points) or 1
    least = 0.0 if from_zero else min(_FLAT * most, *(value for _, value in points))
    path = " ".join(
        f"{_digits(100 * (at - start) / span)},"
        f"{_digits(1 + 18 * (1 - (value - least) / (most - least)))}"
        for at, value in points
    )
    return _SPARK.format(label, path)


def _part(kind: str, start: float, share: float) -> Markup:
    share = min(max(share, 0.0), 1.0)
    return _PART.format(kind, _digits(100 * start), _digits(100 * share), _COLOURS[kind])


def _digits(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
