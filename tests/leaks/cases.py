"""What a case is: a run of an app, and what LeakGuard must say of it."""

from __future__ import annotations

from dataclasses import dataclass, field

# A run is short: a sample each kilobyte tells of it what a day would at the usual interval.
OFTEN = 1024


@dataclass(frozen=True, slots=True)
class Run:
    """One process: an app of the folder `apps`, the packages it needs, and its traffic.

    `sampling` is LeakGuard's interval in bytes, None for the default.
    """

    app: str
    needs: tuple[str, ...] = ()
    requests: int = 150
    sampling: int | None = None

    def __str__(self) -> str:
        return f"{self.app}[{self.needs[0]}]" if self.needs else self.app


@dataclass(frozen=True, slots=True)
class Leak:
    """What LeakGuard must say of a leaking app.

    `holder` is a pattern for the first suspect's holder; `routes` are the routes it is fed by and
    their shares of it, the largest first.
    """

    run: Run
    kind: str
    holder: str
    routes: dict[str, float] = field(hash=False)
