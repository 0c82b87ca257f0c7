"""Where allocations cannot be sampled: LeakGuard says why in a line, and works without."""

from __future__ import annotations

import subprocess
import sys

from leakguard.routes import sampling

APP = """
import sys
sys.path = PATH
import asyncio
from leakguard.asgi import LeakGuard

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})

async def nothing(*message):
    pass

scope = {"type": "http", "method": "GET", "path": "/x", "headers": []}
guarded = LeakGuard(app, token="a-token-that-nobody-may-see")
asyncio.run(guarded(scope, nothing, nothing))
print([row.requests for row in guarded._ledger.rows()])
"""
# The main interpreter loads nothing of LeakGuard: its native parts are for one at a time.
IN_A_SUBINTERPRETER = """
import sys
if sys.version_info >= (3, 13):
    import _interpreters as interpreters
    problem = interpreters.exec(interpreters.create("legacy"), APP)
    assert problem is None, problem
else:
    import _xxsubinterpreters as interpreters
    interpreters.run_string(interpreters.create(isolated=False), APP)
"""


def test_a_subinterpreter_is_told_what_to_set_and_counts_its_requests():
    app = APP.replace("PATH", repr([entry for entry in sys.path if entry]))
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"APP = {app!r}\n{IN_A_SUBINTERPRETER}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.split() == ["[1]"], done.stderr
    assert "this is a subinterpreter" in done.stderr
    assert "WSGIApplicationGroup" in done.stderr
    assert "another CPython" not in done.stderr


def test_a_free_threaded_build_is_refused_with_the_reason(monkeypatch):
    monkeypatch.setattr("sysconfig.get_config_var", lambda name: 1)
    reason = sampling.problem.__wrapped__()
    assert "free-threaded" in reason


def test_without_the_native_part_leakguard_works_and_says_why_once(monkeypatch, caplog):
    sampling.stop()
    monkeypatch.setattr(sampling, "problem", lambda: "frames are laid out differently")
    sampling._log_once.cache_clear()
    from leakguard.asgi import LeakGuard

    async def app(scope, receive, send):
        pass

    first, second = (
        LeakGuard(app, token="a-token-that-nobody-may-see", sampling=True) for _ in range(2)
    )
    assert [record.message for record in caplog.records if "memory" in record.message] == [
        "LeakGuard shows routes without their memory: frames are laid out differently"
    ]
    assert first._ledger.memory() == second._ledger.memory() == []
    sampling._log_once.cache_clear()
