"""The join on heaps written by hand: routes, lines and bytes of each suspect."""

from __future__ import annotations

import pytest

from leakguard.analysis.attribution import attribute
from leakguard.analysis.evidence import Evidence
from leakguard.analysis.heap import Heap
from leakguard.analysis.suspects import find_suspects
from leakguard.image import EdgeKind, SampleKind, TypeKind

KB, MB = 1000, 1_000_000
INTERVAL = 65_536
APP, LIBRARY = "/srv/app/shop.py", "/usr/lib/python3/site-packages/lib/core.py"


class Sampled:
    """A heap to which samples are added, each standing for an interval."""

    def __init__(self, heap):
        self.heap = heap
        self.builder = heap.builder

    def stack(self, line, *, library=False):
        inner = [("lib.core.make", LIBRARY, 7)] if library else []
        return self.builder.stack([*inner, ("shop.view", APP, line), ("lib.core.run", LIBRARY, 90)])

    def samples(self, nodes, route, stack=0, *, kind=SampleKind.STRONG, age_ms=0, size=100):
        for node in nodes:
            self.builder.sample(node, INTERVAL, size, route, stack, kind, age_ms, 1000)

    def join(self, **options):
        with self.builder.image() as image:
            heap = Heap(image)
            judged = find_suspects(heap, 5)
            found, routes = attribute(heap, judged, **options)
            return [judgement.suspect for judgement in found], {row.route: row for row in routes}

    def leak(self, name, count, size, type_name="shop.Cart", **more):
        """A list in a variable of the app, and what is in it."""
        holder = self.heap.variable(self.heap.shop, name, "list", 8 * count, TypeKind.LIST)
        return holder, self.heap.fill(holder, count, size, type_name, **more)


@pytest.fixture
def sampled(heap):
    return Sampled(heap)


def test_without_samples_nothing_changes(sampled):
    sampled.leak("CARTS", 1000, 2 * KB)
    (suspect,), routes = sampled.join()
    assert suspect.routes == suspect.lines == ()
    assert routes == {}


def test_one_route_and_its_line(sampled):
    cart = sampled.builder.route("GET /cart/{n}", 1000)
    sampled.builder.route("GET /health", 9000)
    _, carts = sampled.leak("CARTS", 1000, 2 * KB)
    sampled.samples(carts[::20], cart, sampled.stack(41))
    (suspect,), routes = sampled.join()
    (share,) = suspect.routes
    assert (share.route, share.share, share.requests) == ("GET /cart/{n}", 1.0, 1000)
    assert share.bytes_per_request == pytest.approx(2008)
    assert suspect.bytes_per_request == pytest.approx(2008)
    (line,) = suspect.lines
    assert (line.file, line.line, line.function, line.share) == (APP, 41, "shop.view", 1.0)
    memory = routes["GET /cart/{n}"]
    assert memory.strong_bytes == memory.live_bytes == 2_008_000
    assert memory.suspects == (1,)
    assert memory.lines == suspect.lines
    clean = routes["GET /health"]
    assert (clean.live_bytes, clean.strong_bytes, clean.weak_bytes) == (0, 0, 0)
    assert (clean.bytes_per_request, clean.suspects, clean.lines) == (0.0, (), ())


def test_two_routes_into_the_same_list(sampled):
    cart, admin = sampled.builder.route("GET /cart", 10_000), sampled.builder.route("GET /adm", 500)
    _, carts = sampled.leak("CARTS", 1100, 100 * KB)
    sampled.samples(carts[:1000], cart, sampled.stack(41))
    sampled.samples(carts[1000:], admin, sampled.stack(77))
    (suspect,), routes = sampled.join()
    assert [share.route for share in suspect.routes] == ["GET /cart", "GET /adm"]
    first, second = suspect.routes
    assert first.share == pytest.approx(10 / 11, abs=1e-4)
    assert second.share == pytest.approx(1 / 11, abs=1e-4)
    assert second.bytes_per_request == pytest.approx(suspect.retained_bytes / 11 / 500, rel=1e-3)
    assert 0 < second.margin < 0.03
    assert [line.line for line in suspect.lines] == [41, 77]
    assert {name for name, row in routes.items() if row.suspects} == {"GET /cart", "GET /adm"}


