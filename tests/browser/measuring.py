"""How soon a graph is on the canvas, and how smoothly it is dragged: figures of one page."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from leakguard.analyser import Examined
from leakguard.analysis import analyse_opened
from leakguard.analysis.heap import Heap
from leakguard.explore.keeping import Keeping
from leakguard.explore.shelf import Shelf

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page, Response

    from leakguard.image import ImageBuilder

LONGEST = 60.0
_DRAWN = "document.querySelector('.graph-canvas')?.places().length > 0"
_COUNT = """
    window.frames_at = [];
    const count = (at) => { window.frames_at.push(at); requestAnimationFrame(count); };
    requestAnimationFrame(count);
"""


def keep(builder: ImageBuilder, runtime: Path) -> str:
    """Put an image beside those of the one app whose workers meet in `runtime`; its id."""
    (folder,) = (path for path in runtime.rglob("images/*") if path.is_dir())
    shelf = Shelf(folder.name)
    builder.meta["created"] = time.time()  # the newest is what the page shows
    with tempfile.TemporaryFile() as file, builder.image() as image:
        builder.write(file.fileno())
        analysis = analyse_opened(Heap(image))
        found = Examined(analysis.findings, None, analysis.holders)
        Keeping(shelf, 8, 1 << 30).keep(file.fileno(), found)
    return shelf.kept()[0].id


def opened(page: Page, address: str) -> float:
    """Seconds from asking for the page until the graph is on the canvas."""
    page.goto("about:blank")
    began = time.perf_counter()
    page.goto(address)
    while not page.evaluate(_DRAWN):
        assert time.perf_counter() - began < LONGEST, f"nothing is drawn at {address}"
        time.sleep(0.005)
    return time.perf_counter() - began


@dataclass(frozen=True)
class Dragged:
    """Milliseconds between the frames that were drawn."""

    gaps: list[float]

    @property
    def frames(self) -> float:
        """A second, on average."""
        return 1000 * len(self.gaps) / sum(self.gaps)


def dragged(page: Page, steps: int = 120) -> Dragged:
    """Drag the largest node around."""
    box = page.locator(".graph-canvas").bounding_box()
    assert box is not None
    places = page.evaluate("document.querySelector('.graph-canvas').places()")
    largest = max(places, key=lambda one: one["radius"])
    x, y = box["x"] + largest["x"], box["y"] + largest["y"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 5, y + 5)
    page.evaluate(_COUNT)
    for step in range(steps):
        page.mouse.move(x + 120 * ((step * 7) % 20 / 10 - 1), y + 80 * ((step * 3) % 20 / 10 - 1))
    frames = page.evaluate("window.frames_at")
    page.mouse.up()
    return Dragged([after - before for before, after in pairwise(frames)])


class Sizes:
    """The size of the largest answer that a page was given, in bytes."""

    def __init__(self, page: Page) -> None:
        self.largest = 0
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        length = response.headers.get("content-length", "0")
        self.largest = max(self.largest, int(length))
