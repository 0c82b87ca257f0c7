"""The analysis in a process of its own, which cannot slow the server: start it, read its answer."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leakguard import interpreter
from leakguard.analysis import analyse, analyse_with
from leakguard.analysis.findings import Findings
from leakguard.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.evidence import Evidence
    from leakguard.image import HeapImage

# The analyser finds this very package, whatever the environment of the server has done to the path.
_START = (
    "import sys; sys.path.extend(p for p in sys.argv.pop(1).split(':') if p not in sys.path); "
    "from leakguard.analysis.__main__ import main; sys.exit(main())"
)
# The descriptors of the analyser, from the third on.
_FDS = ("--image-fd", "--out-fd", "--evidence-fd")


@dataclass(frozen=True, slots=True)
class Examined:
    """Findings, and the summary (`analysis.growth.Summary.to_bytes`) to compare later ones with.

    There is a summary where there was evidence, even if that was empty. `holders` are the nodes of
    the suspects' holders in the image, -1 where that is not known.
    """

    findings: Findings
    summary: bytes | None = None
    holders: tuple[int, ...] = ()


def program(top: int, *, with_evidence: bool) -> list[bytes] | None:
    """The analyser's command line; None where no interpreter is found to run it."""
    python = interpreter.find()
    if python is None:
        return None
    path = ":".join(p for p in sys.path if p and ":" not in p)
    command = [python, "-I", "-c", _START, path, "--top", str(top)]
    for option, fd in zip(_FDS if with_evidence else _FDS[:2], itertools.count(3)):
        command += [option, str(fd)]
    return [os.fsencode(word) for word in command]


def run(program: list[bytes], fds: Sequence[int], timeout: float) -> bool:
    """Run the analyser as an ordinary child; False where that is refused too."""
    command = [os.fsdecode(word) for word in program]
    for option, fd in zip(_FDS, fds, strict=False):
        command[command.index(option) + 1] = str(fd)
    try:
        subprocess.run(command, pass_fds=fds, timeout=timeout, check=False)
    except OSError:
        return False
    except subprocess.TimeoutExpired:
        raise AnalysisError(
            f"the heap was captured, but its analysis took longer than {timeout:g} s; raise timeout"
        ) from None
    return True


def read_answer(fd: int) -> Examined:
    """What the analyser wrote. AnalysisError where it wrote no findings."""
    os.lseek(fd, 0, os.SEEK_SET)
    with open(fd, "rb", closefd=False) as file:
        text = file.read()
    answer: dict[str, Any]
    try:
        answer = json.loads(text)
    except ValueError:
        raise AnalysisError(
            "the heap was captured, but its analysis ended without an answer (out of memory, or "
            "killed); the image alone can be kept with leakguard.snapshot(path)"
        ) from None
    if "error" in answer:
        raise AnalysisError(f"the heap was captured, but not analysed: {answer['error']}")
    summary = answer.get("summary")
    return Examined(
        Findings.from_dict(answer["findings"]),
        None if summary is None else b64decode(summary),
        tuple(answer.get("holders", ())),
    )


def here(image: HeapImage, evidence: Evidence | None, top: int) -> Examined:
    """The same analysis in this process, for where no other can be started."""
    if evidence is None:
        return Examined(analyse(image, top=top))
    analysis = analyse_with(image, evidence, top=top)
    summary = analysis.summary
    told = None if summary is None else summary.to_bytes()
    return Examined(analysis.findings, told, analysis.holders)
