"""What gathers many objects and is no leak: the interpreter's own tables and bounded caches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis.growth_bounds import NO_LIMIT
from leakguard.analysis.origin import Origin, origin_of
from leakguard.image import TypeKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leakguard.analysis.heap import Heap, Step

# Modules whose containers hold what was imported, compiled or looked up once: they grow with the
# code, not with the traffic. Applications do not store anything there.
_OWN_MODULES = frozenset(
    {
        "_abc",
        "_frozen_importlib",
        "_frozen_importlib_external",
        "_weakrefset",
        "abc",
        "builtins",
        "codecs",
        "copyreg",
        "encodings",
        "enum",
        "gc",
        "importlib",
        "inspect",
        "linecache",  # source lines for tracebacks: bounded by the source code
        "re",  # compiled patterns, at most 512
        "sre_compile",
        "sre_parse",
        "sys",  # sys.modules, path_importer_cache
        "tokenize",
        "tracemalloc",
        "typing",  # generic aliases, behind bounded caches
        "warnings",
        "zipimport",
    }
)

# Caches that drop entries by themselves.
_BOUNDED_PACKAGES = ("cachetools.", "cachebox.", "expiringdict.")
_BOUNDED_CLASSES = frozenset(
    {
        "boltons.cacheutils.LRI",
        "boltons.cacheutils.LRU",
        "jinja2.utils.LRUCache",
        "mako.util.LRUCache",
        "sqlalchemy.util._collections.LRUCache",
    }
)
# The standard library's own, which empty themselves at a few hundred entries.
_BOUNDED_HOLDERS = frozenset(
    {"_strptime._regex_cache", "_struct", "re._cache", "re._cache2", "xml.etree.ElementPath._cache"}
)
_BOUNDED_LRU_ENTRY = "functools._lru_list_elem"

# An object of these can hold others, but cannot grow after it was made, or only by writing code.
_FIXED_KINDS = frozenset(
    {
        TypeKind.TUPLE,
        TypeKind.TYPE,
        TypeKind.CODE,
        TypeKind.FUNCTION,
        TypeKind.MODULE,
        TypeKind.CELL,
        TypeKind.FRAME,
        TypeKind.GENERATOR,
        TypeKind.THREAD,
        TypeKind.METHOD,
        TypeKind.PARTIAL,
        TypeKind.BUILTIN_FUNCTION,
        TypeKind.WEAKREF,
        TypeKind.STR,
        TypeKind.BYTES,
        TypeKind.INT,
    }
)

# Made by importing or compiling.
CODE_KINDS = frozenset({TypeKind.TYPE, TypeKind.CODE, TypeKind.MODULE, TypeKind.BUILTIN_FUNCTION})

# Not what piles up: code grows by importing, and who holds weakly keeps nothing alive.
NO_MEMBER_KINDS = CODE_KINDS | {TypeKind.WEAKREF}

# Constants: what a table written in code consists of.
INERT_KINDS = frozenset(
    {
        TypeKind.NONE,
        TypeKind.STR,
        TypeKind.BYTES,
        TypeKind.INT,
        TypeKind.FLOAT,
        TypeKind.BOOL,
        TypeKind.COMPLEX,
        TypeKind.TUPLE,
    }
)


def can_grow(heap: Heap, node: int) -> bool:
    """Whether an object is a container that can take in more while the program runs."""
    return heap.kind(node) not in _FIXED_KINDS and heap.type_name(node) != "frozenset"


def is_bounded(heap: Heap, path: Iterable[Step]) -> bool:
    """Whether a path passes through something that limits how much it holds."""
    for step in path:
        limit = heap.image.bound_of(step.node)
        if limit is not None:
            if limit < NO_LIMIT:
                return True
        elif any(map(is_bounded_type, heap.class_names(step.node))):
            return True
    return False


def is_left_alone(heap: Heap, path: list[Step]) -> bool:
    """Whether what gathers at the end of a path is nobody's leak; so is what no root reaches."""
    return not path or is_own(heap, path) or is_namespace(heap, path) or is_bounded(heap, path)


def is_bounded_type(name: str) -> bool:
    """Whether objects of a type limit by themselves how much they hold, or are held by a limit."""
    return (
        name in _BOUNDED_CLASSES or name.startswith(_BOUNDED_PACKAGES) or name == _BOUNDED_LRU_ENTRY
    )


def is_bounded_holder(name: str) -> bool:
    """Whether a holder of that name limits how much it holds, though no object of it says so."""
    return name in _BOUNDED_HOLDERS


def is_bounded_lru_entry(heap: Heap, node: int) -> bool:
    """Whether an object is an entry of an `lru_cache` with a bound: one without stores results."""
    return heap.type_name(node) == _BOUNDED_LRU_ENTRY


def is_own(heap: Heap, path: list[Step]) -> bool:
    """Whether a path belongs to the interpreter or to LeakGuard rather than to the program."""
    root = path[0].node
    ident = heap.image.ident_of(root)
    if heap.kind(root) != TypeKind.MODULE:
        return any(_is_leakguard(heap, step.node) for step in path)
    if ident is None:
        return False
    return is_own_module(ident.name) or any(_is_leakguard(heap, step.node) for step in path)


def is_own_module(name: str) -> bool:
    """Whether a module is the interpreter's machinery or LeakGuard's, whose tables leak nothing."""
    package = name.partition(".")[0]
    return package in _OWN_MODULES or package.startswith("sre_") or is_leakguard_module(package)


def is_leakguard_module(name: str) -> bool:
    """Whether a module is LeakGuard's, whose snapshots and counts are nobody's leak."""
    return name.partition(".")[0] == "leakguard"


def is_namespace(heap: Heap, path: list[Step]) -> bool:
    """Whether a path ends at the dict of a module or a class, where code puts its names."""
    return (
        len(path) > 1
        and heap.slot_name(path[-1]) == "__dict__"
        and heap.kind(path[-2].node) in (TypeKind.MODULE, TypeKind.TYPE)
    )


def _is_leakguard(heap: Heap, node: int) -> bool:
    ident = heap.image.ident_of(node)
    name = heap.type_name(node) if ident is None else ident.name
    return origin_of(name, None) == Origin.LEAKGUARD
