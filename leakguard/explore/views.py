"""The views by name, each answer smaller than a megabyte whatever is in the image."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

from leakguard.explore import parameters
from leakguard.explore.errors import ViewError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.explore.opened import Opened

MOST_BYTES = 1_000_000
_LENGTHS = (200, 60, 20)
"""Texts are cut to so many characters; to fewer only where an answer would be too large."""


def answer(view: str, opened: Sequence[Opened], given: Mapping[str, str]) -> bytes:
    """A view of the opened images (two for "compare", else one) as JSON.

    Raises `ViewError` for what cannot be asked, or is not there.
    """
    asked = parameters.read(view, given)
    compute = getattr(import_module(f"leakguard.explore.{view}"), view)
    for longest in _LENGTHS:
        document: dict[str, Any] = compute(*opened, longest, **asked)
        text = encoded(document)
        if len(text) < MOST_BYTES:
            return text
    raise ViewError(400, "The answer would be too large: ask for less with limit=.")


def encoded(document: Mapping[str, Any]) -> bytes:
    """JSON on one line."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()
