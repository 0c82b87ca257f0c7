"""What is suspected in heaps made by hand, what is not, and in which order."""

from __future__ import annotations

import pytest

from leakguard.image import EdgeKind, Ident, RootKind, TypeKind

KB, MB = 1000, 1_000_000


def only(findings):
    (suspect,) = findings.suspects
    return suspect


def edges(suspect):
    return [link.edge for link in suspect.chain]


def closure_chain(heap, repeats, size):
    """`the_thing` keeps its predecessor through the free variable of a method."""
    owner = (heap.shop, EdgeKind.KEY, "the_thing")
    make = Ident("shop.replace_thing.<locals>.method", "/srv/app/shop.py", 12)
    for _ in range(repeats):
        thing = heap.edge(*owner, heap.node("shop.Thing", 56, flags=3))
        heap.edge(thing, EdgeKind.ATTR, "payload", heap.node("list", size, TypeKind.LIST))
        method = heap.node("function", 150, TypeKind.FUNCTION, ident=make)
        heap.edge(thing, EdgeKind.ATTR, "method", method)
        closure = heap.slot(method, "__closure__", "tuple", 48, TypeKind.TUPLE)
        cell = heap.node("cell", 40, TypeKind.CELL)
        heap.edge(closure, EdgeKind.CELL, "original", cell)
        owner = (cell, EdgeKind.SLOT, "cell_contents")


def test_nothing_stands_out(heap):
    findings = heap.analyse()
    assert findings.suspects == ()
    assert findings.verdict.kind == "none"
    assert findings.verdict.text == (
        "Nothing stands out: no container or chain holds an unusual share of the 5.0 MB heap."
    )


def test_an_empty_image_is_not_called_healthy():
    from leakguard.analysis import analyse
    from leakguard.image import ImageBuilder

    verdict = analyse(ImageBuilder().image()).verdict
    assert (verdict.kind, verdict.confidence) == ("unknown", 0.0)
    assert "nothing can be said" in verdict.text


def test_little_coverage_is_not_called_healthy(heap):
    heap.builder.stats[2] = 20 * MB
    findings = heap.analyse()
    assert findings.verdict.kind == "unknown"
    assert "only 25 % of what the allocators have handed out" in findings.verdict.text
    assert findings.verdict.confidence < 0.5


@pytest.mark.parametrize(("count", "size"), [(10, 8 * MB), (41_207, 2300)])
def test_global_list_is_named(heap, count, size):
    carts = heap.variable(heap.shop, "CARTS", "list", 8 * count, TypeKind.LIST)
    heap.fill(carts, count, size)
    findings = heap.analyse()
    suspect = only(findings)
    assert (suspect.holder, suspect.kind, suspect.rank) == ("shop.CARTS", "global-cache", 1)
    assert suspect.retained_bytes == count * (size + 8)
    assert (suspect.object_type, suspect.object_count) == ("shop.Cart", count)
    assert edges(suspect) == ["", ".CARTS", "[]"]
    assert [link.repeats for link in suspect.chain] == [1, 1, count]
    assert suspect.chain[0].name == "shop"
    assert suspect.chain[0].file == "/srv/app/shop.py"
    assert findings.verdict.kind == "global-cache"
    assert findings.verdict.text.startswith(
        f"Cart objects pile up in shop.CARTS: {count:,} of them retain "
    )


def test_dict_under_data_keys(heap):
    sessions = heap.variable(heap.shop, "SESSIONS", "dict", 400 * KB, TypeKind.DICT)
    heap.fill(sessions, 5000, 600, "shop.Session", EdgeKind.DATA_KEY)
    suspect = only(heap.analyse())
    assert suspect.holder == "shop.SESSIONS"
    assert suspect.chain[-1].edge == "[int]"


def test_leaves_folded_into_their_list(heap):
    heap.builder.type("bytes", TypeKind.BYTES)
    heap.variable(
        heap.shop,
        "BLOBS",
        "list",
        80 * MB,
        TypeKind.LIST,
        folded=10,
        folded_type=heap.builder.type("bytes", TypeKind.BYTES),
    )
    suspect = only(heap.analyse())
    assert (suspect.holder, suspect.object_type, suspect.object_count) == (
        "shop.BLOBS",
        "bytes",
        10,
    )
    assert suspect.chain[-1].repeats == 10


def test_two_owners_do_not_hide_the_holder(heap):
    registry = heap.instance(heap.shop, "REGISTRY", "shop.Registry")
    by_id = heap.variable(registry, "by_id", "dict", 50 * KB, TypeKind.DICT)
    recent = heap.variable(registry, "recent", "list", 50 * KB, TypeKind.LIST)
    for node in heap.fill(by_id, 3000, 1000, edge=EdgeKind.DATA_KEY):
        heap.edge(recent, EdgeKind.INDEX, 0, node)
    suspect = only(heap.analyse())
    assert suspect.holder == "shop.REGISTRY.by_id"
    assert suspect.retained_bytes >= 3 * MB


