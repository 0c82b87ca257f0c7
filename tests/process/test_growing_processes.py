"""Real processes that grow in one way each: the right term is named, with the right pace."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("growing_process.py")


def run(way):
    done = subprocess.run(
        [sys.executable, "-P", PROGRAM, way], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("way", "term", "bytes_a_round"),
    [
        ("python_dicts", "python_objects", 4_000 * 216),
        ("large_objects", "python_objects", 300 * 3_050),
        ("malloc_without_free", "c_heap_in_use", 200 * 5_008),
        ("anonymous_mappings", "rest", 1 << 20),
        ("file_mappings", "mappings", 1 << 20),
    ],
)
def test_the_term_that_grows_is_named_with_its_pace(way, term, bytes_a_round):
    seen = run(way)
    assert seen["growing"] == term
    moves = {move["name"]: move for move in seen["moves"]}
    assert [name for name, move in moves.items() if move["growing"]] in ([term, "rss"], [term])
    # A round stands for ten seconds.
    assert moves[term]["bytes_per_minute"] == pytest.approx(6 * bytes_a_round, rel=0.25)


def test_fragments_grow_as_free_memory():
    moves = {move["name"]: move for move in run("fragments")["moves"]}
    assert moves["python_slack"]["growing"]
    used = moves["python_objects"]["bytes_per_minute"]
    assert moves["python_slack"]["bytes_per_minute"] > 2 * used


def test_what_is_freed_again_does_not_grow():
    assert run("nothing")["growing"] is None
