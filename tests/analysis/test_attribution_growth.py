"""The join with what has grown since earlier images."""

from __future__ import annotations

import pytest

from leakguard.analysis.attribution import attribute
from leakguard.analysis.evidence import Evidence
from leakguard.analysis.growth import Survey, compare, merge
from leakguard.analysis.heap import Heap
from leakguard.analysis.suspects import find_suspects
from leakguard.image import EdgeKind, SampleKind, TypeKind

KB = 1000
COUNTS = (1000, 2000, 3000, 4000, 5000)
INTERVAL, MINUTE = 65_536, 60


@pytest.fixture
def joined(heap):
    """`joined(build, sample, routes_at)`: the last of images taken a minute apart, with samples.

    `build(heap, count)` fills each of them and returns nodes, `sample(builder, nodes)` the last.
    """

    def run(build, sample, routes_at=()):
        summaries = []
        for at, count in enumerate(COUNTS):
            made = type(heap)()
            made.builder.meta["created"] = 1e9 + at * MINUTE
            nodes = build(made, count)
            if count == COUNTS[-1]:
                sample(made.builder, nodes)
            with made.builder.image() as image:
                survey = Survey(image, summaries[0].keys if summaries else None)
                summaries.append(survey.summary(requests=1000 * at))
                whole, growth = Heap(image), compare(summaries)
                merged = merge(
                    find_suspects(whole, 5),
                    growth,
                    heap=whole,
                    survey=survey,
                    summary=summaries[-1],
                )
                found, routes = attribute(
                    whole,
                    merged.suspects,
                    growth=growth,
                    survey=survey,
                    summary=summaries[-1],
                    evidence=Evidence(
                        requests=1000 * at,
                        routes=routes_at[-1] if routes_at else {},
                        routes_before=routes_at[0] if routes_at else {},
                        routes_at=tuple(routes_at),
                    ),
                )
        return growth, [one.suspect for one in found], {row.route: row for row in routes}

    return run


def carts(heap, count):
    holder = heap.variable(heap.shop, "CARTS", "list", 8 * KB, TypeKind.LIST)
    return heap.fill(holder, count, 700)


def add(builder, nodes, route, *, age_seconds, line=1):
    stack = builder.stack([("shop.view", "/srv/app/shop.py", line)])
    for node in nodes:
        builder.sample(
            node, INTERVAL, 700, route, stack, SampleKind.STRONG, 1000 * age_seconds, 1000
        )


def test_what_was_there_before_does_not_vote(joined):
    def sample(builder, nodes):
        old, new = builder.route("GET /old", 900), builder.route("GET /new", 4000)
        add(builder, nodes[:500], old, age_seconds=9 * MINUTE, line=1)
        add(builder, nodes[4000:4050], new, age_seconds=1, line=2)

    passed = [{"GET /old": 900, "GET /new": 800 * at} for at in range(5)]
    growth, (suspect,), routes = joined(carts, sample, passed)
    assert growth.ready
    assert suspect.holder == "shop.CARTS"
    (share,) = suspect.routes
    assert share.route == "GET /new"
    assert share.requests == 800 * (4 - growth.start)
    assert share.bytes_per_request == pytest.approx(suspect.growth_bytes / share.requests, abs=0.1)
    assert share.bytes_per_request == pytest.approx(875, rel=0.01)
    assert [line.line for line in suspect.lines] == [2]
    new, old = routes["GET /new"], routes["GET /old"]
    assert (new.suspects, old.suspects) == ((1,), ())
    assert new.strong_bytes == suspect.growth_bytes
    assert old.strong_bytes == suspect.retained_bytes - suspect.growth_bytes
    assert (new.bytes_per_request, old.bytes_per_request) == (share.bytes_per_request, 0)


