"""axe-core finds nothing serious on any view, in light and in dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from serving import Server

    from tests.browser.visitor import Visitor

pytestmark = pytest.mark.e2e

VIEWS = {
    "#overview": ".memory-chart canvas",
    "#graph?suspect=1": "#lg-graph[data-nodes]",
    "#explore?show=types": "#lg-explore tbody tr",
    "#explore?show=dominators": ".dominator-tree .line",
    "#explore?show=modules": ".treemap canvas",
    "#compare": ".comparison tbody tr",
}


def serious(visitor: Visitor, axe: str) -> list[dict[str, Any]]:
    visitor.page.evaluate(axe)
    found: dict[str, Any] = visitor.page.evaluate(
        "axe.run(document, {resultTypes: ['violations']})"
    )
    return [
        {"rule": one["id"], "at": [node["html"][:200] for node in one["nodes"][:3]]}
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("dark", [False, True])
def test_no_view_has_a_serious_finding(
    visit: Callable[..., Visitor], shop: Server, axe: str, dark: bool
) -> None:
    visitor = visit(shop, dark=dark)
    for place, shown in VIEWS.items():
        visitor.go(place)
        visitor.find(shown).first.wait_for()
        assert serious(visitor, axe) == [], place
