"""Instances that keep their values inline and have a `__dict__` as well, from CPython 3.13 on."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from leakguard.capture._pure import raw
from leakguard.image import EdgeKind

if TYPE_CHECKING:
    from leakguard.capture._pure.graph import Graph


def own_split_dicts(graph: Graph) -> None:
    """Give such instances their edge to the dict, and the values only one edge.

    The collector is shown the values by the instance, again by the dict, and the dict by nobody:
    the dict would look held from C and its values held twice.
    """
    objects = graph.heap.objects
    orphans = {
        position
        for position, item in enumerate(objects)
        if type(item) is dict and graph.external[position] == 1 and not graph.incoming[position]
    }
    values: dict[int, set[int]] = defaultdict(set)
    for edge, source in enumerate(graph.sources):
        if source in orphans and graph.labels[edge][0] in (EdgeKind.KEY, EdgeKind.DATA_KEY):
            values[source].add(graph.targets[edge])
    wanted = set().union(*values.values())
    shown: dict[int, dict[int, int]] = defaultdict(dict)
    holders: dict[int, list[int]] = defaultdict(list)
    for edge, target in enumerate(graph.targets):
        source = graph.sources[edge]
        if target in wanted and graph.classes.of(objects[source]).flags & raw.FLAG_INLINE_VALUES:
            shown[source][target] = edge
            holders[target].append(source)
    for orphan, targets in values.items():
        rarest = min(targets, key=lambda target: len(holders[target]))
        for holder in holders[rarest]:
            if targets <= shown[holder].keys() and _has_dict(objects[holder], objects[orphan]):
                for target in targets:
                    graph.drop_edge(shown[holder][target])
                graph.add_edge(holder, EdgeKind.SLOT, "__dict__", orphan)
                break


def _has_dict(item: Any, candidate: object) -> bool:
    # asked only of an instance that holds every value of the dict: asking others would make dicts
    return object.__getattribute__(item, "__dict__") is candidate
