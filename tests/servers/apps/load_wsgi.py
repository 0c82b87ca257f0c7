"""Fifty requests at a time that end in every way a WSGI request can: `load_wsgi.py [gevent]`.

Each keeps a block before it waits and one after, so that others run in between. Prints what was
sent, and what LeakGuard says of it.
"""

import collections
import contextlib
import json
import sys
import threading
import time

if sys.argv[1:] == ["gevent"]:
    from gevent import monkey

    monkey.patch_all()

from leakguard.routes import sampling
from leakguard.wsgi import LeakGuard

BLOCK = 100_000
AT_ONCE, EACH = 50, 40
kept = collections.defaultdict(list)


class Ended(BaseException):
    """Like a greenlet that is killed, or a timeout of gevent's."""


def work(kind):
    kept[kind].append(bytearray(BLOCK))
    time.sleep(0.001)
    kept[kind].append(bytearray(BLOCK))


def app(environ, start_response):
    kind = environ["PATH_INFO"][1:]
    if kind == "refused":
        work(kind)
        raise RuntimeError("before start_response")
    start_response("503 Busy" if kind == "busy" else "200 OK", [])
    if kind in ("sized", "busy"):
        work(kind)
        return [b"whole"]
    if kind in ("fails", "killed"):
        work(kind)
        raise RuntimeError("after start_response") if kind == "fails" else Ended
    return stream(kind)


def stream(kind):
    yield b"first"
    work(kind)
    yield b"second"
    if kind == "torn":
        raise RuntimeError("in the middle")
    if kind == "killed-late":
        raise Ended
    yield b"third"


def request(guarded, kind):
    """What a server does, with a client that may hang up."""
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": f"/{kind}", "SCRIPT_NAME": ""}
    answer = guarded(environ, lambda status, headers, exc_info=None: None)
    try:
        for number, _ in enumerate(answer):
            time.sleep(0.0005)
            if kind in ("hung-up", "dropped") and number == 1:
                break
    finally:
        if kind != "dropped" and hasattr(answer, "close"):  # some servers forget it
            answer.close()


KINDS = {
    "sized": 0,
    "busy": 1,
    "whole": 0,
    "refused": 1,
    "fails": 1,
    "killed": 0,
    "torn": 1,
    "killed-late": 0,
    "hung-up": 0,
    "dropped": 0,
}
"""Whether a request of a kind is an error."""


def main():
    guarded = LeakGuard(app, token="the-token-of-this-test", baseline=False)
    jobs = collections.deque(list(KINDS) * EACH)
    sent = collections.Counter()

    def serve():
        while jobs:
            try:
                kind = jobs.popleft()
            except IndexError:
                return
            sent[kind] += 1
            with contextlib.suppress(RuntimeError, Ended):
                request(guarded, kind)

    threads = [threading.Thread(target=serve) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tell(guarded._ledger, sent, KINDS, kept)


def tell(ledger, sent, kinds, kept):
    rows = {row.route.split()[-1][1:]: row for row in ledger.report()}
    print(
        json.dumps(
            {
                "sent": {kind: [sent[kind], sent[kind] * kinds[kind], 0] for kind in kinds},
                "counted": {
                    kind: [rows[kind].requests, rows[kind].errors, rows[kind].in_flight]
                    for kind in kinds
                },
                "held": {
                    kind: rows[kind].memory.live_bytes / sum(map(len, kept[kind])) for kind in kinds
                },
                "sampled": sampling.running(),
                "in_flight": sum(row.in_flight for row in rows.values()),
            }
        )
    )


if __name__ == "__main__":
    main()
