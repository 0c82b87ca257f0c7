"""The command line on a real server with two workers, over their sockets alone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from serving import Server, serving
from traffic import send

from leakguard.report import diff, jsonform
from leakguard.report import workers as form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    OnATerminal = Callable[..., tuple[int, bytes]]

pytestmark = pytest.mark.e2e

APPS = Path(__file__).parent / "apps"
APP = "growing:app"
HOLDER = "growing.orders"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runtime")
    place.chmod(0o700)
    return place


@pytest.fixture(scope="module")
def server(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    env = {"XDG_RUNTIME_DIR": str(runtime), "TMPDIR": str(runtime), "LEAKGUARD_BASELINE": "0"}
    with serving(APP, APPS, log, env=env, options=["--workers", "2"]) as running:
        deadline = time.monotonic() + 60
        while min(figures := [row["requests"] for row in rows(runtime)], default=0) < 200:
            assert time.monotonic() < deadline, f"{figures}\n{running.log()}"
            for number in range(40):
                assert send(running.url(f"/orders/{number}"), 1) == {200: 1}
        yield running


def leakguard(runtime: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "leakguard", *map(str, arguments)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(runtime), "TMPDIR": str(runtime)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def told(runtime: Path, *arguments: str | Path) -> Any:
    done = leakguard(runtime, *arguments, "--json")
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def rows(runtime: Path) -> list[Any]:
    apps = told(runtime, "workers")["apps"]
    return [row for app in apps for row in app["workers"] if row["ended_seconds"] is None]


def test_workers_lists_them(server: Server, runtime: Path) -> None:
    done = leakguard(runtime, "workers")
    assert done.returncode in (0, 1)
    assert done.stdout.startswith(f"{APP} · 2 workers\n")
    assert all(f" {row['pid']} " in done.stdout for row in rows(runtime))
    assert done.stderr == ""


def test_top_reports_on_one_below_the_table(server: Server, runtime: Path) -> None:
    done = leakguard(runtime, "top")
    assert done.returncode == 1
    assert done.stdout.startswith(f"{APP} · 2 workers\n")
    assert re.search(rf"pid \d+ · CPython .*{HOLDER}", done.stdout, re.DOTALL)
    lines = done.stdout.splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in done.stdout


def test_top_in_json_is_the_report(server: Server, runtime: Path) -> None:
    document = told(runtime, "top")
    jsonschema.Draft202012Validator(jsonform.schema()).validate(document)
    assert HOLDER in [suspect["holder"] for suspect in document["suspects"]]
    assert len(document["workers"]) == 2
    assert len(told(runtime, "top", "--top", "1")["suspects"]) == 1
    (answering,) = [row["pid"] for row in document["workers"] if row["answering"]]
    assert document["process"]["pid"] == answering


def test_top_of_one_worker(server: Server, runtime: Path) -> None:
    for row in rows(runtime):
        document = told(runtime, "top", "--worker", str(row["pid"]))
        assert document["process"]["pid"] == row["pid"]


def test_top_of_all_names_a_leak_once(server: Server, runtime: Path) -> None:
    document = told(runtime, "top", "--worker", "all")
    jsonschema.Draft202012Validator(form.schema()).validate(document)
    pids = {row["pid"] for row in rows(runtime)}
    assert {row["report"]["process"]["pid"] for row in document["workers"]} == pids
    (found,) = [one for one in document["merged_suspects"] if one["holder"] == HOLDER]
    assert set(found["pids"]) == pids
    done = leakguard(runtime, "top", "--worker", "all")
    assert done.returncode == 1
    assert f"in 2 of 2 workers: {HOLDER}" in done.stdout


def test_watch_goes_on_until_it_is_interrupted(server: Server, runtime: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "leakguard", "top", "--watch", "0.2", "--json"],
        env={**os.environ, "XDG_RUNTIME_DIR": str(runtime), "TMPDIR": str(runtime)},
        stdout=subprocess.PIPE,
        text=True,
    ) as watching:
        assert watching.stdout is not None
        documents = [json.loads(watching.stdout.readline()) for _ in range(3)]
        watching.send_signal(signal.SIGINT)
        watching.stdout.read()
    assert {document["schema"] for document in documents} == {"leakguard/1"}
    assert watching.returncode == 1


def test_on_a_terminal_it_says_what_it_waits_for_and_has_colours(
    server: Server, runtime: Path, on_a_terminal: OnATerminal
) -> None:
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(runtime), "TERM": "xterm", "NO_COLOR": ""}
    _, shown = on_a_terminal([sys.executable, "-P", "-m", "leakguard", "top"], environment)
    text = shown.decode()
    assert re.match(r"worker \d+ takes a snapshot …\r\x1b\[K\x1b\[1m", text)


def test_snapshots_are_saved_opened_and_compared(
    server: Server, runtime: Path, tmp_path: Path
) -> None:
    pid = str(rows(runtime)[0]["pid"])
    saved = told(runtime, "snapshot", "-o", tmp_path / "a.lgheap", "--worker", pid)
    assert (str(saved["pid"]), saved["bytes"]) == (pid, (tmp_path / "a.lgheap").stat().st_size)
    for number in range(100):
        assert send(server.url(f"/orders/{number}"), 1) == {200: 1}
    done = leakguard(runtime, "snapshot", "-o", tmp_path / "b.lgheap", "--worker", pid)
    assert done.returncode == 0
    assert done.stdout.startswith(f"worker {pid}: ")
    assert leakguard(runtime, "open", tmp_path / "b.lgheap").returncode == 1
    difference = told(runtime, "diff", tmp_path / "a.lgheap", tmp_path / "b.lgheap")
    jsonschema.Draft202012Validator(diff.schema()).validate(difference)
    assert difference["holders"][0]["holder"] == HOLDER
    swapped = leakguard(runtime, "diff", tmp_path / "b.lgheap", tmp_path / "a.lgheap")
    assert (swapped.returncode, swapped.stdout) == (2, "")
    assert "is later than" in swapped.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.lgheap", "b.lgheap"]


def test_images_of_two_processes_are_not_compared(
    server: Server, runtime: Path, tmp_path: Path
) -> None:
    for row in rows(runtime):
        told(runtime, "snapshot", "-o", tmp_path / f"{row['pid']}", "--worker", str(row["pid"]))
    done = leakguard(runtime, "diff", *sorted(tmp_path.iterdir()))
    assert done.returncode == 2
    assert "are of different processes (pid " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["top", "--wrker", "5"], "unknown option '--wrker', did you mean '--worker'?"),
        (["top", "--worker", "x"], "'x' is no pid of a worker; see 'leakguard workers'"),
        (["top", "--worker", "1"], "there is no worker 1 of this app; there are "),
        (["top", "--app", "shop"], f"there is no app 'shop' here; there is {APP}"),
        (["top", "--top", "51"], "--top must be at most 50"),
        (["top", "--timeout", "0"], "no number of seconds above 0"),
        (["top", "--timeout", "0.001"], "did not answer within 0.001 s"),
        (["snapshot"], "say where the image goes: 'leakguard snapshot -o FILE'"),
        (["snapshot", "-o", "/nowhere/x"], "the image cannot be kept as '/nowhere/x'"),
        (["snapshot", "-o", "/"], "the image cannot be kept as '/'"),
        (["snapshot", "-o", "x", "--worker", "1"], f"there is no worker 1 of {APP} that runs"),
        (["diff", "a"], "say which images to compare: 'leakguard diff A B'"),
        (["diff", "/nowhere/a", "/nowhere/b"], "cannot open '/nowhere/a'"),
        (["wokrers"], "unknown verb 'wokrers', did you mean 'workers'?"),
    ],
)
def test_errors_are_one_line_that_helps(
    server: Server, runtime: Path, arguments: list[str], message: str
) -> None:
    done = leakguard(runtime, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.startswith("leakguard: ")
    assert done.stderr.count("\n") == 1


def test_where_nothing_runs_it_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    done = leakguard(tmp_path, "top")
    assert done.returncode == 2
    assert "no app with LeakGuard runs here for this user" in done.stderr
    done = leakguard(tmp_path, "workers")
    assert (done.returncode, done.stderr) == (0, "")
    assert told(tmp_path, "workers") == {"schema": "leakguard-apps/1", "apps": []}


def test_the_token_in_json(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert told(tmp_path, "token")["token"] == leakguard(tmp_path, "token").stdout.strip()
