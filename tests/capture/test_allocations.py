"""An image tells which object a sampled block belongs to, and who allocated it on which line."""

from __future__ import annotations

import array
import collections
import gc
import os
import sys
import threading
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pytest

import leakguard
from leakguard.image import HeapImage, RootKind
from leakguard.routes import sampling

if TYPE_CHECKING:
    from collections.abc import Callable

INTERVAL = 512
NOBODY = 0xFFFFFFFF


class Plain:
    def __init__(self, number: int) -> None:
        self.number, self.half, self.name = number, number / 2, f"plain {number} of many"


class Ordered(collections.OrderedDict[str, int]):
    pass


def wide(number: int) -> str:
    return "\u2603" * 200 + str(number)


# each kind: what makes one of 300, and the type of the node that its samples belong to
KINDS: dict[str, tuple[Any, str]] = {
    "list": (lambda i: [i, *range(30)], "list"),
    "grown list": (lambda i: list(iter(range(i % 50 + 40))), "list"),
    "dict of names": (lambda i: {f"k{k}": i for k in range(20)}, "dict"),
    "dict of numbers": (lambda i: dict.fromkeys(range(1000, 1030), i), "dict"),
    "set": (lambda i: set(range(40)), "set"),
    "frozenset": (lambda i: frozenset(range(40)), "frozenset"),
    "tuple": (lambda i: tuple(range(60)), "tuple"),
    "bytearray": (lambda i: bytearray(400), "bytearray"),
    "folded str": (lambda i: "x" * 400 + str(i), "list"),
    "folded wide str": (wide, "list"),
    "folded bytes": (lambda i: b"y" * 400 + b"%d" % i, "list"),
    "folded int": (lambda i: 1 << (2000 + i), "list"),
    "float": (lambda i: [i + 0.5 for i in range(30)], "list"),
    "deque": (lambda i: collections.deque(range(300)), "collections.deque"),
    "OrderedDict": (lambda i: Ordered((str(k), i) for k in range(20)), "scene.Ordered"),
    "instance": (lambda i: [Plain(k) for k in range(10)], "scene.Plain"),
    "array": (lambda i: array.array("d", range(60)), "array.array"),
    "class": (lambda i: type(f"Made{i}", (), {"a": 1}), "type"),
}


def shown(image: HeapImage, node: int) -> str:
    return "-" if node == NOBODY else image.type_name(image.node_type[node])


def fill(make: Callable[[int], Any], _: str) -> list[Any]:
    return [make(number) for number in range(300)]


def sizes(image: HeapImage) -> Counter[str]:
    found: Counter[str] = Counter()
    for type_index, size in zip(image.node_type, image.node_size, strict=True):
        found[image.type_name(type_index)] += size
    return found


def by_type_and_line(kind: str, method: Any) -> dict[str, Any]:
    """Bytes that samples of `make` stand for, by type of their node, beside those nodes' growth."""
    assert sampling.start(INTERVAL) is None
    gc.disable()
    before = leakguard.snapshot(method=method)
    truth = -sizes(before)[KINDS[kind][1]]
    before.close()
    kept = fill(*KINDS[kind])
    image = leakguard.snapshot(method=method)
    samples = image.samples
    assert samples is not None
    found: Counter[str] = Counter()
    lines = set()
    for index, node in enumerate(samples.node):
        frames = samples.frames(samples.stack[index])
        if any(frame.function.rpartition(".")[2] == "fill" for frame in frames):
            found[shown(image, node)] += samples.bytes[index]
            lines.update(frame.file for frame in frames)
    truth += sizes(image)[KINDS[kind][1]]
    assert len(kept) == 300
    return {"found": found, "truth": truth, "here": __file__ in lines}


