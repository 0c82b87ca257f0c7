"""A name for a path that no framework gave a template: its variable parts folded."""

from __future__ import annotations

import re

MAX_SEGMENTS = 8
OTHER = "(other)"
METHODS = frozenset(
    ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY", "WS")
)

# In this order; a version such as "v2" is part of the address, not a variable.
_WORD = re.compile(r"[A-Za-z][A-Za-z_.~-]{0,31}|v\d{1,2}|\.well-known", re.ASCII)
_KINDS = (
    (re.compile(r"[+-]?\d+", re.ASCII), "{n}"),
    (re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), "{uuid}"),
    (re.compile(r"[0-9a-fA-F]{8,}"), "{hex}"),
)


def fold(path: str) -> str:
    """`path` with every segment that is not a plain word replaced: "/users/{n}/avatar.png".

    Numbers become {n}, UUIDs {uuid}, hexadecimal ids {hex} and what else is no word {x}; a path
    of more than eight segments ends in "…".
    """
    segments = path.split("/", MAX_SEGMENTS + 2)[1:]
    folded = [_fold_segment(segment) for segment in segments[:MAX_SEGMENTS]]
    if len(segments) > MAX_SEGMENTS:
        folded.append("…")
    return "/" + "/".join(folded)


def _fold_segment(segment: str) -> str:
    for pattern, name in _KINDS:
        if pattern.fullmatch(segment) and not (name == "{hex}" and segment.isalpha()):
            return name
    if not segment or _WORD.fullmatch(segment):
        return segment
    return "{x}"


def shown(method: str) -> str:
    """The method as it is shown. A client may send any word; each must not become a row."""
    return method if method in METHODS else "OTHER"


class FoldedPaths:
    """At most `limit` names of method and folded path; what comes beyond is "(other)"."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._names: set[str] = set()

    def name(self, method: str, path: str) -> str:
        """The name for a request that no framework gives one."""
        name = f"{shown(method)} {fold(path)}"
        if name not in self._names:
            if len(self._names) >= self._limit:
                return OTHER
            self._names.add(name)
        return name
