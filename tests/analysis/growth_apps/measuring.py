"""A case of growth, and what a script of cases prints: `SCRIPT NAME SNAPSHOTS REQUESTS`.

Each case is a function that sets something up and returns the handler of one request; a request
has a number. The process takes a snapshot after each batch of requests, as a server would.
"""

from __future__ import annotations

import json
import sys

from leakguard import pipeline
from leakguard.analysis import analyse_with
from leakguard.analysis.evidence import Evidence
from leakguard.analysis.growth import Summary, compare

CASES = {}


def case(make):
    CASES[make.__name__] = make
    return make


class Order:
    def __init__(self, number):
        self.number = number
        self.lines = [f"line {number} {at}" for at in range(3)]


def run():
    """The case that the command line names; prints what grew in it."""
    name, snapshots, requests = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    handle = CASES[name]()
    summaries, rounds, number = [], [], 0
    for _ in range(snapshots):
        for _ in range(requests):
            number += 1
            handle(number)
        with pipeline.snapshot() as image:
            evidence = Evidence(summaries=tuple(summaries), requests=number)
            analysis = analyse_with(image, evidence)
        summaries.append(analysis.summary.to_bytes())
        rounds.append(analysis.findings)
    growth = compare([Summary.from_bytes(data) for data in summaries])
    print(
        json.dumps(
            {
                "ready": growth.ready,
                "paths": [
                    {
                        "holder": path.holder,
                        "verdict": path.verdict,
                        "bytes": path.growth_bytes,
                        "a_request": path.bytes_per_request,
                        "series": path.objects,
                    }
                    for path in growth.paths
                ],
                "rounds": [
                    [
                        {
                            "kind": suspect.kind,
                            "holder": suspect.holder,
                            "growth_bytes": suspect.growth_bytes,
                            "confidence": suspect.confidence,
                            "fingerprint": suspect.fingerprint,
                            "also": suspect.also_held_by,
                        }
                        for suspect in findings.suspects
                    ]
                    for findings in rounds
                ],
                "notes": [findings.notes for findings in rounds],
                "sizes": [len(data) for data in summaries],
            }
        )
    )
