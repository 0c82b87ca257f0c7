"""Times the steps of an analysis in a process of its own, as the real one runs: `analyser.py 3`."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def main(fd: int) -> None:
    from leakguard.analysis import analyse
    from leakguard.analysis._graph import dominator_tree
    from leakguard.analysis.heap import Heap
    from leakguard.image import HeapImage

    started = time.process_time()
    with HeapImage.open(fd) as image:
        opened = time.process_time()
        dominators = _seconds(
            lambda: dominator_tree(
                image.edge_offset, image.edge_target, image.node_size, image.root_node
            )
        )
        trees = _seconds(lambda: Heap(image))
        everything = _seconds(lambda: analyse(image))
        answer = {
            "seconds": {
                "start": started,
                "open": opened - started,
                "dominators": dominators,
                "paths": trees - dominators,
                "rest": everything - trees,
            },
            "counts": {
                "objects": image.stats[0],
                "nodes": image.node_count,
                "edges": image.edge_count,
            },
        }
    json.dump(answer, sys.stdout)


def _seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process, without what it takes to let the result go."""
    began = time.process_time()
    result = work()
    used = time.process_time() - began
    del result
    return used


if __name__ == "__main__":
    main(int(sys.argv[1]))
