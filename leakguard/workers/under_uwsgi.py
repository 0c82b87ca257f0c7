"""uWSGI may run no threads but its own."""

from __future__ import annotations

import functools
import logging

from leakguard.served import uwsgi_options

logger = logging.getLogger("leakguard")


@functools.cache
def warn_once() -> None:
    """Say what LeakGuard cannot do where no threads run."""
    options = uwsgi_options()
    if options and not any(options.get(one) for one in ("enable-threads", "threads", "gevent")):
        logger.warning(
            "uWSGI runs without --enable-threads: Python's threads stand still between requests, "
            "so LeakGuard cannot answer the other workers or the command line, and takes no "
            "snapshots by itself; /_leak works, of the worker that answers. Start uWSGI with "
            "--enable-threads."
        )
