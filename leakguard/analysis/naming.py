"""Names in the words of whoever wrote the code: of edges, of objects, of holders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis.heap import Step
from leakguard.image import EdgeKind, TypeKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leakguard.analysis.heap import Heap
    from leakguard.image import Ident, Label

# A dotted name longer than this is nothing anybody wrote: it starts at a class on the way instead.
_LONGEST_NAME = 5
_NAMED_KINDS = frozenset({TypeKind.MODULE, TypeKind.FRAME, TypeKind.GENERATOR})

_WRAPPED_FUNCTION: dict[int, str] = {TypeKind.METHOD: "__func__", TypeKind.PARTIAL: "func"}

# Between an object and what a reader thinks it refers to.
_SILENT_SLOTS = frozenset({"__dict__", "__closure__"})
_SILENT_KINDS = frozenset({TypeKind.CELL, TypeKind.HAMT})
_VARIABLES = frozenset({EdgeKind.CELL, EdgeKind.LOCAL})

# What a process has once and all modules share goes by the name of where it belongs: `log.manager`
# of any module that has a logger would be as near.
_SHARED = {"logging.Manager": "logging.root.manager"}


def is_silent(heap: Heap, step: Step) -> bool:
    """Whether a node is machinery that readers do not want to see: a `__dict__`, a cell..."""
    if step.edge is None:
        return False
    return heap.kind(step.node) in _SILENT_KINDS or heap.slot_name(step) in _SILENT_SLOTS


def edge_words(label: Label, *, namespace: bool = False) -> str:
    """How an edge reads: `.name`, `['name']`, `[str]`, `free variable 'name'`...

    A key of a `namespace` (a module's, a class's or an instance's dict) is an attribute.
    """
    match label.kind:
        case EdgeKind.ATTR:
            return f".{label.name}"
        case EdgeKind.KEY:
            return f".{label.name}" if namespace else f"['{label.name}']"
        case EdgeKind.DATA_KEY:
            return f"[{label.name}]"
        case EdgeKind.INDEX | EdgeKind.SET_ITEM:
            return "[]"
        case EdgeKind.DICT_KEY:
            return "as a key"
        case EdgeKind.CELL:
            return f"free variable '{label.name}'"
        case EdgeKind.LOCAL:
            return f"local variable '{label.name}'"
        case EdgeKind.CONTEXT_VAR:
            return f"context variable '{label.name}'"
        case EdgeKind.STACK:
            return "in an expression"
        case EdgeKind.SLOT:
            return f".{label.name}" if label.name.isidentifier() else label.name
        case _:
            return "internally"


def readable(heap: Heap, path: Iterable[Step]) -> list[tuple[Step, str]]:
    """A path without its silent nodes, each step with the words for how it was reached."""
    shown: list[tuple[Step, str]] = []
    namespace = in_local = in_cache = False
    carried = ""
    for step in path:
        # between an lru_cache and its results there is only the cache's own dict
        hidden, in_cache = in_cache, heap.kind(step.node) == TypeKind.LRU_CACHE
        if hidden and heap.kind(step.node) == TypeKind.DICT:
            namespace = False
            continue
        words = "" if step.edge is None else edge_words(heap.label(step.edge), namespace=namespace)
        # a thread-local's attributes are behind a dict for each thread
        in_local = heap.kind(step.node) == TypeKind.THREAD_LOCAL or (
            in_local and heap.kind(step.node) == TypeKind.DICT and not _by_name(heap, step)
        )
        namespace = in_local or _is_namespace(heap, step)
        if in_local and heap.kind(step.node) == TypeKind.DICT:
            continue
        if is_silent(heap, step):
            # the variable's name, not the plumbing's: a local that closures share is in a cell too
            if step.edge is not None and heap.label(step.edge).kind in _VARIABLES:
                carried = words
            continue
        shown.append((step, carried or words))
        carried = ""
    return shown


def object_name(heap: Heap, node: int) -> str:
    """What an object is called, "" for the nameless."""
    ident = callable_ident(heap, node)
    return "" if ident is None else ident.name


def callable_ident(heap: Heap, node: int) -> Ident | None:
    """Name and place of an object; of a bound method or a partial, those of its function."""
    wanted = _WRAPPED_FUNCTION.get(heap.kind(node))
    if wanted is not None:
        for edge in heap.image.edges(node):
            target = heap.image.edge_target[edge]
            if heap.slot_name(Step(target, edge)) == wanted:
                return heap.image.ident_of(target)
    return heap.image.ident_of(node)


def holder_name(heap: Heap, path: list[Step]) -> str:
    """The dotted name a reader would search for, of the last node of a path."""
    base = instance = ""
    parts: list[str] = []
    parts_at_instance = 0
    broken = False
    for step, words in readable(heap, path):
        kind = heap.kind(step.node)
        if words.startswith("context variable"):
            base, instance, parts, broken = words, "", [], False
        elif part := _name_part(words):
            parts.append(part)
        elif words:
            broken = True
        if step.edge is None or kind in _NAMED_KINDS:
            base, instance, parts, broken = _base_name(heap, step.node), "", [], False
        elif heap.type_name(step.node) in _SHARED:
            base, instance, parts, broken = _SHARED[heap.type_name(step.node)], "", [], False
        elif heap.is_python_instance(step.node):
            instance, parts_at_instance = heap.type_name(step.node), len(parts)
            if broken:
                # no expression leads here from the root: begin at the class
                base, parts, parts_at_instance, broken = instance, [], 0, False
    if len(parts) > _LONGEST_NAME and instance:
        return instance + "".join(parts[parts_at_instance:])
    return base + "".join(parts)


def _name_part(words: str) -> str:
    """What a step adds to a dotted name, "" where nobody could write it."""
    if words.startswith("free variable"):
        return f" {words}"
    if words.startswith("local variable"):
        return "." + words.split("'")[1]
    return words if words.startswith((".", "[")) else ""


def _base_name(heap: Heap, node: int) -> str:
    name = object_name(heap, node)
    if heap.kind(node) == TypeKind.THREAD:
        return f"thread '{name}'" if name else "a thread"
    return name or heap.type_name(node)


def _by_name(heap: Heap, step: Step) -> bool:
    return step.edge is not None and heap.label(step.edge).kind == EdgeKind.KEY


def _is_namespace(heap: Heap, step: Step) -> bool:
    return heap.kind(step.node) == TypeKind.MODULE or heap.slot_name(step) == "__dict__"
