"""Which line of a stack tells a reader most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from leakguard.analysis.origin import Origin, origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_OWN_DIRECTORY = __file__.rpartition("analysis")[0]


class LineLike(Protocol):
    """A line that was running."""

    @property
    def file(self) -> str: ...


AnyLine = TypeVar("AnyLine", bound=LineLike)


def telling_line(stack: Iterable[AnyLine]) -> tuple[AnyLine, bool] | None:
    """The line of a stack to show, and whether it is the application's: its innermost frame, else
    the innermost of a library. None: there is nothing but LeakGuard.

    Code that was generated (`<string>`) has no file that anybody could open: it is shown where no
    file of the application was running.
    """
    library = generated = None
    for line in stack:
        origin = origin_of(_module(line.file), line.file)
        if origin is Origin.APPLICATION and not line.file.startswith("<"):
            return line, True
        if origin is Origin.APPLICATION and generated is None:
            generated = line
        if origin is Origin.LIBRARY and library is None:
            library = line
    if generated is not None:
        return generated, True
    return (library, False) if library is not None else None


def is_our_own(stack: Iterable[LineLike]) -> bool:
    """Whether LeakGuard was at work, and nothing of the application."""
    origins = {origin_of(_module(line.file), line.file) for line in stack}
    return Origin.LEAKGUARD in origins and Origin.APPLICATION not in origins


def _module(file: str) -> str:
    return "leakguard" if file.startswith(_OWN_DIRECTORY) else ""
