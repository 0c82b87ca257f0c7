"""The verdict in the page's language: in English the analysis's own sentences, in another language
put together from the fields of the findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from leakguard.analysis.diagnosis import FIXES
from leakguard.analysis.growth_notes import NATIVE_FIX, NOT_ENOUGH, few
from leakguard.analysis.growth_series import LEAST_INTERVALS
from leakguard.analysis.verdict_unreached import ADVICE as UNREACHED_ADVICE
from leakguard.page import accusation, messages
from leakguard.page.names import sentence
from leakguard.report import units

if TYPE_CHECKING:
    from leakguard.analysis.findings import Findings, Suspect, Verdict
    from leakguard.page.catalogue import Words
    from leakguard.report.model import Report, TermFigures

_SURE = " % sure)"
_LITTLE_SEEN = 0.7
_FIXES = {**FIXES, "native": NATIVE_FIX}
_FREE = ("python_slack", "c_heap_free")


class Told(NamedTuple):
    """Words, and the language they are in where that is not the page's."""

    text: Markup
    language: str | None = None


def verdict(words: Words, report: Report) -> Told:
    """The answer in a sentence or two."""
    findings = report.findings
    if words.language == "en":
        return Told(sentence(_english(findings.verdict), _names(findings)))
    if _accuses(findings):
        return Told(accusation.accuse(words, findings))
    return Told(_of_memory(words, report))


def advice(words: Words, report: Report) -> Told | None:
    """What to do about it, None where nothing is known."""
    findings = report.findings
    told = findings.verdict
    if not told.advice:
        return fix(words, findings.suspects[0]) if findings.suspects else None
    if words.language == "en":
        return Told(sentence(told.advice))
    if _accuses(findings):
        return fix(words, findings.suspects[0])
    if told.kind == "other":
        return Told(words("advice.garbage"))
    if told.advice == UNREACHED_ADVICE:
        return Told(words("advice.unreached"))
    key = f"advice.{told.term}"
    return Told(words(key)) if key in words else Told(sentence(told.advice), "en")


def fix(words: Words, suspect: Suspect) -> Told | None:
    """The usual fix of a suspect."""
    if not suspect.fix.strip():
        return None
    usual = next((kind for kind, told in _FIXES.items() if told == suspect.fix), None)
    if words.language != "en" and usual is not None:
        return Told(words(f"fix.{usual}"))
    return Told(sentence(suspect.fix), None if words.language == "en" else "en")


def notes(words: Words, findings: Findings) -> list[Told]:
    """Remarks; those on growth are put together anew, all others are English."""
    growth = findings.growth
    known = {NOT_ENOUGH: words("note.not_enough")}
    if growth is not None:
        count = units.count(growth.requests or 0)
        enough = LEAST_INTERVALS + 1
        known[few(growth)] = words(
            "note.few", snapshots=growth.snapshots, requests=count, enough=enough
        )
    if words.language == "en":
        return [Told(sentence(note, _names(findings))) for note in findings.notes]
    return [Told(known[note]) if note in known else message(words, note) for note in findings.notes]


def message(words: Words, text: str) -> Told:
    """What the server says of something that went wrong, or is not as usual."""
    known = messages.retold(words.language, text)
    return Told(sentence(text), "en") if known is None else Told(sentence(known))


def doubt(words: Words, report: Report) -> Told | None:
    """What would raise the confidence, None where nothing is missing."""
    findings = report.findings
    told, growth = findings.verdict, findings.growth
    if not told.doubt:
        return None
    if words.language == "en":
        return Told(sentence(told.doubt))
    coverage = findings.snapshot.coverage
    reasons = []
    if growth is None or not growth.ready:
        missing = max(1, LEAST_INTERVALS - (growth.intervals if growth is not None else 0))
        reasons.append(words("doubt.snapshots", count=missing))
    elif told.kind == "warm-up":
        reasons.append(words("doubt.later"))
    else:
        reasons.append(words("doubt.requests"))
    if coverage is not None and coverage < _LITTLE_SEEN:
        reasons.append(words("doubt.coverage", percent=units.percent(coverage)))
    elif findings.suspects and not findings.routes:
        reasons.append(words("doubt.sampling"))
    return Told(Markup("").join(reasons))


def _english(told: Verdict) -> str:
    if _SURE in told.text:
        return told.text
    return f"{told.text.strip().removesuffix('.')} ({units.percent(told.confidence)} sure)."


def _names(findings: Findings) -> list[str]:
    found = []
    for suspect in findings.suspects:
        found += [suspect.holder, suspect.object_type, *(one.route for one in suspect.routes)]
        found += [suspect.object_type.rpartition(".")[2]]
        found += [link.name for link in suspect.chain[-1:]]
    return found


def _accuses(findings: Findings) -> bool:
    """Whether the verdict is on the first suspect, not on a term of memory."""
    told = findings.verdict
    first = next(iter(findings.suspects), None)
    return first is not None and (told.kind, told.advice) == (first.kind, first.fix)


def _of_memory(words: Words, report: Report) -> Markup:
    findings = report.findings
    told, snapshot, growth = findings.verdict, findings.snapshot, findings.growth
    sure = accusation.sure(words, told.confidence)
    heap = units.size(snapshot.heap_bytes)
    if told.advice == UNREACHED_ADVICE and (left := accusation.accuse_extension(words, findings)):
        return left
    move = next((move for move in report.trends if move.name == told.term), None)
    if told.kind == "other":
        return words("say.garbage", sure=sure)
    if told.kind == "fragmentation" and (move is None or not move.growing):
        return _kept(words, report, sure)
    if told.term is not None and move is not None and move.bytes_per_minute > 0:
        return _term(words, told, move, sure)
    if told.kind == "warm-up":
        return words("say.warm", sure=sure)
    if told.kind == "none":
        if growth is None or not growth.ready:
            return words("say.none.size", sure=sure, heap=heap)
        passed = units.duration(growth.seconds)
        return words("say.none.growth", sure=sure, heap=heap, duration=passed)
    if not snapshot.nodes:
        return words("say.empty")
    if told.term is None and snapshot.coverage is not None:
        return words("say.unseen", heap=heap, percent=units.percent(snapshot.coverage))
    return words("say.why.unknown")


def _term(words: Words, told: Verdict, move: TermFigures, sure: Markup) -> Markup:
    grows = words(
        "say.term",
        term=words(f"term.{move.name}"),
        rate=units.size(round(move.bytes_per_minute)),
        bytes=units.size(round(move.change_bytes)),
        duration=units.duration(60 * move.minutes),
        sure=sure,
    )
    key = f"say.why.{told.term if told.kind == 'native' else told.kind}"
    return grows + words(key if key in words else "say.why.unknown")


def _kept(words: Words, report: Report, sure: Markup) -> Markup:
    terms = report.terms or {}
    rss, free = terms.get("rss"), sum(terms.get(name) or 0 for name in _FREE)
    if not rss or not free:
        return words("say.why.fragmentation")
    return words("say.kept", bytes=units.size(free), rss=units.size(rss))
