"""A third party's type misbehaves in its tp_traverse: the child ends, the server does not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import leftovers
import pytest

import leakguard
from leakguard import pipeline
from leakguard.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable


def fails(how: str, timeout: float) -> dict[str, Any]:
    import misbehaving

    leakguard.snapshot(method="fork").close()
    began = time.monotonic()
    with leftovers.nothing_left():
        thing = misbehaving.Thing(how)
        try:
            leakguard.snapshot(method="fork", timeout=timeout).close()
        except CaptureError as error:
            message = str(error)
        else:
            message = ""
        seconds = time.monotonic() - began
        del thing
        with leakguard.snapshot(method="fork") as image:
            return {"message": message, "seconds": seconds, "next": image.node_count}


@pytest.mark.parametrize(
    ("how", "said"),
    [("crash", "crashed with SIGSEGV"), ("abort", "crashed with SIGABRT"), ("exit", "status 0")],
)
def test_a_crashing_type_is_named(
    apart_misbehaving: Callable[..., Any], how: str, said: str
) -> None:
    result = apart_misbehaving(fails, how, 60.0)
    assert said in result["message"]
    assert "misbehaving.Thing" in result["message"]
    assert "unharmed" in result["message"]
    assert result["next"] > 1000


@pytest.mark.parametrize("how", ["hang", "spin"])
def test_a_hanging_type_is_named_when_the_time_is_over(
    apart_misbehaving: Callable[..., Any], how: str
) -> None:
    result = apart_misbehaving(fails, how, 1.0)
    assert "longer than 1 s" in result["message"]
    assert "misbehaving.Thing" in result["message"]
    assert result["seconds"] < 20
    assert result["next"] > 1000


def test_a_type_that_reports_no_object_at_all_is_harmless(
    apart_misbehaving: Callable[..., Any],
) -> None:
    assert apart_misbehaving(fails, "null", 60.0)["message"] == ""


def test_a_type_that_reports_a_wild_address_ends_the_child_only(
    apart_misbehaving: Callable[..., Any],
) -> None:
    result = apart_misbehaving(fails, "wild", 60.0)
    assert "SIGSEGV" in result["message"]
    assert "dict" not in result["message"]
    assert result["next"] > 1000


def examines(how: str) -> dict[str, Any]:
    import misbehaving

    with leftovers.nothing_left():
        thing = misbehaving.Thing(how)
        with pytest.raises(CaptureError) as caught:
            pipeline.examine(timeout=2.0 if how == "hang" else 60.0)
        del thing
    findings = pipeline.examine()
    return {"message": str(caught.value), "next": findings.snapshot.objects}


@pytest.mark.parametrize("how", ["crash", "hang"])
def test_the_whole_pipeline_says_so_and_works_again(
    apart_misbehaving: Callable[..., Any], how: str
) -> None:
    result = apart_misbehaving(examines, how)
    assert "misbehaving.Thing" in result["message"]
    assert result["next"] > 1000


def fails_often() -> dict[str, Any]:
    import misbehaving

    def fail(times: int) -> None:
        for _ in range(times):
            with pytest.raises(CaptureError):
                leakguard.snapshot(method="fork", timeout=60.0)

    thing = misbehaving.Thing("crash")
    fail(5)
    before = {field: leftovers.memory(field) for field in ("VmSize", "VmRSS")}
    with leftovers.nothing_left():
        fail(30)
    after = {field: leftovers.memory(field) for field in ("VmSize", "VmRSS")}
    del thing
    return {"before": before, "after": after}


def test_thirty_failures_leave_no_memory_mapped(apart_misbehaving: Callable[..., Any]) -> None:
    result = apart_misbehaving(fails_often)
    for field, before in result["before"].items():
        assert result["after"][field] - before < 2 << 20, field
