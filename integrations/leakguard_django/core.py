"""What all of a process shares: the figures of its routes, and the endpoint that tells them.

Django makes a middleware for each handler; requests of all of them are counted together.
"""

from __future__ import annotations

import functools
import logging
import weakref
from typing import TYPE_CHECKING, Any

from django.core.signals import setting_changed

from leakguard.endpoint import Endpoint
from leakguard.endpoint.first_words import token_at_start
from leakguard.guard import Guard
from leakguard.routes import Ledger
from leakguard.routes.ledger import flight_around
from leakguard.routes.sampling import start_or_log as start_sampling
from leakguard_django import conf, names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from leakguard.routes.ledger import Flight, RouteRow
    from leakguard.settings import Settings

logger = logging.getLogger("leakguard")


class Core:
    """The parts of one LeakGuard. Raises `SettingsError` when made with settings that are wrong."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.guard = Guard()
        self.ledger = Ledger(names.name_of, max_routes=settings.max_routes)
        self._outer: list[weakref.ref[Ledger]] = []  # the one that counts instead, if there is one
        if settings.sampling:
            start_sampling(settings.sampling, numpy=settings.numpy)
        self.endpoint = Endpoint(
            settings,
            self._report,
            token=token_at_start(settings),
            requests=functools.partial(_requests, self.ledger.requests, self._outer),
            history=self._history,
        )
        self.ledger.on_tick = self.endpoint.tick

    def flight_around(self, request: Any) -> Flight | None:
        """The flight of a LeakGuard that is wrapped around the whole project; it counts `request`,
        and its figures are what the endpoint tells from then on."""
        found = flight_around(getattr(request, "scope", None) or request.META, self.ledger)
        if found is None:
            return None
        if not self._outer:
            logger.warning(
                "This project is wrapped in LeakGuard(application), and leakguard_django.LeakGuard "
                "is in its MIDDLEWARE as well. The wrapper counts the requests; the middleware "
                "only names their routes. Keep one of the two."
            )
        self._outer[:] = [weakref.ref(found[0])]
        return found[1]

    def _counting(self) -> Ledger:
        return _alive(self._outer) or self.ledger

    def _report(self) -> Sequence[RouteRow]:
        return self._counting().report()

    def _history(self) -> Mapping[str, Sequence[tuple[float, int]]]:
        return self._counting().history()

    def below(self, path: str) -> str | None:
        """What follows the endpoint's own path; None if `path` is the app's."""
        own = self.settings.path
        if not path.startswith(own):
            return None
        rest = path[len(own) :]
        return rest if rest[:1] in ("", "/") else None


def _alive(outer: Sequence[weakref.ref[Ledger]]) -> Ledger | None:
    return outer[0]() if outer else None


def _requests(
    own: Callable[[], Mapping[str, int]], outer: Sequence[weakref.ref[Ledger]]
) -> Mapping[str, int]:
    counting = _alive(outer)
    return own() if counting is None else counting.requests()


@functools.cache
def core() -> Core:
    """The one of this process, made when it is first needed."""
    return Core(conf.build())


def _forget(*, setting: str, **_: Any) -> None:
    if setting == conf.NAME:
        core.cache_clear()


# A test that overrides the settings gets what they say.
setting_changed.connect(_forget, dispatch_uid="leakguard")
