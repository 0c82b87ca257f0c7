"""Real threads and a real poll, whatever a monkey patch has put in their place.

gevent and eventlet replace them by greenlets, which run only while the server's own loop lets them:
a worker that is busy would answer nobody. Sockets need no such care as long as they are those of
`_socket`, which lies below `socket` and is never patched.
"""

from __future__ import annotations

import _socket
import importlib
import sys
import threading
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    import select
    from collections.abc import Callable
    from concurrent.futures import Future

Result = TypeVar("Result")


class Thread(threading.Thread):
    """A thread whose type says that it is LeakGuard's: what it holds is nobody's leak."""


def start_thread(function: Callable[[], object], name: str) -> None:
    """Run `function` in a daemon thread of the system. RuntimeError if there can be no more."""
    if _are_threads_patched():
        _original("_thread", "start_new_thread")(function, ())
        return
    # An 8 MB stack costs addresses, not memory. `threading.stack_size` is not touched: it holds
    # for every thread of the process, and the app may be starting one at this moment.
    Thread(target=function, name=name, daemon=True).start()


def lock() -> Any:
    """A lock between real threads, not held. It has acquire(blocking, timeout) and release()."""
    return _original("_thread", "allocate_lock")()


def poll() -> select.poll:
    """A poll object that blocks this thread alone."""
    made: select.poll = _original("select", "poll")()
    return made


def of_os(name: str) -> Any:
    """The function of `os` of that name. gevent's watch children, which its own loop alone can."""
    return _original("os", name)


def accept(listening: _socket.socket) -> _socket.socket:
    """The next connection. BlockingIOError if there is none, OSError as of accept(2)."""
    # What `socket.socket.accept` calls; the type stubs leave it out.
    descriptor, _ = cast("Any", listening)._accept()
    return _socket.socket(fileno=descriptor)


def apart(function: Callable[..., Result], *arguments: object) -> Result:
    """What `function` returns, which blocks or runs an event loop of its own.

    Under gevent and eventlet it is called in another thread, while the greenlets of this one go on:
    one that blocks stops them all, and asyncio takes a loop that runs in one for the loop of each.
    """
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_anything_patched():
        hub = importlib.import_module("gevent").get_hub()
        returned: Result = hub.threadpool.apply(function, arguments)
        return returned
    if _eventlet("thread") is not None:
        return cast(
            "Result", importlib.import_module("eventlet.tpool").execute(function, *arguments)
        )
    return function(*arguments)


def result(future: Future[Result], timeout: float = -1.0) -> Result:
    """The future's result; TimeoutError after `timeout` seconds without. Blocks this thread."""
    ended = lock()
    ended.acquire()
    future.add_done_callback(lambda _: ended.release())
    if not ended.acquire(True, timeout):
        raise TimeoutError(f"no result within {timeout:g} s")
    return future.result()


def _are_threads_patched() -> bool:
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("threading"):
        return True
    return _eventlet("thread") is not None


def _eventlet(what: str) -> Any:
    """The patcher of eventlet, if it has patched `what`."""
    patcher = sys.modules.get("eventlet.patcher")
    return patcher if patcher is not None and patcher.is_monkey_patched(what) else None


def _original(module: str, name: str) -> Any:
    """What `module` called `name` before any patch."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None:
        return monkey.get_original(module, name)
    patcher = _eventlet(module.removeprefix("_"))
    whole = importlib.import_module(module) if patcher is None else patcher.original(module)
    return getattr(whole, name)