def test_accumulation_point_is_below_wrappers(heap):
    outer = heap.variable(heap.shop, "STATE", "dict", 1000, TypeKind.DICT)
    heap.fill(outer, 20, 100, "list", EdgeKind.DATA_KEY, kind=TypeKind.LIST)
    inner = heap.edge(outer, EdgeKind.KEY, "pending", heap.node("list", 8 * KB, TypeKind.LIST))
    heap.fill(inner, 1000, 2 * KB, "shop.Job")
    suspect = only(heap.analyse())
    assert suspect.holder == "shop.STATE['pending']"


def test_many_containers_in_one_are_one_suspect(heap):
    stats = heap.variable(heap.shop, "STATS", "dict", 1000, TypeKind.DICT)
    for bucket in heap.fill(stats, 10, 8 * KB, "list", EdgeKind.DATA_KEY, kind=TypeKind.LIST):
        heap.fill(bucket, 1000, 2 * KB, "shop.Point")
    suspect = only(heap.analyse())
    assert (suspect.holder, suspect.object_type, suspect.object_count) == ("shop.STATS", "list", 10)


def test_the_heavier_comes_first_and_top_limits(heap):
    for name, size in (("SMALL", 1200), ("LARGE", 9000), ("MIDDLE", 3000)):
        holder = heap.variable(heap.shop, name, "list", 8 * KB, TypeKind.LIST)
        heap.fill(holder, 1000, size)
    findings = heap.analyse()
    assert [(s.rank, s.holder) for s in findings.suspects] == [
        (1, "shop.LARGE"),
        (2, "shop.MIDDLE"),
        (3, "shop.SMALL"),
    ]
    assert findings.verdict.text.endswith("2 other places stand out too.")
    assert len(heap.analyse(top=1).suspects) == 1


def test_own_code_before_a_library_of_like_size(heap):
    for namespace, name, size in ((heap.lib, "REGISTRY", 2500), (heap.shop, "CARTS", 2000)):
        holder = heap.variable(namespace, name, "list", 8 * KB, TypeKind.LIST)
        heap.fill(holder, 1000, size)
    assert [s.holder for s in heap.analyse().suspects] == ["shop.CARTS", "lib.REGISTRY"]


@pytest.mark.parametrize(("repeats", "size"), [(10, 8 * MB), (200, 8 * MB), (2000, 80 * KB)])
def test_closure_chain_is_one_suspect(heap, repeats, size):
    closure_chain(heap, repeats, size)
    findings = heap.analyse()
    suspect = only(findings)
    assert (suspect.kind, suspect.holder) == ("closure", "shop.the_thing")
    assert suspect.retained_bytes >= repeats * size
    assert suspect.object_type == "shop.Thing"
    assert suspect.object_count == repeats
    assert edges(suspect) == ["", ".the_thing", ".method", "free variable 'original'"]
    assert suspect.chain[2].name == "shop.replace_thing.<locals>.method"
    assert suspect.chain[2].line == 12
    assert [link.repeats for link in suspect.chain] == [1, 1] + [repeats - 1] * 2
    assert findings.verdict.text.startswith(
        "Each Thing object keeps the one before it alive, from shop.the_thing on: "
    )


def test_one_thing_is_no_chain(heap):
    closure_chain(heap, 1, 8 * MB)
    assert heap.analyse().suspects == ()


def test_linked_list_of_a_hundred_thousand(heap):
    owner = (heap.shop, EdgeKind.KEY, "head")
    for _ in range(100_000):
        node = heap.edge(*owner, heap.node("shop.Node", 64, flags=3))
        owner = (node, EdgeKind.ATTR, "next")
    suspect = only(heap.analyse())
    assert (suspect.kind, suspect.holder, suspect.object_count) == ("other", "shop.head", 100_000)
    assert edges(suspect) == ["", ".head", ".next"]


def test_single_flat_container(heap):
    heap.variable(heap.shop, "hits", "list", 40 * MB, TypeKind.LIST)
    findings = heap.analyse()
    suspect = only(findings)
    assert (suspect.holder, suspect.object_count) == ("shop.hits", 1)
    assert findings.verdict.text.startswith("shop.hits alone takes 40.0 MB")


def test_no_expression_leads_through_c(heap):
    """A loop as a key in a C module's table is named by its class, not by that module."""
    registry = heap.slot(heap.lib, "registry", "dict", 300, TypeKind.DICT)
    loop = heap.node("shop.Loop", 56, flags=3)
    heap.edge(registry, EdgeKind.DICT_KEY, 0, loop)
    ready = heap.edge(loop, EdgeKind.ATTR, "_ready", heap.node("list", 8 * KB, TypeKind.LIST))
    heap.fill(ready, 1000, 9 * KB)
    assert only(heap.analyse()).holder == "shop.Loop._ready"


