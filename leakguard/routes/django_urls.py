"""The patterns of Django's URL configuration, as names of routes."""

from __future__ import annotations

import sys


def as_path(route: str) -> str:
    """A pattern as an address: without the "^" of a regular expression, with a "/" in front."""
    return "/" + route.lstrip("^").removeprefix("/")


def pattern_of(path: str) -> str | None:
    """The pattern that `path` matches, as an address; None if none does, or Django is not there."""
    urls = sys.modules.get("django.urls")
    if urls is None:
        return None
    try:
        return as_path(urls.resolve(path).route)
    except urls.Resolver404:
        return None


def is_forced(script_name: str) -> bool:
    """Whether Django writes this SCRIPT_NAME into each environ: nothing is mounted there."""
    conf = sys.modules.get("django.conf")
    forced = getattr(conf.settings, "FORCE_SCRIPT_NAME", None) if conf is not None else None
    return isinstance(forced, str) and forced == script_name
