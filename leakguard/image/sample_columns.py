"""The sections of sampled allocations while an image is built."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from leakguard.image.format import NO_REQUEST, SAMPLE_SECTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence


class SampleColumns:
    """Routes, stacks and samples in the order they came; route 0 and stack 0 are there already."""

    def __init__(self, no_request: int) -> None:
        """`no_request` is the string id of the name of route 0."""
        self.columns: dict[str, array[int]] = {
            name: array(code) for name, code in SAMPLE_SECTIONS.items()
        }
        self._routes = {NO_REQUEST: 0}
        self._stacks: dict[tuple[tuple[int, int], ...], int] = {(): 0}
        self.columns["routname"].append(no_request)
        self.columns["routreqs"].append(0)
        self.columns["stackoff"].extend((0, 0))

    def route(self, name: str, string: int, requests: int) -> int:
        """The index of a route; known ones get the new number of requests."""
        index = self._routes.get(name)
        if index is None:
            index = self._routes[name] = len(self._routes)
            self.columns["routname"].append(string)
            self.columns["routreqs"].append(0)
        self.columns["routreqs"][index] = requests
        return index

    def stack(self, frames: Sequence[tuple[int, int]]) -> int:
        """The index of a stack of (ident index, line), the innermost first."""
        key = tuple(frames)
        index = self._stacks.get(key)
        if index is None:
            index = self._stacks[key] = len(self._stacks)
            for ident, line in key:
                self.columns["frameidt"].append(ident)
                self.columns["framelin"].append(line)
            self.columns["stackoff"].append(len(self.columns["frameidt"]))
        return index

    def sample(self, **values: int) -> None:
        """Add one sample, given by the names of its sections."""
        for what, given, count in (
            ("route", values["smplrout"], len(self._routes)),
            ("stack", values["smplstck"], len(self._stacks)),
        ):
            if not 0 <= given < count:
                raise ValueError(f"{what} {given} does not exist: there are {count}")
        for name, value in values.items():
            self.columns[name].append(value)
