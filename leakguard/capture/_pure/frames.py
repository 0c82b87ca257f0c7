"""Local variables of frames: suspended in generators and coroutines, running in threads."""

from __future__ import annotations

import sys
import threading
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from leakguard.capture._pure import raw
from leakguard.image import Ident

if TYPE_CHECKING:
    from collections.abc import Callable

_FRAME_OF: Final[dict[int, Callable[[Any], Any]]] = {
    id(types.GeneratorType): types.GeneratorType.__dict__["gi_frame"].__get__,
    id(types.CoroutineType): types.CoroutineType.__dict__["cr_frame"].__get__,
    id(types.AsyncGeneratorType): types.AsyncGeneratorType.__dict__["ag_frame"].__get__,
}
_OWN_PACKAGE: Final = "leakguard"


@dataclass(frozen=True, slots=True)
class RunningFrame:
    """A frame that a thread is executing; objects by address, so that none is held."""

    ident: Ident
    code: int
    variables: list[tuple[str, int, bool]]
    """Name, address of the value, and whether the frame holds a cell instead of the value."""


@dataclass(frozen=True, slots=True)
class RunningThread:
    """A thread of the process, its frames from the outermost to the innermost."""

    name: str
    frames: list[RunningFrame]
    current: bool
    exception: int
    """Address of the exception that it is handling, 0 = none."""


def suspended_locals(generator: object) -> list[tuple[str, object]]:
    """Local variables of a generator or coroutine that waits."""
    frame = frame_of(generator)
    return [] if frame is None else frame_locals(frame)


def frame_of(generator: object) -> types.FrameType | None:
    """The frame of a generator or coroutine, None when it has ended."""
    read = _FRAME_OF.get(id(type(generator)))
    frame: types.FrameType | None = read(generator) if read is not None else None
    return frame


def frame_locals(frame: types.FrameType) -> list[tuple[str, object]]:
    """Variables that have a value; none for module and class bodies, whose namespace is a dict.

    Before 3.13 a frame keeps the dict that shows its locals. It is emptied again, or the variables
    would live until the function ends, unless the application holds it too.
    """
    if not frame.f_code.co_flags & 0x1:  # CO_OPTIMIZED
        return []
    shown = frame.f_locals
    found = list(shown.items())
    if sys.version_info < (3, 13) and sys.getrefcount(shown) <= _OURS_AND_THE_FRAMES:
        shown.clear()
    return found


def _references_of_shown_locals() -> int:
    def probe() -> int:
        frame = sys._getframe()
        shown = frame.f_locals
        return sys.getrefcount(shown)

    return probe()


_OURS_AND_THE_FRAMES: Final = _references_of_shown_locals()


def running_threads(found: Callable[[object], None]) -> list[RunningThread]:
    """The threads of the process; `found` is called with each object that their frames hold.

    LeakGuard's own frames, innermost in the thread that captures, are left out.
    """
    names = {
        ident: _thread_name(thread)
        for ident, thread in list(threading._active.items())  # type: ignore[attr-defined] # no public name tells it without locking
    }
    exceptions = _current_exceptions()
    threads: list[RunningThread] = []
    # this frame is among them: it must not end while it refers to itself, or it never goes
    current_frames = sys._current_frames()
    for ident in list(current_frames):
        frames: list[RunningFrame] = []
        frame: types.FrameType | None = current_frames.pop(ident)
        current = ident == threading.get_ident()
        while current and frame is not None and is_own(frame.f_globals):
            frame = frame.f_back
        while frame is not None:
            frames.append(_running(frame, found))
            frame = frame.f_back
        frames.reverse()
        name = names.get(ident, "thread without a name")
        exception = exceptions.get(ident, 0)
        threads.append(RunningThread(name, frames, current, exception))
    return threads


def _running(frame: types.FrameType, found: Callable[[object], None]) -> RunningFrame:
    code = frame.f_code
    in_cells = {*code.co_cellvars, *code.co_freevars}
    variables = []
    for name, value in frame_locals(frame):
        found(value)
        variables.append((name, id(value), name in in_cells))
    found(code)
    module = frame.f_globals.get("__name__")
    qualname = f"{module}.{code.co_qualname}" if type(module) is str else code.co_qualname
    return RunningFrame(Ident(qualname, code.co_filename, frame.f_lineno), id(code), variables)


def is_own(namespace: dict[str, Any]) -> bool:
    """Whether a module's namespace, the globals of a frame or function, is one of LeakGuard's."""
    name = namespace.get("__name__")
    return type(name) is str and name.partition(".")[0] == _OWN_PACKAGE


def _thread_name(thread: threading.Thread) -> str:
    # read as it is stored: a subclass may make a property of it
    if any("_name" in raw.type_namespace(base) for base in raw.type_mro(type(thread))):
        return "thread"
    try:
        name = object.__getattribute__(thread, "_name")
    except AttributeError:
        return "thread"
    return name[: raw.LONGEST_NAME] if type(name) is str else "thread"


def _current_exceptions() -> dict[int, int]:
    found = {}
    for ident, exception in sys._current_exceptions().items():
        raised = exception[1] if type(exception) is tuple else exception
        if raised is not None:
            found[ident] = id(raised)
    return found
