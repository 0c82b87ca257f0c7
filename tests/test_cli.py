from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import jsonschema
import pytest

from leakguard import cli
from leakguard.image import EdgeKind, Ident, ImageBuilder, RootKind, TypeKind
from leakguard.page import static
from leakguard.report import jsonform

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    OnATerminal = Callable[..., tuple[int, bytes]]


def _image(path: Path, carts: int) -> Path:
    """A heap in which the module `shop.cart` holds a list of that many carts of 1 kB."""
    image = ImageBuilder()
    module_type = image.type("module", TypeKind.MODULE)
    dict_type = image.type("dict", TypeKind.DICT)
    list_type = image.type("list", TypeKind.LIST)
    cart_type = image.type("shop.cart.Cart", flags=3, ident=Ident("Cart", "shop/cart.py", 20))
    module = image.node(module_type, 72, ident=Ident("shop.cart", "shop/cart.py", None))
    namespace = image.node(dict_type, 232)
    pending = image.node(list_type, 56 + 8 * carts)
    image.root(module, RootKind.MODULE)
    image.edge(module, EdgeKind.SLOT, "__dict__", namespace)
    image.edge(namespace, EdgeKind.KEY, "PENDING", pending)
    for position in range(carts):
        image.edge(pending, EdgeKind.INDEX, position, image.node(cart_type, 1_000))
    # the rest of a small program, so that the list is not the heap
    for position in range(400):
        other = image.node(dict_type, 1_000)
        image.edge(namespace, EdgeKind.KEY, f"setting{position}", other)
    image.meta.update(
        capture="fork",
        pid=4242,
        host="web-1",
        python="3.12.1",
        app="shop",
        created=1_700_000_000,
        uptime_seconds=7_440.0,
        rss_bytes=211_000_000,
        notes=[],
    )
    image.write(path)
    return path


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _image(tmp_path_factory.mktemp("images") / "leaky.lgheap", 50_000)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _image(tmp_path_factory.mktemp("images") / "calm.lgheap", 3)


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "leakguard", *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_open_reports_a_suspect_and_exits_with_1(
    leaky: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["open", str(leaky)]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("shop · pid 4242 · CPython 3.12.1 · up 2 h 04 min")
    assert "shop.cart.PENDING" in out
    assert "50,000 × [shop.cart.Cart]" in out
    assert len(out.splitlines()) <= 50
    assert "\x1b" not in out
    assert err == ""


def test_open_exits_with_0_when_nothing_stands_out(
    calm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["open", str(calm)]) == 0
    assert "is held by" not in capsys.readouterr().out


def test_open_prints_json_that_the_schema_accepts(leaky: Path) -> None:
    done = run("open", leaky, "--json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    jsonschema.Draft202012Validator(jsonform.schema()).validate(document)
    assert document["suspects"][0]["holder"] == "shop.cart.PENDING"
    assert document["process"]["pid"] == 4242
    assert document["routes"] == []
    assert document["snapshot"]["age_seconds"] > 0


def test_open_in_a_pipe_is_plain_text_of_80_columns(leaky: Path) -> None:
    done = run("open", "--top", "1", leaky, FORCE_COLOR="1", COLUMNS="200")
    assert done.returncode == 1
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(("no_color", "colours"), [("", True), ("1", False)])
def test_open_on_a_terminal_has_colours_unless_they_are_refused(
    leaky: Path, no_color: str, colours: bool, on_a_terminal: OnATerminal
) -> None:
    environment = {**os.environ, "NO_COLOR": no_color, "TERM": "xterm"}
    command = [sys.executable, "-P", "-m", "leakguard", "open", str(leaky)]
    status, shown = on_a_terminal(command, environment, stderr=subprocess.DEVNULL)
    assert status == 1
    assert b"shop.cart.PENDING" in shown
    assert (b"\x1b[" in shown) is colours


@pytest.mark.parametrize(
    ("arguments", "colours"),
    [(["--color", "always"], True), (["--color=never"], False), ([], False)],
)
def test_colours_can_be_asked_for_where_there_is_no_terminal(
    leaky: Path, arguments: list[str], colours: bool
) -> None:
    done = run("open", leaky, *arguments, NO_COLOR="")
    assert ("\x1b[" in done.stdout) is colours
    assert done.returncode == 1


def test_options_of_all_verbs_may_stand_before_the_verb(leaky: Path) -> None:
    done = run("--json", "--color=never", "open", leaky)
    assert json.loads(done.stdout)["suspects"]
    assert run("--tpo", "open", leaky).stderr.startswith("leakguard: unknown option '--tpo', did")


@pytest.mark.parametrize(
    "arguments",
    [
        ["open", "nowhere"],
        ["opne"],
        ["top", "--app=nobody"],
        ["diff", "a"],
        ["snapshot"],
        ["token", "x"],
    ],
)
def test_an_error_is_json_where_json_was_asked_for(arguments: list[str], tmp_path: Path) -> None:
    done = run(*arguments, "--json", XDG_RUNTIME_DIR=str(tmp_path), TMPDIR=str(tmp_path))
    assert done.returncode == 2
    told = json.loads(done.stdout)
    assert told["schema"] == "leakguard-error/1"
    assert done.stderr == f"leakguard: {told['error']}\n"


def test_open_into_a_closed_pipe_is_quiet(leaky: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "leakguard", "open", str(leaky), "--json"],
        stdout=writer,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(writer)
        _, err = process.communicate()
    assert err == b""
    assert process.returncode == 1


def test_a_terminal_that_cannot_show_a_character_still_shows_the_report(leaky: Path) -> None:
    done = run("open", leaky, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 1
    assert "shop.cart.PENDING" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("keep", [0, 7, 64, 1_000, -1])
def test_a_truncated_image_gives_one_line(leaky: Path, tmp_path: Path, keep: int) -> None:
    broken = tmp_path / "broken.lgheap"
    broken.write_bytes(leaky.read_bytes()[:keep])
    done = run("open", broken)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"leakguard: cannot report on '{broken}': ")
    assert done.stderr.count("\n") == 1


def test_a_file_of_another_kind_gives_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "name\x1b[31m\nred"
    other.write_text("no image\n" * 100)
    assert cli.main(["open", str(other)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "\x1b" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["opne", "x"], "unknown verb 'opne', did you mean 'open'?"),
        (["frobnicate"], "unknown verb 'frobnicate'; see 'leakguard --help'"),
        (["open", "x", "--tpo", "3"], "unknown option '--tpo', did you mean '--top'?"),
        (["open", "--jsn"], "unknown option '--jsn', did you mean '--json'?"),
        (["--verson"], "unknown option '--verson', did you mean '--version'?"),
        (["open", "x", "y"], "one image at a time; 'leakguard diff A B'"),
        (["open", "x", "--top", "0"], "'0' is not a whole number from 1 on"),
        (["open", "x", "--top", "many"], "'many' is not a whole number from 1 on"),
        (["open", "x", "--top"], "--top"),
        (["open"], "say which image to open"),
        ([], "say what to do"),
        (["open", "/nowhere/x.lgheap"], "cannot open '/nowhere/x.lgheap': No such file"),
    ],
)
def test_errors_say_what_happened_and_what_to_do(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("leakguard: ")
    assert message in err
    assert err.count("\n") == 1


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("leakguard ")


@pytest.mark.parametrize("built", [True, False])
def test_the_version_tells_what_the_page_lacks(
    built: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(static, "has_script", lambda: built)
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert ("install Node 18 or newer" in capsys.readouterr().out) is not built


@pytest.mark.parametrize("arguments", [["--help"], ["open", "--help"], ["token", "--help"]])
def test_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 0
    assert "usage: leakguard" in capsys.readouterr().out
