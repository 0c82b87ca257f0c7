"""How frameworks that leave the route of a request nowhere are made to tell it.

A middleware around an app can read what the app leaves in the scope or environ. Django, Falcon,
Pyramid and Quart leave nothing there, but each has a place where it can be told to: the module of
its name. LeakGuard does it by itself for the app that it wraps, and for those that are mounted in
it by then. Where another middleware hides an app, `leakguard.frameworks.attach(app)` does it by
hand; and any app may say the route of a request by itself, as `scope["leakguard.route"]` or
`environ["leakguard.route"]`: a template as text.
"""

from __future__ import annotations

import importlib

from leakguard.routes.layers import apps_within, is_of

__all__ = ["KEY", "attach"]

KEY = "leakguard.route"
"""The key of the scope or environ: a template as text, or None if the request matches no route."""

_APPS = {
    "django": ("django.core.handlers", "BaseHandler"),
    "falcon": ("falcon", "App"),
    "pyramid": ("pyramid", "Router"),
    "quart": ("quart", "Quart"),
}


def attach(app: object) -> None:
    """Has each app that `app` is, is wrapped around, or has mounted, tell the route of each request
    from now on.

    Does nothing for a framework that needs no telling, nor a second time.
    """
    for found in apps_within(app):
        for module, (package, name) in _APPS.items():
            if is_of(found, package, name):
                importlib.import_module(f"{__name__}.{module}").attach(found)
