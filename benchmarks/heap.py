"""A heap as a web shop's worker has one: users, sessions, carts, headers, callbacks, a log."""

from __future__ import annotations

import gc
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from raw import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

# Counted by a capture: a session with its share of a user, its cart and its log line.
OBJECTS_A_SESSION = 30.5


class User:
    def __init__(self, number: int) -> None:
        self.id = number + 1000
        self.name = f"user-{number:09d}"
        self.email = f"user-{number}@example-{number % 97}.org"
        self.roles = ["reader", "writer"] if number % 3 else ["admin"]
        self.last_seen = 1.7e9 + number


class Line:
    __slots__ = ("price", "quantity", "sku")

    def __init__(self, number: int, quantity: int) -> None:
        self.sku = f"SKU{number * 7 + quantity:010d}"
        self.quantity = quantity
        self.price = 0.5 + number


class Session:
    def __init__(self, number: int, user: User) -> None:
        self.id = f"{number:032x}"
        self.user = user
        self.headers = {
            "host": "shop.example.org",
            "user-agent": f"Mozilla/5.0 (X11; rv:{number % 120}.0) Gecko/{number}",
            "cookie": f"sid={number:032x}; theme=dark",
            "x-request-id": f"req-{number * 31:016x}",
        }
        self.cart = [Line(number, quantity) for quantity in range(1 + number % 3)]
        self.opened = datetime.fromtimestamp(1.7e9 + number, UTC)
        self.visits = [(f"/p/{number}/{page}", 200, 0.01 * page + number) for page in range(2)]
        self.on_close = _callback(self, f"close-{number}") if number % 2 else None


def _callback(session: Session, label: str) -> Callable[[object], object]:
    def on_close(response: object) -> object:
        return session, label, response

    return on_close


class Shop:
    """Holds everything, as the modules of an application would."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.users: list[User] = []
        self.recent: deque[tuple[str, User]] = deque()
        self.listeners: list[Callable[[object], object]] = []
        self.log: list[dict[str, Any]] = []

    def open_session(self) -> None:
        number = len(self.sessions)
        if number % 2 == 0:
            self.users.append(User(number // 2))
        user = self.users[-1]
        session = Session(number, user)
        self.sessions[session.id] = session
        self.recent.append((session.id, user))
        if session.on_close:
            self.listeners.append(session.on_close)
        self.log.append({"at": 1.0 + number, "level": "INFO", "text": f"session {number} opened"})


def build(objects: int) -> Shop:
    """A shop that makes this process's heap one of about so many objects.

    The collector is off meanwhile, and has run once after.
    """
    missing = objects - Snapshot().finish().progress.objects
    was_enabled = gc.isenabled()
    gc.disable()
    shop = Shop()
    for _ in range(int(missing / OBJECTS_A_SESSION)):
        shop.open_session()
    if was_enabled:
        gc.enable()
    gc.collect()
    return shop
