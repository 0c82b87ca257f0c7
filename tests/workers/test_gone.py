"""An app that nobody wants any more is no worker any more, and one that lives stays one."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import Client

from leakguard import asgi, wsgi
from leakguard.workers import App, Worker, ask, last_words, list_workers
from leakguard_flask import LeakGuard as FlaskLeakGuard

OPTIONS = {"app_name": "shop", "token": "a-token-of-this-test", "sampling": False}


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def alive():
    return [entry.stem for entry in list_workers("shop") if entry.alive]


class Gone:
    """Worker, and a figure that goes on without it."""

    def __init__(self, requests=0):
        counted = {"pid": os.getpid(), "requests": requests}
        self.counted = counted
        self.worker = Worker(App("shop", "shop"), lambda: dict(counted), {"who": self.who})
        self.worker.join()

    def who(self, question):
        return self.counted


def test_its_last_words_are_those_of_its_end(eventually, join):
    join(app=App("blog", "blog"))
    gone = Gone()
    eventually(lambda: any(last_words(entry) for entry in list_workers("shop")))
    gone.counted["requests"] = 12
    gone.worker.keep({"suspects": [{"holder": "shop.CARTS"}]})
    gone.counted["requests"] = 13  # and no tick
    del gone
    gc.collect()
    eventually(lambda: not alive())
    (entry,) = list_workers("shop")
    words = last_words(entry)
    assert words["leaving"]
    assert words["figures"]["requests"] == 13
    assert words["findings"]["suspects"] == [{"holder": "shop.CARTS"}]
    (blog,) = list_workers("blog")
    assert blog.alive
    assert ask(blog, "figures", timeout=30)["requests"] == 7


def test_workers_of_one_process_share_what_waits_for_them(eventually, join, other):
    join()
    threads, files = threading.active_count(), open_files()
    for number in range(10):
        join(app=App(f"shop {number}", f"shop-{number}"))
    # one that writes has a file or two open for a moment
    eventually(lambda: threading.active_count() <= threads and open_files() <= files + 2 * 10)
    entries = [entry for entry in list_workers() if entry.alive]
    assert [ask(entry, "figures", timeout=30)["requests"] for entry in entries] == [7] * 11


def test_one_whose_socket_somebody_has_closed_is_no_trouble_to_the_others(join, caplog):
    closed, other = join(), join(app=App("blog", "blog"))
    os.close(closed._seat.listener.descriptor)
    (blog,) = list_workers("blog")
    for _ in range(3):
        closed._seat.wake()
        assert ask(blog, "figures", timeout=30)["requests"] == 7
    closed.leave()
    other.leave()
    assert not caplog.records


def test_the_garbage_collection_that_finds_it_waits_for_nothing(eventually):
    gone = Gone()
    seat = gone.worker._seat
    gone.cycle = gone
    with seat._writing:  # whoever collects may be writing its last words
        del gone
        gc.collect()
    eventually(lambda: not alive())


def test_a_question_that_comes_too_late_is_told_so(eventually):
    gone = Gone()
    verbs = gone.worker._seat._verbs
    assert "who" in verbs()
    del gone
    gc.collect()
    with pytest.raises(Exception, match="the app of this worker is gone"):
        verbs()


def test_what_was_left_before_a_fork_closes_no_file_of_somebody_else(join):
    worker = join()
    seat = worker._seat
    number = seat._lock
    worker.leave()
    with Path(os.devnull).open() as file:
        taken = number if file.fileno() == number else os.dup2(file.fileno(), number)
        seat.let_go()
        os.fstat(taken)
        if taken != file.fileno():
            os.close(taken)


def test_the_child_of_a_fork_registers_what_lives_and_closes_nothing_else(process):
    parent = process("""
        import gc, os, sys
        from leakguard.workers import App, Worker, ask, list_workers
        made = [Worker(App("shop", "shop"), lambda: {"pid": os.getpid()}, {}) for _ in range(3)]
        for worker in made:
            worker.join()
        made.pop(0).leave()
        del made[0]
        del worker
        gc.collect()
        files = [os.open(os.devnull, os.O_RDONLY) for _ in range(20)]
        made += [Worker(App("shop", "shop"), lambda: {"pid": os.getpid()}, {})]
        child = os.fork()
        if not child:
            for worker in made:
                worker.join()
            for descriptor in files:
                os.fstat(descriptor)
            print(*sorted(worker.stem for worker in made), flush=True)
            sys.stdin.readline()
            made.clear()
            del worker
            gc.collect()
            print("dropped", flush=True)
            sys.stdin.readline()
            os._exit(0)
        os.waitpid(child, 0)
        print([entry.pid for entry in list_workers() if entry.alive] == [os.getpid()], flush=True)
        sys.stdin.readline()
    """)
    stems = parent.line().split()
    assert len(stems) == 2
    assert set(stems) < {entry.stem for entry in list_workers() if entry.alive}
    parent.tell()
    assert parent.line() == "dropped"
    parent.tell()
    assert parent.line() == "True"


def of_asgi():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x"})

    async def nothing(*_):
        return {"type": "http.request"}

    guard = asgi.LeakGuard(app, **OPTIONS)
    scope = {"type": "http", "method": "GET", "path": "/x", "headers": []}
    return guard, guard.endpoint, lambda: asyncio.run(guard(dict(scope), nothing, nothing))


def of_wsgi():
    def app(environ, start_response):
        start_response("200 OK", [])
        return [b"x"]

    guard = wsgi.LeakGuard(app, **OPTIONS)
    return guard, guard.endpoint, lambda: Client(guard).get("/x")


FLASK = FlaskLeakGuard(**OPTIONS)  # one for all apps, as a module has it


def of_flask():
    app = Flask("shop")
    app.add_url_rule("/x", view_func=lambda: app.name, endpoint="x")
    FLASK.init_app(app)
    return app, app.extensions["leakguard"].endpoint, lambda: app.test_client().get("/x")


@pytest.mark.parametrize("make", [of_asgi, of_wsgi, of_flask])
def test_so_is_each_of_many_apps_that_a_test_suite_makes(make, eventually):
    def serve(app, endpoint, request):
        request()
        endpoint.tick()  # as comes out of a request a second later
        request()

    live = make()
    serve(*live)
    (stem,) = alive()
    threads, files = threading.active_count(), open_files()
    for _ in range(30):
        serve(*make())
    eventually(lambda: gc.collect() >= 0 and alive() == [stem])
    eventually(lambda: threading.active_count() <= threads and open_files() <= files)
    serve(*live)
    (entry,) = [entry for entry in list_workers("shop") if entry.alive]
    assert ask(entry, "figures", timeout=30)["requests"] == 4
    ended = [last_words(entry) for entry in list_workers("shop") if not entry.alive]
    assert [(words["leaving"], words["figures"]["requests"]) for words in ended] == [(True, 2)] * 16
    live[1].leave()
