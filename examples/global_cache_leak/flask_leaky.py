"""The global cache leak of leaky.py in a Flask app."""

from __future__ import annotations

import leaky
from flask import Flask

from leakguard_flask import LeakGuard

app = Flask(__name__)
LeakGuard(app)


@app.get("/arr")
def arr() -> dict[str, int]:
    leaky.ARR.append([None] * leaky.SLOTS)  # 8 bytes a slot
    return {"held": len(leaky.ARR)}
