"""A capture that goes on in a thread, for as long as a misbehaving type keeps its child alive."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import leftovers

import leakguard
from leakguard.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Running:
    child: int
    cancel: threading.Event
    messages: list[str] = field(default_factory=list)


def arranged(child: int) -> bool:
    kept = leftovers.descriptors(child)
    return sorted(kept) == [0, 1, 2, 3] and kept[0] == kept[1] == "/dev/null"


@contextlib.contextmanager
def capture_that_hangs() -> Iterator[Running]:
    """A capture with a living child; cancelled at the end if it still runs."""
    import misbehaving

    thing = misbehaving.Thing("hang")
    cancel = threading.Event()
    running = Running(0, cancel)

    def capture() -> None:
        try:
            leakguard.snapshot(method="fork", cancel=cancel).close()
        except CaptureError as error:
            running.messages.append(str(error))

    thread = threading.Thread(target=capture)
    thread.start()
    try:
        running.child = leftovers.capture_child()
        # it has its name before its descriptors are arranged
        leftovers.eventually(lambda: arranged(running.child), "descriptors 0 to 3 alone are left")
        yield running
    finally:
        cancel.set()
        thread.join()
        del thing
