"""The heap image: one flat, checked file between capture and analysis (docs/image-format.md)."""

from __future__ import annotations

from leakguard.image.builder import ImageBuilder
from leakguard.image.format import EdgeKind, RootKind, SampleKind, TypeKind
from leakguard.image.heap_image import HeapImage
from leakguard.image.samples import SampleTable
from leakguard.image.values import Frame, Ident, Label

__all__ = [
    "EdgeKind",
    "Frame",
    "HeapImage",
    "Ident",
    "ImageBuilder",
    "Label",
    "RootKind",
    "SampleKind",
    "SampleTable",
    "TypeKind",
]
