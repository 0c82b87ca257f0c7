"""A name for the memory of work that is no request: jobs, threads, executors."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from weakref import WeakKeyDictionary

from leakguard.routes import tracks
from leakguard.routes._flight import Slot, slot_variable

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

Function = TypeVar("Function", bound="Callable[..., Any]")


class track:  # noqa: N801  # used like a function: `with track("reindex"):`, `@track("reindex")`
    """What is allocated inside belongs to `name`, beside the routes, until it is freed.

    A context manager, to be used as often as wished, nested and concurrently; and a decorator for
    functions and coroutine functions. Tasks and `asyncio.to_thread` calls that are started inside
    belong to it too, threads and `run_in_executor` do not: decorate what they run.

    Raises `TypeError` for a name that is no text, or is empty, and for a generator function: its
    body runs in turns with that of its caller. Names beyond the hundredth share one row.
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not name:
            raise TypeError(f"a track needs a name, a text that is not empty, not {name!r:.60}")
        self.name = name[: tracks.MAX_NAME]
        self._figures = tracks.figures_of(self.name)
        self._previous: WeakKeyDictionary[Slot, Slot | None] = WeakKeyDictionary()

    def __enter__(self) -> Self:
        self._figures.count()
        slot = Slot(self._figures.route)
        self._previous[slot] = slot_variable.get()
        slot_variable.set(slot)
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        slot = slot_variable.get()
        if slot is not None and slot in self._previous:  # else this is not the context of the enter
            slot_variable.set(self._previous.pop(slot))

    def __call__(self, function: Function) -> Function:
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{function.__qualname__} is a generator: between two items the code of its caller "
                "runs, which is not part of the track. Use `with track(...)` inside it, around "
                "what does not yield."
            )
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def inside_coroutine(*arguments: Any, **keywords: Any) -> Any:
                with self:
                    return await function(*arguments, **keywords)

            return cast("Function", inside_coroutine)

        @functools.wraps(function)
        def inside(*arguments: Any, **keywords: Any) -> Any:
            with self:
                return function(*arguments, **keywords)

        return cast("Function", inside)
