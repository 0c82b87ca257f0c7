"""The page for saved images: on the loopback address, with a token, until it is ended."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading

import pytest
from page_tools import read

from leakguard.cli import main, web
from leakguard.explore.offline import Files

HEAP = """
import leakguard, sys
class Cart: pass
CARTS = {object(): Cart() for _ in range(2000)}
for cart in CARTS.values(): cart.lines = bytearray(1000)
leakguard.snapshot(sys.argv[1]).close()
CARTS.update((object(), Cart()) for _ in range(3000))
for cart in CARTS.values(): cart.lines = bytearray(1000)
leakguard.snapshot(sys.argv[2]).close()
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two images of one process, the earlier one first."""
    folder = tmp_path_factory.mktemp("images")
    names = [folder / "before.lgheap", folder / "after.lgheap"]
    subprocess.run([sys.executable, "-P", "-c", HEAP, *names], check=True, timeout=120)
    return names


@pytest.fixture(scope="module")
def server(files):
    with web.Server(Files(files)) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def get(server, path="/", token=None, method="GET", **headers):
    password = base64.b64encode(f"me:{token or server.token}".encode()).decode()
    sent = {"Authorization": f"Basic {password}", "Accept": "text/html"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=60)
    with contextlib.closing(connection):
        connection.request(method, path, headers={k: v for k, v in sent.items() if v is not None})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()


def test_the_page_of_the_newest_image(server):
    status, headers, body = get(server)
    assert status == 200
    assert "script-src 'self'" in headers["content-security-policy"]
    page = read(body)
    assert "__main__.CARTS" in page.one("h1").text
    assert page.one("body").attributes["data-base"] == "./"
    assert "data-served" not in page.one("body").attributes
    assert page.all("form", data_action="take") == []
    compared = page.one("section", id="lg-compare").text
    assert "__main__.CARTS" in compared
    assert "after.lgheap" in page.one("header").text


def test_its_files_and_views_are_served(server):
    page = read(get(server)[2])
    for link in page.all("link", rel="stylesheet"):
        assert get(server, "/" + link.attributes["href"].removeprefix("./"))[0] == 200
    images = json.loads(get(server, "/images")[2])["images"]
    assert len(images) == 2
    types = json.loads(get(server, f"/view/types?image={images[0]['id']}&search=Cart")[2])
    assert [row["count"] for row in types["rows"] if row["type"] == "__main__.Cart"] == [5000]
    ids = [image["id"] for image in images]
    told = json.loads(get(server, f"/view/compare?from={ids[1]}&to={ids[0]}")[2])
    assert told["holders"]
    for path in ("/latest", "/history", "/?format=json", "/?format=text", "/?lang=zh"):
        assert get(server, path)[0] == 200


def test_nobody_gets_in_without_the_token(server):
    other = web.Server(Files([]))
    other.server_close()
    assert other.token != server.token
    for path in ("/", "/latest", "/images", "/static/x.css"):
        assert get(server, path, Authorization=None)[0] == 401
    assert get(server, token=other.token)[0] == 401
    assert get(server, Host="evil.example")[0] == 421
    assert get(server, Sec_Fetch_Site="cross-site")[0] == 403
    assert server.server_address[0] == "127.0.0.1"


def test_nothing_can_be_changed(server):
    for path in ("/snapshot", "/trim", "/baseline"):
        assert get(server, path, method="POST", X_LeakGuard="1")[0] == 404
    assert get(server, "/../../etc/passwd")[0] == 404
    assert get(server, "/static/..%2f..%2fsettings.py")[0] == 404


def test_the_command_serves_until_it_is_interrupted(files):
    command = [sys.executable, "-P", "-m", "leakguard", "open", *files, "--web"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    hung = threading.Timer(120, process.kill)
    hung.start()
    try:
        told = ""
        while "Ctrl-C" not in told:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            told += line
        address = re.search(r"http://(127\.0\.0\.1):(\d+)/", told)
        connection = http.client.HTTPConnection(address[1], int(address[2]), timeout=60)
        connection.request("GET", "/")
        assert connection.getresponse().status == 401
        connection.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert "Traceback" not in process.stderr.read()
    finally:
        hung.cancel()
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def test_what_is_wrong_with_a_file_is_told(tmp_path, capsys):
    wrong = tmp_path / "wrong.lgheap"
    wrong.write_bytes(b"no image")
    for name in (str(wrong), str(tmp_path / "missing.lgheap")):
        assert main(["open", name, "--web"]) == 2
        assert name in capsys.readouterr().err
    assert main(["open", "--web"]) == 2


def test_a_port_that_is_taken_is_told(files, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["open", str(files[0]), "--web", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert f"port {port}" in said
    assert "--port" in said
    assert main(["open", str(files[0]), "--port", "8123"]) == 2
    for wrong in ("x", "-1", "65536", "٣"):
        assert main(["open", str(files[0]), "--web", "--port", wrong]) == 2
        assert "is no port" in capsys.readouterr().err
