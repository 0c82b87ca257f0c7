"""The last words of a worker: its figures and findings, kept beside its entry while it lives.

They are written whole, under another name first: whoever reads them gets one state or the next.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from typing import TYPE_CHECKING, Any

from leakguard.workers import entries
from leakguard.workers.places import DRAFT, LAST_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 256 << 10
"""Of one worker; what does not fit is left out, the least important first."""

_KEPT = ("schema", "process", "snapshot", "verdict", "growth", "notes")


def write(folder: int, stem: str, words: Mapping[str, Any]) -> None:
    """Replace the last words of the worker `stem`. OSError if the disk does not take them."""
    draft = f"{stem}-{secrets.token_hex(4)}{DRAFT}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(draft, flags, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_encoded(bounded(words)))
        os.rename(draft, stem + LAST_WORDS, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft, dir_fd=folder)
        raise


def read(folder: int, stem: str) -> dict[str, Any] | None:
    """The last words of the worker `stem`; None if it left none that can be read."""
    try:
        descriptor = entries.open_checked(folder, stem + LAST_WORDS)
        with os.fdopen(descriptor, "rb") as file:
            words = json.loads(file.read(MAX_BYTES + 1))
    except (OSError, ValueError, RecursionError):
        return None
    return words if isinstance(words, dict) else None


def trimmed(findings: Mapping[str, Any], suspects: int, types: int) -> dict[str, Any]:
    """Findings with their first suspects and types, without what a list of workers needs not."""
    return {
        **{key: findings[key] for key in _KEPT if key in findings},
        "suspects": list(findings.get("suspects", ()))[:suspects],
        "types": list(findings.get("types", ()))[:types],
    }


def bounded(words: Mapping[str, Any]) -> dict[str, Any]:
    """The words with as much of their findings as `MAX_BYTES` have room for."""
    findings = words.get("findings")
    for suspects, types in ((20, 20), (5, 5), (1, 0), (0, 0)):
        kept = {**words, "findings": trimmed(findings, suspects, types) if findings else None}
        if len(_encoded(kept)) <= MAX_BYTES:
            return kept
    return {**words, "findings": None, "figures": None}


def _encoded(words: Mapping[str, Any]) -> bytes:
    return json.dumps(words, allow_nan=False).encode()
