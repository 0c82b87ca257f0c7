"""Sampled allocations of a heap image: which route and which line made the blocks of which node."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from leakguard.image.values import Frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leakguard.image.names import Names


class SampleTable:
    """Live blocks that a sampler remembered until the image was taken, one element of each column
    for each of them.

    A block is sampled with a chance that grows with its size, and stands for `bytes` bytes: sums
    over many samples are right, and their variance is the sum of `bytes * (bytes - size)`.
    The columns are read-only memoryviews that mean something until the image is closed.
    """

    def __init__(self, views: Mapping[str, memoryview], names: Names) -> None:
        """Take the sections from an image that has been checked and has them."""
        self._names = names
        self.node = views["smplnode"]
        """The node that owns the block, `NO_NODE` where none does."""
        self.bytes = views["smplbyte"]
        """Bytes that the sample stands for."""
        self.size = views["smplsize"]
        """Bytes of the block itself."""
        self.route = views["smplrout"]
        """Index into `route_names`."""
        self.stack = views["smplstck"]
        """What `frames` takes."""
        self.kind = views["smplkind"]
        """A `SampleKind`."""
        self.age_ms = views["smplage"]
        """Milliseconds since the block was allocated."""
        self.requests = views["smplreqs"]
        """Requests that have come since."""
        self.route_requests = views["routreqs"]
        """Requests of each route that had ended, 0 where that is not known."""
        self._route_name = views["routname"]
        self._stack_offset = views["stackoff"]
        self._frame_ident, self._frame_line = views["frameidt"], views["framelin"]

    def __len__(self) -> int:
        return len(self.node)

    def __repr__(self) -> str:
        return f"<SampleTable of {len(self)} samples, {len(self.route_requests)} routes>"

    @cached_property
    def route_names(self) -> tuple[str, ...]:
        """Route templates, names of tracks, and "(no request)", which is the first."""
        # each string is decoded once, so that many routes of one long name cost no more than it
        strings = {index: self._names.string(index) for index in set(self._route_name)}
        return tuple(strings[index] for index in self._route_name)

    @property
    def stack_count(self) -> int:
        """How many stacks there are; stack 0 is empty, for samples whose stack is unknown."""
        return len(self._stack_offset) - 1

    def frames(self, stack: int) -> tuple[Frame, ...]:
        """The lines that were running, the innermost first."""
        found = []
        for index in range(self._stack_offset[stack], self._stack_offset[stack + 1]):
            ident = self._names.ident(self._frame_ident[index])
            found.append(Frame(ident.file or "", self._frame_line[index], ident.name))
        return tuple(found)
