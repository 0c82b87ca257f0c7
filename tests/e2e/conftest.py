"""Real servers for the end-to-end tests, each on a free port and stopped when its test ends."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from serving import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]


class Serve(Protocol):
    def __call__(
        self,
        app: str,
        *,
        loop: str = "asyncio",
        flask: bool = False,
        env: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Server: ...


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serve "directory/module", an application of the examples or of tests/e2e/apps."""
    with ExitStack() as servers:

        def start(
            app: str,
            *,
            loop: str = "asyncio",
            flask: bool = False,
            env: Mapping[str, str] | None = None,
            options: Sequence[str] = (),
        ) -> Server:
            directory, _, module = app.rpartition("/")
            where = ROOT / ("tests/e2e" if directory == "apps" else "examples") / directory
            log_file = tmp_path / f"{module}.log"
            # the runtime directory is the test's own, so that no server meets another's files
            environment = {"XDG_RUNTIME_DIR": str(tmp_path), **(env or {})}
            started = serving(
                f"{module}:app",
                where,
                log_file,
                loop=loop,
                flask=flask,
                env=environment,
                options=options,
            )
            return servers.enter_context(started)

        yield start


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> str:
    """Each event loop that uvicorn can run on."""
    return str(request.param)
