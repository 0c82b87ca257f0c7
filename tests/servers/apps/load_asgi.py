"""The same on one event loop: `load_asgi.py`. Requests are tasks, and are cancelled as well."""

import asyncio
import collections
import contextlib

import load_wsgi
from load_wsgi import AT_ONCE, BLOCK, EACH, Ended

from leakguard import LeakGuard

kept = collections.defaultdict(list)


class ClientDisconnected(OSError):  # noqa: N818  # its name is how it is known
    """What uvicorn raises in an app that sends to a client which has gone."""


async def work(kind):
    kept[kind].append(bytearray(BLOCK))
    await asyncio.sleep(0.001)
    kept[kind].append(bytearray(BLOCK))


async def app(scope, receive, send):
    kind = scope["path"][1:]
    if kind == "refused":
        await work(kind)
        raise RuntimeError("before http.response.start")
    if kind == "silent":
        await work(kind)
        return
    if kind == "dropped":
        kept[kind].append(bytearray(BLOCK))
    status = 503 if kind == "busy" else 200
    await send({"type": "http.response.start", "status": status, "headers": []})
    await asyncio.create_task(work(kind))  # a task of the request's own
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    if kind == "fails":
        raise RuntimeError("in the middle")
    if kind == "killed":
        raise Ended
    if kind == "cancelled":
        await asyncio.sleep(60)
    await send({"type": "http.response.body", "body": b"last"})


KINDS = {
    "whole": 0,
    "busy": 1,
    "refused": 1,
    "silent": 1,
    "fails": 1,
    "killed": 0,
    "hung-up": 0,
    "cancelled": 0,
    "dropped": 0,
}


async def request(guarded, kind):
    """What a server does, with a client that may hang up."""
    begun = asyncio.Event()

    async def send(message):
        await asyncio.sleep(0.0005)
        if message.get("more_body"):
            begun.set()
        elif kind == "hung-up" and message["type"] == "http.response.body":
            raise ClientDisconnected

    scope = {"type": "http", "method": "GET", "path": f"/{kind}", "root_path": "", "headers": []}
    if kind == "dropped":  # the loop ends, and nobody awaits the rest
        guarded(scope, None, send).send(None)
        return
    serving = asyncio.ensure_future(served(guarded, scope, send))
    if kind == "cancelled":
        await begun.wait()
        serving.cancel()
    await asyncio.wait([serving])
    if not serving.cancelled() and serving.exception() is None:
        assert kind in ("whole", "busy", "silent", "killed")


async def served(guarded, scope, send):
    with contextlib.suppress(Ended):  # else asyncio would end the loop with it
        await guarded(scope, None, send)


async def main():
    guarded = LeakGuard(app, token="the-token-of-this-test", baseline=False)
    jobs = collections.deque(list(KINDS) * EACH)
    sent = collections.Counter()

    async def serve():
        while jobs:
            kind = jobs.popleft()
            sent[kind] += 1
            await request(guarded, kind)

    await asyncio.gather(*[serve() for _ in range(AT_ONCE)])
    load_wsgi.tell(guarded._ledger, sent, KINDS, kept)


if __name__ == "__main__":
    asyncio.run(main())
