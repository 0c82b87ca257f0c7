"""Threads of LeakGuard's own, which a heap image can tell from those of the application."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Worker(threading.Thread):
    """A daemon: a server that stops does not wait for it. The analysis knows LeakGuard's types, so
    that what a thread of this type holds is nobody's leak."""

    def __init__(self, name: str, target: Callable[..., object], *arguments: object) -> None:
        super().__init__(target=target, args=arguments, name=name, daemon=True)
