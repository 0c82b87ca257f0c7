"""The heap image: one flat, checked file between capture and analysis (docs/image-format.md)."""

from __future__ import annotations

from leakguard.image.builder import ImageBuilder
from leakguard.image.format import EdgeKind, RootKind, TypeKind
from leakguard.image.heap_image import HeapImage
from leakguard.image.values import Ident, Label

__all__ = [
    "EdgeKind",
    "HeapImage",
    "Ident",
    "ImageBuilder",
    "Label",
    "RootKind",
    "TypeKind",
]
