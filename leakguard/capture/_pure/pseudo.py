"""Threads and their running frames: nodes for what is no Python object of its own."""

from __future__ import annotations

import contextvars
import gc
import types
from collections import defaultdict
from typing import TYPE_CHECKING

from leakguard.capture._pure.frames import is_own
from leakguard.image import EdgeKind, Ident, RootKind, TypeKind

if TYPE_CHECKING:
    from array import array

    from leakguard.capture._pure.frames import RunningFrame
    from leakguard.capture._pure.graph import Graph


def add_threads(graph: Graph, nodes: array[int]) -> None:
    """Add a node for each thread and running frame, and say which references they explain."""
    _Threads(graph, nodes).add()


class _Threads:
    def __init__(self, graph: Graph, nodes: array[int]) -> None:
        self._graph = graph
        self._nodes = nodes
        self._thread_type = graph.builder.type("<thread>", TypeKind.THREAD)
        self._frame_type = graph.builder.type("<frame>", TypeKind.FRAME)
        self._functions: dict[int, list[int]] = defaultdict(list)
        self._cells: dict[int, list[int]] = defaultdict(list)
        for position, item in enumerate(graph.heap.objects):
            if graph.external[position] <= 0:
                continue
            if type(item) is types.FunctionType and is_own(item.__globals__):
                # running for the capture, in frames that are not in the image
                graph.external[position] = 0
            elif type(item) is types.FunctionType:
                self._functions[id(item.__code__)].append(position)
            elif type(item) is types.CellType:
                self._cells[_content(item)].append(position)

    def add(self) -> None:
        for thread in self._graph.heap.threads:
            node = self._graph.builder.node(self._thread_type, 0, ident=Ident(thread.name))
            self._graph.builder.root(node, RootKind.THREAD)
            for position, frame in enumerate(thread.frames):
                self._graph.builder.edge(node, EdgeKind.INDEX, position, self._add_frame(frame))
            self._refer(node, EdgeKind.SLOT, "current exception", thread.exception)
            if thread.current:
                self._refer(node, EdgeKind.SLOT, "context", self._context())

    def _add_frame(self, frame: RunningFrame) -> int:
        node = self._graph.builder.node(self._frame_type, 0, ident=frame.ident)
        for name, value, in_cell in frame.variables:
            if not in_cell:
                self._refer(node, EdgeKind.LOCAL, name, value)
            elif self._cells[value]:
                self._refer_to(node, EdgeKind.LOCAL, name, self._cells[value].pop())
        if self._functions[frame.code]:
            self._refer_to(node, EdgeKind.SLOT, "function", self._functions[frame.code].pop())
        self._refer(node, EdgeKind.SLOT, "__code__", frame.code)
        return node

    def _refer(self, node: int, kind: EdgeKind, name: str, address: int) -> None:
        position = self._graph.heap.index.get(address)
        # a variable set since the references were counted has none left to explain
        if position is not None and self._graph.external[position] > 0:
            self._refer_to(node, kind, name, position)

    def _refer_to(self, node: int, kind: EdgeKind, name: str, position: int) -> None:
        if not self._graph.immortal[position]:
            self._graph.external[position] -= 1
            self._graph.builder.edge(node, kind, name, self._nodes[position])

    def _context(self) -> int:
        """Address of the current context, recognised by the mapping that its copy shares."""
        mapping = gc.get_referents(contextvars.copy_context())[0]
        for position, item in enumerate(self._graph.heap.objects):
            if type(item) is contextvars.Context and self._graph.external[position] > 0:
                shared = gc.get_referents(item)
                if any(target is mapping for target in shared):
                    return id(item)
        return 0


def _content(cell: types.CellType) -> int:
    try:
        return id(cell.cell_contents)
    except ValueError:
        return 0
