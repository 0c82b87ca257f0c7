"""An application with what a snapshot must not disturb: requests, children, threads in malloc.

BALLAST dicts make the heap large; with REAP=1 the application reaps its own children on SIGCHLD,
as a process manager does, with a waitpid that would take anybody's.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from leakguard import LeakGuard

ballast = [{"number": number} for number in range(int(os.environ.get("BALLAST", "0")))]
spawned: dict[int, int] = {}
reaped: dict[int, int] = {}


def reap(signal_number: int, frame: object) -> None:
    try:
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            reaped[found[0]] = os.waitstatus_to_exitcode(found[1])
    except ChildProcessError:
        pass  # no child is left


def churn(stopped: threading.Event) -> None:
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.free.argtypes = [ctypes.c_void_p]
    while not stopped.wait(0.001):
        for size in range(1_000, 100_000, 1_000):
            libc.free(libc.malloc(size))


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    if os.environ.get("REAP"):
        signal.signal(signal.SIGCHLD, reap)
    app.state.released = asyncio.Event()
    stopped = threading.Event()
    threads = [threading.Thread(target=churn, args=(stopped,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    yield
    stopped.set()


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello, world")


async def child(request: Request) -> JSONResponse:
    """The exit status of a child that asyncio waits for."""
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", f"exit {request.path_params['code']}"
    )
    return JSONResponse(await process.wait())


async def spawn(request: Request) -> JSONResponse:
    """Start a child that the application's own SIGCHLD handler reaps."""
    code = request.path_params["code"]
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", f"exit {code}"], os.environ)
    spawned[pid] = code
    return JSONResponse(pid)


async def children(request: Request) -> JSONResponse:
    return JSONResponse({"spawned": spawned, "reaped": reaped})


async def wait(request: Request) -> PlainTextResponse:
    """Answer once released, and close the connection."""
    await request.app.state.released.wait()
    return PlainTextResponse("released", headers={"Connection": "close"})


async def release(request: Request) -> PlainTextResponse:
    request.app.state.released.set()
    return PlainTextResponse("ok")


app = Starlette(
    routes=[
        Route("/hello", hello),
        Route("/child/{code:int}", child),
        Route("/spawn/{code:int}", spawn),
        Route("/children", children),
        Route("/wait", wait),
        Route("/release", release),
    ],
    lifespan=lifespan,
)
app.add_middleware(LeakGuard)
