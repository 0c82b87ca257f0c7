"""``leakguard diff A B``: what grew from one saved heap image to a later one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from leakguard.cli import images
from leakguard.cli.console import as_json, waiting
from leakguard.cli.parsing import NOTHING_FOUND, UsageError, add_verb
from leakguard.errors import LeakGuardError
from leakguard.report import diff as form

if TYPE_CHECKING:
    import argparse

    from leakguard.analysis.growth import Summary
    from leakguard.cli.parsing import Parser, Verbs

_SAME_SECONDS = 2.0


def add_to(verbs: Verbs) -> Parser:
    """The verb's command line."""
    parser = add_verb(
        verbs,
        "diff",
        "tell what grew between two saved heap images",
        "Compare two heap images (.lgheap) of one process and tell what gained most, without a "
        "judgement.",
    )
    parser.add_argument("before", metavar="A", nargs="?", help="the earlier image")
    parser.add_argument("after", metavar="B", nargs="?", help="the later one")
    return parser


def run(options: argparse.Namespace) -> tuple[int, str]:
    """Compare the images."""
    from leakguard.analysis.growth_diff import diff

    if options.after is None:
        raise UsageError("say which images to compare: 'leakguard diff A B'")
    before, whose = _summary(options.before)
    after, others = _summary(options.after)
    if whose.pid != others.pid or abs(whose.started - others.started) > _SAME_SECONDS:
        raise LeakGuardError(
            f"'{options.before}' and '{options.after}' are of different processes ({whose} and "
            f"{others}): only images of one process can be compared"
        )
    if before.created > after.created:
        raise LeakGuardError(
            f"'{options.before}' is later than '{options.after}': exchange the two"
        )
    difference = diff(before, after, 1, 2)
    if options.json:
        return NOTHING_FOUND, as_json(form.to_dict(difference))
    return NOTHING_FOUND, form.render(difference)


class _Process(NamedTuple):
    """`started` is in Unix time; two images tell it a little differently."""

    pid: int
    started: float

    def __str__(self) -> str:
        when = datetime.fromtimestamp(self.started, UTC).isoformat(" ", "seconds")
        return f"pid {self.pid} of {when}"


def _summary(file: str) -> tuple[Summary, _Process]:
    """What is compared of an image, and which process it is of."""
    from leakguard.analysis import analyse_with
    from leakguard.analysis.evidence import Evidence

    with images.opened(file) as image, waiting("analysing the heap images"):
        whose = _Process(int(image.meta.get("pid", 0)), float(image.meta.get("started", 0)))
        summary = analyse_with(image, Evidence(), top=1).summary
    if summary is None:
        raise LeakGuardError(f"'{file}' cannot be compared with others")
    return summary, whose