def test_two_leaks_beside_a_warm_cache_have_their_own_routes(sampled):
    one, two = sampled.builder.route("GET /one", 1000), sampled.builder.route("GET /two", 1000)
    three = sampled.builder.route("GET /three", 1000)
    _, first = sampled.leak("FIRST", 2000, 2 * KB)
    _, second = sampled.leak("SECOND", 1000, 2 * KB, "shop.Order")
    cache = sampled.heap.variable(sampled.heap.shop, "CACHE", "dict", 300, TypeKind.DICT)
    warm = sampled.heap.fill(cache, 30, 5 * KB, "shop.Page", EdgeKind.DATA_KEY)
    sampled.samples(first[::30], one, sampled.stack(10))
    sampled.samples(second[::30], two, sampled.stack(20))
    sampled.samples(warm[:4], three, sampled.stack(30))
    suspects, routes = sampled.join()
    assert [[share.route for share in found.routes] for found in suspects] == [
        ["GET /one"],
        ["GET /two"],
    ]
    assert [found.lines[0].line for found in suspects] == [10, 20]
    assert routes["GET /three"].suspects == ()
    assert routes["GET /three"].bytes_per_request == 0
    assert routes["GET /three"].strong_bytes == 4 * INTERVAL


def test_what_two_owners_hold_belongs_to_the_suspect_on_its_path(sampled):
    route = sampled.builder.route("GET /a", 100)
    holder, carts = sampled.leak("CARTS", 1000, 2 * KB)
    shared = sampled.heap.fill(holder, 50, 100)
    index = sampled.heap.slot(carts[0], "index", "list", 300, TypeKind.LIST)
    # farther from the root than through CARTS
    far = sampled.heap.variable(sampled.heap.lib, "OTHERS", "list", 300, TypeKind.LIST)
    below = sampled.heap.fill(far, 1, 56, "list", kind=TypeKind.LIST)[0]
    for node in shared:
        sampled.heap.edge(index, EdgeKind.INDEX, 0, node)
        sampled.heap.edge(below, EdgeKind.INDEX, 0, node)
    sampled.samples(shared, route, sampled.stack(5))
    (suspect,), _ = sampled.join()
    assert [share.route for share in suspect.routes] == ["GET /a"]


def test_strays_make_no_route_guilty(sampled):
    leak, clean = sampled.builder.route("GET /leak", 1000), sampled.builder.route("GET /ok", 1000)
    _, carts = sampled.leak("CARTS", 1000, 2 * KB)
    sampled.samples(carts[:60], leak, sampled.stack(41))
    sampled.samples(carts[60:61], clean, sampled.stack(99))
    (suspect,), routes = sampled.join()
    assert [(share.route, share.share) for share in suspect.routes] == [("GET /leak", 1.0)]
    assert [line.line for line in suspect.lines] == [41]
    assert routes["GET /ok"].strong_bytes == 0


def test_weak_samples_do_not_vote_where_there_are_strong_ones(sampled):
    leak, clean = sampled.builder.route("GET /leak", 1000), sampled.builder.route("GET /ok", 1000)
    _, carts = sampled.leak("CARTS", 1000, 2 * KB)
    sampled.samples(carts[:5], leak, sampled.stack(41))
    sampled.samples(carts[5:200], clean, sampled.stack(99), kind=SampleKind.WEAK)
    (suspect,), routes = sampled.join()
    assert [share.route for share in suspect.routes] == ["GET /leak"]
    assert suspect.lines[0].line == 41
    assert routes["GET /ok"].strong_bytes == routes["GET /ok"].weak_bytes == 0


