"""Shops that leak nothing, whatever they look like."""

from __future__ import annotations

QUIET = {
    "subclass of a bounded cache": """
        import cachetools
        class Pages(cachetools.LRUCache):
            pass
        PAGES = Pages(maxsize=100_000)
        def main(report):
            for number in range(20_000):
                PAGES[number] = f"{number}" * 100
            report()
        """,
    "starlette": """
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route
        from starlette.testclient import TestClient
        app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("hello"))])
        def main(report):
            with TestClient(app) as client:
                for _ in range(20):
                    assert client.get("/").text == "hello"
                report()
        """,
    "fastapi and sqlalchemy": """
        from fastapi import FastAPI
        from fastapi.testclient import TestClient
        from pydantic import BaseModel
        from sqlalchemy import create_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
        class Base(DeclarativeBase):
            pass
        class User(Base):
            __tablename__ = "user"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
        class Item(BaseModel):
            name: str
        app = FastAPI()
        @app.get("/")
        def home() -> Item:
            return Item(name="hello")
        def main(report):
            engine = create_engine("sqlite://")
            Base.metadata.create_all(engine)
            with Session(engine) as session, TestClient(app) as client:
                session.add_all(User(name=str(number)) for number in range(50))
                session.commit()
                for _ in range(20):
                    assert client.get("/").json() == {"name": "hello"}
                assert client.get("/openapi.json").status_code == 200
                report()
            engine.dispose()
        """,
    "django": """
        import django
        from django.conf import settings
        from django.http import HttpResponse
        from django.test import Client
        from django.urls import path
        urlpatterns = [path("", lambda request: HttpResponse("hello"))]
        def main(report):
            settings.configure(
                ROOT_URLCONF=__name__, SECRET_KEY="x", ALLOWED_HOSTS=["*"],
                INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
                MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
            )
            django.setup()
            for _ in range(20):
                assert Client().get("/").content == b"hello"
            report()
        """,
    "bounded caches": """
        import functools
        from collections import deque
        from cachetools import LRUCache
        CACHE = LRUCache(maxsize=4)
        RECENT = deque(maxlen=5000)
        @functools.lru_cache(maxsize=5000)
        def load(number):
            return {"number": number}
        def main(report):
            for number in range(1000, 9000):
                load(number)
                RECENT.append({"number": number})
            for number in range(10):
                CACHE[number] = [None] * 1_000_000
            report()
        """,
    "one large object": """
        TABLE = [None] * 1_000_000
        def main(report):
            report()
        """,
}
