"""A real server with several workers: look around in its heap, whichever of them is reached."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import images
import pytest
from serving import serving

pytestmark = pytest.mark.e2e

EXAMPLE = Path(__file__).parents[2] / "examples" / "closure_leak"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    log = tmp_path_factory.mktemp("server") / "log"
    options = ["--workers", "2"]
    env = {"LEAKGUARD_COOLDOWN": "0"}
    with serving("leaky:app", EXAMPLE, log, env=env, options=options) as running:
        for _ in range(40):
            assert running.get("/leak").status == 200
        assert running.leak().status == 200
        yield running


def ask(server, path, status=200):
    answer = server.get(f"/_leak/{path}", Authorization=f"Bearer {server.token}")
    assert answer.status == status, answer.text
    return answer.json()


def test_the_holder_is_the_largest_node_of_the_graph(server):
    image = ask(server, "images")["images"][0]
    assert image["suspects"] == 1
    for _ in range(6):  # each request on a connection of its own: both workers are asked
        graph = ask(server, f"view/graph?image={image['id']}&suspect=1")
    first = graph["nodes"][0]
    assert (first["name"], first["role"]) == ("leaky.the_thing", "suspect")
    assert max(node["retained"] for node in graph["nodes"]) == first["retained"]
    chain = [node for node in graph["nodes"] if node["role"] == "chain"]
    assert {"function", "leaky.Thing", "module"} <= {node["type"] for node in chain}
    assert max(node["count"] for node in chain) > 3
    wanted = next(node for node in graph["nodes"] if node["expandable"])
    larger = ask(server, f"view/graph?image={image['id']}&suspect=1&expand={wanted['id']}")
    assert len(larger["nodes"]) > len(graph["nodes"])


def test_every_view_of_it_answers(server):
    image = ask(server, "images")["images"][0]["id"]
    assert ask(server, f"view/suspects?image={image}")["suspects"][0]["kind"] == "closure"
    modules = ask(server, f"view/modules?image={image}")
    assert max(modules["children"], key=lambda child: child["bytes"])["name"] == "leaky"
    assert ask(server, f"view/types?image={image}&search=Thing")["total"] >= 1
    top = ask(server, f"view/dominators?image={image}")["children"][0]
    assert ask(server, f"view/node?image={image}&node={top['id']}")["in"]["total"] >= 0
    assert "did you mean" in ask(server, f"view/grap?image={image}", 404)["error"]["message"]


def test_two_files_are_compared(server):
    mark = "----mark"
    body = b""
    for name, builder in (
        ("from", images.shop(carts=300)),
        ("to", images.shop(carts=500, created=1060.0)),
    ):
        body += f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        body += builder._packed() + b"\r\n"
    request = urllib.request.Request(
        server.url("/_leak/view/compare-files"),
        body + f"--{mark}--\r\n".encode(),
        {
            "Authorization": f"Bearer {server.token}",
            "X-LeakGuard": "1",
            "Content-Type": f"multipart/form-data; boundary={mark}",
        },
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        told = json.load(response)
    assert told["holders"][0]["holder"] == "shop.cart.CARTS"
