"""The `meta` section: a small JSON object about the process that was captured."""

from __future__ import annotations

import json
from typing import Any, Final

from leakguard.image.format import MAX_META_BYTES, META_FORMAT
from leakguard.image.sections import damaged

_KNOWN: Final[dict[str, tuple[type, ...]]] = {
    "format": (str,),
    "capture": (str,),
    "pid": (int,),
    "host": (str,),
    "python": (str,),
    "app": (str,),
    "started": (int, float),
    "created": (int, float),
    "uptime_seconds": (int, float),
    "rss_bytes": (int,),
    "atexit_callbacks": (int,),
    "notes": (list,),
}
_LARGEST_NUMBER: Final = 1 << 63


def decode_meta(section: memoryview) -> dict[str, Any]:
    """The object that the section holds. ImageError where a known key has an unusable value.

    Keys of later versions are passed through as they are. Every string in the result can be
    encoded as UTF-8 and every number is finite.
    """
    if len(section) > MAX_META_BYTES:
        damaged("meta", f"has {len(section)} bytes, more than the {MAX_META_BYTES} allowed")
    try:
        meta = json.loads(bytes(section).decode())
        # the second half finds what JSON can say and a reader cannot print: NaN, 1e999, "\ud800"
        json.dumps(meta, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        damaged("meta", f"is not JSON ({type(error).__name__})")
    if not isinstance(meta, dict):
        damaged("meta", "is not a JSON object")
    if meta.get("format") != META_FORMAT:
        damaged("meta", f'does not say "format": "{META_FORMAT}"')
    for key, types in _KNOWN.items():
        if key in meta and not _usable(meta[key], types):
            damaged("meta", f"has an unusable value for {key!r}")
    return meta


def encode_meta(meta: dict[str, Any]) -> bytes:
    """The section's bytes. ValueError or TypeError where JSON cannot say what `meta` holds."""
    text = json.dumps({"format": META_FORMAT, **meta}, ensure_ascii=False, allow_nan=False)
    encoded = text.encode()
    if len(encoded) > MAX_META_BYTES:
        raise ValueError(f"meta has {len(encoded)} bytes, more than {MAX_META_BYTES}")
    return encoded


def _usable(value: Any, types: tuple[type, ...]) -> bool:
    if type(value) not in types:
        return False
    if isinstance(value, int | float):
        return 0 <= value < _LARGEST_NUMBER
    return not isinstance(value, list) or all(type(item) is str for item in value)
