"""`python -m leakguard.analysis`: read an image from one descriptor, write findings to another.

The server starts this as a process of its own, so that analysing does not slow it down.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from leakguard.analysis import analyse
from leakguard.errors import LeakGuardError
from leakguard.image import HeapImage

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Write {"findings": ...} or {"error": message} as JSON; 0 if there are findings, else 1."""
    parser = argparse.ArgumentParser(prog="python -m leakguard.analysis", description=__doc__)
    parser.add_argument("--image-fd", type=int, required=True, help="descriptor of the heap image")
    parser.add_argument("--out-fd", type=int, required=True, help="descriptor for the JSON")
    parser.add_argument("--top", type=int, default=5, help="how many suspects (default 5)")
    options = parser.parse_args(arguments)
    answer = _answer(options.image_fd, options.top)
    with open(options.out_fd, "w", encoding="utf-8", closefd=False) as out:
        json.dump(answer, out)
    return 1 if "error" in answer else 0


def _answer(image_fd: int, top: int) -> dict[str, Any]:
    try:
        with HeapImage.open(image_fd) as image:
            return {"findings": analyse(image, top=top).to_dict()}
    except MemoryError:
        return {"error": "the heap image is too large to analyse within the memory that is left"}
    except (LeakGuardError, OSError) as error:
        return {"error": str(error)}


if __name__ == "__main__":
    sys.exit(main())
