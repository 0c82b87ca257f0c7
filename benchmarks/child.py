"""What the walk, its image and its analysis cost, in CPU time and in memory."""

from __future__ import annotations

import gc
import json
import os
import re
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import heap
import psutil
from collector import collect_cpu
from figures import Figure, median, rounds, spread
from raw import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 5
# a round takes some ten seconds there
HUGE, HUGE_ROUNDS = 5_000_000, 3
SAMPLE_SECONDS = 0.005
ANALYSER = Path(__file__).with_name("analyser.py")


def measure(objects: int) -> Iterator[Figure]:
    shop = heap.build(objects)
    gc.disable()
    large = objects >= 1_000_000
    list(_cpu(large, 1))  # what this program itself grows by comes before it is weighed
    process = psutil.Process()
    before = process.memory_info().rss
    yield from _cpu(large, HUGE_ROUNDS if objects > HUGE else ROUNDS)
    yield from _memory(large)
    after = process.memory_info().rss
    yield Figure(
        "RSS of the server afterwards, change",
        100 * abs(after - before) / before,
        "%",
        1.0,
        f"{before >> 20} MB before",
    )
    del shop


def _cpu(large: bool, count: int) -> Iterator[Figure]:
    steps: dict[str, list[float]] = {}
    figures: dict[str, int] = {}

    def snapshot_cpu() -> float:
        before = _children_cpu()
        snapshot = Snapshot()
        seconds = snapshot.finish(keep_image=True).progress.cpu_seconds
        steps.setdefault("life", []).append(_children_cpu() - before)
        answer = subprocess.run(
            [sys.executable, "-P", str(ANALYSER), str(snapshot.fd)],
            pass_fds=[snapshot.fd],
            stdout=subprocess.PIPE,
            check=True,
        )
        analysed = json.loads(answer.stdout)
        figures.update(analysed["counts"])
        for step, used in analysed["seconds"].items():
            steps.setdefault(step, []).append(used)
        os.close(snapshot.fd)
        return seconds

    seen = rounds({"gc": collect_cpu, "walk": snapshot_cpu}, count)
    collection, walk = median(seen["gc"]), median(seen["walk"])
    dominators = median(steps["dominators"])
    counts = (
        f"{figures['objects']:,} objects, {figures['nodes']:,} nodes, {figures['edges']:,} edges"
    )
    yield Figure("one gc.collect(), CPU", collection * 1e3, "ms", None, counts)
    for name, values in (
        ("walk, sizes, roots, image written", seen["walk"]),
        ("dominators and retained sizes", steps["dominators"]),
    ):
        yield Figure(f"{name} / gc.collect()", median(values) / collection, "x", None, _ms(values))
    yield Figure(
        "both / gc.collect()", (walk + dominators) / collection, "x", 1.6 if large else None
    )
    for step, label in (
        ("life", "all of the child, from fork to end"),
        ("start", "the analyser's start and imports"),
        ("open", "image opened and checked"),
        ("paths", "shortest paths"),
        ("rest", "suspects, chains, types"),
    ):
        values = steps[step]
        yield Figure(
            f"beside: {label} / gc.collect()", median(values) / collection, "x", None, _ms(values)
        )


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _ms(values: list[float]) -> str:
    return f"{median(values) * 1e3:.1f} ms ({spread(values, 1e3)})"


def _memory(large: bool) -> Iterator[Figure]:
    limit = 70.0 if large else None
    snapshot = Snapshot()
    watch = _Watch(snapshot.child.pid, snapshot.fd)
    progress = snapshot.finish(keep_image=True).progress
    watch.join()
    objects, image = progress.objects, os.fstat(snapshot.fd).st_size
    os.close(snapshot.fd)
    mapped, seen = progress.mapped_bytes, f"the most of {watch.samples} samples"
    for name, held, most, detail in (
        ("own memory: mapped by the walk", mapped, limit, f"{mapped >> 20} MB"),
        ("own memory: private pages of the child", watch.private, limit, seen),
        ("own memory: private pages with the image so far", watch.together, limit, seen),
        ("the image", image, None, f"{image >> 20} MB"),
    ):
        yield Figure(name, held / objects, "B/object", most, detail)


class _Watch(threading.Thread):
    """Reads how many private pages a child has, and how much image, until it ends."""

    def __init__(self, pid: int, image_fd: int) -> None:
        super().__init__(daemon=True)
        self.private = self.together = self.samples = 0
        self._rollup = Path(f"/proc/{pid}/smaps_rollup")
        self._image_fd = image_fd
        self.start()

    def run(self) -> None:
        while True:
            try:
                found = re.search(rb"Private_Dirty:\s*(\d+) kB", self._rollup.read_bytes())
            except OSError:
                return
            if found is not None:
                private = int(found[1]) << 10
                image = os.fstat(self._image_fd).st_blocks * 512
                self.private = max(self.private, private)
                self.together = max(self.together, private + image)
                self.samples += 1
            time.sleep(SAMPLE_SECONDS)