def test_a_module_namespace_begins_no_chain_of_dicts(heap):
    owner = (heap.shop, EdgeKind.KEY, "head")
    for _ in range(3000):
        entry = heap.edge(*owner, heap.node("dict", 300, TypeKind.DICT))
        owner = (entry, EdgeKind.KEY, "next")
    suspect = only(heap.analyse())
    assert (suspect.holder, suspect.object_count) == ("shop.head", 3000)


def test_the_application_is_preferred_where_two_modules_share_a_holder(heap):
    table = heap.variable(heap.lib, "shared", "list", 8 * KB, TypeKind.LIST)
    heap.edge(heap.shop, EdgeKind.KEY, "CARTS", table)
    heap.fill(table, 1000, 9 * KB)
    assert only(heap.analyse()).holder == "shop.CARTS"


def test_held_by_a_frame_only(heap):
    thread = heap.node("<thread>", 0, TypeKind.THREAD, ident=Ident("MainThread"))
    heap.builder.root(thread, RootKind.THREAD)
    frame = heap.node("<frame>", 200, TypeKind.FRAME, ident=Ident("shop.serve", "/srv/shop.py", 3))
    heap.edge(thread, EdgeKind.INDEX, 0, frame)
    jobs = heap.edge(frame, EdgeKind.LOCAL, "jobs", heap.node("list", 8 * KB, TypeKind.LIST))
    heap.fill(jobs, 1000, 9 * KB, "shop.Job")
    suspect = only(heap.analyse())
    assert suspect.holder == "shop.serve.jobs"
    assert edges(suspect) == ["", "[]", "local variable 'jobs'", "[]"]


def test_deep_inside_objects_the_class_names_the_holder(heap):
    names = heap.instance(heap.shop, "app", "shop.App")
    for at in range(6):
        names = heap.instance(names, f"part_{at}", f"shop.Part{at}")
    held = heap.variable(names, "_items", "list", 8 * KB, TypeKind.LIST)
    heap.fill(held, 1000, 9 * KB)
    assert only(heap.analyse()).holder == "shop.Part5._items"


def test_long_chains_keep_their_ends(heap):
    names = heap.shop
    for at in range(30):
        names = heap.instance(names, f"part_{at}", f"shop.Part{at}")
    held = heap.variable(names, "_items", "list", 8 * KB, TypeKind.LIST)
    heap.fill(held, 1000, 9 * KB)
    chain = only(heap.analyse()).chain
    assert len(chain) == 12
    assert chain[0].name == "shop"
    assert "22 objects between" in [link.name for link in chain]
    assert chain[-2].edge == "._items"


def test_equal_neighbours_on_the_way_are_folded(heap):
    owner = (heap.shop, EdgeKind.KEY, "first")
    for _ in range(50):
        node = heap.edge(*owner, heap.node("shop.Page", 64, flags=3))
        owner = (node, EdgeKind.ATTR, "next")
    held = heap.edge(node, EdgeKind.ATTR, "rows", heap.node("list", 8 * KB, TypeKind.LIST))
    heap.fill(held, 1000, 9 * KB, "shop.Row")
    suspect = only(heap.analyse())
    assert [(link.edge, link.repeats) for link in suspect.chain] == [
        ("", 1),
        (".first", 1),
        (".next", 49),
        (".rows", 1),
        ("[]", 1000),
    ]


def test_fingerprint_forgets_counts_and_sizes(heap):
    prints = set()
    for count in (1000, 1500):
        again = type(heap)()
        carts = again.variable(again.shop, "CARTS", "list", 8 * count, TypeKind.LIST)
        again.fill(carts, count, 1000 + count)
        prints.add(only(again.analyse()).fingerprint)
    assert len(prints) == 1
    other = heap.variable(heap.shop, "ORDERS", "list", 8 * KB, TypeKind.LIST)
    heap.fill(other, 1000, 2000)
    prints.add(only(heap.analyse()).fingerprint)
    assert len(prints) == 2
    assert all(len(text) == 12 and int(text, 16) >= 0 for text in prints)


def test_keys_of_single_members_are_not_shown_for_all(heap):
    held = heap.variable(heap.shop, "CACHE", "dict", 8 * KB, TypeKind.DICT)
    for at in range(3000):
        heap.variable(held, f"name_{at}", "shop.Page", 2 * KB)
    suspect = only(heap.analyse())
    assert edges(suspect) == ["", ".CACHE", "[str]"]


def test_a_long_pattern_is_folded_too(heap):
    owner = (heap.shop, EdgeKind.KEY, "state")
    for _ in range(50):
        for part in range(14):
            node = heap.edge(*owner, heap.node(f"shop.Part{part}", 9 * KB, flags=3))
            owner = (node, EdgeKind.ATTR, f"part_{part}")
    suspect = only(heap.analyse())
    assert (suspect.object_type, suspect.object_count) == ("shop.Part0", 50)
    assert len(suspect.chain) <= 12
