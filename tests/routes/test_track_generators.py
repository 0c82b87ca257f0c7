"""Generators as tracks: theirs is what they do, not what their caller does between two items."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from leakguard import track
from leakguard.routes import sampling, tracks
from leakguard.routes._flight import slot_variable


def name_now():
    slot = slot_variable.get()
    return sampling.route_name(slot.route) if slot is not None else None


@track("test: items")
def items(seen):
    """Items."""
    try:
        while True:
            try:
                seen.append((yield name_now()))
            except KeyError:
                seen.append("thrown " + name_now())
            if seen[-1] == "end":
                return name_now()
    finally:
        seen.append("closed " + name_now())


@track("test: async items")
async def async_items(seen):
    try:
        while True:
            await asyncio.sleep(0)
            try:
                seen.append((yield name_now()))
            except KeyError:
                seen.append("thrown " + name_now())
            if seen[-1] == "end":
                return
    finally:
        await asyncio.sleep(0)
        seen.append("closed " + name_now())


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert name_now() is None


def test_each_turn_is_the_track_and_the_caller_is_not():
    seen = []
    with track("test: caller"):
        turns = items(seen)
        assert [next(turns), name_now()] == ["test: items", "test: caller"]
        assert [turns.send(1), name_now()] == ["test: items", "test: caller"]
        assert [turns.throw(KeyError()), name_now()] == ["test: items", "test: caller"]
        with pytest.raises(StopIteration) as ended:
            turns.send("end")
    assert ended.value.value == "test: items"
    assert seen == [1, "thrown test: items", "end", "closed test: items"]


def test_closed_early_it_is_cleaned_up_as_the_track():
    seen = []
    turns = items(seen)
    next(turns)
    turns.close()
    assert seen == ["closed test: items"]


def test_errors_of_both_sides_pass():
    turns = items([])
    next(turns)
    with pytest.raises(ValueError, match="from the caller"):
        turns.throw(ValueError("from the caller"))
    assert list(turns) == []


def test_a_generator_that_delegates_gets_and_gives_the_same():
    def outer():
        return (yield from items(seen))

    seen = []
    turns = outer()
    assert next(turns) == "test: items"
    assert turns.send(1) == "test: items"
    with pytest.raises(StopIteration) as ended:
        turns.send("end")
    assert ended.value.value == "test: items"


def test_asynchronous_ones_as_well():
    async def run():
        seen = []
        with track("test: caller"):
            turns = async_items(seen)
            assert [await anext(turns), name_now()] == ["test: async items", "test: caller"]
            assert await turns.asend(1) == "test: async items"
            assert await turns.athrow(KeyError()) == "test: async items"
            assert name_now() == "test: caller"
            with pytest.raises(StopAsyncIteration):
                await turns.asend("end")
        assert seen == [1, "thrown test: async items", "end", "closed test: async items"]
        closed = []
        turns = async_items(closed)
        await anext(turns)
        await turns.aclose()
        assert closed == ["closed test: async items"]

    asyncio.run(run())


def test_two_that_take_turns_keep_apart():
    other = track("test: other items")(inspect.unwrap(items))
    one, two = items([]), other([])
    assert [next(one), next(two), next(one), next(two)] == [
        "test: items",
        "test: other items",
    ] * 2
    one.close()
    two.close()


def test_each_is_counted_once_from_its_first_turn(monkeypatch):
    monkeypatch.setattr(tracks, "_tracks", {})

    @track("test: counted items")
    def counted():
        yield 1
        raise ValueError

    figures = tracks.all_figures()["test: counted items"]
    unstarted, turns = counted(), counted()
    assert figures.requests == 0
    next(turns)
    assert (figures.requests, figures.under_way) == (1, 1)
    with pytest.raises(ValueError, match=r"^$"):
        next(turns)
    assert (figures.requests, figures.under_way, figures.errors) == (1, 0, 1)
    unstarted.close()
    assert figures.requests == 1


def test_they_remain_what_they_were():
    assert inspect.isgeneratorfunction(items)
    assert inspect.isasyncgenfunction(async_items)
    assert (items.__name__, items.__doc__) == ("items", "Items.")
