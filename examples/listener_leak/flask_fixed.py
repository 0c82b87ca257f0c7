"""Without the listener leak: the client of fixed.py, in a thread of a Flask app."""

from __future__ import annotations

import asyncio
import threading

import fixed
from flask import Flask

from leakguard_flask import LeakGuard

app = Flask(__name__)
LeakGuard(app)
threading.Thread(target=asyncio.run, args=[fixed.client.run()], name="client", daemon=True).start()


@app.get("/attempts")
def attempts() -> dict[str, int]:
    listeners = len(fixed.client.emitter.listeners("connect"))
    return {"attempts": fixed.client.attempts, "listeners": listeners}
