"""Where the kernel refuses what a capture asks for, it works otherwise, and says how."""

from __future__ import annotations

import errno
import resource
from pathlib import Path
from typing import TYPE_CHECKING, Any

import in_background
import leftovers
import pytest
import seccomp

import leakguard
from leakguard import pipeline
from leakguard.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable


def without_clone(reason: int) -> dict[str, Any]:
    before = leakguard.snapshot()
    seccomp.deny("clone", with_errno=reason)
    with leftovers.nothing_left():
        image = leakguard.snapshot()
        findings = pipeline.examine()
        with pytest.raises(CaptureError) as caught:
            leakguard.snapshot(method="fork")
        result = {
            "capture": [before.meta["capture"], image.meta["capture"], findings.snapshot.capture],
            "notes": image.meta["notes"],
            "findings": list(findings.notes),
            "nodes": image.node_count / before.node_count,
            "asked": str(caught.value),
        }
        image.close()
    before.close()
    return result


@pytest.mark.parametrize("reason", [errno.EPERM, errno.ENOSYS, errno.EAGAIN])
def test_clone_denied(apart: Callable[..., Any], reason: int) -> None:
    result = apart(without_clone, reason)
    assert result["capture"] == ["fork", "inline", "inline"]
    assert any("in-process capture" in note for note in result["notes"])
    assert any("in-process capture" in note for note in result["findings"])
    assert 0.9 < result["nodes"] < 1.1
    assert "a child process was refused" in result["asked"]


def without_vfork() -> str:
    seccomp.deny("vfork")
    with leftovers.nothing_left():
        return pipeline.examine().snapshot.capture


@pytest.mark.parametrize("name", sorted(seccomp.NUMBERS.keys() & {"vfork"}))
def test_the_analyser_s_child_denied(apart: Callable[..., Any], name: str) -> None:
    assert apart(without_vfork) == "fork", name


def without_memfd() -> list[int]:
    seccomp.deny("memfd_create")
    with leftovers.nothing_left():
        with leakguard.snapshot() as image:
            nodes = image.node_count
        return [nodes, pipeline.examine().snapshot.nodes]


def test_memfd_create_denied(apart: Callable[..., Any]) -> None:
    assert all(nodes > 1000 for nodes in apart(without_memfd))


def without_close_range() -> dict[str, str]:
    files = [Path("/dev/null").open() for _ in range(40)]  # noqa: SIM115 (open on purpose)
    seccomp.deny("close_range")
    with leakguard.snapshot() as image:
        assert image.meta["capture"] == "fork"
    with in_background.capture_that_hangs() as running:
        kept = leftovers.descriptors(running.child)
    for file in files:
        file.close()
    return {str(number): target for number, target in kept.items()}


def test_close_range_denied(apart_misbehaving: Callable[..., Any]) -> None:
    kept = apart_misbehaving(without_close_range)
    assert kept.keys() == {"0", "1", "2", "3"}
    assert "memfd:leakguard" in kept["3"]


def at_the_limit_of_open_files(folder: str, free: int) -> dict[str, Any]:
    victims = [Path(folder) / str(number) for number in range(2)]
    leakguard.snapshot().close()
    pipeline.examine()
    files = [victim.open("w+b") for victim in victims]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files[-1].fileno() + 1 + free, 1024))
    said = ""
    with leftovers.nothing_left():
        try:
            capture = pipeline.examine().snapshot.capture
        except leakguard.LeakGuardError as error:
            capture, said = "", str(error)
    written = sum(victim.stat().st_size for victim in victims)
    for file in files:
        file.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
    pipeline.examine()
    return {"capture": capture, "said": said, "written": written}


@pytest.mark.parametrize("free", range(1, 8))
def test_a_server_with_hardly_a_descriptor_left(
    apart: Callable[..., Any], tmp_path: Path, free: int
) -> None:
    """Never an image in somebody's file; an answer, or a clear error."""
    result = apart(at_the_limit_of_open_files, str(tmp_path), free)
    assert result["written"] == 0
    assert result["capture"] in ("fork", "inline") or "open" in result["said"], result
