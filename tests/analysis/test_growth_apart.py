"""What grows though each of its objects has a name of its own, or is too small to be kept."""

from __future__ import annotations

import pytest

from leakguard.analysis.growth import compare
from leakguard.image import EdgeKind, Ident, RootKind, TypeKind

KB = 1000
EVEN = (100, 200, 300, 400, 500, 600)


def attributes(heap, count):
    """An object that gets an attribute for each user."""
    box = heap.instance(heap.shop, "BOX", "shop.Box")
    for user in range(count):
        heap.variable(box, f"user_{user}", "list", 200, TypeKind.LIST)


def classes(heap, count):
    """A class for each form, by its name in a registry."""
    held = heap.variable(heap.shop, "FORMS", "dict", 8 * KB, TypeKind.DICT)
    for form in range(count):
        made = heap.node("type", 900, TypeKind.TYPE, ident=Ident(f"shop.Form{form}"))
        heap.edge(held, EdgeKind.DATA_KEY, (1 << 24) + form, made)


def functions(heap, count):
    """A generated function for each rule, in a list."""
    held = heap.variable(heap.shop, "RULES", "list", 8 * KB, TypeKind.LIST)
    for rule in range(count):
        made = heap.node("function", 150, TypeKind.FUNCTION, ident=Ident(f"shop.rule_{rule}"))
        heap.edge(held, EdgeKind.INDEX, rule, made)


@pytest.mark.parametrize(
    ("build", "holder", "kind"),
    [
        (attributes, "shop.BOX", "shop.Box"),
        (classes, "shop.FORMS", "type"),
        (functions, "shop.RULES", "function"),
    ],
)
def test_what_has_a_name_each_is_counted_together(series, build, holder, kind):
    (grown,) = compare(series(build, EVEN)).paths
    assert (grown.verdict, grown.holder, grown.object_type) == ("growing", holder, kind)
    assert grown.growth_objects == 400


@pytest.mark.parametrize("build", [attributes, classes, functions])
def test_what_was_named_once_is_no_leak(series, build):
    assert compare(series(build, (100, 400, 400, 400, 400, 400))).growing() == ()


def test_what_is_below_a_holder_is_told_once(series):
    def build(heap, count):
        attributes(heap, count)
        box = heap.instance(heap.lib, "LOG", "lib.Log")
        held = heap.variable(box, "records", "list", 8 * KB, TypeKind.LIST)
        heap.fill(held, count, 300, "lib.Record")

    found = compare(series(build, EVEN)).growing()
    assert sorted(grown.holder for grown in found) == ["lib.LOG.records", "shop.BOX"]


def test_what_is_little_under_each_key_is_told_by_the_dict(series):
    def build(heap, count):
        logs = heap.variable(heap.shop, "LOGS", "dict", 8 * KB, TypeKind.DICT)
        for thread in range(20):
            own = heap.node("list", 1000, TypeKind.LIST)
            heap.edge(logs, EdgeKind.DATA_KEY, (1 << 24) + thread, own)
            heap.fill(own, count, 300, "shop.Line")

    found = compare(series(build, [20 + 12 * at for at in range(6)], requests=1000)).growing()
    assert [(grown.holder, grown.growth_objects) for grown in found] == [("shop.LOGS", 20 * 12 * 4)]


