"""Kept images for tests: a shelf of its own, and images put on it as after a snapshot."""

from __future__ import annotations

import tempfile

import images

from leakguard.analyser import Examined
from leakguard.analysis import analyse_opened
from leakguard.analysis.heap import Heap
from leakguard.explore.keeping import Keeping
from leakguard.explore.shelf import Shelf


def examined(builder):
    with builder.image() as image:
        analysis = analyse_opened(Heap(image))
    return Examined(analysis.findings, None, analysis.holders)


class Kept:
    """What a worker keeps; `put` does what follows a snapshot."""

    def __init__(self, name, most=2, most_bytes=64 << 20):
        self.shelf = Shelf(name)
        self.keeping = Keeping(self.shelf, most, most_bytes)

    def put(self, builder=None, **options):
        self.keep(builder, **options)
        return self.ids()

    def keep(self, builder=None, **options):
        builder = builder or images.shop(carts=60)
        with tempfile.TemporaryFile() as file:
            builder.write(file.fileno())
            self.keeping.keep(file.fileno(), examined(builder), **options)

    def ids(self):
        return [image.id for image in self.shelf.kept()]
