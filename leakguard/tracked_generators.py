"""Generators whose turns belong to a track; between two turns the code of their caller runs."""

from __future__ import annotations

import functools
from time import perf_counter
from typing import TYPE_CHECKING, Any

from leakguard.routes import tracks
from leakguard.routes._flight import Slot, slot_variable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from types import TracebackType

    from leakguard.routes._flight import Figures


class _Turns:
    """One generator's: `with` this it runs. The slot is taken off before anything is yielded."""

    def __init__(self, figures: Figures) -> None:
        figures.begin()
        self._figures = figures
        self._slot = Slot(figures.route)
        self._previous: Slot | None = None
        self._began = self._seconds = 0.0

    def __enter__(self) -> None:
        self._previous = slot_variable.get()
        slot_variable.set(self._slot)
        self._began = perf_counter()

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._seconds += perf_counter() - self._began
        slot_variable.set(self._previous)
        self._previous = None

    def end(self, failed: bool) -> None:
        self._figures.end(self._seconds, failed)
        if tracks.on_end is not None:
            tracks.on_end()


def generator(figures: Figures, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, a generator function, whose turns count for `figures`."""

    @functools.wraps(function)
    def items(*arguments: Any, **keywords: Any) -> Generator[Any, Any, Any]:
        turns, failed = _Turns(figures), False
        try:
            with turns:
                inner = function(*arguments, **keywords)
            step, given = inner.send, None
            while True:
                with turns:
                    item = step(given)
                try:
                    given = yield item
                    step = inner.send
                except GeneratorExit:
                    with turns:
                        inner.close()
                    raise
                except BaseException as error:  # whatever the caller throws is for the generator
                    step, given = inner.throw, error
        except StopIteration as end:
            return end.value
        except Exception:
            failed = True
            raise
        finally:
            turns.end(failed)

    return items


def async_generator(figures: Figures, function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for an asynchronous generator function."""

    @functools.wraps(function)
    async def items(*arguments: Any, **keywords: Any) -> AsyncGenerator[Any, Any]:
        turns, failed = _Turns(figures), False
        try:
            with turns:
                inner = function(*arguments, **keywords)
            step, given = inner.asend, None
            while True:
                with turns:
                    item = await step(given)
                try:
                    given = yield item
                    step = inner.asend
                except GeneratorExit:
                    with turns:
                        await inner.aclose()
                    raise
                except BaseException as error:  # as above
                    step, given = inner.athrow, error
        except StopAsyncIteration:
            return
        except Exception:
            failed = True
            raise
        finally:
            turns.end(failed)

    return items
