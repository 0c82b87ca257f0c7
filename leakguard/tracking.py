"""A name for the memory of work that is no request: jobs, threads, executors."""

from __future__ import annotations

import functools
import inspect
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from weakref import WeakKeyDictionary

from leakguard import tracked_generators
from leakguard.routes import tracks
from leakguard.routes._flight import Slot, slot_variable

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

Function = TypeVar("Function", bound="Callable[..., Any]")


class track:  # noqa: N801  # used like a function: `with track("reindex"):`, `@track("reindex")`
    """What is allocated inside belongs to `name`, beside the routes, until it is freed.

    A context manager (`with` and `async with`), to be used as often as wished, nested and
    concurrently, within a request too; and a decorator for functions, coroutine functions and
    generators of both kinds: of a generator, what it does itself, not what its caller does between
    two items. Tasks and `asyncio.to_thread` calls that are started inside belong to it too, threads
    and `run_in_executor` do not: decorate what they run.

    Each use counts once, with its duration, and as an error when an `Exception` ends it.

    Raises `TypeError` for a name that is no text, or is empty, and for what cannot be decorated.
    Names beyond the hundredth (beyond `max_routes`, where `leakguard.start` says more) share one
    row.
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not name:
            raise TypeError(f"a track needs a name, a text that is not empty, not {name!r:.60}")
        self.name = name[: tracks.MAX_NAME]
        self._figures = tracks.figures_of(self.name)
        self._entered: WeakKeyDictionary[Slot, tuple[Slot | None, float]] = WeakKeyDictionary()

    def __enter__(self) -> Self:
        self._figures.begin()
        slot = Slot(self._figures.route)
        self._entered[slot] = slot_variable.get(), perf_counter()
        slot_variable.set(slot)
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.leave(exception_type is not None and issubclass(exception_type, Exception))

    def leave(self, failed: bool) -> None:
        """The end of the `with` block, for those who must write it in two parts."""
        slot = slot_variable.get()
        seconds = 0.0
        if slot is not None and slot in self._entered:  # else this is not the context of the enter
            previous, began = self._entered.pop(slot)
            seconds = perf_counter() - began
            slot_variable.set(previous)
        self._figures.end(seconds, failed)
        if tracks.on_end is not None:
            tracks.on_end()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(exception_type, exception, traceback)

    def __call__(self, function: Function) -> Function:
        if not callable(function) or isinstance(function, type):
            raise TypeError(
                f"a track decorates functions, not {_what(function)}; put @track below "
                "@classmethod and @property, and on the methods of a class"
            )
        if _is(inspect.isgeneratorfunction, function):
            return cast("Function", tracked_generators.generator(self._figures, function))
        if _is(inspect.isasyncgenfunction, function):
            return cast("Function", tracked_generators.async_generator(self._figures, function))
        if _is(inspect.iscoroutinefunction, function):

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


def _is(question: Callable[[Any], bool], function: Any) -> bool:
    """Of a function, or of an object whose class makes it callable."""
    return question(function) or question(vars(type(function)).get("__call__"))


def _what(thing: object) -> str:
    return f"the class {thing.__name__}" if isinstance(thing, type) else f"a {type(thing).__name__}"
