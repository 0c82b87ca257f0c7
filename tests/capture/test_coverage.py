"""What the walk reaches is at least nine tenths of what the allocators have handed out."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

APPS = {
    "starlette": """
from starlette.applications import Starlette
from starlette.routing import Route
import uvicorn
app = Starlette(routes=[Route("/", lambda request: None)])
""",
    "fastapi": """
import fastapi, sqlalchemy.orm, uvicorn
app = fastapi.FastAPI()
class Base(sqlalchemy.orm.DeclarativeBase): pass
class User(Base):
    __tablename__ = "users"
    id: sqlalchemy.orm.Mapped[int] = sqlalchemy.orm.mapped_column(primary_key=True)
@app.get("/users/{number}")
def user(number: int) -> int: return number
engine = sqlalchemy.create_engine("sqlite://")
Base.metadata.create_all(engine)
app.openapi()
""",
    "django": """
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.admin",
                    "django.contrib.sessions", "django.contrib.messages"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
django.setup()
import django.contrib.admin.sites, django.core.handlers.asgi, django.test.client
app = django.core.handlers.asgi.ASGIHandler()
""",
}

MEASURE = """
import gc, json, leakguard
gc.collect()
out = {}
for method in ("fork", "inline"):
    image = leakguard.snapshot(method=method)
    out[method] = image.coverage
    image.close()
print(json.dumps(out))
"""


@pytest.mark.parametrize("app", sorted(APPS))
def test_coverage(app: str) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", APPS[app] + MEASURE],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    for method, coverage in json.loads(done.stdout).items():
        assert 0.90 <= coverage <= 1.1, method


def test_coverage_is_unknown_behind_another_allocator() -> None:
    """pymalloc tells nothing while tracemalloc stands in front: no figure beats a wrong one."""
    done = subprocess.run(
        [sys.executable, "-P", "-X", "tracemalloc=1", "-c", MEASURE],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert json.loads(done.stdout) == {"fork": None, "inline": None}


SAMPLED = """
import leakguard
from leakguard.routes import sampling
leakguard.snapshot().close()  # what it imports is not to be sampled
sampling.start(640)
kept = [float(number) for number in range(100_000)]
"""


def test_coverage_without_what_sampling_adds() -> None:
    """Sampled blocks are longer than was asked for; that no object has it is no news."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", SAMPLED + MEASURE],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    for method, coverage in json.loads(done.stdout).items():
        assert 0.90 <= coverage <= 1.1, method
