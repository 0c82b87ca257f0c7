from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import asynccontextmanager

import httpx
import uvicorn
import websockets
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from leakguard import pipeline
from leakguard.asgi import LeakGuard

TOKEN = "a-token-that-nobody-may-see"
BEARER = {"authorization": f"Bearer {TOKEN}"}


async def hello(request):
    return PlainTextResponse("hello")


def busy_app():
    async def chat(websocket):
        await websocket.accept()
        text = await websocket.receive_text()
        await websocket.send_text(text.upper())
        await websocket.close()

    async def stream(request):
        async def parts():
            for number in range(5):
                yield f"part {number}\n"

        return StreamingResponse(parts())

    return Starlette(routes=[WebSocketRoute("/ws", chat), Route("/stream", stream)])


@asynccontextmanager
async def serving(app, **options):
    config = uvicorn.Config(
        app, port=0, log_level="warning", timeout_graceful_shutdown=5, **options
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


def test_on_uvicorn_the_loop_goes_on_while_a_snapshot_is_taken(monkeypatch, caplog, examine):
    caplog.set_level(logging.INFO, "leakguard.audit")
    begun, go = threading.Event(), threading.Event()

    def slow(evidence, **options):
        begun.set()
        assert go.wait(20)
        return examine(evidence)

    monkeypatch.setattr(pipeline, "examine_with", slow)
    app = busy_app()
    app.add_middleware(LeakGuard, token=TOKEN)

    async def run():
        async with serving(app) as address, httpx.AsyncClient(base_url=address) as web:
            asking = asyncio.create_task(web.get("/_leak?format=json", headers=BEARER))
            leaving = asyncio.create_task(web.get("/_leak", headers=BEARER))
            await asyncio.to_thread(begun.wait, 20)
            async with websockets.connect(f"ws{address[4:]}/ws") as socket:
                await socket.send("hi")
                assert await socket.recv() == "HI"
            streamed = await web.get("/stream")
            leaving.cancel()
            go.set()
            return streamed, await asking

    streamed, answer = asyncio.run(run())
    assert streamed.text == "".join(f"part {number}\n" for number in range(5))
    assert answer.status_code == 200
    routes = {row["route"]: row["requests"] for row in answer.json()["routes"]}
    assert routes.pop("(no request)", 0) == 0  # there when something outside was sampled
    assert routes == {"GET /stream": 1, "WS /ws": 1}
    assert TOKEN not in caplog.text
    assert "127.0.0.1 GET /_leak 200" in caplog.text


def test_on_uvicorn_a_second_authorization_header_is_refused():
    async def run():
        app = LeakGuard(Starlette(), token=TOKEN)
        async with serving(app) as address, httpx.AsyncClient(base_url=address) as web:
            headers = [("authorization", "Bearer x"), ("authorization", f"Bearer {TOKEN}")]
            return (await web.get("/_leak", headers=headers)).status_code

    assert asyncio.run(run()) == 400


def test_on_uvicorn_behind_a_root_path():
    app = Starlette(routes=[Route("/x/{a}", hello)])
    app.add_middleware(LeakGuard, token=TOKEN)

    async def run():
        async with (
            serving(app, root_path="/behind") as address,
            httpx.AsyncClient(base_url=address) as web,
        ):
            assert (await web.get("/x/1")).status_code == 200
            return (await web.get("/_leak?format=json", headers=BEARER)).json()["routes"]

    assert asyncio.run(run())[0]["route"] == "GET /x/{a}"
