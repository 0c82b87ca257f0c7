"""Explorers are found or started, answer any worker, and end; a bad image harms nobody."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import images
import psutil
import pytest

from leakguard.capture import native
from leakguard.explore import slots
from leakguard.explore.errors import ViewError
from leakguard.explore.explorers import Explorers
from leakguard.explore.shelf import Shelf


def running():
    """The explorers that this process has started."""
    return explorers_of(psutil.Process())


def explorers_of(process):
    found = []
    for child in process.children(recursive=True):
        try:
            if "leakguard.explore" in " ".join(child.cmdline()):
                found.append(child)
        except psutil.Error:
            continue
    return found


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def none_left():
    yield
    for child in running():
        child.kill()
    wait_for(lambda: not running())


def ask(kept, view, *ids, **given):
    texts = {name: str(value) for name, value in given.items()}
    return json.loads(Explorers(kept.shelf).ask(view, ids, texts))


def test_one_explorer_answers_all_questions_of_an_image(kept):
    (image,) = kept.put(images.shop())
    graph = ask(kept, "graph", image, suspect=1)
    assert graph["nodes"][0]["name"] == "shop.cart.CARTS"
    (process,) = running()
    assert ask(kept, "types", image)["total"] > 5
    # as another worker would ask
    assert ask(type(kept)(kept.shelf.name), "modules", image)["bytes"] > 0
    assert running() == [process]


def test_two_images_are_compared(kept):
    (before,) = kept.put(images.shop(carts=300))
    after = kept.put(images.shop(carts=500, created=1060.0))[0]
    assert ask(kept, "compare", before, after)["holders"][0]["holder"] == "shop.cart.CARTS"


def test_many_may_ask_at_once(kept):
    (image,) = kept.put(images.shop())
    with ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(ask, kept, "graph", image, suspect=1 + at % 2) for at in range(24)]
    names = {one.result()["nodes"][0]["name"] for one in asked}
    assert names == {"shop.cart.CARTS", "shop.vm.the_thing"}
    assert len(running()) == 1


def test_there_are_two_at_most_and_the_one_asked_least_lately_makes_room(make_kept):
    kept = make_kept(most=3)
    for _ in range(3):
        ids = kept.put()
    for image in ids:
        assert ask(kept, "types", image)["total"] > 5
        assert len(running()) <= slots.MOST
    assert ask(kept, "types", ids[0])["total"] > 5


def test_an_explorer_is_bounded_nice_and_knows_no_secret(kept, monkeypatch):
    monkeypatch.setenv("LEAKGUARD_TOKEN", "a-secret-of-the-server")
    monkeypatch.setenv("DATABASE_URL", "another")
    (image,) = kept.put()
    ask(kept, "types", image)
    (process,) = running()
    assert process.nice() >= psutil.Process().nice() + 1
    limits = Path(f"/proc/{process.pid}/limits").read_text()
    space = next(line for line in limits.splitlines() if line.startswith("Max address space"))
    assert int(space.split()[3]) < 2 << 30
    assert set(process.environ()) <= {"LD_LIBRARY_PATH", "LANG", "LC_ALL", "LC_CTYPE"}


def test_an_explorer_ends_when_nobody_asks(kept):
    (image,) = kept.put()
    Explorers(kept.shelf, idle=0.2).ask("types", [image], {})
    wait_for(lambda: not running())
    assert ask(kept, "types", image)["total"] > 5


def test_an_explorer_that_dies_is_started_anew(kept):
    (image,) = kept.put()
    ask(kept, "types", image)
    (process,) = running()
    process.kill()
    wait_for(lambda: not running())
    assert ask(kept, "types", image)["total"] > 5


def test_an_explorer_that_dies_while_it_answers_is_an_answer_too(kept):
    (image,) = kept.put()
    ask(kept, "types", image)
    (process,) = running()
    process.suspend()
    killer = threading.Timer(0.3, process.kill)
    killer.start()
    # the question waits in the queue of the one that is killed; another one answers it
    assert ask(kept, "types", image)["total"] > 5
    killer.join()


def test_no_zombie_is_left(kept):
    (image,) = kept.put()
    Explorers(kept.shelf, idle=0.1).ask("types", [image], {})
    (process,) = running() or [None]
    if process is not None:
        wait_for(lambda: not psutil.pid_exists(process.pid))


def damage(kept, image, change):
    with kept.shelf.opened() as folder:
        path = f"/proc/self/fd/{folder}/{image}.lgheap"
        content = bytearray(Path(path).read_bytes())
        change(content)
        Path(path).write_bytes(content)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.__setitem__(slice(100, 400), b"\xff" * 300),
        lambda content: content.__delitem__(slice(5000, None)),
        lambda content: content.clear(),
    ],
)
def test_a_damaged_image_is_an_error_and_no_more(kept, change):
    (image,) = kept.put()
    damage(kept, image, change)
    with pytest.raises(ViewError, match="image") as caught:
        ask(kept, "types", image)
    assert caught.value.status == 400


def test_damaged_findings_are_an_error_and_no_more(kept):
    (image,) = kept.put()
    with kept.shelf.opened() as folder:
        Path(f"/proc/self/fd/{folder}/{image}.json").write_text("[]")
    with pytest.raises(ViewError, match="cannot be read"):
        ask(kept, "types", image)


def test_an_image_that_is_gone_is_a_404_even_if_its_folder_is(kept):
    (image,) = kept.put()
    for name in ("1a2b-1-1", "../../etc/passwd", image + "0"):
        with pytest.raises(ViewError, match="no image") as caught:
            ask(kept, "types", name)
        assert caught.value.status == 404
    with pytest.raises(ViewError) as caught:
        Explorers(Shelf("nobody")).ask("types", [image], {})
    assert caught.value.status == 404


def test_a_server_without_a_python_says_so(kept, monkeypatch):
    (image,) = kept.put()
    monkeypatch.setattr("leakguard.interpreter.find", lambda: None)
    with pytest.raises(ViewError, match="no Python") as caught:
        ask(kept, "types", image)
    assert caught.value.status == 503


def test_explorers_end_with_the_process_that_started_them(kept):
    (image,) = kept.put()
    pid = os.fork()
    if pid == 0:
        try:
            Explorers(kept.shelf).ask("types", [image], {})
            signal.pause()
        finally:
            os._exit(1)
    child = psutil.Process(pid)
    wait_for(lambda: any(p.status() == "sleeping" for p in explorers_of(child)))
    (explorer,) = explorers_of(child)
    child.kill()
    os.waitpid(pid, 0)
    wait_for(lambda: not explorer.is_running() or explorer.status() == "zombie")


def test_a_server_that_waits_for_any_child_meets_none(kept):
    kept.keep()
    both = kept.put()
    others = set(psutil.Process().children())  # of the tests before
    met = []
    done = threading.Event()

    def steal():
        while not done.wait(0.001):
            try:
                met.append(os.waitpid(-1, os.WNOHANG))
            except ChildProcessError:
                met.append(None)

    arrived = signal.getsignal(signal.SIGCHLD)
    told = []
    signal.signal(signal.SIGCHLD, lambda *_: told.append(True))
    thief = threading.Thread(target=steal)
    thief.start()
    try:
        for image in both:
            assert ask(kept, "types", image)["total"] > 5
        for process in running():
            process.terminate()
        wait_for(lambda: not running() and others.issuperset(psutil.Process().children()))
    finally:
        done.set()
        thief.join()
        signal.signal(signal.SIGCHLD, arrived)
    assert set(met) <= {None, (0, 0)}  # no child, or none that has ended
    assert told == []


def test_where_a_child_beside_it_is_denied_an_explorer_is_an_ordinary_one(kept, monkeypatch):
    (image,) = kept.put()

    def denied(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(native.walk(), "run_apart", denied)
    assert ask(kept, "types", image)["total"] > 5
    (process,) = running()
    assert process.ppid() == os.getpid()
