"""From the live heap to findings: capture here, analysis in another process."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from leakguard import analyser
from leakguard.capture import Budget, capture
from leakguard.errors import CaptureError
from leakguard.image import HeapImage
from leakguard.routes.ledger import sampled_routes
from leakguard.workers import turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from leakguard.analyser import Examined
    from leakguard.analysis.evidence import Evidence
    from leakguard.analysis.findings import Findings
    from leakguard.capture import Cancel, Method, OnProgress, Outcome

_LEAST_SECONDS = 0.1
"""For a snapshot whose turn comes in the last moment."""


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
    with _image_file(path) as fd:
        snapshot_into(
            fd,
            timeout=timeout,
            memory_limit=memory_limit,
            on_progress=on_progress,
            cancel=cancel,
            method=method,
        )
        return HeapImage.open(fd)


def snapshot_into(
    descriptor: int,
    *,
    timeout: float = 60.0,
    memory_limit: int | None = None,
    on_progress: OnProgress | None = None,
    cancel: Cancel | None = None,
    method: Method | None = None,
) -> Outcome:
    """The same into an open file, which stays open: what there is to know of the capture."""
    with _turn(Budget(timeout, memory_limit), cancel) as budget:
        return capture(
            [descriptor],
            method=method,
            budget=budget,
            on_progress=on_progress,
            cancel=cancel,
            samples=sampled_routes(),
        )


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
    return examine_with(
        None,
        top=top,
        timeout=timeout,
        memory_limit=memory_limit,
        on_progress=on_progress,
        cancel=cancel,
        method=method,
    ).findings


def examine_with(
    evidence: Evidence | None,
    *,
    top: int = 5,
    timeout: float = 60.0,
    memory_limit: int | None = None,
    on_progress: OnProgress | None = None,
    cancel: Cancel | None = None,
    method: Method | None = None,
    keep: Callable[[int, Examined], object] | None = None,
) -> Examined:
    """Capture this process's heap and judge it together with what is known beside it.

    `keep` is called with the file of the image, which is closed afterwards, and what it told.
    Blocks for about a second for each ten million objects: call it from a worker thread, which
    must stay alive meanwhile. CaptureError or AnalysisError when it did not work.
    """
    whole = Budget(timeout, memory_limit)
    with contextlib.ExitStack() as files:
        fds = [files.enter_context(_image_file(None)) for _ in range(2 if evidence is None else 3)]
        if evidence is not None:
            _write(fds[2], evidence.to_bytes())
        program = analyser.program(top, with_evidence=evidence is not None)
        with _turn(whole, cancel) as budget:
            outcome = capture(
                fds,
                method=method,
                budget=budget,
                on_progress=on_progress,
                cancel=cancel,
                then=program,
                samples=sampled_routes(),
            )
        if not outcome.analysed and not (program and analyser.run(program, fds, timeout)):
            with HeapImage.open(fds[0]) as image:
                examined = _with_outcome(analyser.here(image, evidence, top), outcome)
        else:
            examined = _with_outcome(analyser.read_answer(fds[1]), outcome)
        if keep is not None:
            keep(fds[0], examined)
        return examined


@contextlib.contextmanager
def _turn(whole: Budget, cancel: Cancel | None) -> Iterator[Budget]:
    """Nobody else of this user captures meanwhile; what is left of the time is given."""
    with turn(whole.seconds, cancel) as waited:
        left = max(whole.seconds - waited, min(whole.seconds, _LEAST_SECONDS))
        yield dataclasses.replace(whole, seconds=left)


def _write(fd: int, data: bytes) -> None:
    try:
        with open(fd, "wb", closefd=False) as file:
            file.write(data)
    except OSError as error:
        raise CaptureError(
            f"there is no room for what earlier snapshots told: {error.strerror}"
        ) from error


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


def _with_outcome(examined: Examined, outcome: Outcome) -> Examined:
    """Pause and wall time are known only after the analysis has been done."""
    findings = examined.findings
    facts = dataclasses.replace(
        findings.snapshot,
        capture=outcome.method,
        pause_seconds=outcome.pause_seconds,
        wall_seconds=outcome.wall_seconds,
    )
    return dataclasses.replace(examined, findings=dataclasses.replace(findings, snapshot=facts))
