"""What a container holds, of which a part came before growth is counted: `SCRIPT NAME`.

Prints what is told of the one suspect, and the truth: its entries counted, and the bytes that go
with it by the dominators of the image.
"""

from __future__ import annotations

import json
import sys
from collections import OrderedDict, defaultdict

import cachetools
from measuring import Order

from leakguard import pipeline
from leakguard.analysis import analyse_with
from leakguard.analysis.evidence import Evidence
from leakguard.analysis.heap import Heap

KEPT: dict = {}
IN_ORDER: OrderedDict = OrderedDict()
CACHE = cachetools.TTLCache(maxsize=100_000_000, ttl=86_400)
ORDERS: list = []
BASKETS: set = set()
BY_USER: dict = {}
BY_GROUP: defaultdict = defaultdict(dict)
BATCH, SNAPSHOTS = 120, 6

ADD = {
    "KEPT": lambda n: KEPT.__setitem__(f"k{n}", Order(n)),
    "IN_ORDER": lambda n: IN_ORDER.__setitem__(n, Order(n)),
    "CACHE": lambda n: CACHE.__setitem__(f"k{n}", Order(n)),
    "ORDERS": lambda n: ORDERS.append(Order(n)),
    "BASKETS": lambda n: BASKETS.add(Order(n)),
    "BY_USER": lambda n: BY_USER.setdefault(f"k{n}", []).extend([Order(n), Order(-n)]),
    "BY_GROUP": lambda n: BY_GROUP[f"k{n % 50}"].__setitem__(n, Order(n)),
}


def retained(image, name):
    """The bytes that go with a variable of this script."""
    heap = Heap(image)
    for node in range(image.node_count):
        if image.ident_of(node) is None or image.ident_of(node).name != "__main__":
            continue
        for edge in image.edges(node):
            namespace = image.edge_target[edge]
            for variable in image.edges(namespace):
                if image.label(variable).name == name:
                    return heap.retained(image.edge_target[variable])
    raise LookupError(name)


def main(name):
    summaries, number = [], 0
    for _ in range(SNAPSHOTS):
        for _ in range(BATCH):
            number += 1
            ADD[name](number)
        with pipeline.snapshot() as image:
            evidence = Evidence(summaries=tuple(summaries), requests=number)
            analysis = analyse_with(image, evidence)
            truth = retained(image, name)
        summaries.append(analysis.summary.to_bytes())
    (suspect,) = analysis.findings.suspects
    print(
        json.dumps(
            {
                "holder": suspect.holder,
                "type": suspect.object_type,
                "count": suspect.object_count,
                "retained": suspect.retained_bytes,
                "growth_bytes": suspect.growth_bytes,
                "truth": {"entries": number, "retained": truth},
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