def test_weak_samples_alone_tell_the_route_that_has_more_than_its_requests_explain(sampled):
    routes = [sampled.builder.route(f"GET /{n}", 4000 if n == 0 else 1000) for n in range(12)]
    _, values = sampled.leak("VALUES", 50_000, 24, "float", kind=TypeKind.FLOAT)
    taken = iter(values)
    for route in routes:
        # the busiest route has allocated as many of the blocks as the one that keeps them
        count = 60 if route in (routes[0], routes[7]) else 12
        nodes = [next(taken) for _ in range(count)]
        sampled.samples(nodes, route, sampled.stack(route), kind=SampleKind.WEAK, size=24)
    (suspect,), by_route = sampled.join()
    assert [share.route for share in suspect.routes] == ["GET /7"]
    assert suspect.lines[0].line == routes[7]
    assert by_route["GET /7"].strong_bytes == suspect.retained_bytes
    assert {row.strong_bytes for name, row in by_route.items() if name != "GET /7"} == {0}


def test_the_buffer_of_the_holder_tells_who_fills_it_with_recycled_blocks(sampled):
    clean, leak = sampled.builder.route("GET /sum", 1000), sampled.builder.route("GET /leak", 1000)
    holder, values = sampled.leak("VALUES", 50_000, 24, "float", kind=TypeKind.FLOAT)
    sampled.samples(values[:100], clean, sampled.stack(9), kind=SampleKind.WEAK, size=24)
    sampled.builder.sample(holder, 400_000, 400_000, leak, sampled.stack(41), 1, 5, 1000)
    (suspect,), _ = sampled.join()
    assert [share.route for share in suspect.routes] == ["GET /leak"]
    assert suspect.lines[0].line == 41


def test_the_buffer_of_the_holder_counts_as_one_of_many(sampled):
    minor, major = sampled.builder.route("GET /a", 1000), sampled.builder.route("GET /b", 1000)
    holder, carts = sampled.leak("CARTS", 100_000, 100)
    sampled.samples(carts[:10], minor)
    sampled.samples(carts[10:110], major)
    sampled.builder.sample(holder, 800_000, 800_000, minor, 0, SampleKind.STRONG, 5, 1000)
    (suspect,), _ = sampled.join()
    assert [share.route for share in suspect.routes] == ["GET /b", "GET /a"]
    assert suspect.routes[1].share == pytest.approx(11 / 111, abs=1e-3)


def test_library_lines_stand_where_no_line_is_the_applications(sampled):
    route = sampled.builder.route("GET /a", 100)
    _, carts = sampled.leak("CARTS", 1000, 2 * KB)
    outside = sampled.builder.stack([("lib.core.make", LIBRARY, 7), ("lib.core.run", LIBRARY, 90)])
    sampled.samples(carts[:20], route, sampled.stack(41, library=True))
    sampled.samples(carts[20:80], route, outside)
    (suspect,), _ = sampled.join()
    assert [(line.file, line.line) for line in suspect.lines] == [(APP, 41), (LIBRARY, 7)]
    assert [line.share for line in suspect.lines] == [0.25, 0.75]


def test_at_most_five_lines(sampled):
    route = sampled.builder.route("GET /a", 100)
    _, carts = sampled.leak("CARTS", 1000, 2 * KB)
    for line in range(1, 9):
        sampled.samples(carts[10 * line : 11 * line + line], route, sampled.stack(line))
    (suspect,), _ = sampled.join()
    assert [line.line for line in suspect.lines] == [8, 7, 6, 5, 4]


def test_what_has_just_been_allocated_may_be_in_flight(sampled):
    route = sampled.builder.route("GET /a", 100)
    node = sampled.heap.variable(sampled.heap.shop, "LAST", "shop.Page", 5 * KB)
    sampled.builder.sample(node, INTERVAL, 100, route, 0, SampleKind.STRONG, 5, requests=3)
    sampled.builder.sample(None, INTERVAL, 100, route, 0, SampleKind.WEAK, 5, requests=3)
    _, routes = sampled.join()
    assert (routes["GET /a"].strong_bytes, routes["GET /a"].weak_bytes) == (0, 0)


def test_blocks_that_no_object_owns_count_for_their_route(sampled):
    route = sampled.builder.route("GET /a", 100)
    sampled.samples([None] * 6, route)
    sampled.samples([None] * 5, route, kind=SampleKind.WEAK)
    _, routes = sampled.join()
    assert routes["GET /a"].strong_bytes == 6 * INTERVAL
    assert routes["GET /a"].weak_bytes == 5 * INTERVAL
    assert routes["GET /a"].margin_bytes == round(1.96 * (6 * INTERVAL * (INTERVAL - 100)) ** 0.5)


