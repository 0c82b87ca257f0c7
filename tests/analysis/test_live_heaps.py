"""The analysis of real heaps: processes that leak in one known way, and processes that do not."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest
from live_leaks import LEAKS
from live_quiet import QUIET

from leakguard.analysis import _graph
from leakguard.analysis.findings import Findings
from leakguard.analysis.heap import Heap
from leakguard.image import HeapImage

RUN = """
import json, sys
sys.path.insert(0, sys.argv[1])
import shop
from leakguard.analysis import analyse
from leakguard.pipeline import snapshot
def report():
    with snapshot(sys.argv[2]) as image:
        print(json.dumps(analyse(image).to_dict()))
shop.main(report)
"""


def run(tmp_path, source):
    """Run `main(report)` of a module `shop` in a process of its own; what its heap told."""
    (tmp_path / "shop.py").write_text(textwrap.dedent(source))
    command = [sys.executable, "-P", "-c", RUN, str(tmp_path), str(tmp_path / "shop.lgheap")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return Findings.from_dict(json.loads(done.stdout))


@pytest.mark.parametrize("name", LEAKS)
def test_the_holder_is_the_first_suspect(tmp_path, name):
    source, expected = LEAKS[name]
    findings = run(tmp_path, source)
    first = findings.suspects[0]
    assert (first.kind, first.holder, first.object_type, first.object_count) == expected
    assert findings.verdict.kind == expected[0]
    assert len(findings.suspects) == 1


@pytest.mark.parametrize("name", QUIET)
def test_nothing_is_suspected_where_nothing_leaks(tmp_path, name):
    findings = run(tmp_path, QUIET[name])
    assert [suspect.holder for suspect in findings.suspects] == []
    assert findings.verdict.kind == "none"


def test_retained_sizes_of_a_live_heap_equal_deleting_the_node(tmp_path):
    run(tmp_path, LEAKS["two owners"][0])
    with HeapImage.open(tmp_path / "shop.lgheap") as image:
        heap = Heap(image)
        targets = image.edge_target.tolist()
        edges = [
            targets[image.edge_offset[n] : image.edge_offset[n + 1]]
            for n in range(image.node_count)
        ]
        sizes = image.node_size.tolist()
        roots = set(image.root_node)

        def reached_bytes(without):
            todo = [root for root in roots if root != without]
            seen = bytearray(image.node_count)
            for root in todo:
                seen[root] = 1
            total = 0
            while todo:
                node = todo.pop()
                total += sizes[node]
                for target in edges[node]:
                    if not seen[target] and target != without:
                        seen[target] = 1
                        todo.append(target)
            return total

        whole = reached_bytes(None)
        assert heap.tree.retained_bytes == whole
        by_size = sorted(range(image.node_count), key=heap.retained, reverse=True)
        for node in (*by_size[:15], *by_size[15 :: image.node_count // 25]):
            if heap.tree.immediate[node] == _graph.NONE:
                assert heap.retained(node) == 0
            else:
                assert heap.retained(node) == whole - reached_bytes(node)
