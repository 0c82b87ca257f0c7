"""The first call of an app by the LeakGuard around it, when what is to be called is decided."""

from __future__ import annotations

from typing import Any

from leakguard.routes.layers import attribute, layers

# Where an app keeps what it is itself when it is called, for middlewares to be put around.
_SLOTS = ("wsgi_app", "asgi_app", "asgi_handler")


class FirstCall:
    """What a LeakGuard calls once, and has put what it is to call from then on in its place.

    That is the app. But `app.wsgi_app = LeakGuard(app)`, which should be around `app.wsgi_app`,
    would be called by the app that it calls, for ever: then it is what was in that place before.
    """

    @classmethod
    def put_into(cls, guard: Any) -> None:
        """Has `guard.app` decided when it is first called, if there is anything to decide."""
        app = guard.app
        for slot in _SLOTS:
            if callable(attribute(app, slot, object)) and not isinstance(app, type):
                guard.app = cls(guard, slot)
                return

    def __init__(self, guard: Any, slot: str) -> None:
        self.app = guard.app
        self._guard = guard
        self._slot = slot
        self._before = getattr(guard.app, slot)

    def __call__(self, *arguments: Any) -> Any:
        now = layers(attribute(self.app, self._slot, object))
        is_within = any(layer is self._guard for layer in now)
        self._guard.app = self._before if is_within else self.app
        return self._guard.app(*arguments)
