"""How frameworks that leave the route of a request nowhere are made to tell it.

A middleware around an app can read what the app leaves in the scope or environ. Falcon, Pyramid and
Quart leave nothing there, but each has a place where it can be told to: the module of its name.
LeakGuard does it by itself for the app that it wraps. Where another middleware hides that app,
`leakguard.frameworks.attach(app)` does it by hand; and any app may say the route of a request by
itself, as `scope["leakguard.route"]` or `environ["leakguard.route"]`: a template as text.
"""

from __future__ import annotations

import importlib

from leakguard.routes.layers import framework_app

__all__ = ["KEY", "attach"]

KEY = "leakguard.route"
"""The key of the scope or environ: a template as text, or None if the request matches no route."""

_APPS = {"falcon": "App", "pyramid": "Router", "quart": "Quart"}


def attach(app: object) -> None:
    """Has the app that `app` is, or is wrapped around, tell the route of each request from now on.

    Does nothing for a framework that needs no telling, nor a second time.
    """
    for package, name in _APPS.items():
        found = framework_app(app, package, name)
        if found is not None:
            importlib.import_module(f"{__name__}.{package}").attach(found)
            return
