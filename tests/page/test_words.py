"""The catalogues: the same keys and places in each language, and none that nobody uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import leakguard.page
from leakguard.analysis import verdict_memory, verdict_unreached
from leakguard.analysis.diagnosis import FIXES
from leakguard.analysis.findings import KINDS
from leakguard.analysis.growth_notes import NATIVE_FIX, NOT_ENOUGH
from leakguard.page.catalogue import LANGUAGES, patterns, preferred, words
from leakguard.process.terms import TERM_NAMES

ROOT = Path(__file__).parents[2]
PLACE = re.compile(r"\{(\w+)\}")
# Where a key is put together: what comes after the prefix.
ENDINGS = {
    "advice.": ["garbage", "unreached", *verdict_memory._REMEDIES, *verdict_memory._NATIVE],
    "edge.": ["free", "local", "context"],
    "fix.": [*FIXES, "native"],
    "kind.": KINDS,
    "moves.": ["growing", "warming up", "saw-tooth", "steady"],
    "route.": ["(no request)", "(in flight)", "(other)", "(unmatched)", "(other tracks)"],
    "say.amount.": ["request", "connection", "run", "none"],
    "say.why.": [*verdict_memory._NATIVE, "fragmentation", "unknown", "warm-up"],
    "section.": [
        *("overview", "workers", "routes", "snapshot"),
        *("suspects", "graph", "explore", "compare"),
    ],
    "snapshot.how.": ["fork", "inline", "portable"],
    "term.": [*TERM_NAMES, "rss"],
    "workers.": ["calm", "warm", "hot", "unknown", "silent", "left", "died"],
}


def sources():
    page = Path(leakguard.page.__file__).parent
    files = [*page.glob("*.py"), *page.glob("templates/*.html"), *ROOT.glob("ui/src/**/*.ts")]
    return "\n".join(file.read_text("utf-8") for file in files)


def test_every_language_has_the_same_keys_in_the_same_order():
    first, *others = (list(patterns(language)) for language in LANGUAGES)
    for other in others:
        assert other == first


@pytest.mark.parametrize("key", sorted(patterns("en")))
def test_every_language_has_the_same_places(key):
    places = [sorted(PLACE.findall(patterns(language)[key])) for language in LANGUAGES]
    assert all(one == places[0] for one in places)
    for language in LANGUAGES:
        pattern = patterns(language)[key]
        assert PLACE.sub("", pattern).count("{") == 0
        assert pattern == pattern.strip()


def test_every_key_is_used():
    text = sources()
    made = {prefix + ending for prefix, endings in ENDINGS.items() for ending in endings}
    unused = [
        key
        for key in patterns("en")
        if key not in made and not re.search(f"[\"'`]{re.escape(key)}[\"'`]", text)
    ]
    unused = [key for key in unused if not key.startswith("told.")]  # see test_messages.py
    # The browser's part has keys of its own, which a checkout without it does not use.
    has_script = (ROOT / "ui" / "src").exists()
    assert [key for key in unused if has_script or not key.startswith("app.")] == []


def test_every_key_that_is_put_together_is_there():
    missing = [
        prefix + ending
        for prefix, endings in ENDINGS.items()
        for ending in endings
        if prefix + ending not in patterns("en")
    ]
    assert missing == []


def test_every_key_that_is_asked_for_is_there():
    asked = set(
        re.findall(r"""\b(?:t|words)\(\s*["']([a-z][\w.-]*\.[\w.-]*\w)["']\s*[,)]""", sources())
    )
    assert asked - set(patterns("en")) == set()
    assert len(asked) > 100


def test_fixes_and_advice_are_those_of_the_analysis():
    english = patterns("en")
    for kind, fix in (FIXES | {"native": NATIVE_FIX}).items():
        assert english[f"fix.{kind}"] == " ".join(fix.split())
    assert english["note.not_enough"] == NOT_ENOUGH
    told = {term: advice for term, (_, advice) in verdict_memory._NATIVE.items()}
    told |= verdict_memory._REMEDIES | {
        "garbage": verdict_memory.GARBAGE_ADVICE,
        "unreached": verdict_unreached.ADVICE,
    }
    for term, advice in told.items():
        assert english[f"advice.{term}"] == " ".join(advice.split()).replace("`", "")


def test_words_are_escaped_and_a_missing_one_is_an_error():
    said = words("en")
    assert said("say.share", name="<b>", percent="5 %") == "&lt;b&gt; (5 %)"
    with pytest.raises(KeyError):
        said("say.share", name="x")
    with pytest.raises(KeyError):
        said("no.such.key")


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("ZH-Hant-TW", "zh"),
        ("en-GB,zh;q=0.9", "en"),
        ("de-DE,zh;q=0.5,en;q=0.4", "zh"),
        ("de, fr", "en"),
        ("zh;q=0", "en"),
        ("zh;q=nonsense", "en"),
        ("*", "en"),
        (",;=,;q=1", "en"),
    ],
)
def test_the_language_of_a_browser(accept, language):
    assert preferred(accept) == language
