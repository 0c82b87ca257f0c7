"""snapshot(path): a whole image under that name, or no trace and a clear error."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import TYPE_CHECKING, Any

import leftovers
import pytest

import leakguard
from leakguard.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable

METHODS = ["fork", "inline", "portable"]


def keeps(path: str, method: Any) -> list[int]:
    with leftovers.nothing_left():
        with leakguard.snapshot(path, method=method) as image:
            nodes = image.node_count
        with leakguard.HeapImage.open(path) as again:
            return [nodes, again.node_count]


@pytest.mark.parametrize("method", METHODS)
def test_a_whole_image_replaces_the_file(
    apart: Callable[..., Any], tmp_path: Path, method: str
) -> None:
    target = tmp_path / "heap.lgheap"
    target.write_text("an older one")
    returned, kept = apart(keeps, str(target), method)
    assert returned == kept > 1000
    assert list(tmp_path.iterdir()) == [target]
    assert target.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "failing",
    [{"memory_limit": 1 << 20}, {"timeout": 1e-6}, {"timeout": 1e-6, "method": "portable"}],
    ids=repr,
)
def test_a_failure_leaves_the_file_as_it_was(tmp_path: Path, failing: dict[str, Any]) -> None:
    target = tmp_path / "heap.lgheap"
    with leftovers.nothing_left():
        with pytest.raises(CaptureError):
            leakguard.snapshot(target, **failing)
        assert list(tmp_path.iterdir()) == []
        target.write_text("an older one")
        with pytest.raises(CaptureError):
            leakguard.snapshot(target, **failing)
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_text() == "an older one"


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    leakguard.snapshot("heap.lgheap").close()
    assert [path.name for path in tmp_path.iterdir()] == ["heap.lgheap"]


def test_a_path_that_cannot_be(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    folder = tmp_path / "folder"
    folder.mkdir()
    cannot = [tmp_path / "missing" / "x", file / "x", folder, Path("/proc/leakguard.lgheap")]
    for path in cannot:
        with (
            leftovers.nothing_left(),
            pytest.raises(CaptureError, match="cannot be kept as") as caught,
        ):
            leakguard.snapshot(path)
        assert str(path) in str(caught.value)
    assert sorted(tmp_path.iterdir()) == [file, folder]
    assert list(folder.iterdir()) == []


def on_a_full_disk(folder: str, method: Any) -> list[str]:
    """The limit on file sizes fails a write as a full disk does, and sends SIGXFSZ too."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, resource.RLIM_INFINITY))
    messages = []
    with leftovers.nothing_left():
        for path in (None, Path(folder) / "heap.lgheap")[method == "portable" :]:  # it is slow
            with pytest.raises(CaptureError) as caught:
                leakguard.snapshot(path, method=method)
            messages.append(str(caught.value))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    leakguard.snapshot().close()
    return messages


@pytest.mark.parametrize("method", METHODS)
def test_a_full_disk(apart: Callable[..., Any], tmp_path: Path, method: str) -> None:
    for message in apart(on_a_full_disk, str(tmp_path), method):
        assert "could not be written" in message
    assert list(tmp_path.iterdir()) == []
