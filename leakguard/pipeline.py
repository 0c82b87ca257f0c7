"""From the live heap to findings: capture here, analysis in another process."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leakguard.analysis import analyse
from leakguard.analysis.findings import Findings
from leakguard.capture import Budget, capture
from leakguard.errors import AnalysisError, CaptureError
from leakguard.image import HeapImage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leakguard.capture import Cancel, Method, OnProgress, Outcome

# The analyser finds this very package, whatever the environment of the server has done to the path.
_START = (
    "import sys; sys.path.extend(p for p in sys.argv.pop(1).split(':') if p not in sys.path); "
    "from leakguard.analysis.__main__ import main; sys.exit(main())"
)


def snapshot(
    path: str | os.PathLike[str] | None = None,
    *,
    timeout: float = 60.0,
    memory_limit: int | None = None,
    on_progress: OnProgress | None = None,
    cancel: Cancel | None = None,
    method: Method | None = None,
) -> HeapImage:
    """Capture this process's heap as an image, kept in `path` if one is given.

    `timeout` in seconds, `memory_limit` in bytes for the walk; `on_progress` is called with the
    share done, 0 to 1; `cancel.is_set()` is asked a few times a second. Blocks the calling thread
    only. CaptureError when it did not work: the process is unharmed, and no file is left behind.
    """
    budget = Budget(timeout, memory_limit)
    with _image_file(path) as fd:
        capture([fd], method=method, budget=budget, on_progress=on_progress, cancel=cancel)
        return HeapImage.open(fd)


def examine(
    *,
    top: int = 5,
    timeout: float = 60.0,
    memory_limit: int | None = None,
    on_progress: OnProgress | None = None,
    cancel: Cancel | None = None,
    method: Method | None = None,
) -> Findings:
    """Capture this process's heap and say what holds it; at most `top` suspects.

    Blocks for about a second for each ten million objects: call it from a worker thread, which
    must stay alive meanwhile. CaptureError or AnalysisError when it did not work.
    """
    budget = Budget(timeout, memory_limit)
    with _image_file(None) as image_fd, _image_file(None) as answer_fd:
        program = _analyser(top)
        outcome = capture(
            [image_fd, answer_fd],
            method=method,
            budget=budget,
            on_progress=on_progress,
            cancel=cancel,
            then=program,
        )
        if not outcome.analysed and not (program and _run(program, image_fd, answer_fd, timeout)):
            with HeapImage.open(image_fd) as image:
                return _with_outcome(analyse(image, top=top), outcome)
        return _with_outcome(_read_answer(answer_fd), outcome)


@contextlib.contextmanager
def _image_file(path: str | os.PathLike[str] | None) -> Iterator[int]:
    """A descriptor to write to; a named file appears under its name only when it is whole."""
    if path is None:
        try:
            fd = _nameless_file()
        except OSError as error:
            raise CaptureError(
                f"there is no place for the image: {error.strerror}; the server has too many files "
                "open, or no folder for temporary ones"
            ) from error
        try:
            yield fd
        finally:
            os.close(fd)
        return
    target = Path(path)
    with _kept_in(target):
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        fd, name = tempfile.mkstemp(prefix=".leakguard-", dir=target.parent)
    partial = Path(name)
    try:
        yield fd
        with _kept_in(target):
            partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    finally:
        os.close(fd)


@contextlib.contextmanager
def _kept_in(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CaptureError(
            f"the image cannot be kept as {target}: {error.strerror}; name a file in a folder that "
            "exists and that this process may write to"
        ) from error


def _nameless_file() -> int:
    if hasattr(os, "memfd_create"):
        with contextlib.suppress(OSError):
            return os.memfd_create("leakguard")
    fd, name = tempfile.mkstemp(prefix="leakguard-")
    Path(name).unlink()
    return fd


def _analyser(top: int) -> list[bytes] | None:
    """The analyser's command line; None under a server that embeds Python (uWSGI, mod_wsgi)."""
    if not sys.executable or "python" not in Path(sys.executable).name:
        return None
    path = ":".join(p for p in sys.path if p and ":" not in p)
    command = [sys.executable, "-I", "-c", _START, path]
    command += ["--image-fd", "3", "--out-fd", "4", "--top", str(top)]
    return [os.fsencode(word) for word in command]


def _run(program: list[bytes], image_fd: int, answer_fd: int, timeout: float) -> bool:
    """Run the analyser as an ordinary child; False where that is refused too."""
    command = [os.fsdecode(word) for word in program]
    command[command.index("--image-fd") + 1] = str(image_fd)
    command[command.index("--out-fd") + 1] = str(answer_fd)
    try:
        subprocess.run(command, pass_fds=(image_fd, answer_fd), timeout=timeout, check=False)
    except OSError:
        return False
    except subprocess.TimeoutExpired:
        raise AnalysisError(
            f"the heap was captured, but its analysis took longer than {timeout:g} s; raise timeout"
        ) from None
    return True


def _read_answer(fd: int) -> Findings:
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
    return Findings.from_dict(answer["findings"])


def _with_outcome(findings: Findings, outcome: Outcome) -> Findings:
    """Pause and wall time are known only after the analysis has been done."""
    facts = dataclasses.replace(
        findings.snapshot,
        capture=outcome.method,
        pause_seconds=outcome.pause_seconds,
        wall_seconds=outcome.wall_seconds,
    )
    return dataclasses.replace(findings, snapshot=facts)