@pytest.mark.parametrize("method", ["fork", "inline"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_belongs_to_its_object(apart: Any, kind: str, method: str) -> None:
    seen = apart(by_type_and_line, kind, method)
    type_name = KINDS[kind][1]
    assert seen["here"]
    total = sum(seen["found"].values())
    assert seen["found"].get("-", 0) < 0.05 * total
    estimate, truth = seen["found"][type_name], seen["truth"]
    assert 0.7 * truth < estimate < 1.3 * truth, (estimate, truth, seen["found"])


def leak(kept: list[Any], count: int) -> None:
    for _ in range(count):
        kept.append(bytearray(2000))  # the line that is looked for


LEAK_LINE = leak.__code__.co_firstlineno + 2


def stacks_and_routes(method: Any) -> list[Any]:
    from leakguard.routes.tracks import figures_of

    assert sampling.start(INTERVAL) is None
    kept: list[Any] = []
    with leakguard.track("a job"):
        leak(kept, 200)
    threads = [threading.Thread(target=leak, args=(kept, 50)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    image = leakguard.snapshot(method=method)
    samples = image.samples
    assert samples is not None
    bytes_of: defaultdict[str, int] = defaultdict(int)
    for index, node in enumerate(samples.node):
        if shown(image, node) == "bytearray" and samples.stack[index]:
            frame = samples.frames(samples.stack[index])[0]
            if frame.line == LEAK_LINE:
                assert frame.function.rpartition(".")[2] == "leak"
                assert frame.file == __file__
                assert samples.kind[index] == 1
                assert samples.age_ms[index] < 60_000
                bytes_of[samples.route_names[samples.route[index]]] += samples.bytes[index]
    requests = dict(zip(samples.route_names, samples.route_requests, strict=True))
    return [bytes_of, requests, samples.route_names[0], figures_of("a job").requests]


@pytest.mark.parametrize("method", ["fork", "inline"])
def test_a_sample_has_its_line_and_its_route(apart: Any, method: str) -> None:
    bytes_of, requests, first, entered = apart(stacks_and_routes, method)
    assert first == "(no request)"
    assert set(bytes_of) == {"a job", "(no request)"}
    assert 0.8 < bytes_of["a job"] / (200 * 2000) < 1.25
    assert 0.8 < bytes_of["(no request)"] / (200 * 2000) < 1.25
    assert requests["a job"] == entered == 1


def after_reuse_and_fork(method: Any) -> list[int]:
    """Much is freed and its memory used again, in a process that was forked meanwhile."""
    assert sampling.start(64) is None
    kept = [[str(k) for k in range(50)] for _ in range(500)]
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert status == 0
    del kept[::2]
    kept += [{k: str(k) for k in range(30)} for _ in range(500)]
    with leakguard.snapshot(method=method) as image:
        live = sum(1 for node in image.samples.node if node != NOBODY) if image.samples else 0
        all_of_them = len(image.samples) if image.samples else 0
    if not child:
        os._exit(0 if live > 0.8 * all_of_them > 0 else 1)
    return [live, all_of_them]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "inline"])
def test_freed_and_reused_memory(apart: Any, method: str) -> None:
    live, all_of_them = apart(after_reuse_and_fork, method)
    assert live > 0.8 * all_of_them > 0


def roots_of_code(method: Any, sampled: bool) -> int:
    """Code objects that are roots although a function holds them."""
    made = [make_function(number) for number in range(200)]
    if sampled:
        assert sampling.start(64) is None
    kept = [function() for function in made]
    with leakguard.snapshot(method=method) as image:
        roots = {
            node
            for node, kind in zip(image.root_node, image.root_kind, strict=True)
            if kind == RootKind.C_HELD and shown(image, node) == "code"
        }
        names = [ident.name for node in roots if (ident := image.ident_of(node))]
    assert len(kept) == 200
    assert not sampled or sys.getrefcount(made[100].__code__) > 2  # the sampler has it
    return sum(name.endswith("made_by_the_test") for name in names)


def make_function(number: int) -> Any:
    space: dict[str, Any] = {}
    exec(f"def made_by_the_test():\n    return [{number}] * 500", space)
    return space["made_by_the_test"]


@pytest.mark.parametrize("method", ["fork", "inline"])
def test_the_samplers_references_make_no_roots(apart: Any, method: str) -> None:
    assert apart(roots_of_code, method, True) == apart(roots_of_code, method, False) == 0


def without_sampling() -> list[bool]:
    found = []
    for method in ("fork", "inline", "portable"):
        with leakguard.snapshot(method=method) as image:
            found.append(image.samples is None)
    assert sampling.start(INTERVAL) is None
    with leakguard.snapshot(method="portable") as image:
        found.append(image.samples is None)
    sampling.stop()
    with leakguard.snapshot() as image:
        found.append(image.samples is None)
    return found


def test_an_image_without_samples(apart: Any) -> None:
    assert apart(without_sampling) == [True] * 5


def figures_while_sampling() -> list[Any]:
    from leakguard.process.pymalloc import pymalloc

    before = pymalloc()
    assert sampling.start(INTERVAL) is None
    during = pymalloc()
    kept = [[number] * 10 for number in range(20_000)]
    after = pymalloc()
    assert before is not None
    assert during is not None
    assert after is not None
    live = sampling._native().counts()["live"]
    coverage = []
    for method in ("fork", "inline"):
        with leakguard.snapshot(method=method) as image:
            coverage.append(image.coverage)
    assert len(kept) == 20_000
    assert sampling._native().maintain()  # the hooks are back
    return [during.in_use / before.in_use, after.in_use - during.in_use, live, *coverage]


def test_the_allocators_figures_while_sampling(apart: Any) -> None:
    same, more, live, *coverage = apart(figures_while_sampling)
    assert 0.95 < same < 1.1
    assert more > 20_000 * 10 * 8
    assert live > 1000
    # each sampled block takes 513 bytes at least, of which the walk sees its object's
    for share in coverage:
        assert 0.8 <= share <= 1.1
