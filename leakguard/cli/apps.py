"""Which app is meant, and its workers, seen from outside."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from leakguard import rollcall, workers
from leakguard.errors import LeakGuardError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leakguard.report.workers import Workers
    from leakguard.workers import Entry

ROLL_SECONDS = 2.0
_MOST_NAMES = 8


class Crew:
    """The workers of one app, as `leakguard.endpoint.others` asks them."""

    pid = None

    def __init__(self, app: workers.App) -> None:
        self.app = app

    def entries(self) -> list[Entry]:
        """All of them, those that live first."""
        return workers.list_workers(self.app.folder)

    def roll(self, fresh: Mapping[int, Mapping[str, Any]] | None = None) -> Workers:
        """What they know without a snapshot; `fresh` as of `rollcall.call`."""
        return rollcall.call(self.app.name, self.entries(), timeout=ROLL_SECONDS, fresh=fresh)


def known() -> dict[str, list[Entry]]:
    """The workers of all apps of this user, by the folder of the app."""
    found: dict[str, list[Entry]] = {}
    for entry in workers.list_workers():
        found.setdefault(entry.path.name, []).append(entry)
    return found


def chosen(name: str | None) -> Crew:
    """The app of that name, or the only one that runs here. LeakGuardError where it is not clear
    which one is meant."""
    apps = [
        workers.App(entries[0].facts.app, folder)
        for folder, entries in known().items()
        if name is not None or any(entry.alive for entry in entries)
    ]
    if name is not None:
        named = [app for app in apps if name in (app.name, app.folder)]
        if not named:
            meant = difflib.get_close_matches(name, [app.name for app in apps], n=1)
            guess = f"did you mean '{meant[0]}'?" if meant else _there_are(apps)
            raise LeakGuardError(f"there is no app '{name}' here; {guess}")
        apps = named
    if not apps:
        raise LeakGuardError(
            "no app with LeakGuard runs here for this user: start one, or run this as the user "
            "that it runs as; a worker is known from its start or its first request on"
        )
    if len(apps) > 1:
        raise LeakGuardError(f"which app? Say --app NAME; {_there_are(apps)}")
    return Crew(apps[0])


def _there_are(apps: list[workers.App]) -> str:
    if not apps:
        return "none is known"
    names = [app.name for app in apps]
    # Two deployments may be called alike: their folders are not.
    told = sorted(app.folder if names.count(app.name) > 1 else app.name for app in apps)
    if len(told) == 1:
        return f"there is {told[0]}"
    hidden = len(told) - _MOST_NAMES
    more = f" and {hidden} more (see 'leakguard workers')" if hidden > 0 else ""
    return "there are " + ", ".join(told[:_MOST_NAMES]) + more
