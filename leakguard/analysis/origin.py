"""Whose code a module is: the application's, a library's or LeakGuard's own."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leakguard.image import HeapImage

_INSTALLED = re.compile(r"[/\\](site|dist)-packages[/\\]")
_STANDARD_LIBRARY = re.compile(r"[/\\]lib[/\\]python3[^/\\]*[/\\]", re.IGNORECASE)
_SERVER = re.compile(
    r"[/\\](?:cheroot|daphne|gunicorn|h11|h2|httptools|hypercorn|uvicorn|waitress|websockets|werkzeug"
    r"|wsgiref|wsproto)[/\\]|[/\\](?:http[/\\]server|socketserver)\.py$"
)


class Origin(IntEnum):
    """In the order in which readers want to see them."""

    APPLICATION = 0
    UNKNOWN = 1
    LIBRARY = 2
    LEAKGUARD = 3


class Origins:
    """Tells by name and file where the code of a module comes from."""

    def __init__(self, image: HeapImage) -> None:
        self._image = image
        self._by_module: dict[str, Origin] = {}
        for node in image.root_node:
            ident = image.ident_of(node)
            if ident is not None:
                self._by_module[ident.name] = origin_of(ident.name, ident.file)

    def preference(self, node: int) -> int:
        """The smaller, the rather a path should start at this root."""
        ident = self._image.ident_of(node)
        return Origin.LIBRARY if ident is None else origin_of(ident.name, ident.file)

    def of(self, dotted: str) -> Origin:
        """Where a dotted name comes from: the origin of the longest module name it starts with."""
        name = dotted
        while name:
            if name in self._by_module:
                return self._by_module[name]
            name = name.rpartition(".")[0]
        return Origin.UNKNOWN


@lru_cache(maxsize=4096)
def is_server(file: str) -> bool:
    """Whether a file is of what speaks HTTP and calls the application."""
    return bool(_SERVER.search(file)) and origin_of("", file) is Origin.LIBRARY


@lru_cache(maxsize=4096)
def origin_of(name: str, file: str | None) -> Origin:
    """Where a module, a function or a frame comes from; without a file it is the interpreter's."""
    if name == "leakguard" or name.startswith("leakguard."):
        return Origin.LEAKGUARD
    if not file or file.startswith("<frozen"):
        return Origin.LIBRARY
    if _INSTALLED.search(file) or _STANDARD_LIBRARY.search(file):
        return Origin.LIBRARY
    return Origin.APPLICATION
