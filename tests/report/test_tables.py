from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from leakguard.analysis.findings import Suspect, TypeRow
from leakguard.analysis.route_findings import RouteShare
from leakguard.report.columns import width
from leakguard.report.routes import MemoryRow, Row
from leakguard.report.style import Style
from leakguard.report.tables import Table, routes_table, suspects_table, types_table

PLAIN = Style()


def test_a_table_without_room_counts_what_it_leaves_out() -> None:
    table = Table("head", ["a", "b", "c", "d"], "rows")
    assert table.lines(5) == ["head", "a", "b", "c", "d"]
    assert table.lines(4) == ["head", "a", "b", "   … and 2 more rows"]
    assert table.lines(2) == ["head", "   … and 4 more rows"]
    assert table.lines(1) == []


def test_an_empty_table_says_nothing() -> None:
    assert Table("head", [], "rows").lines(9) == []
    assert Table("head", [], "rows").height == 0


def test_suspects_tell_size_share_kind_and_holder(carts: Suspect, listeners: Suspect) -> None:
    _, first, second = suspects_table([carts, listeners], 80, PLAIN).lines(9)
    assert first.split() == [
        *("1", "97.3", "MB", "66", "%", "global", "cache"),
        *("shop.cart.CARTS:", "41,207", "×", "Cart"),
    ]
    assert second.index("shop.bus.emitter") == first.index("shop.cart.CARTS")


def test_a_holder_that_is_too_long_keeps_its_end(carts: Suspect) -> None:
    suspect = replace(carts, holder="package." * 20 + "CARTS")
    _, row = suspects_table([suspect], 80, PLAIN).lines(9)
    assert row.endswith("package.CARTS")
    assert "…" in row
    assert width(row) == 80


def test_types_and_routes_align_their_figures() -> None:
    types = [TypeRow("dict", 5, 1_000, 2_000), TypeRow("shop.Cart", 41_207, 9, 97_300_000)]
    lines = types_table(types, 80, PLAIN).lines(9)
    assert lines[2].split() == ["shop.Cart", "41,207", "9", "B", "97.3", "MB"]
    assert len({width(line) for line in lines}) == 1

    row = SimpleNamespace(
        route="GET /cart/{n}",
        requests=3_200,
        errors=1,
        in_flight=2,
        mean_seconds=0.0021,
        memory=None,
    )
    lines = routes_table([row], 80, PLAIN).lines(9)
    assert lines[0].split() == ["routes", "requests", "errors", "in", "flight", "mean"]
    assert lines[1].split() == ["GET", "/cart/{n}", "3,200", "1", "2", "2.1", "ms"]
    assert width(lines[0]) == width(lines[1])


def test_routes_tell_what_is_alive_of_what_they_allocated() -> None:
    def route(name: str, live: int, pace: float, confidence: float) -> Row:
        memory = MemoryRow(live, 0, live / 3_200, pace, confidence, ())
        return Row(name, 3_200, 0, 0, 0.0021, memory)

    rows = [
        route("GET /health", 0, 90_000.0, 0.7),
        route("GET /cart/{n}", 2_912_000, 1_100_000.0, 0.99),
    ]
    lines = routes_table(rows, 80, PLAIN).lines(9)
    assert lines[0].split()[-4:] == ["live", "a", "request", "growing"]
    assert lines[1].split()[1:] == [
        *("/cart/{n}", "3,200", "0", "2.1", "ms", "2.91", "MB", "910", "B", "1.10", "MB/min")
    ]
    assert lines[2].split()[-1] == "-"
    assert len({width(line) for line in lines}) == 1
    narrow = routes_table(rows, 60, PLAIN).lines(9)
    assert narrow[0].split() == ["routes", "requests", "live", "a", "request", "growing"]
    assert narrow[1].split()[:2] == ["GET", "/cart/{n}"]
    assert max(map(width, narrow)) <= 60


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_suspects_tell_growth_and_routes_where_they_are_known(
    carts: Suspect, listeners: Suspect, columns: int
) -> None:
    routes = (
        RouteShare("GET /cart/{n}", 0.91, 3_200, 910.0),
        RouteShare("POST /cart", 0.09, 20, 90.0),
    )
    grown = replace(carts, growth_bytes=96_100_000, moves="growing", routes=routes)
    steady = replace(listeners, growth_bytes=0, moves="steady")
    heading, first, second = suspects_table([grown, steady], columns, PLAIN).lines(9)
    assert heading.split()[:3] == ["#", "retained", "grew"]
    assert first.split()[:5] == ["1", "97.3", "MB", "+96.1", "MB"]
    assert "(steady)" in second
    assert ("requests of" in heading) == (" 91 %, +1" in first) == (columns > 60)
    assert max(map(width, (heading, first, second))) <= columns


