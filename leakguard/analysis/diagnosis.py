"""What kind of leak it is, by rules over the chain, and the usual fix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leakguard.analysis.origin import Origin
from leakguard.image import EdgeKind, TypeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leakguard.analysis.candidate import Candidate
    from leakguard.analysis.findings import Kind
    from leakguard.analysis.heap import Heap, Step
    from leakguard.image import Label

_LISTENER_NAME = re.compile(
    r"(^|_)(events?|listeners?|handlers?|callbacks?|subscribers?|signals?|receivers?"
    r"|observers?|hooks?|watchers?|subscriptions?)$"
)
CALLABLE_KINDS = frozenset(
    {TypeKind.FUNCTION, TypeKind.METHOD, TypeKind.PARTIAL, TypeKind.BUILTIN_FUNCTION}
)
# How far below a member its task or callback may be: a handle, its context, a wrapper.
_REACH = 3
_REACH_NODES = 64

FIXES: dict[Kind, str] = {
    "closure": (
        "Break the reference from the closure: set the variable to None when done,\n"
        "or pass in only what the inner function needs."
    ),
    "listener": (
        "Remove the listener when its owner is done, on failure too, or register\n"
        "it once; a weak reference (weakref.WeakMethod) also lets it go."
    ),
    "global-cache": (
        "Give the container a bound (cachetools.LRUCache, deque(maxlen=...)),\n"
        "or remove each entry when it has served."
    ),
    "lru-cache": (
        "Give the cache a bound: lru_cache(maxsize=1024) instead of maxsize=None\n"
        "or functools.cache; on methods it also keeps every instance alive."
    ),
    "context-variable": (
        "Set the variable to a new object for each request and reset it after;\n"
        "do not add to one shared default."
    ),
    "thread-local": (
        "Clear the thread's data when its work is done (try/finally); threads\n"
        "of a pool outlive every request."
    ),
    "task": (
        "Discard each task when it ends: task.add_done_callback(tasks.discard);\n"
        "give what they wait for a timeout, or use asyncio.TaskGroup."
    ),
    "exception": (
        "Keep str(error) or traceback.format_exc() instead of the exception, or\n"
        "call error.with_traceback(None): it holds every frame's locals."
    ),
    "logging-handler": (
        "Give the handler a capacity and a target that it flushes to, or add it\n"
        "once at start-up instead of once a request."
    ),
    "other": (
        "Find what adds to the holder and never removes: bound it, or drop each\n"
        "object when it has served."
    ),
}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The kind of leak, the usual fix in two lines, and how sure that is (0 to 1)."""

    kind: Kind
    fix: str
    confidence: float


def diagnose(heap: Heap, candidate: Candidate, holder: str) -> Diagnosis:
    """The diagnosis of one candidate; the most telling rule wins."""
    kind, confidence = _rule(_Evidence(heap, candidate))
    if heap.origins.of(holder) >= Origin.LIBRARY:
        # a library may well gather on purpose
        confidence -= 0.1
    return Diagnosis(kind, FIXES[kind], round(confidence, 2))


class _Evidence:
    """What the rules ask of a candidate."""

    def __init__(self, heap: Heap, candidate: Candidate) -> None:
        self.heap = heap
        self.candidate = candidate
        self.path = candidate.path
        self.path_kinds = {heap.kind(step.node) for step in self.path}
        self.labels = [heap.label(step.edge) for step in self.path if step.edge is not None]
        self.pattern_kinds = {heap.kind(step.node) for step in candidate.pattern}
        self.linked = bool(candidate.pattern)
        member = candidate.member
        self.member_kind = None if member is None else heap.kind(member.node)
        self.root_kind = heap.kind(self.path[0].node)

    def pattern_labels(self) -> Iterator[Label]:
        for step in self.candidate.pattern:
            if step.edge is not None:
                yield self.heap.label(step.edge)

    def in_a_context(self) -> bool:
        """Whether a context variable, its default or a context's table leads to the members."""
        steps = [*self.path, *([] if self.candidate.member is None else [self.candidate.member])]
        return (
            any(self.heap.label(s.edge).kind == EdgeKind.CONTEXT_VAR for s in steps if s.edge)
            or TypeKind.HAMT in self.path_kinds
            or any(self.heap.type_name(s.node) == _CONTEXT_VAR for s in self.path)
        )

    def on_the_event_loop(self) -> bool:
        """Whether members wait in an event loop, which each thread has in its own data."""
        types = {self.heap.type_name(step.node) for step in self.path} | {self.member_type()}
        return bool(types & _ASYNCIO_HANDLES)

    def has_label(self, kind: EdgeKind) -> bool:
        return any(label.kind == kind for label in self.labels)

    def reaches(self, kinds: frozenset[TypeKind]) -> bool:
        """Whether a member is of one of the kinds, or refers to one within a few steps."""
        if self.candidate.member is None:
            return False
        image, seen = self.heap.image, {self.candidate.member.node}
        level = list(seen)
        for _ in range(_REACH):
            if any(self.heap.kind(node) in kinds for node in level):
                return True
            level = [
                target
                for node in level
                for target in image.edge_target[
                    image.edge_offset[node] : image.edge_offset[node + 1]
                ]
                if target not in seen
            ][:_REACH_NODES]
            seen.update(level)
        return any(self.heap.kind(node) in kinds for node in level)

    def listener_named(self) -> bool:
        return any(
            label.kind in (EdgeKind.ATTR, EdgeKind.KEY) and _LISTENER_NAME.search(label.name)
            for label in self.labels[-6:]
        )

    def waits_for_a_future(self) -> bool:
        """Whether the holder is a future, which keeps its callbacks until it is done."""
        return any(self.heap.type_name(step.node) in _FUTURES for step in self.path[-2:])

    def through_log_handler(self) -> bool:
        return any(_is_log_handler(self.heap, step) for step in self.path)

    def gathers_log_handlers(self) -> bool:
        member = self.candidate.member
        return _is_log_handler_type(self.member_type()) or (
            member is not None and _is_log_handler(self.heap, member)
        )

    def member_type(self) -> str:
        return "" if self.candidate.member is None else self.candidate.object_type


