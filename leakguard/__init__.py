"""LeakGuard: find what leaks in a running Python web service.

`app.add_middleware(LeakGuard)` on Starlette and FastAPI, or `LeakGuard(app)` around any ASGI app;
then ask `GET /_leak`. `snapshot()` captures the heap of this process as an image; `track(name)`
gives a name to the memory of work that is no request, and `start()` watches a process that serves
none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leakguard.errors import (
    AnalysisError,
    CaptureError,
    ImageError,
    LeakGuardError,
    SettingsError,
)

if TYPE_CHECKING:
    from leakguard.asgi import LeakGuard
    from leakguard.background import start
    from leakguard.image import HeapImage
    from leakguard.pipeline import examine, snapshot
    from leakguard.tracking import track

__all__ = [
    "AnalysisError",
    "CaptureError",
    "HeapImage",
    "ImageError",
    "LeakGuard",
    "LeakGuardError",
    "SettingsError",
    "examine",
    "snapshot",
    "start",
    "track",
]

# Imported when asked for: the analyser must start fast, and starlette is an extra.
_LAZY = {
    "HeapImage": "leakguard.image",
    "LeakGuard": "leakguard.asgi",
    "examine": "leakguard.pipeline",
    "snapshot": "leakguard.pipeline",
    "start": "leakguard.background",
    "track": "leakguard.tracking",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return __all__
