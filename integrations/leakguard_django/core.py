"""What all of a process shares: the figures of its routes, and the endpoint that tells them.

Django makes a middleware for each handler; requests of all of them are counted together.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from django.core.signals import setting_changed

from leakguard.endpoint import Endpoint
from leakguard.endpoint.first_words import token_at_start
from leakguard.guard import Guard
from leakguard.routes import Ledger
from leakguard.routes.sampling import start_or_log as start_sampling
from leakguard_django import conf, names

if TYPE_CHECKING:
    from leakguard.settings import Settings


class Core:
    """The parts of one LeakGuard. Raises `SettingsError` when made with settings that are wrong."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.guard = Guard()
        self.ledger = Ledger(names.name_of, max_routes=settings.max_routes)
        if settings.sampling:
            start_sampling(settings.sampling, numpy=settings.numpy)
        self.endpoint = Endpoint(
            settings,
            self.ledger.report,
            token=token_at_start(settings),
            requests=self.ledger.requests,
            history=self.ledger.history,
        )
        self.ledger.on_tick = self.endpoint.tick

    def below(self, path: str) -> str | None:
        """What follows the endpoint's own path; None if `path` is the app's."""
        own = self.settings.path
        if not path.startswith(own):
            return None
        rest = path[len(own) :]
        return rest if rest[:1] in ("", "/") else None


@functools.cache
def core() -> Core:
    """The one of this process, made when it is first needed."""
    return Core(conf.build())


def _forget(*, setting: str, **_: Any) -> None:
    if setting == conf.NAME:
        core.cache_clear()


# A test that overrides the settings gets what they say.
setting_changed.connect(_forget, dispatch_uid="leakguard")
