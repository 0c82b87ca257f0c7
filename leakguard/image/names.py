"""The strings of a heap image, and what is called by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.image.values import Ident

if TYPE_CHECKING:
    from collections.abc import Mapping


class Names:
    """Reads strings and idents from the checked sections of an image."""

    def __init__(self, views: Mapping[str, memoryview]) -> None:
        self._offset, self._data = views["stroff"], views["strdata"]
        self._name, self._file, self._line = views["identnam"], views["identfil"], views["identlin"]

    def string(self, index: int) -> str:
        """A string of the table; 0 is the empty one."""
        return str(self._data[self._offset[index] : self._offset[index + 1]], "utf-8")

    def ident(self, index: int) -> Ident:
        """An entry of the ident table."""
        file, line = self._file[index], self._line[index]
        return Ident(
            self.string(self._name[index]), self.string(file) if file else None, line or None
        )
