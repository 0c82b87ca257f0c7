"""Without the global cache leak: the bounded cache of fixed.py in a Flask app."""

from __future__ import annotations

import fixed
from flask import Flask

from leakguard_flask import LeakGuard

app = Flask(__name__)
LeakGuard(app)


@app.get("/arr")
def arr() -> dict[str, int]:
    fixed.ARR[next(fixed.numbers)] = [None] * fixed.SLOTS  # 8 bytes a slot
    return {"held": len(fixed.ARR)}
