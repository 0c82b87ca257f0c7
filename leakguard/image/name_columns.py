"""The sections of strings and idents while an image is built."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from leakguard.image.format import SECTIONS

if TYPE_CHECKING:
    from leakguard.image.values import Ident

NAME_SECTIONS: Final = ("strdata", "stroff", "identnam", "identfil", "identlin")


class NameColumns:
    """Each string and each ident once, in the order they came; string 0 is the empty one."""

    def __init__(self) -> None:
        self.columns: dict[str, array[int]] = {
            name: array(SECTIONS[name]) for name in NAME_SECTIONS
        }
        self._strings: dict[str, int] = {}
        self._idents: dict[Ident, int] = {}
        self.columns["stroff"].append(0)
        self.string("")

    @property
    def string_count(self) -> int:
        """How many strings there are."""
        return len(self._strings)

    def string(self, text: str) -> int:
        """The id of a string; characters that UTF-8 cannot say become "?"."""
        index = self._strings.get(text)
        if index is None:
            index = self._strings[text] = len(self._strings)
            data = self.columns["strdata"]
            data.frombytes(text.encode(errors="replace"))
            self.columns["stroff"].append(len(data))
        return index

    def ident(self, ident: Ident) -> int:
        """The index of an ident."""
        index = self._idents.get(ident)
        if index is None:
            index = self._idents[ident] = len(self._idents)
            self.columns["identnam"].append(self.string(ident.name))
            self.columns["identfil"].append(self.string(ident.file or ""))
            self.columns["identlin"].append(ident.line or 0)
        return index
