"""The few ANSI styles of a report; they take no columns, so they are applied last."""

from __future__ import annotations

from dataclasses import dataclass

_RESET = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Style:
    """Marks what matters on a terminal; changes nothing when ``colour`` is off."""

    colour: bool = False

    def strong(self, text: str) -> str:
        """For the answer itself."""
        return self._marked(text, "1")

    def alarming(self, text: str) -> str:
        """For what is retained."""
        return self._marked(text, "1;31")

    def quiet(self, text: str) -> str:
        """For headings, places and costs."""
        return self._marked(text, "2")

    def _marked(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}{_RESET}" if self.colour and text else text