_EXCEPTIONS = frozenset({TypeKind.EXCEPTION, TypeKind.TRACEBACK})
_TASKS = frozenset({TypeKind.TASK})
_ASYNCIO_HANDLES = frozenset({"asyncio.events.Handle", "asyncio.events.TimerHandle"})
_FUTURES = frozenset(
    {"_asyncio.Future", "asyncio.futures.Future", "concurrent.futures._base.Future"}
)
_COROUTINES = frozenset({TypeKind.TASK, TypeKind.GENERATOR})
# A generator is nobody's task: whoever keeps it gathers it like anything else.
_PLAIN_GENERATOR = "generator"
_CONTEXT_VAR = "_contextvars.ContextVar"


def _rule(seen: _Evidence) -> tuple[Kind, float]:
    if seen.member_kind in _EXCEPTIONS or seen.pattern_kinds & _EXCEPTIONS:
        return "exception", 0.9
    if seen.member_type() == "logging.LogRecord" or seen.through_log_handler():
        return "logging-handler", 0.85
    if seen.gathers_log_handlers():
        return "logging-handler", 0.85
    if seen.pattern_kinds & _TASKS or (
        seen.member_kind in _COROUTINES and seen.member_type() != _PLAIN_GENERATOR
    ):
        return "task", 0.85
    if seen.on_the_event_loop():
        return "task", 0.7
    if TypeKind.LRU_CACHE in seen.path_kinds:
        return "lru-cache", 0.95
    if seen.linked and (
        TypeKind.CELL in seen.pattern_kinds
        or any(label.kind == EdgeKind.CELL for label in seen.pattern_labels())
    ):
        return "closure", 0.95
    if seen.in_a_context():
        return "context-variable", 0.85
    if TypeKind.THREAD_LOCAL in seen.path_kinds or any(
        label.name == "thread-local data" for label in seen.labels
    ):
        return "thread-local", 0.85
    return _rule_of_containers(seen)


def _rule_of_containers(seen: _Evidence) -> tuple[Kind, float]:
    if seen.member_kind in CALLABLE_KINDS:
        return "listener", 0.9 if seen.listener_named() else 0.65
    if (seen.listener_named() or seen.waits_for_a_future()) and seen.reaches(CALLABLE_KINDS):
        return "listener", 0.75
    if not seen.linked and seen.path_kinds & _EXCEPTIONS:
        return "exception", 0.75
    if seen.member_type() in _ASYNCIO_HANDLES or (not seen.linked and seen.reaches(_TASKS)):
        return "task", 0.7
    if seen.has_label(EdgeKind.CELL):
        return "closure", 0.65
    if seen.root_kind == TypeKind.MODULE and not seen.linked:
        # the fewer steps from the module, the more it is somebody's global
        return "global-cache", 0.9 if len(seen.path) <= 3 else 0.75
    return "other", 0.6


def _is_log_handler(heap: Heap, step: Step) -> bool:
    return any(map(_is_log_handler_type, heap.class_names(step.node)))


def _is_log_handler_type(name: str) -> bool:
    return name.endswith("Handler") and name.startswith("logging.")
