"""Saved heap images: opened with messages that say which file it is about."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from leakguard.errors import LeakGuardError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leakguard.image import HeapImage


@contextlib.contextmanager
def opened(file: str) -> Iterator[HeapImage]:
    """The image, for a block that reads it; what goes wrong there is told of this file too."""
    # the native modules are loaded by those who need them
    from leakguard.image import HeapImage

    try:
        with HeapImage.open(file) as image:
            yield image
    except OSError as error:
        raise LeakGuardError(f"cannot open '{file}': {error.strerror or error}") from error
    except MemoryError as error:
        raise LeakGuardError(
            f"'{file}' needs more memory than there is: analyse it on a larger machine"
        ) from error
    except LeakGuardError as error:
        raise LeakGuardError(f"cannot report on '{file}': {error}") from error