def test_requests_without_a_route_do_not_vote_beside_others(sampled):
    route, flying = sampled.builder.route("GET /a", 100), sampled.builder.route("(in flight)")
    _, carts = sampled.leak("CARTS", 1000, 2 * KB)
    sampled.samples(carts[:10], route)
    sampled.samples(carts[10:20], flying)
    (suspect,), _ = sampled.join()
    assert [(share.route, share.share) for share in suspect.routes] == [("GET /a", 1.0)]


def test_requests_that_nobody_counts(sampled):
    route = sampled.builder.route("background", 0)
    _, carts = sampled.leak("CARTS", 1000, 2 * KB)
    sampled.samples(carts[:10], route)
    (suspect,), routes = sampled.join()
    assert suspect.routes[0].bytes_per_request is None
    assert suspect.bytes_per_request is None
    assert routes["background"].bytes_per_request == 0
    assert routes["background"].strong_bytes == suspect.retained_bytes


def test_leaves_that_are_folded_into_the_holder_are_no_buffer(sampled):
    first, second = sampled.builder.route("GET /a", 1000), sampled.builder.route("GET /b", 1000)
    text = sampled.builder.type("str", TypeKind.STR)
    holder = sampled.heap.variable(
        sampled.heap.shop, "NAMES", "list", 2 * MB, TypeKind.LIST, folded=20_000, folded_type=text
    )
    sampled.samples([holder] * 30, first)
    sampled.samples([holder] * 10, second)
    sampled.builder.sample(holder, 170_000, 160_000, second, 0, SampleKind.STRONG, 5, 1000)
    (suspect,), _ = sampled.join()
    assert [share.route for share in suspect.routes] == ["GET /a", "GET /b"]
    assert suspect.routes[0].share == pytest.approx(30 / 41, abs=1e-3)


def test_a_few_samples_beside_the_suspects_say_nothing(sampled):
    route = sampled.builder.route("GET /a", 100)
    sampled.samples([None] * 3, route)
    sampled.samples([None] * 3, route, kind=SampleKind.WEAK)
    _, routes = sampled.join()
    row = routes["GET /a"]
    assert (row.strong_bytes, row.weak_bytes, row.margin_bytes, row.lines) == (0, 0, 0, ())


def test_lines_that_recycled_blocks_of_all_routes_come_from_are_no_leak(sampled):
    leak, clean = sampled.builder.route("GET /leak", 1000), sampled.builder.route("GET /ok", 9000)
    holder, values = sampled.leak("VALUES", 50_000, 24, "float", kind=TypeKind.FLOAT)
    churn = sampled.stack(70)
    sampled.samples(values[:180], clean, churn, kind=SampleKind.WEAK)
    sampled.samples(values[180:200], leak, churn, kind=SampleKind.WEAK)
    sampled.samples(values[200:210], leak, sampled.stack(41), kind=SampleKind.WEAK)
    # the line that fills the holder, and one that made a small part of what it holds
    sampled.builder.sample(holder, 400_000, 400_000, leak, sampled.stack(55), 1, 5, 1000)
    sampled.samples(values[210:213], leak, sampled.stack(12))
    (suspect,), _ = sampled.join()
    assert [share.route for share in suspect.routes] == ["GET /leak"]
    assert [line.line for line in suspect.lines] == [55, 41, 12]


def test_what_waits_for_the_next_collection_is_no_memory_of_a_route(sampled):
    clean = sampled.builder.route("GET /clean", 1000)
    waiting = [sampled.heap.node("shop.Node", 100) for _ in range(40)]
    sampled.samples(waiting, clean)
    assert sampled.join()[1]["GET /clean"].strong_bytes == 0
    _, routes = sampled.join(evidence=Evidence(requests=1000, collects=False))
    assert routes["GET /clean"].strong_bytes == 40 * INTERVAL
