"""The apps whose requests are counted, and how they are driven: `cost_apps.py APP MODE COUNT`.

Every mode of an app is driven alike. ASGI: an event loop makes a task for each request, as servers
do, with the scope of a GET and a `send` that does nothing. WSGI: a call, all items, close().
The modes: bare; middleware (LeakGuard without sampling); leakguard (with sampling, at the default
interval); ddtrace (its memalloc in the bare app, a sample each MiB, as its profiler starts it).
What LeakGuard does by the clock and not by the request is turned off (a look at the process each
10 seconds, snapshots for a baseline): under valgrind a run takes fifty times as long.
"""

from __future__ import annotations

import asyncio
import gc
import io
import sys
from typing import Any

ROWS = 50


def raw() -> Any:
    """Three lines of ASGI."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello"})

    return app


def hello() -> Any:
    """FastAPI's first example."""
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/hello")
    async def answer() -> dict[str, str]:
        return {"hello": "world"}

    return app


def starlette() -> Any:
    """Starlette's first example."""
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def answer(request: Any) -> Any:
        return PlainTextResponse("Hello, world!")

    return Starlette(routes=[Route("/hello", answer)])


def flask_hello() -> Any:
    """Flask's first example."""
    from flask import Flask

    app = Flask("benchmark")

    @app.get("/hello")
    def answer() -> str:
        return "<p>Hello, World!</p>"

    return app.wsgi_app


def json() -> Any:
    """FastAPI with a list of fifty models."""
    from fastapi import FastAPI
    from pydantic import create_model

    item = create_model("Item", id=int, name=str, email=str, score=float, tags=list[str])
    app = FastAPI()

    @app.get("/hello", response_model=list[item])  # type: ignore[valid-type]  # made at run time
    async def answer() -> Any:
        return [
            item(id=i, name=f"user-{i}", email=f"{i}@example.com", score=i / 2, tags=["a", str(i)])
            for i in range(ROWS)
        ]

    return app


def django() -> Any:
    """Django: fifty rows of a table in memory as JSON."""
    import django as package
    from django.conf import settings
    from django.http import JsonResponse
    from django.urls import path

    settings.configure(
        ROOT_URLCONF=__name__,
        SECRET_KEY="benchmark",
        ALLOWED_HOSTS=["*"],
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )
    package.setup()
    from django.core import signals
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import close_old_connections, connection, models

    # The database is the connection's: it must live from request to request.
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)

    class Person(models.Model):
        name = models.CharField(max_length=50)
        email = models.CharField(max_length=50)

        class Meta:
            app_label = "benchmark"

    with connection.schema_editor() as editor:
        editor.create_model(Person)
    Person.objects.bulk_create(
        Person(name=f"user-{i}", email=f"{i}@example.com") for i in range(ROWS)
    )

    def answer(request: Any) -> JsonResponse:
        people = Person.objects.order_by("name")
        return JsonResponse({"people": [{"id": p.id, "name": p.name} for p in people]})

    globals()["urlpatterns"] = [path("hello", answer)]
    return WSGIHandler()


def flask() -> Any:
    """Flask and SQLAlchemy: fifty rows of a table in memory as JSON."""
    from flask import Flask, jsonify
    from sqlalchemy import Integer, String, create_engine, select
    from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
    from sqlalchemy.pool import StaticPool

    class Base(DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "person"
        id = mapped_column(Integer, primary_key=True)
        name = mapped_column(String)
        email = mapped_column(String)

    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Person(name=f"user-{i}", email=f"{i}@example.com") for i in range(ROWS))
        session.commit()
    app = Flask("benchmark")

    @app.get("/hello")
    def answer() -> Any:
        with Session(engine) as session:
            people = session.scalars(select(Person).order_by(Person.name))
            return jsonify(people=[{"id": p.id, "name": p.name} for p in people])

    return app.wsgi_app


ASGI = {"raw": raw, "starlette": starlette, "hello": hello, "json": json}
WSGI = {"flask-hello": flask_hello, "django": django, "flask": flask}


async def serve_asgi(app: Any, count: int) -> None:
    """`count` requests, each in a task."""

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        pass

    async def one() -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/hello",
            "raw_path": b"/hello",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"test"), (b"accept", b"*/*")],
            "client": ("127.0.0.1", 5),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        await app(scope, receive, send)

    for _ in range(count):
        await asyncio.get_running_loop().create_task(one())


def serve_wsgi(app: Any, count: int) -> None:
    """`count` requests, one after the other."""

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        if not status.startswith("200"):
            raise RuntimeError(status)

    for _ in range(count):
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": "/hello",
            "QUERY_STRING": "",
            "SERVER_NAME": "test",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "test",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        answer = app(environ, start_response)
        for _ in answer:
            pass
        close = getattr(answer, "close", None)
        if close is not None:
            close()


def main(name: str, mode: str, count: int) -> None:
    """One run, to be counted from outside."""
    app = (ASGI | WSGI)[name]()
    if mode == "ddtrace":
        from ddtrace.profiling.collector import _memalloc

        _memalloc.start(64, 1 << 20, False)
    elif mode != "bare":
        if name in ASGI:
            from leakguard.asgi import LeakGuard
        else:
            from leakguard.wsgi import LeakGuard
        app = LeakGuard(app, token="x" * 32, sampling=mode == "leakguard", baseline=False)
        app._ledger.on_tick = None
    gc.disable()  # a collection in one run and not in the other would be counted as a request's
    if name in ASGI:
        asyncio.run(serve_asgi(app, count))
    else:
        serve_wsgi(app, count)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
