"""The closure leak of leaky.py in a Flask app."""

from __future__ import annotations

import leaky
from flask import Flask

from leakguard_flask import LeakGuard

app = Flask(__name__)
LeakGuard(app)


@app.get("/leak")
def leak() -> dict[str, int]:
    leaky.replace_thing()
    return {"slots": leaky.SLOTS}
