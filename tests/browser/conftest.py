"""One real browser for the tests of a module, and pages in it that must stay clean."""

from __future__ import annotations

import re
import shutil
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright
from serving import Server, serving
from traffic import send

from tests.browser.visitor import Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# as root, and in a container without a large /dev/shm
OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """While there is one an event loop counts as running: it ends with the module."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail("these tests need a browser: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        yield started
        started.close()


@pytest.fixture
def screenshots(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where this test's pictures go."""
    wanted = request.config.getoption("--screenshots")
    place = Path(wanted) if wanted else tmp_path
    place.mkdir(parents=True, exist_ok=True)
    return place


@pytest.fixture
def visit(browser: Browser, screenshots: Path) -> Iterator[Callable[..., Visitor]]:
    """Open the page of a server; at the end nothing may have gone wrong in it."""
    with ExitStack() as visitors:

        def open_page(server: Server, place: str = "", **options: object) -> Visitor:
            visitor = visitors.enter_context(Visitor(browser, server, screenshots, **options))
            visitor.go(place)
            return visitor

        yield open_page


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Serve "directory/module" of the examples."""
    with ExitStack() as servers:

        def start(app: str, **env: str) -> Server:
            directory, _, module = app.rpartition("/")
            environment = {"XDG_RUNTIME_DIR": str(tmp_path), **env}
            where = ROOT / "examples" / directory
            started = serving(f"{module}:app", where, tmp_path / f"{module}.log", env=environment)
            return servers.enter_context(started)

        yield start


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A leaking shop with two snapshots, requests between them, and some history."""
    place = tmp_path_factory.mktemp("shop")
    where = Path(__file__).parent / "apps"
    with serving("shop:app", where, place / "log", env={"XDG_RUNTIME_DIR": str(place)}) as server:
        deadline = time.monotonic() + 90
        while not (_many(server, "images", 2) and _many(server, "history", 3)):
            assert time.monotonic() < deadline, "two snapshots and some history were not kept"
            # a snapshot that is fresh is shown again, and no new one is taken
            assert send(server.url("/cart"), 300, rate=300) == {200: 300}
            take_snapshot(server)
        yield server


def _many(server: Server, what: str, wanted: int) -> bool:
    answer = server.get(f"/_leak/{what}", Authorization=f"Bearer {server.token}").json()
    return len(answer["points" if what == "history" else what]) >= wanted


def take_snapshot(server: Server) -> None:
    """As the page's button does."""
    request = urllib.request.Request(
        server.url("/_leak/snapshot"),
        headers={"Authorization": f"Bearer {server.token}", "X-LeakGuard": "1"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        assert answer.status == 200


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    source = ROOT / "ui/node_modules/axe-core/axe.min.js"
    if not source.exists():
        pytest.fail("axe-core is needed: npm ci --prefix ui")
    return re.sub(r"\n//# sourceMappingURL=.*", "", source.read_text("utf-8"))
