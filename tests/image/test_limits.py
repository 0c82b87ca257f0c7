"""Hostile images in a process that may not allocate what they claim and must not take long."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

from leakguard.image import ImageBuilder
from leakguard.image.format import HEADER, SAMPLE_SECTIONS, SECTION, SECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ADDRESS_SPACE = 300 << 20
NAMES = [*SECTIONS, *SAMPLE_SECTIONS]
FRONT = HEADER.size + len(NAMES) * SECTION.size


def run(walker: Path, images: list[bytes]) -> list[str]:
    """What the walker says of each image, in a process with limits."""
    sent = b"".join(struct.pack("<Q", len(image)) + image for image in images)
    done = subprocess.run(
        [sys.executable, "-P", str(walker), str(ADDRESS_SPACE)],
        input=sent,
        capture_output=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


def damaged(data: bytes, count: int) -> Iterator[bytes]:
    chance = random.Random(20_25)
    for _ in range(count):
        image = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            match chance.randrange(4):
                case 0:
                    image[chance.randrange(len(image))] ^= 1 << chance.randrange(8)
                case 1:
                    position = HEADER.size + chance.randrange(len(NAMES)) * SECTION.size
                    big = chance.choice([2**64 - 1, 2**63, 2**40, 2**32, 2**31, 2**20, 0])
                    struct.pack_into("<Q", image, position + chance.choice([16, 24]), big)
                case 2:
                    position = chance.randrange(0, len(image) - 4, 4)
                    struct.pack_into("<I", image, position, chance.getrandbits(32))
                case _:
                    del image[chance.randint(FRONT, len(image)) :]
                    struct.pack_into("<Q", image, 16, len(image))
        yield bytes(image)


def test_thousands_of_damaged_images(data: bytes, walker_script: Path) -> None:
    said = run(walker_script, [data, *damaged(data, 4000)])
    assert len(said) == 4001
    assert said[0] == "walked"
    assert {line.split()[0] for line in said} == {"walked", "refused"}


def test_claims_cost_no_memory(
    data: bytes, walker_script: Path, entry: Callable[[bytes, str], int]
) -> None:
    images = []
    for name in NAMES:
        for claim in (1 << 28, 1 << 32, 1 << 50, (1 << 64) - 1):
            image = bytearray(data)
            struct.pack_into("<Q", image, entry(data, name) + 24, claim)
            images.append(bytes(image))
    assert all(line.startswith("refused") for line in run(walker_script, images))


def test_meta_costs_little(
    data: bytes, walker_script: Path, entry: Callable[[bytes, str], int]
) -> None:
    images = []
    for meta in (b"[" * (1 << 20), b'{"a":' * 200_000, b"[" + b"[]," * 300_000 + b"[]]"):
        image = bytearray(data)
        struct.pack_into("<QQ", image, entry(data, "meta") + 16, len(data), len(meta))
        struct.pack_into("<Q", image, 16, len(data) + len(meta))
        images.append(bytes(image) + meta)
    assert all("'meta'" in line for line in run(walker_script, images))


def test_many_routes_of_one_long_name_cost_little(tmp_path: Path, walker_script: Path) -> None:
    builder = ImageBuilder()
    builder.route("x" * 1_000_000)
    for index in range(1000):
        builder.route(str(index))
    builder.write(tmp_path / "routes.lgheap")
    data = bytearray((tmp_path / "routes.lgheap").read_bytes())
    table = HEADER.size + NAMES.index("routname") * SECTION.size
    _, _, _, offset, count = SECTION.unpack_from(data, table)
    (long_name,) = struct.unpack_from("<I", data, offset + 4)
    struct.pack_into(f"<{count}I", data, offset, *[long_name] * count)
    assert run(walker_script, [bytes(data)]) == ["walked"]


def test_reading_needs_no_numpy(data: bytes, walker_script: Path) -> None:
    code = (
        f"import runpy, sys; sys.argv[1:] = [{str(8 << 30)!r}]\n"
        f"runpy.run_path({str(walker_script)!r}, run_name='__main__')\n"
        "print('numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        input=struct.pack("<Q", len(data)) + data,
        capture_output=True,
        timeout=110,
        check=True,
    )
    assert done.stdout.decode().split() == ["walked", "False"]
