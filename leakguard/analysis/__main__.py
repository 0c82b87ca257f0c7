"""`python -m leakguard.analysis`: read an image from one descriptor, write findings to another.

What is known beside the image comes by a third descriptor, and with it the answer has the summary
that later images are compared with. The server starts this as a process of its own, so that
analysing does not slow it down.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from leakguard.analysis import analyse, analyse_with
from leakguard.analysis.evidence import Evidence
from leakguard.errors import AnalysisError, LeakGuardError
from leakguard.image import HeapImage

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Write {"findings": ..., "summary": ..., "holders": ...} or {"error": message} as JSON.

    The summary is in base64, null without evidence; the holders, without evidence not told, are the
    nodes of the suspects' holders. Returns 0 if there are findings, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m leakguard.analysis", description=__doc__)
    parser.add_argument("--image-fd", type=int, required=True, help="descriptor of the heap image")
    parser.add_argument("--out-fd", type=int, required=True, help="descriptor for the JSON")
    parser.add_argument("--top", type=int, default=5, help="how many suspects (default 5)")
    parser.add_argument("--evidence-fd", type=int, help="descriptor of the evidence, if any")
    options = parser.parse_args(arguments)
    answer = _answer(options.image_fd, options.evidence_fd, options.top)
    with open(options.out_fd, "w", encoding="utf-8", closefd=False) as out:
        json.dump(answer, out)
    return 1 if "error" in answer else 0


def _answer(image_fd: int, evidence_fd: int | None, top: int) -> dict[str, Any]:
    try:
        evidence = None if evidence_fd is None else _evidence(evidence_fd)
        with HeapImage.open(image_fd) as image:
            if evidence is None:
                return {"findings": analyse(image, top=top).to_dict(), "summary": None}
            analysis = analyse_with(image, evidence, top=top)
        kept = analysis.summary
        summary = None if kept is None else base64.b64encode(kept.to_bytes()).decode()
        return {
            "findings": analysis.findings.to_dict(),
            "summary": summary,
            "holders": list(analysis.holders),
        }
    except MemoryError:
        return {"error": "the heap image is too large to analyse within the memory that is left"}
    except (LeakGuardError, OSError) as error:
        return {"error": str(error)}


def _evidence(fd: int) -> Evidence:
    os.lseek(fd, 0, os.SEEK_SET)
    with open(fd, "rb", closefd=False) as file:
        data = file.read()
    try:
        return Evidence.from_bytes(data)
    except ValueError as error:
        raise AnalysisError(f"the evidence beside the image cannot be read: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
