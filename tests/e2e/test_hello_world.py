"""A framework's hello-world leaks nothing, and no suspect is made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from traffic import send

if TYPE_CHECKING:
    from tests.e2e.conftest import Serve

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("framework", ["starlette", "fastapi", "django"])
@pytest.mark.parametrize("requests", [10, 1_000])
def test_hello_world_has_no_suspect(serve: Serve, loop: str, framework: str, requests: int) -> None:
    server = serve(f"apps/hello_{framework}", loop=loop)
    assert send(server.url("/"), requests) == {200: requests}
    found = server.leak("format=json").json()
    assert found["suspects"] == []
    assert found["verdict"]["kind"] == "none"
    assert sum(row["requests"] for row in found["routes"]) == requests
    assert "Traceback" not in server.log()
