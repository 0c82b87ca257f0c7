"""Where apps are mounted in a Litestar app: its scope tells only the template within the mount."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def has_mounts(app: Any) -> bool:
    """Whether other apps are mounted in it (None: no)."""
    return next(_mounts(app), None) is not None


def mounted_at(app: Any, path: str) -> str:
    """Of the mounts of `app` the longest that `path` is below of, or at; "" if there is none."""
    within = [at for at in _mounts(app) if path == at or path.startswith(at.rstrip("/") + "/")]
    return max(within, key=len, default="").rstrip("/")


def _mounts(app: Any) -> Iterator[str]:
    for route in getattr(app, "routes", None) or ():
        if getattr(getattr(route, "route_handler", None), "is_mount", False):
            yield route.path
