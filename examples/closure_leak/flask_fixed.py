"""Without the closure leak: the thing of fixed.py in a Flask app."""

from __future__ import annotations

import fixed
from flask import Flask

from leakguard_flask import LeakGuard

app = Flask(__name__)
LeakGuard(app)


@app.get("/leak")
def leak() -> dict[str, int]:
    fixed.replace_thing()
    return {"slots": fixed.SLOTS}
