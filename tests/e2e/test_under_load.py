"""Fifty snapshots in a row of a server at work: nobody but the one who asked notices."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from traffic import send

if TYPE_CHECKING:
    from collections.abc import Callable

    from serving import Server

    from tests.e2e.conftest import Serve

pytestmark = pytest.mark.e2e

SNAPSHOTS = 50
PATIENCE = 30.0  # seconds until a condition that must come true counts as failed


def take_snapshots(server: Server, count: int) -> None:
    """Take so many, each a fresh one."""
    seen = set()
    for _ in range(count):
        answer = server.leak("format=json")
        assert answer.status == 200, answer.text
        seen.add(tuple(answer.json()["snapshot"].values()))
    assert len(seen) == count


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def has_no_child(server: Server) -> bool:
    return not psutil.Process(server.process.pid).children()


def test_requests_and_children_are_undisturbed(serve: Serve, loop: str) -> None:
    server = serve("apps/busy", loop=loop, env={"LEAKGUARD_COOLDOWN": "0", "BALLAST": "100000"})
    done = threading.Event()

    def load() -> Counter[int | str]:
        counts: Counter[int | str] = Counter()
        while not done.is_set():
            counts += send(server.url("/hello"), 200, connections=8, rate=200)
        return counts

    def start_children() -> list[tuple[int, int]]:
        told: list[tuple[int, int]] = []
        while not done.is_set():
            code = len(told) % 100
            told.append((code, server.get(f"/child/{code}").json()))
        return told

    with ThreadPoolExecutor(2) as pool:
        counts, told = pool.submit(load), pool.submit(start_children)
        try:
            take_snapshots(server, SNAPSHOTS)
        finally:
            done.set()
    assert set(counts.result()) == {200}
    assert len(told.result()) >= SNAPSHOTS
    assert all(code == exit_status for code, exit_status in told.result())
    until(lambda: has_no_child(server))  # a zombie is a child too
    assert "Traceback" not in server.log()


def test_a_reaper_of_children_meets_only_its_own(serve: Serve, loop: str) -> None:
    server = serve("apps/busy", loop=loop, env={"LEAKGUARD_COOLDOWN": "0", "REAP": "1"})
    done = threading.Event()

    def start_children() -> None:
        code = 0
        while not done.is_set():
            server.get(f"/spawn/{code % 100}")
            code += 1
            time.sleep(0.01)

    with ThreadPoolExecutor(1) as pool:
        children = pool.submit(start_children)
        try:
            take_snapshots(server, 15)
        finally:
            done.set()
        children.result()
    until(lambda: has_no_child(server))
    seen = server.get("/children").json()
    assert seen["spawned"]
    assert seen["reaped"] == seen["spawned"]


def test_sockets_close_while_a_snapshot_is_being_taken(serve: Serve, loop: str) -> None:
    server = serve("apps/busy", loop=loop, env={"LEAKGUARD_COOLDOWN": "0", "BALLAST": "1000000"})
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection,
        ThreadPoolExecutor(1) as pool,
    ):
        connection.sendall(b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: "wait" in routes_in_flight(server))
        answer = pool.submit(server.leak, "format=json")
        # stopped, the child lives for as long as the server's closing takes to be seen
        child = stop_snapshot_child(server)
        try:
            assert server.get("/release").status == 200
            received = bytearray()
            while chunk := connection.recv(4096):
                received += chunk
            assert received.endswith(b"released")
            assert not answer.done()
        finally:
            child.resume()
        assert answer.result().status == 200


def routes_in_flight(server: Server) -> str:
    rows = server.leak("format=json").json()["routes"]
    return " ".join(row["route"] for row in rows if row["in_flight"])


def stop_snapshot_child(server: Server) -> psutil.Process:
    """Stop the child that walks the heap, once it has let go of the server's sockets."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for child in psutil.Process(server.process.pid).children():
            if not has_sockets(child.pid):
                child.suspend()
                return child
    raise AssertionError("no child without the server's sockets was seen")


def has_sockets(pid: int) -> bool:
    try:
        links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    except FileNotFoundError:
        return True  # it is changing, or gone: not the moment to stop it
    return any(link.startswith("socket:") for link in links)