def test_what_leaks_stands_first_then_what_is_alive_then_what_is_busy() -> None:
    def row(name: str, requests: int, live: int, suspects: tuple[int, ...] = ()) -> Row:
        memory = MemoryRow(live, 0, 0.0, 0.0, 0.0, (), suspects=suspects)
        return Row(f"GET /{name}", requests, 0, 0, 0.001, memory)

    rows = [
        row("idle", 1, 0),
        row("busy", 9_000, 0),
        row("warm", 5, 900_000),
        row("leak", 7, 1, (1,)),
    ]
    lines = routes_table(rows, 80, PLAIN).lines(9)[1:]
    assert [line.split()[1] for line in lines] == ["/leak", "/warm", "/busy", "/idle"]
    counted = [replace(one, memory=None) for one in rows]
    lines = routes_table(counted, 80, PLAIN).lines(9)[1:]
    assert [line.split()[1] for line in lines] == ["/busy", "/leak", "/warm", "/idle"]


def test_what_is_no_request_has_no_mean_and_no_bytes_a_request() -> None:
    memory = MemoryRow(1_600_000, 0, 0.0, None, None, ())
    cells = routes_table([Row("(no request)", 0, 0, 0, 0.0, memory)], 80, PLAIN).lines(9)[1].split()
    assert cells[2:] == ["0", "0", "-", "1.60", "MB", "-", "-"]


def test_what_no_suspect_holds_has_no_bytes_a_request_yet() -> None:
    live, none = (MemoryRow(size, 0, 0.0, None, None, ()) for size in (1_300_000, 0))
    rows = [Row("GET /a", 700, 0, 0, 0.001, live), Row("GET /b", 800, 0, 0, 0.001, none)]
    _, first, second = routes_table(rows, 80, PLAIN).lines(9)
    assert first.split()[-4:] == ["1.30", "MB", "-", "-"]
    assert second.split()[-5:] == ["0", "B", "0", "B", "-"]


def test_a_route_has_the_columns_that_no_holder_needs(carts: Suspect) -> None:
    route = "GET /sessions/<int:n>/carts/<int:m>"
    routes = (RouteShare(route, 1.0, 3_200, 910.0),)
    short = replace(carts, holder="fl.CARTS", routes=routes)
    _, row = suspects_table([short], 90, PLAIN).lines(9)
    assert f"  {route} 100 %" in row
    assert "fl.CARTS" in row
    assert width(row) == 90


def test_routes_that_differ_by_their_paths_are_told_apart(carts: Suspect) -> None:
    told = [
        replace(
            carts,
            holder="shop.views.ordered.receivers",
            growth_bytes=5,
            routes=(RouteShare(f"GET /{name}/<int:number>/", 1.0, 3_200, 910.0),),
        )
        for name in ("cart", "price", "pay")
    ]
    rows = suspects_table(told, 80, PLAIN).lines(9)[1:]
    for name, row in zip(("cart", "price", "pay"), rows, strict=True):
        assert f"GET /{name}/…/ 100 %" in row


def test_figures_without_room_for_a_name_stay_within_the_screen() -> None:
    busy = Row("GET /a", 10**9, 10**9, 10**9, 864_000_000.0, None)
    assert [width(line) for line in routes_table([busy], 60, PLAIN).lines(9)] == [60, 60]
