"""``leakguard snapshot -o FILE``: the heap image of a running worker."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from leakguard import workers
from leakguard.cli import apps
from leakguard.cli.console import as_json, waiting
from leakguard.cli.parsing import (
    NOTHING_FOUND,
    UsageError,
    add_app,
    add_timeout,
    add_verb,
)
from leakguard.cli.top import pid_of, worst
from leakguard.errors import LeakGuardError
from leakguard.report import units

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from typing import Any

    from leakguard.cli.parsing import Parser, Verbs
    from leakguard.workers import Entry

SCHEMA = "leakguard-snapshot/1"


def add_to(verbs: Verbs) -> Parser:
    """The verb's command line."""
    parser = add_verb(
        verbs,
        "snapshot",
        "save the heap image of a running worker",
        "Have a worker of a running app write its heap as an image (.lgheap), to be looked at with "
        "'leakguard open' and 'leakguard diff'. It holds names, types and sizes, and no values.",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="where the image goes")
    parser.add_argument("--worker", metavar="PID", help="the worker (the one that has it worst)")
    add_app(parser)
    add_timeout(parser)
    return parser


def run(options: argparse.Namespace) -> tuple[int, str]:
    """Ask the worker; the file appears when it is whole."""
    if options.output is None:
        raise UsageError("say where the image goes: 'leakguard snapshot -o FILE'")
    crew = apps.chosen(options.app)
    pid = pid_of(options.worker) if options.worker else worst(crew)
    entry = next((one for one in crew.entries() if one.pid == pid and one.alive), None)
    if entry is None:
        raise LeakGuardError(f"there is no worker {pid} of {crew.app.name} that runs")
    with waiting(f"worker {pid} takes a snapshot"):
        answer = _written(entry, Path(options.output), options.timeout)
    if options.json:
        told = {"schema": SCHEMA, "pid": pid, "file": options.output, **answer}
        return NOTHING_FOUND, as_json(told)
    return NOTHING_FOUND, (
        f"worker {pid}: {units.size(answer['bytes'])} in {options.output}"
        f" (paused {units.duration(answer['pause_seconds'])},"
        f" took {units.duration(answer['wall_seconds'])});"
        f" 'leakguard open {options.output}' reports on it"
    )


def _written(entry: Entry, target: Path, timeout: float) -> Mapping[str, Any]:
    try:
        if target.is_dir():
            raise IsADirectoryError(0, "Is a directory")
        descriptor, name = tempfile.mkstemp(prefix=".leakguard-", dir=target.parent)
    except OSError as error:
        raise LeakGuardError(
            f"the image cannot be kept as '{target}': {error.strerror or error}"
        ) from error
    try:
        answer = workers.ask(entry, "snapshot", timeout, descriptors=[descriptor])
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    return answer
