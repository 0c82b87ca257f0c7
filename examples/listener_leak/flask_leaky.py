"""The listener leak of leaky.py in a Flask app: its client runs in a thread with an event loop."""

from __future__ import annotations

import asyncio
import threading

import leaky
from flask import Flask

from leakguard_flask import LeakGuard

app = Flask(__name__)
LeakGuard(app)
threading.Thread(target=asyncio.run, args=[leaky.client.run()], name="client", daemon=True).start()


@app.get("/attempts")
def attempts() -> dict[str, int]:
    listeners = len(leaky.client.emitter.listeners("connect"))
    return {"attempts": leaky.client.attempts, "listeners": listeners}
