"""How much of the process is resident, by what backs it: the kernel's own figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

_STATUS = Path("/proc/self/status")
_FIELDS = ("VmRSS", "RssAnon", "RssFile", "RssShmem")


@dataclass(frozen=True, slots=True)
class Resident:
    """Resident bytes: all of them, and of these the pages that a file or shared memory backs.

    `mapped` is None where the system does not tell them apart.
    """

    total: int
    mapped: int | None


def resident() -> Resident | None:
    """This process's resident memory now, None where no source tells. About 30 µs on Linux."""
    try:
        found = _from_status(_STATUS.read_text("ascii", "replace"))
    except OSError:
        found = None
    return found or _from_psutil()


def _from_status(text: str) -> Resident | None:
    kilobytes: dict[str, int] = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if name in _FIELDS and words and words[0].isdecimal():
            kilobytes[name] = int(words[0])
    if "VmRSS" not in kilobytes:
        return None
    mapped = None
    if "RssFile" in kilobytes and "RssShmem" in kilobytes:
        mapped = (kilobytes["RssFile"] + kilobytes["RssShmem"]) * 1024
    return Resident(kilobytes["VmRSS"] * 1024, mapped)


def _from_psutil() -> Resident | None:
    try:
        memory = psutil.Process().memory_info()
    except (psutil.Error, OSError):
        return None
    shared = getattr(memory, "shared", None)
    return Resident(int(memory.rss), None if shared is None else int(shared))
