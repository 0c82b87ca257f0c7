"""The files that the page loads: the bundle, if it was built, the page's own style, and the words.

Each is found by its whole name in a table, never by a path. The name holds a hash of what is in the
file, so that a browser may keep it for ever.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from leakguard.page.catalogue import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

BASE_STYLE = "base.css"
logger = logging.getLogger("leakguard")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}


WITHOUT_SCRIPT = (
    "without its script: no graphs, no heaps to look around in. LeakGuard was built without npm; "
    "install Node 18 or newer with npm, then LeakGuard again"
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """`names` gives the name in the address by the plain one: "app.js" -> "app.1f3a….js"."""

    names: Mapping[str, str]
    _files: Mapping[str, Traversable]

    @property
    def has_script(self) -> bool:
        """Whether the browser's part of the page was built."""
        return "app.js" in self.names

    def read(self, name: str) -> tuple[str, bytes] | None:
        """Content type and content of the file of that name in the address; None: there is none.

        Raises OSError where it cannot be read.
        """
        file = self._files.get(name)
        if file is None:
            return None
        return _TYPES["." + name.rpartition(".")[2]], file.read_bytes()


@functools.cache
def bundle() -> Bundle:
    """What this installation has. Raises OSError where its own files cannot be read."""
    page = files("leakguard.page")
    found = {name: page.joinpath(name) for name in (BASE_STYLE, "page.css", "icon.svg")}
    for language in LANGUAGES:
        found[f"words.{language}.json"] = page.joinpath("words", f"{language}.json")
    names = {plain: _hashed(plain, file.read_bytes()) for plain, file in found.items()}
    table = {names[plain]: file for plain, file in found.items()}
    built = _built()
    for plain, name in _manifest(built).items():
        if "/" not in name and "." + name.rpartition(".")[2] in _TYPES:
            names[plain], table[name] = name, built.joinpath(name)
    made = Bundle(names, table)
    if not made.has_script:  # the build has said so, but pip shows that with -v only
        logger.warning("the page is %s", WITHOUT_SCRIPT)
    return made


def has_script() -> bool:
    """Whether the browser's part of the page was built: the same without reading the files."""
    return "app.js" in _manifest(_built())


@functools.cache
def base_style() -> str:
    """The style of every page; a refusal has it within, as it may load nothing. Raises OSError."""
    return files("leakguard.page").joinpath(BASE_STYLE).read_text("utf-8")


def _built() -> Traversable:
    return files("leakguard").joinpath("ui", "static")


def _manifest(built: Traversable) -> dict[str, str]:
    """By plain name that of the built file; empty where nothing was built."""
    try:
        loaded = json.loads(built.joinpath("manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(plain): str(name) for plain, name in loaded.items()}


def _hashed(plain: str, content: bytes) -> str:
    stem, _, suffix = plain.rpartition(".")
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:16]}.{suffix}"
