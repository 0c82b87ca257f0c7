"""Samples: what a builder was given is what a reader of the image gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.image import Frame, HeapImage, ImageBuilder, SampleKind
from leakguard.image.format import NO_NODE, NO_REQUEST

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
STACKS = st.lists(
    st.lists(st.tuples(TEXT, TEXT, st.integers(0, 2**32 - 1)), max_size=5), max_size=5
)
ROUTES = st.dictionaries(TEXT.filter(lambda name: name != NO_REQUEST), st.integers(0, 2**60))


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    routes, stacks, nodes = draw(ROUTES), draw(STACKS), draw(st.integers(0, 4))
    sample = st.tuples(
        st.none() | st.integers(0, nodes - 1) if nodes else st.none(),
        st.integers(0, 2**50),
        st.integers(0, 2**50),
        st.integers(0, len(routes)),
        st.integers(0, len(stacks)),
        st.sampled_from(SampleKind),
        st.integers(0, 2**64 - 1),
        st.integers(0, 2**64 - 1),
    )
    return {
        "nodes": nodes,
        "routes": routes,
        "stacks": stacks,
        "samples": draw(st.lists(sample, max_size=12)),
    }


@given(tables())
def test_what_was_built_is_what_is_read(table: dict[str, Any]) -> None:
    builder = ImageBuilder()
    for _ in range(table["nodes"]):
        builder.node(0, 16)
    routes = [0, *(builder.route(*route) for route in table["routes"].items())]
    stacks = [builder.stack([]), *(builder.stack(stack) for stack in table["stacks"])]
    for node, weight, size, route, stack, *rest in table["samples"]:
        builder.sample(node, weight, size, routes[route], stacks[stack], *rest)
    with builder.image() as image:
        samples = image.samples
        assert samples is not None
        assert len(samples) == len(table["samples"])
        assert samples.route_names == (NO_REQUEST, *table["routes"])
        assert list(samples.route_requests) == [0, *table["routes"].values()]
        assert samples.frames(0) == ()
        given_stacks = [[], *table["stacks"]]
        for index, (node, weight, size, route, stack, *rest) in enumerate(table["samples"]):
            assert samples.node[index] == (NO_NODE if node is None else node)
            assert (samples.bytes[index], samples.size[index]) == (weight, size)
            assert samples.route[index] == route
            assert samples.frames(samples.stack[index]) == tuple(
                Frame(file, line, name) for name, file, line in given_stacks[stack]
            )
            columns = samples.kind, samples.age_ms, samples.requests
            assert [column[index] for column in columns] == rest


def test_the_sample_image(image: HeapImage) -> None:
    samples = image.samples
    assert samples is not None
    assert repr(samples) == "<SampleTable of 3 samples, 2 routes>"
    assert samples.route_names == ("(no request)", "GET /корзина/{n}")
    assert samples.frames(1) == (
        Frame("cart.py", 41, "shop.cart.add"),
        Frame("app.py", 7, "shop.app.view"),
    )


def test_without_samples_there_is_no_table() -> None:
    with ImageBuilder().image() as image:
        assert image.samples is None


def test_a_sampler_that_has_no_live_sample_is_told_from_none() -> None:
    builder = ImageBuilder()
    builder.stack([])
    with builder.image() as image:
        assert image.samples is not None
        assert len(image.samples) == 0
        assert image.samples.route_names == (NO_REQUEST,)


def test_equal_routes_and_stacks_are_one() -> None:
    builder = ImageBuilder()
    assert builder.route("GET /", 1) == builder.route("GET /", 2) == 1
    assert builder.route(NO_REQUEST) == 0
    assert builder.stack([("f", "a.py", 1)]) == builder.stack([("f", "a.py", 1)]) == 1
    with builder.image() as image:
        assert image.samples is not None
        assert list(image.samples.route_requests) == [0, 2]


@pytest.mark.parametrize(
    "misuse",
    [
        lambda builder: builder.sample(0, 1, 1),
        lambda builder: builder.sample(None, 1, 1, route=1),
        lambda builder: builder.sample(None, 1, 1, stack=1),
        lambda builder: builder.sample(None, 1, 1, stack=-1),
    ],
)
def test_what_does_not_exist_is_refused(misuse: Callable[[ImageBuilder], object]) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        misuse(ImageBuilder())
