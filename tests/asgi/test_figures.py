from __future__ import annotations

import asyncio
import threading
import time

import httpx
import pytest
import starlette.requests
import starlette.websockets
from asgi_scopes import HTTP, WEBSOCKET
from fastapi import BackgroundTasks, FastAPI
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from leakguard.asgi import LeakGuard
from leakguard.routes import sampling

TOKEN = "a-token-that-nobody-may-see"
BEARER = {"authorization": f"Bearer {TOKEN}"}


async def hello(request):
    return PlainTextResponse("hello")


def test_background_tasks_run_and_are_not_part_of_the_duration(ask):
    app = FastAPI()
    app.add_middleware(LeakGuard, token=TOKEN)
    ran = []

    def work():
        time.sleep(0.3)
        ran.append(True)

    @app.get("/later")
    async def later(tasks: BackgroundTasks):
        tasks.add_task(work)
        return "soon"

    began = time.perf_counter()
    assert ask(app, "/later").json() == "soon"
    took = time.perf_counter() - began
    assert ran == [True]
    row = ask(app, "/_leak?format=json", headers=BEARER).json()["routes"][0]
    assert 0 < row["mean_seconds"] <= took - 0.3


def test_errors_and_the_exception_itself(ask, figures):
    async def fail(request):
        raise RuntimeError("of the app")

    async def unavailable(request):
        return PlainTextResponse("", status_code=503)

    app = Starlette(routes=[Route("/fail", fail), Route("/busy", unavailable)])
    app = LeakGuard(app, token=TOKEN)
    with pytest.raises(RuntimeError, match="of the app"):
        ask(app, "/fail", raise_errors=True)
    ask(app, "/busy", "/nowhere")
    assert figures(app) == {
        "GET /fail": (1, 1, 0),
        "GET /busy": (1, 1, 0),
        "(unmatched)": (1, 0, 0),
    }


def test_an_app_that_never_answers_has_failed(figures, recorded):
    async def silent(scope, receive, send):
        pass

    app = LeakGuard(silent, token=TOKEN)
    recorded(app, HTTP, [])
    assert figures(app) == {"GET /stream": (1, 1, 0)}


@pytest.mark.parametrize("name", ["ClientDisconnect", "WebSocketDisconnect"])
def test_a_client_that_hangs_up_is_no_error_of_the_app(name, figures, recorded):
    error = getattr(starlette.requests, name, None) or getattr(starlette.websockets, name)

    async def app(scope, receive, send):
        raise error()

    app = LeakGuard(app, token=TOKEN)
    with pytest.raises(error):
        recorded(app, HTTP if name == "ClientDisconnect" else WEBSOCKET, [])
    ((counts),) = figures(app).values()
    assert counts == (1, 0, 0)


def test_a_cancelled_request_has_ended_without_an_error(figures):
    async def endless(scope, receive, send):
        await asyncio.sleep(1000)

    app = LeakGuard(endless, token=TOKEN)

    async def run():
        task = asyncio.create_task(app(dict(HTTP), None, None))
        await asyncio.sleep(0)
        in_flight = [(row.route, row.in_flight) for row in app._ledger.rows()]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return in_flight

    assert asyncio.run(run()) == [("GET /stream", 1)]
    assert figures(app) == {"GET /stream": (1, 0, 0)}


def test_counts_equal_those_of_the_load_generator_at_50_ways(figures):
    gate = asyncio.Event()

    async def item(request):
        await asyncio.sleep(0)
        if request.path_params["id"] % 10 == 0:
            raise RuntimeError
        return PlainTextResponse("ok")

    async def held(request):
        await gate.wait()
        return PlainTextResponse("ok")

    inner = Starlette(
        routes=[Route("/items/{id:int}", item), Mount("/sub", routes=[Route("/held", held)])]
    )
    app = LeakGuard(inner, token=TOKEN, cooldown=1000)

    async def run():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            waiting = [asyncio.create_task(client.get("/sub/held")) for _ in range(7)]
            await asyncio.sleep(0.01)
            limit = asyncio.Semaphore(50)

            async def one(number):
                async with limit:
                    return (await client.get(f"/items/{number}")).status_code

            statuses = await asyncio.gather(*[one(number) for number in range(1000)])
            answer = await client.get("/_leak?format=json", headers=BEARER)
            gate.set()
            await asyncio.gather(*waiting)
            return statuses, {row["route"]: row for row in answer.json()["routes"]}

    statuses, routes = asyncio.run(run())
    row = routes["GET /items/{id}"]
    assert (row["requests"], row["errors"]) == (1000, statuses.count(500)) == (1000, 100)
    assert routes["GET /sub/held"]["in_flight"] == 7
    assert figures(app)["GET /sub/held"] == (7, 0, 0)


def test_counts_are_right_under_threads_with_an_event_loop_each(ask, figures):
    app = LeakGuard(Starlette(routes=[Route("/{id}", hello)]), token=TOKEN)
    threads = [
        threading.Thread(target=ask, args=(app, *[f"/{number}" for number in range(100)]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert figures(app) == {"GET /{id}": (400, 0, 0)}


def test_live_bytes_of_a_route(ask):
    kept = []

    async def leak(request):
        kept.append(bytearray(20_000))
        return PlainTextResponse("kept")

    app = Starlette(routes=[Route("/leak", leak), Route("/hello", hello)])
    app = LeakGuard(app, token=TOKEN, sampling=4096)
    try:
        for _ in range(50):
            ask(app, "/leak")
            ask(app, "/hello")
        document = ask(app, "/_leak?format=json", headers=BEARER).json()
        screen = ask(app, "/_leak", headers=BEARER).text
    finally:
        sampling.stop()
    rows = {row["route"]: row for row in document["routes"]}
    assert 18_000 < rows["GET /leak"]["bytes_per_request"] < 24_000
    assert rows["GET /hello"]["live_bytes"] < 50_000
    line = rows["GET /leak"]["lines"][0]
    assert line["file"] == __file__
    assert line["function"].endswith("leak")
    assert "a request" in screen
    assert document["process"]["terms"]["rss"] > 0


def test_sampling_is_on_by_default(ask):
    app = LeakGuard(Starlette(routes=[Route("/hello", hello)]), token=TOKEN)
    ask(app, "/hello")
    assert sampling.running()
    document = ask(app, "/_leak?format=json", headers=BEARER).json()
    assert all(row["live_bytes"] >= 0 for row in document["routes"])
    assert document["process"]["terms"]["python_objects"] > 0


def test_nothing_is_sampled_where_that_is_off(ask):
    app = LeakGuard(Starlette(routes=[Route("/hello", hello)]), token=TOKEN, sampling=False)
    ask(app, "/hello")
    (row,) = ask(app, "/_leak?format=json", headers=BEARER).json()["routes"]
    assert not sampling.running()
    assert row["live_bytes"] is None
