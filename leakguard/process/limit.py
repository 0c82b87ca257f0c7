"""How much memory the process may take before the system ends it."""

from __future__ import annotations

import contextlib
from pathlib import Path

try:
    import resource
except ImportError:  # not on this system
    resource = None  # type: ignore[assignment]  # the only use asks for it

_ROOT = Path("/sys/fs/cgroup")
_V1_UNLIMITED = 1 << 60
"""cgroup v1 writes a number near 2 ** 63 where there is no limit."""


def memory_limit(root: Path = _ROOT, own: Path = Path("/proc/self/cgroup")) -> int | None:
    """Bytes: the lowest limit of the process's control group and those above it, or the limit of
    its address space; None where there is none. Takes well under a millisecond."""
    limits = [*_of_groups(root, own), *_of_process()]
    return min(limits, default=None)


def _of_groups(root: Path, own: Path) -> list[int]:
    found = []
    for directory, file in _places(root, own):
        with contextlib.suppress(OSError, ValueError):  # "max" is no number
            limit = int((directory / file).read_text())
            if limit < _V1_UNLIMITED:
                found.append(limit)
    return found


def _places(root: Path, own: Path) -> list[tuple[Path, str]]:
    """Directory and file of each group from the process's own to the root, of both versions.

    In a container the root is the container's own group, whatever the process's is called.
    """
    places = [(root, "memory.max"), (root / "memory", "memory.limit_in_bytes")]
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return places
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        parts = [part for part in path.split("/") if part and part != ".."]
        if controllers and "memory" not in controllers.split(","):
            continue
        top, file = places[1] if controllers else places[0]
        for depth in range(len(parts), 0, -1):
            places.append((top.joinpath(*parts[:depth]), file))
    return places


def _of_process() -> list[int]:
    if resource is None:
        return []
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return [] if soft == resource.RLIM_INFINITY else [soft]
