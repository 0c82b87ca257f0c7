"""What every figure is compared with: one full collection of the same heap."""

from __future__ import annotations

import gc
import time


def collect_cpu() -> float:
    """CPU seconds of one full collection, after one that nobody times.

    A fork leaves every page write-protected: whoever writes first pays for that, and it should
    not be the collection that is timed.
    """
    gc.collect()
    began = time.thread_time()
    gc.collect()
    return time.thread_time() - began
