"""Every access to the endpoint, in the logger `leakguard.audit`: who, what, how long, how much."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leakguard.endpoint.messages import EndpointRequest

logger = logging.getLogger("leakguard.audit")


def record(
    request: EndpointRequest, path: str, outcome: str, seconds: float, size: int, auth: str
) -> None:
    """One line at level INFO.

    The query string and the headers are left out: that is where a secret would be, and a client
    writes them. `outcome` is a status, or "gone" for a client that did not wait; `auth` says how
    the reader proved itself, "none" if it did not.
    """
    logger.info(
        "%s %s %s %s in %.3f s, %d bytes, auth %s",
        _plain(request.client or "-"),
        _plain(request.method),
        _plain(path),
        outcome,
        seconds,
        size,
        auth,
    )


def _plain(text: str) -> str:
    """`text` on one line, in ASCII: a path with a line break in it must not forge a line."""
    return ascii(text[:200])[1:-1].replace(" ", "%20")
