"""What LeakGuard says of the same traffic: the sampler by itself, and the answer under /_leak."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from accuracy_app import Shop, asgi, ask, call, serve_asyncio, serve_threads, wsgi

TOKEN = "the-token-of-a-benchmark"
QUESTIONS = 5
"""How often the report is asked for while the traffic flows; the last time after it has ended."""


def measure(shop: Shop, mode: str, requests: int, interval: int, seed: int) -> dict[str, Any]:
    """Serves the requests in equal parts, with a question after each.

    "rows": by route the sampler's strong and weak bytes; "report": the last answer.
    """
    from leakguard.routes import _sampler

    options: dict[str, Any] = {"token": TOKEN, "cooldown": 0.0, "sampling": interval}
    report: dict[str, Any] = {}
    part = requests // QUESTIONS
    if mode == "asyncio":
        from leakguard import LeakGuard

        guarded = LeakGuard(asgi(shop), **options)
        _sampler.seed(seed)

        async def run() -> None:
            for _ in range(QUESTIONS):
                await serve_asyncio(shop, guarded, part)
                report.update(_read(await ask(guarded, "/_leak", token=TOKEN)))

        asyncio.run(run())
        memory = guarded._ledger.memory()
    else:
        from leakguard.wsgi import LeakGuard as WsgiLeakGuard

        app = WsgiLeakGuard(wsgi(shop), **options)
        _sampler.seed(seed)
        for _ in range(QUESTIONS):
            serve_threads(shop, app, part)
            report.update(_read(call(app, "/_leak", token=TOKEN)))
        memory = app._ledger.memory()
    rows = {row.route: (row.strong_bytes, row.weak_bytes, _lines(row.lines)) for row in memory}
    return {"rows": rows, "report": report, "memory": _sampler.counts()["memory"]}


def _read(body: bytes) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(body)
    if "error" in report:
        raise SystemExit(f"LeakGuard did not answer: {report['error']}")
    return report


def _lines(lines: Any) -> list[tuple[str, int, str]]:
    return [(line.file, line.line, line.function) for line in lines]
