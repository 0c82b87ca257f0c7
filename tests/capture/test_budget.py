"""What a capture may use, and how far it says it is."""

from __future__ import annotations

import math
import random
import resource
from typing import TYPE_CHECKING, Any

import leftovers
import pytest

import leakguard
from leakguard.capture import Budget, budget
from leakguard.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("seconds", [0, -1, -0.0, math.nan, -math.inf])
def test_no_time_at_all_is_refused(seconds: float) -> None:
    with pytest.raises(CaptureError, match="time budget must be above 0"):
        leakguard.snapshot(timeout=seconds)


@pytest.mark.parametrize("limit", [0, -1])
def test_no_memory_at_all_is_refused(limit: int) -> None:
    with pytest.raises(CaptureError, match="memory budget must be above 0"):
        leakguard.snapshot(memory_limit=limit)


@pytest.mark.parametrize("seconds", [math.inf, 1e300, 2.0**32, 1 << 20])
def test_time_without_end(seconds: float) -> None:
    leakguard.snapshot(timeout=seconds, on_progress=lambda share: None).close()
    leakguard.snapshot(timeout=seconds).close()


def test_a_huge_memory_limit_is_cut_to_what_is_left() -> None:
    assert budget.memory_for(Budget(1, 1 << 60)) < 1 << 50
    leakguard.snapshot(memory_limit=1 << 60).close()


def test_a_small_memory_limit_is_kept() -> None:
    assert budget.memory_for(Budget(1, 60 << 20)) == 60 << 20


def test_a_container_near_its_limit_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit, usage = tmp_path / "max", tmp_path / "current"
    monkeypatch.setattr(budget, "_CGROUP_FILES", ((str(limit), str(usage)),))
    limit.write_text(f"{512 << 20}\n")
    usage.write_text(f"{312 << 20}\n")
    assert budget.memory_for(Budget()) == 100 << 20
    usage.write_text(f"{500 << 20}\n")
    with leftovers.nothing_left(), pytest.raises(CaptureError, match="only 12 MB of memory"):
        leakguard.snapshot()
    limit.write_text("max\n")
    leakguard.snapshot().close()


def under_an_address_space_limit() -> str:
    limit = leftovers.memory("VmSize") + (64 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    with leftovers.nothing_left(), pytest.raises(CaptureError) as caught:
        leakguard.snapshot()
    return str(caught.value)


def test_an_address_space_limit_counts(apart: Callable[..., Any]) -> None:
    assert "MB of memory are left" in apart(under_an_address_space_limit)


def progress(method: Any) -> list[float]:
    objects = [{"number": [number]} for number in range(30_000)]
    shares: list[float] = []
    leakguard.snapshot(method=method, on_progress=shares.append).close()
    del objects
    return shares


@pytest.mark.parametrize("method", ["fork", "inline", "portable"])
def test_progress_rises_to_one(apart: Callable[..., Any], method: str) -> None:
    shares = apart(progress, method)
    assert shares == sorted(shares)
    assert shares[0] >= 0
    assert shares[-1] == 1.0


def progress_of_a_failure() -> list[float]:
    import misbehaving

    thing = misbehaving.Thing("crash")
    shares: list[float] = []
    with pytest.raises(CaptureError):
        leakguard.snapshot(method="fork", on_progress=shares.append)
    del thing
    return shares


def test_a_failure_is_never_complete(apart_misbehaving: Callable[..., Any]) -> None:
    shares = apart_misbehaving(progress_of_a_failure)
    assert shares == sorted(shares)
    assert shares[-1] < 1.0


def test_progress_of_the_whole_pipeline() -> None:
    shares: list[float] = []
    leakguard.examine(on_progress=shares.append)
    assert shares == sorted(shares)
    assert 0.75 < shares[-1] <= 1.0


def with_many_budgets(method: Any, seed: int) -> dict[str, Any]:
    """Wherever memory runs out, the walk ends there: with an image or with a clear error."""
    chance = random.Random(seed)
    objects = [{"number": [number], number: (number,)} for number in range(3_000)]
    outcomes: dict[str, set[str]] = {"image": set(), "error": set()}
    with leakguard.snapshot() as image:
        enough = image.node_count * 600
    before = leftovers.memory("VmSize")
    with leftovers.nothing_left():
        for _ in range(80 if method == "inline" else 40):
            limit = int(enough * chance.random() ** 2) + 1
            try:
                leakguard.snapshot(method=method, memory_limit=limit).close()
            except CaptureError as error:
                outcomes["error"].add(str(error).partition(" of ")[0])
            else:
                outcomes["image"].add("whole")
    lost = leftovers.memory("VmSize") - before
    del objects
    return {kind: sorted(said) for kind, said in outcomes.items()} | {"lost": lost}


@pytest.mark.parametrize("method", ["fork", "inline"])
def test_memory_may_run_out_anywhere(apart: Callable[..., Any], method: str) -> None:
    result = apart(with_many_budgets, method, 7)
    assert result["image"] == ["whole"]
    assert result["error"] == ["the capture used up its memory budget"]
    assert result["lost"] < 4 << 20


def amid_a_long_list() -> int:
    """The visit of one object is not broken off: millions of references follow the failure."""
    one = object()
    objects = [*(object() for _ in range(3_000)), *[one] * 20_000_000]
    failures = 0
    for limit in range(250_000, 15_000_000, 250_000):
        try:
            leakguard.snapshot(method="inline", memory_limit=limit).close()
        except CaptureError:
            failures += 1
    del objects
    return failures


def test_memory_may_run_out_amid_a_long_list(apart: Callable[..., Any]) -> None:
    assert apart(amid_a_long_list) > 10
