"""Requests that another site made a browser send are refused before anything else is looked at.

Only what a browser itself says counts: Host, Origin and Sec-Fetch-Site. X-Forwarded-*, Forwarded
and their like are never read: a client can write them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from leakguard.endpoint.messages import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.endpoint.messages import EndpointRequest

_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:/@\[\]\s]+)(?::(?P<port>\d{1,5}))?")
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#\s]+)")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_SINGLE = ("host", "authorization", "origin", "sec-fetch-site")


def screen(request: EndpointRequest, allowed_hosts: Sequence[str]) -> None:
    """Raises `Refusal` for a request of a foreign page, or for a host that is not allowed."""
    for name in _SINGLE:
        if request.count(name) > 1:
            raise Refusal(400, f"Send one {name.title()} header, not several.")
    host = request.header("host")
    if allowed_hosts and not _is_allowed(host or "", allowed_hosts):
        raise Refusal(421, "This host name is not served here (see LeakGuard's allowed_hosts).")
    site = request.header("sec-fetch-site")
    if site is not None and site.lower() not in ("same-origin", "none"):
        raise Refusal(403, "A page of another site asked for this; open the address directly.")
    origin = request.header("origin")
    if origin is not None and not _is_same(origin, host or ""):
        raise Refusal(403, "A page of another origin asked for this; open the address directly.")


def _is_allowed(host: str, allowed_hosts: Sequence[str]) -> bool:
    parts = _AUTHORITY.fullmatch(host.lower())
    if parts is None:
        return False
    name = parts["host"].removesuffix(".")
    for pattern in allowed_hosts:
        wanted = _AUTHORITY.fullmatch(pattern)
        if wanted is None or wanted["port"] not in (None, parts["port"]):
            continue
        if wanted["host"] in ("*", name):
            return True
        if wanted["host"].startswith("*.") and name.endswith(wanted["host"][1:]):
            return True
    return False


def _is_same(origin: str, host: str) -> bool:
    source = _ORIGIN.fullmatch(origin.lower())
    if source is None:  # "null", or no web page's origin
        return False
    ours, theirs = _AUTHORITY.fullmatch(host.lower()), _AUTHORITY.fullmatch(source["authority"])
    if ours is None or theirs is None:
        return False
    # Behind a proxy that ends TLS the scheme is unknown here; the browser's is taken for both.
    port = _DEFAULT_PORTS[source["scheme"]]
    return (ours["host"], ours["port"] or port) == (theirs["host"], theirs["port"] or port)
