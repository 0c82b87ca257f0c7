"""The fork and the walk by themselves, without the middleware, the analysis or the answer."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from leakguard.capture import facts, native

if TYPE_CHECKING:
    from leakguard.capture._walk import ChildCapture

WAIT_MILLISECONDS = 300_000


class Snapshot:
    """A forked child that walks this heap as soon as this is made; `finish()` waits for its end."""

    def __init__(self) -> None:
        meta = json.dumps(facts.meta("fork", [])).encode()
        self.fd = os.memfd_create("image")
        walk = native.walk()
        self.child: ChildCapture = walk.ChildCapture(meta, facts.KEY_SALT, 0, 300, [self.fd], None)

    @property
    def pause_cpu(self) -> float:
        """CPU seconds that the fork took the forking thread."""
        return self.child.pause_cpu_ns * 1e-9

    def finish(self, *, keep_image: bool = False) -> ChildCapture:
        """The child after its end. RuntimeError when it did not end well."""
        self.child.wait(WAIT_MILLISECONDS)
        status = self.child.reap()
        if status or self.child.progress.phase != "ended":
            raise RuntimeError(f"the child ended with status {status}")
        if not keep_image:
            os.close(self.fd)
        return self.child


def bare_fork_cpu() -> float:
    """CPU seconds that a fork with nothing around it takes this process."""
    _, cpu = native.walk().bare_fork()
    return float(cpu * 1e-9)


def bare_fork_gil() -> None:
    """A bare fork for those who watch from another thread."""
    native.walk().bare_fork()
