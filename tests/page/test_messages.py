"""Each message that the server may give a reader is in the catalogues, and no other."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from page_tools import ask

import leakguard
from leakguard.page import messages
from leakguard.page.catalogue import patterns

PACKAGE = Path(leakguard.__file__).parent
SAID_BY = {
    *("Refusal", "ViewError", "_refuse", "CaptureError", "AnalysisError"),
    *("ImageError", "WorkerError", "WireError", "BrokenConnectionError"),
}
FOLDERS = ("endpoint", "explore", "capture", "image", "workers/client.py", "workers/turns.py")
FILES = ("analyser.py", "pipeline.py", "analysis/__main__.py", "analysis/growth_history.py")
CHINESE = re.compile("[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}")

# What is put together of parts, as it is when it is whole.
WHOLE = {
    "There is nothing here7": [
        "There is nothing here; did you mean /_leak/diff?",
        "There is nothing here; the report is at /_leak.",
    ],
    "7 must be 7, not 77": [
        "format must be 'text', 'json' or 'html', not 'xml'.",
        "sort must be 'retained', 'shallow' or 'count', not 'cout'; did you mean 'count'?",
    ],
    "format must be 7, not 77": [
        "format must be 'text' or 'json', not 'jsn'; did you mean 'json'?"
    ],
    "There is no parameter 7; 7": [
        "There is no parameter 'tpo'; did you mean 'top'?",
        "There is no parameter 'x'; there are 'top', 'format' and 'worker'.",
        "There is no parameter 'x'; there is 'format'.",
        "There is no parameter 'x'; there are: limit, offset.",
        "There is no parameter 'x'; it has none.",
    ],
    "There is no snapshot 7. 7": [
        "There is no snapshot '9'. There are 1, 2 and 3; 'baseline' is 1, 'latest' 3.",
        "There is no snapshot '9'. There is 1; 'baseline' is 1, 'latest' 1.",
        "There is no snapshot '9'. None has been taken yet: POST to /baseline below this, or ask "
        "for a report.",
    ],
    "The image has no suspect 7: 7.": [
        "The image has no suspect 7: there are 3.",
        "The image has no suspect 7: it has none.",
    ],
    "7 has ended": ["worker 7 has ended"],
    "7 did not answer within 7 s": ["worker 7 did not answer within 2 s"],
    "7 did not answer: 7": ["worker 7 did not answer: the connection broke: reset"],
    "7 cannot be asked: 7": ["worker 7 cannot be asked: 7"],
    "7: 7": ["worker 7: this process has no page"],
    "7 takes a snapshot at the moment, one at a time is taken on a host, and 7 s passed; ask again "
    "later, or raise timeout": [],
    # whoever calls leakguard.snapshot(path) reads this
    "the image cannot be kept as 7: 7; name a file in a folder that exists and that this process "
    "may write to": [],
    "7": [],
    "the capture was cancelled; the server is unharmed": [],
}
_UNHARMED = "The server is unharmed; the next snapshot starts afresh."
NESTED = [
    f"No snapshot: the capture was killed from outside, most likely by the kernel for want of "
    f"memory; free some or lower memory_limit. {_UNHARMED}",
    f"No snapshot: the capture failed: a full disk, or a file-size limit. {_UNHARMED}",
    f"the capture failed: its image could not be written: a full disk, or a file-size limit. "
    f"{_UNHARMED}",
    f"the capture used up its memory budget of 512 MB after 1,000,000 objects; raise memory_limit, "
    f"or give the server more memory. {_UNHARMED}",
    f"the capture crashed with SIGSEGV. {_UNHARMED}",
    f"the capture crashed with SIGSEGV in the C code of type lib.Thing (its tp_traverse is at "
    f"fault). {_UNHARMED}",
    f"the capture ended early with status 3. {_UNHARMED}",
    f"the capture ended early with status 3 in the C code of type lib.Thing (its tp_traverse is at "
    f"fault). {_UNHARMED}",
    f"the capture used up its CPU time in the C code of type lib.Thing (its tp_traverse is at "
    f"fault). {_UNHARMED}",
    f"the capture used up its CPU time. {_UNHARMED}",
    f"the capture was ended from outside by SIGTERM. {_UNHARMED}",
    f"the capture took longer than 60 s (1,000 objects done); raise timeout. {_UNHARMED}",
    f"the capture took longer than 60 s (1,000 objects done): it hangs in the C code of type "
    f"lib.Thing (its tp_traverse is at fault). {_UNHARMED}",
    "the process 12 takes a snapshot at the moment, one at a time is taken on a host, and 60 s "
    "passed; ask again later, or raise timeout",
    "another process takes a snapshot at the moment, one at a time is taken on a host, and 60 s "
    "passed; ask again later, or raise timeout",
    "No snapshot: the capture was cancelled; the server is unharmed",
    "worker 12 did not answer: the message was not complete in time",
    "No report: worker 12 did not answer within 2 s.",
    "worker 12: it gave no answer",
    "worker 12: the snapshot takes longer than 60 s",
    "portable capture: pypy is not CPython",
    "in-process capture: a child process was refused (EPERM)",
    "The image cannot be looked at: the file is empty: the heap image was never written.",
    "this worker has ended: these are its last findings",
    "The snapshot failed (ValueError); the server's log has the details.",
    "Not enough history yet to say what grows in this worker: see what grew before it.",
]


def spoken():
    """Each message in the sources, with a 7 wherever something is filled in."""
    found = {}
    files = [PACKAGE / name for name in FILES]
    for place in FOLDERS:
        files += (PACKAGE / place).rglob("*.py") if "." not in place else [PACKAGE / place]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            name = getattr(getattr(node, "func", None), "id", None)
            if isinstance(node, ast.Call) and name in SAID_BY:
                texts = [text for one in node.args if (text := _text(one)) is not None]
                found |= dict.fromkeys(texts[:1], file.name)
    return found


def _text(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values
        )
    return None


SPOKEN = spoken()
# Only those who build or run LeakGuard from a terminal read these.
FOR_OTHERS = ("budget.py", "wire.py", "metadata.py", "tables.py", "strings.py")
EVERY = sorted(
    {
        whole
        for text, file in SPOKEN.items()
        if file not in FOR_OTHERS
        for whole in WHOLE.get(text, [text])
    }
    | set(NESTED)
)


def test_the_messages_are_found():
    assert len(SPOKEN) > 80


@pytest.mark.parametrize("text", EVERY)
def test_every_message_is_told_in_chinese(text):
    told = messages.retold("zh", text)
    assert told is not None
    assert CHINESE.search(told)
    assert not ENGLISH.search(told)
    assert messages.retold("en", text) == " ".join(text.split())


def test_no_message_is_kept_that_nobody_gives():
    texts = [*EVERY, *(text.removesuffix(f". {_UNHARMED}") for text in EVERY)]
    texts += (part for text in EVERY for part in re.split(r"(?<=[;:.]) ", text))
    sources = " ".join(
        re.sub(r"\s+", " ", re.sub(r'"\s*\n\s*f?"', "", file.read_text("utf-8")))
        for file in PACKAGE.rglob("*.py")
    )
    unsaid = []
    for key, text in patterns("en").items():
        if not key.startswith("told.") or any(map(_pattern(key).fullmatch, texts)):
            continue
        # a part of a message, or one that is put together elsewhere
        words = max(re.split(r"\{\w+\}", text), key=len).strip(" .;:,")
        if words not in sources:
            unsaid.append(key)
    assert unsaid == []


def _pattern(key):
    return dict(messages._english())[key]


def test_what_is_filled_in_is_kept_and_never_read_as_words():
    told = messages.retold("zh", "There is no parameter '<b>{top}</b>'; did you mean 'top'?")
    assert "'<b>{top}</b>'" in told
    assert "'top'" in told
    assert messages.retold("zh", "Something that nobody has said before.") is None
    assert messages.retold("zh", "this and that") is None


@pytest.mark.parametrize(
    ("mark", "language", "chinese"),
    [("page", "zh", True), ("1", "zh", False), ("page", "en", False)],
)
def test_the_page_s_script_reads_its_language_and_programs_english(
    endpoint, mark, language, chinese
):
    sent = [("accept", "application/json"), ("x-leakguard", mark), ("accept-language", language)]
    response = ask(endpoint, "image=x&node=1", path="/view/node", headers=sent)
    message = json.loads(response.body)["error"]["message"]
    assert response.status == 404
    assert bool(CHINESE.search(message)) == chinese
