"""Whether the native walk can be used in this interpreter, and what it learns before it runs."""

from __future__ import annotations

import functools
import mmap
import sys
from types import ModuleType


@functools.cache
def problem() -> str | None:
    """Why the native walk cannot be used here, in a sentence; None when it can."""
    if sys.implementation.name != "cpython":
        return f"{sys.implementation.name} is not CPython"
    try:
        from leakguard.capture import _walk
    except ImportError as error:
        return f"the native part is missing ({error})"
    reason = _walk.layout_problem()
    if reason is not None:
        return f"{reason}; LeakGuard was built for another CPython {sys.version_info[0]}.x"
    with mmap.mmap(-1, 3 * mmap.PAGESIZE) as mapping:
        _walk.learn_mmap(mapping, 3 * mmap.PAGESIZE)
    return None


def walk() -> ModuleType:
    """The native module, told of numpy's array layout once the app has imported numpy."""
    from leakguard.capture import _walk

    numpy = sys.modules.get("numpy")
    # a stand-in for numpy may be anything, and run anything when it is asked for an attribute
    if type(numpy) is ModuleType and "zeros" in vars(numpy):
        _learn_numpy(numpy)
    return _walk


@functools.cache
def _learn_numpy(numpy: ModuleType) -> None:
    from leakguard.capture import _walk

    array = numpy.zeros((3, 5), dtype="i8")
    _walk.learn_numpy(array, array.nbytes)