def test_what_warms_up_below_what_grows_is_a_part_of_it(series):
    def build(heap, count):
        carts = heap.variable(heap.shop, "CARTS", "list", 8 * KB, TypeKind.LIST)
        tagged = (0, 100, 180, 244, 295, 336)[count // 100 - 1]
        for at, cart in enumerate(heap.fill(carts, count, 700, flags=3)):
            if at < tagged:
                heap.edge(cart, EdgeKind.ATTR, "tags", heap.node("list", 2000, TypeKind.LIST))

    (grown,) = compare(series(build, EVEN)).paths
    assert (grown.holder, grown.verdict) == ("shop.CARTS", "growing")


def test_a_holder_whose_name_only_begins_like_anothers_is_told_too(series):
    def build(heap, count):
        attributes(heap, count)
        held = heap.variable(heap.shop, "BO", "list", 8 * KB, TypeKind.LIST)
        heap.fill(held, count, 300, "shop.Record")

    found = compare(series(build, EVEN)).growing()
    assert sorted(grown.holder for grown in found) == ["shop.BO", "shop.BOX"]


def test_the_table_that_a_class_has_of_its_subclasses_is_nobodys_leak(series):
    def build(heap, count):
        model = heap.variable(heap.shop, "Model", "type", 900, TypeKind.TYPE)
        table = heap.edge(model, EdgeKind.OTHER, 0, heap.node("dict", 8 * KB, TypeKind.DICT))
        refs = heap.fill(
            table, count, 72, "weakref.ReferenceType", EdgeKind.DATA_KEY, kind=TypeKind.WEAKREF
        )
        assert len(refs) == count

    assert compare(series(build, EVEN)).paths == ()


def test_what_a_new_thread_adds_to_a_holder_is_no_other_leak(series):
    def build(heap, count):
        local = heap.variable(heap.shop, "local", "dict", 8 * KB, TypeKind.DICT)
        for thread in range(1 + count // 200):
            edge = EdgeKind.DATA_KEY
            own = heap.edge(local, edge, (1 << 24) + thread, heap.node("dict", 64, TypeKind.DICT))
            rows = heap.variable(own, "rows", "list", 8 * KB, TypeKind.LIST)
            heap.fill(rows, count, 200, "list", kind=TypeKind.LIST)

    found = compare(series(build, EVEN)).growing()
    assert [grown.holder for grown in found] == ["shop.local[int]['rows']"]


def plugins(heap, count):
    """Modules in sys.modules: `count` of those that each request makes beside two of warm-up."""
    system = heap.module("sys", None)
    table = heap.variable(system, "modules", "dict", 8 * KB, TypeKind.DICT)
    for at in range(count):
        name = f"plugin_{at}"
        module = heap.node("module", 72, TypeKind.MODULE, ident=Ident(name, f"/srv/{name}.py"))
        heap.builder.root(module, RootKind.MODULE)
        names = heap.slot(module, "__dict__", "dict", 400, TypeKind.DICT)
        heap.variable(names, "TABLE", "list", 100, TypeKind.LIST)
        heap.edge(table, EdgeKind.KEY, name, module)


def test_modules_that_requests_make_are_held_by_sys_modules(series):
    (grown,) = compare(series(plugins, (2, 102, 202, 302, 402, 502))).paths
    assert (grown.verdict, grown.holder, grown.object_type) == ("growing", "sys.modules", "module")
    assert grown.growth_objects >= 3 * 400  # with their dicts and tables


@pytest.mark.parametrize("counts", [(2, 90), (2, 90, 90, 90, 90, 90), (2, 2, 2, 90, 90, 90)])
def test_what_is_imported_late_is_no_leak(series, counts):
    assert compare(series(plugins, counts)).growing() == ()


def test_a_string_that_grows_was_a_part_of_its_module_while_it_was_small(series):
    def growing(heap, size):
        large = size > 65_000
        log = heap.module("shop.log", "/srv/app/log.py")
        holder = heap.node("shop.Log", 64 if large else 64 + size, flags=3)
        heap.edge(log, EdgeKind.KEY, "log", holder)
        if large:
            heap.edge(holder, EdgeKind.ATTR, "text", heap.node("str", size, TypeKind.STR))

    sizes = [30_000 * at for at in range(1, 8)]
    (grown,) = compare(series(growing, sizes)).paths
    assert (grown.verdict, grown.holder, grown.object_type) == (
        "growing",
        "shop.log.log.text",
        "str",
    )
    assert grown.growth_bytes == 150_000


@pytest.mark.parametrize(
    ("modules", "attribute", "said"),
    [("re", "_cache", "warming up"), ("shop.re", "_cache", "growing")],
)
def test_a_cache_of_the_standard_library_that_empties_itself_is_no_leak(
    series, modules, attribute, said
):
    def build(heap, count):
        module = heap.module(modules, "/usr/lib/python3.12/re/__init__.py")
        cache = heap.variable(module, attribute, "dict", 8 * KB, TypeKind.DICT)
        heap.fill(cache, count, 400, "re.Pattern", edge=EdgeKind.DATA_KEY)

    (grown,) = compare(series(build, EVEN)).paths
    assert grown.verdict == said


def threads(heap, count, *, pools):
    active = heap.variable(
        heap.module("threading", "/usr/lib/python3.12/threading.py"),
        "_active",
        "dict",
        8 * KB,
        TypeKind.DICT,
    )
    heap.fill(active, count, 900, "threading.Thread", edge=EdgeKind.DATA_KEY)
    for _ in range(count):
        heap.builder.root(heap.node("<thread>", 300, TypeKind.THREAD), RootKind.THREAD)
    if pools:
        held = heap.variable(heap.shop, "POOLS", "list", 8 * KB, TypeKind.LIST)
        heap.fill(held, count, 500, "shop.Pool")


@pytest.mark.parametrize(
    ("pools", "holders"),
    [(True, ["shop.POOLS", "threading._active"]), (False, ["threading._active"])],
)
def test_running_threads_are_told_once_and_behind_what_started_them(series, pools, holders):
    found = compare(series(lambda heap, count: threads(heap, count, pools=pools), EVEN)).growing()
    assert [grown.holder for grown in found] == holders


def of_a_timer(heap, count):
    """What the contexts of timers have, which a loop has not dropped yet."""
    held = heap.variable(heap.shop, "_scheduled", "list", 900, TypeKind.LIST)
    for timer in heap.fill(held, 60, 100, "asyncio.events.TimerHandle"):
        context = heap.slot(timer, "_context", "_contextvars.Context", 60)
        for value in range(count // 50):
            heap.fill(context, 1, 200, f"shop.Row{count}_{value}")


def of_a_frame(heap, count):
    """What a thread runs at the moment."""
    thread = heap.node("<thread>", 0, TypeKind.THREAD)
    heap.builder.root(thread, RootKind.THREAD)
    for frame in heap.fill(thread, 10, 80, "<frame>", kind=TypeKind.FRAME):
        for value in range(count // 10):
            heap.fill(frame, 1, 200, f"shop.Row{count}_{value}")


@pytest.mark.parametrize("build", [of_a_timer, of_a_frame])
def test_what_is_there_for_the_moment_is_no_leak(series, build):
    assert compare(series(build, EVEN)).growing() == ()
