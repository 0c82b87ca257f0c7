"""A short name for a suspect that is the same in other workers, after a restart, in other dumps."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leakguard.analysis.findings import Link


def fingerprint(kind: str, holder: str, chain: Iterable[Link]) -> str:
    """12 hexadecimal digits over the kind, the holder and the chain's types and edges.

    Counts, sizes, addresses, files and line numbers do not enter: they change while the leak stays.
    """
    digest = hashlib.blake2b(digest_size=6)
    for word in (kind, holder, *(f"{link.edge}\t{link.type}" for link in chain)):
        digest.update(word.encode() + b"\n")
    return digest.hexdigest()