def test_where_nobody_counts_requests_by_route(joined):
    def sample(builder, nodes):
        add(builder, nodes[-50:], builder.route("GET /new", 4000), age_seconds=1)

    _, (suspect,), _ = joined(carts, sample)
    assert [(share.route, share.requests) for share in suspect.routes] == [("GET /new", 0)]
    assert suspect.routes[0].bytes_per_request is None


def test_without_a_new_sample_the_old_ones_tell(joined):
    def sample(builder, nodes):
        add(builder, nodes[:50], builder.route("GET /a", 4000), age_seconds=9 * MINUTE)

    _, (suspect,), _ = joined(carts, sample)
    assert [share.route for share in suspect.routes] == ["GET /a"]


def test_what_two_owners_hold_belongs_to_the_path_that_grew(joined):
    def build(heap, count):
        holder = heap.variable(heap.shop, "CARTS", "list", 8 * KB, TypeKind.LIST)
        index = heap.variable(heap.shop, "INDEX", "dict", 8 * KB, TypeKind.DICT)
        nodes = heap.fill(holder, count, 700)
        for at, node in enumerate(nodes):
            heap.edge(index, EdgeKind.DATA_KEY, 1 << 24 | at, node)
        return nodes

    def sample(builder, nodes):
        add(builder, nodes[-50:], builder.route("GET /a", 4000), age_seconds=1)

    _, suspects, routes = joined(build, sample)
    assert [share.route for share in suspects[0].routes] == ["GET /a"]
    assert routes["GET /a"].suspects == (1,)


def test_lists_that_many_objects_hold_are_one_suspect(joined):
    def build(heap, count):
        users = heap.variable(heap.shop, "USERS", "list", 8 * KB, TypeKind.LIST)
        below = heap.fill(users, 20, 100, "shop.User")
        logs = [heap.slot(user, "log", "list", 8 * KB, TypeKind.LIST) for user in below]
        return [heap.fill(logs[at % 20], 1, 700, "shop.Entry")[0] for at in range(count)]

    def sample(builder, nodes):
        add(builder, nodes[-60:], builder.route("GET /a", 4000), age_seconds=1)

    _, (suspect,), _ = joined(build, sample)
    assert [share.route for share in suspect.routes] == ["GET /a"]
    assert suspect.routes[0].share == 1.0
    assert suspect.lines[0].bytes == suspect.growth_bytes


def test_lists_that_one_dict_has_by_data_are_one_suspect_with_all_of_their_routes(joined):
    sizes = (200, 400, 800)

    def build(heap, count):
        table = heap.variable(heap.shop, "BUCKETS", "dict", 8 * KB, TypeKind.DICT)
        nodes = []
        for key, size in enumerate(sizes):
            bucket = heap.node("list", 8 * count, TypeKind.LIST)
            heap.edge(table, EdgeKind.DATA_KEY, key, bucket)
            nodes.append(heap.fill(bucket, count, size))
        return nodes

    def sample(builder, nodes):
        for key, size in enumerate(sizes):
            route = builder.route(f"GET /bucket{key}", 4000)
            add(builder, nodes[key][-size // 4 :], route, age_seconds=1)

    routes = [{f"GET /bucket{key}": 1000 * at for key in range(3)} for at in range(5)]
    _, suspects, rows = joined(build, sample, routes)
    (one,) = suspects
    assert (one.holder, one.object_count) == ("shop.BUCKETS[str]", 15_000)
    assert one.retained_bytes == pytest.approx(5000 * (sum(sizes) + 3 * 8), rel=0.02)
    assert one.growth_bytes == pytest.approx(3000 * (sum(sizes) + 3 * 8), rel=0.02)
    assert {share.route: share.share for share in one.routes} == pytest.approx(
        {f"GET /bucket{key}": size / sum(sizes) for key, size in enumerate(sizes)}, rel=0.02
    )
    assert rows["GET /bucket2"].suspects == (1,)
    assert rows["GET /bucket0"].bytes_per_request == pytest.approx(200, rel=0.1)
