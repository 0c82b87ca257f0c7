from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from leakguard.errors import ImageError
from leakguard.image import HeapImage, ImageBuilder

if TYPE_CHECKING:
    import mmap
    from collections.abc import Callable

    Walk = Callable[[HeapImage], int]


@pytest.fixture
def path(builder: ImageBuilder, tmp_path: Path) -> Path:
    path = tmp_path / "sample.lgheap"
    builder.write(path)
    return path


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def mapped(path: Path) -> bool:
    return str(path) in Path("/proc/self/maps").read_text()


def test_a_path_or_a_descriptor(path: Path, walk: Walk) -> None:
    before = open_files()
    with HeapImage.open(path) as image, HeapImage.open(str(path)) as same:
        assert walk(image) == walk(same)
    descriptor = os.open(path, os.O_RDONLY)
    with HeapImage.open(descriptor) as image:
        os.close(descriptor)
        assert walk(image) > 0
    assert open_files() == before
    assert not mapped(path)


def test_a_file_in_memory(builder: ImageBuilder, walk: Walk) -> None:
    descriptor = os.memfd_create("image")
    try:
        builder.write(descriptor)
        with HeapImage.open(descriptor) as image:
            assert walk(image) > 0
    finally:
        os.close(descriptor)


def test_a_rewritten_file_is_not_longer_than_its_image(path: Path, tmp_path: Path) -> None:
    with HeapImage.open(path):
        pass
    ImageBuilder().write(path)
    with HeapImage.open(path) as image:
        assert image.node_count == 0


def test_views_in_use_outlive_close(path: Path) -> None:
    image = HeapImage.open(path)
    used = image.node_size[2:4]
    image.close()
    assert used.tolist() == [56, 56]
    with pytest.raises(ValueError, match="released"):
        image.node_type[0]
    image.close()
    del used, image
    assert not mapped(path)


def test_views_cannot_be_written(path: Path) -> None:
    with HeapImage.open(path) as image, pytest.raises(TypeError):
        image.node_size[0] = 1


def test_a_damaged_file_is_let_go(path: Path) -> None:
    before = open_files()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ImageError, match="cut off"):
        HeapImage.open(path)
    assert open_files() == before
    assert not mapped(path)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(ImageError, match="empty"):
        HeapImage.open(tmp_path / "empty")


def test_a_directory(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no regular file"):
        HeapImage.open(tmp_path)


def test_a_fifo_nobody_writes_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    code = (
        "import sys\n"
        "from leakguard.errors import ImageError\n"
        "from leakguard.image import HeapImage\n"
        "try:\n    HeapImage.open(sys.argv[1])\n"
        "except ImageError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(tmp_path / "fifo")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "no regular file" in done.stdout


def test_other_descriptors() -> None:
    left, right = socket.socketpair()
    with left, right, pytest.raises(ImageError, match="no regular file"):
        HeapImage.open(left.fileno())
    with Path("/dev/zero").open("rb") as device, pytest.raises(ImageError, match="no regular file"):
        HeapImage.open(device.fileno())


def test_what_cannot_be_opened_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        HeapImage.open(tmp_path / "absent")


@pytest.mark.parametrize("size", [1 << 20, 1 << 32, 1 << 42])
def test_a_giant_of_holes(tmp_path: Path, size: int) -> None:
    path = tmp_path / "giant"
    path.touch()
    os.truncate(path, size)
    with pytest.raises(ImageError):
        HeapImage.open(path)


def test_a_giant_of_holes_with_an_honest_header(path: Path) -> None:
    size = 1 << 40
    with path.open("r+b") as file:
        file.truncate(size)
        file.seek(16)
        file.write(size.to_bytes(8, "little"))
    with pytest.raises(ImageError, match="mostly holes"):
        HeapImage.open(path)


def test_no_memory_to_map_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> mmap.mmap:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("leakguard.image.mapping.mmap.mmap", refuse)
    with pytest.raises(ImageError, match="cannot be mapped"):
        HeapImage.open(path)


def test_big_endian_machines_are_told(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.byteorder", "big")
    with pytest.raises(ImageError, match="little-endian"):
        HeapImage(data)
