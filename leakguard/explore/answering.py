"""Questions about the images that an explorer was given, whatever is in them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from leakguard.errors import LeakGuardError
from leakguard.explore import views
from leakguard.explore.errors import ViewError
from leakguard.explore.opened import Opened
from leakguard.image import HeapImage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST_KNOWN = 16 << 20


class Answering:
    """Opens the images with the first question; from then on their trees are there.

    `known` are descriptors of what was found in them, as many as there are images, or none.
    """

    def __init__(self, images: Sequence[int], known: Sequence[int]) -> None:
        self._images = images
        self._known = known
        self._opened: list[Opened] = []

    def answer(self, view: str, given: Mapping[str, str]) -> dict[str, Any]:
        """{"status": 200, "body": JSON}, or {"status": ..., "error": message}."""
        try:
            if not self._opened:
                self._open()
            return {"status": 200, "body": views.answer(view, self._opened, given).decode()}
        except ViewError as error:
            return {"status": error.status, "error": str(error)}
        except MemoryError:
            return _error(503, "the image needs more memory than an explorer may take")
        except (LeakGuardError, OSError) as error:
            return _error(400, str(error))
        except Exception as error:
            # its text may hold anything that is in the image
            return _error(500, f"the view failed ({type(error).__name__})")

    def _open(self) -> None:
        known: list[Mapping[str, Any] | None] = [_read(fd) for fd in self._known]
        known = known or [None] * len(self._images)
        images = [HeapImage.open(fd) for fd in self._images]
        self._opened = [Opened(*pair) for pair in zip(images, known, strict=True)]


def _error(status: int, why: str) -> dict[str, Any]:
    return {"status": status, "error": f"The image cannot be looked at: {why}."}


def _read(fd: int) -> Mapping[str, Any]:
    text = os.pread(fd, _MOST_KNOWN, 0)
    try:
        known = json.loads(text)
        if isinstance(known["findings"], dict) and isinstance(known["holders"], list):
            return dict(known)
    except (ValueError, KeyError, TypeError):
        pass
    raise ViewError(400, "What was found in the image cannot be read: take another snapshot.")
