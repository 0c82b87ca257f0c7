"""numpy's data among the samples: it comes from the C heap, past the interpreter's allocators.

numpy keeps its memory handler in a context variable. Ours is there in the context in which it was
started, in every request, and in what inherits either: tasks, `asyncio.to_thread`. A bare thread or
`run_in_executor` begins without it: what numpy allocates there is not sampled.
"""

from __future__ import annotations

import importlib

from leakguard.routes._flight import set_at_start

_MODULES = ("numpy._core._multiarray_umath", "numpy.core._multiarray_umath")  # numpy 2, numpy 1


def start() -> str | None:
    """Samples the data of arrays too, where allocations are. None, or why it cannot, in a sentence.

    Imports numpy. What was allocated before is not known; a handler that the application has set
    itself stays where it is.
    """
    from leakguard.routes import _numpy

    for name in _MODULES:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        reason = _numpy.connect(module._ARRAY_API)
        if reason is not None:
            return f"numpy cannot be used: {reason}"
        set_at_start(_numpy.enter)
        return None
    return "numpy is not installed"
