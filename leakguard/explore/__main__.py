"""`python -m leakguard.explore`: answer questions about one heap image, or two, until nobody asks.

The serving process starts this when somebody looks, and passes everything as open descriptors: the
images, what was found in them, the socket where questions come in. It ends with the serving
process: by the kernel's hand, or because standard input is a pipe that ends then. It is nice,
bounded in memory, and the kernel's out-of-memory killer prefers it.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import sys
from typing import TYPE_CHECKING

from leakguard.explore import limits
from leakguard.explore.answering import Answering
from leakguard.explore.serving import IDLE_SECONDS, Serving

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_FILES = 1 << 16


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until idle, or until the process that started this one ends. Returns 0."""
    parser = argparse.ArgumentParser(prog="python -m leakguard.explore", description=__doc__)
    parser.add_argument("--image-fd", type=int, action="append", required=True)
    parser.add_argument("--known-fd", type=int, action="append", default=[])
    parser.add_argument("--listen-fd", type=int, required=True)
    parser.add_argument("--slot-fd", type=int, required=True)
    parser.add_argument("--lock-fd", type=int, required=True)
    parser.add_argument("--idle", type=float, default=IDLE_SECONDS)
    options = parser.parse_args(arguments)
    given = {options.listen_fd, options.slot_fd, options.lock_fd}
    _set_apart({0, 1, 2, *given, *options.image_fd, *options.known_fd})
    limits.settle(sum(os.fstat(fd).st_size for fd in options.image_fd))
    answering = Answering(options.image_fd, options.known_fd)
    Serving(options.listen_fd, options.slot_fd, answering.answer, options.idle).run()
    return 0


def _set_apart(kept: set[int]) -> None:
    """A Ctrl-C is for the server, and so are its sockets, which some servers let be inherited."""
    with contextlib.suppress(OSError):  # it leads a session already
        os.setsid()
    os.chdir("/")
    for before, after in itertools.pairwise(sorted({*kept, _MOST_FILES})):
        os.closerange(before + 1, after)


if __name__ == "__main__":
    sys.exit(main())
