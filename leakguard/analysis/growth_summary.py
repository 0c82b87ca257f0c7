"""What is kept of an image to compare later ones with: its weightiest paths, names and counts."""

from __future__ import annotations

import base64
import dataclasses
import json
import zlib
from dataclasses import dataclass
from typing import Any

from leakguard.image import EdgeKind

FORMAT = "leakguard-growth/1"


@dataclass(frozen=True, slots=True)
class GrowthPath:
    """One path of the heap: everything that the same references lead to from a root.

    `key` finds the same path in other images of this process. `parent` is the index of the path
    before it, -1 for a root. `edge` and `edge_name` are the last reference; `type` and `name` say
    what the objects are, `file` and `line` where that was written. `count` are the objects,
    `inner` what belongs to them (their `__dict__`, cells and small leaves), `size` the bytes of
    both; `all_objects` and `all_bytes` are those of this path and of all below it.
    `tier` and `flags` are those of `_pathtree`. `limit` is how many entries the objects themselves
    may hold, -1 where they drop what is old, 0 where they have no bound.
    The keys that a dict had at warm-up have paths of their own: `near_count` are the objects of all
    paths, kept or not, that differ from this one by the last key only, `far_count` those of all
    that differ by data keys on the way as well; `near_bytes` and `far_bytes` theirs with all below.
    """

    key: int
    parent: int
    edge: EdgeKind
    edge_name: str
    type: str
    type_kind: int
    python_class: bool
    name: str
    file: str | None
    line: int | None
    count: int
    inner: int
    size: int
    all_objects: int
    all_bytes: int
    tier: int
    flags: int
    limit: int = 0
    near_count: int = 0
    near_bytes: int = 0
    far_count: int = 0
    far_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """The weightiest paths of one image, parents first, with when and after what it was taken.

    `created` is in seconds since the epoch, `requests` how many had ended by then (None where that
    is not known). `objects` and `size` (bytes) are all that some root reaches; `garbage_objects`
    and `garbage_bytes` what none does: the next collection frees that, if collections run. `keys`
    tells the dict keys of warm-up apart from later ones; only the first summary of a process has
    them. Holds names, counts and sizes, no value.
    """

    created: float
    requests: int | None
    objects: int
    size: int
    garbage_objects: int
    garbage_bytes: int
    paths: tuple[GrowthPath, ...]
    keys: bytes = b""

    def by_key(self) -> dict[int, GrowthPath]:
        """The paths by their keys."""
        return {path.key: path for path in self.paths}

    def to_bytes(self) -> bytes:
        """Compressed JSON, for a file, a pipe or a dict in memory."""
        strings: dict[str, int] = {}

        def number(text: str | None) -> int:
            return -1 if text is None else strings.setdefault(text, len(strings))

        rows = [
            [
                number(value) if value is None or isinstance(value, str) else int(value)
                for value in dataclasses.astuple(path)
            ]
            for path in self.paths
        ]
        document = {
            "format": FORMAT,
            "created": self.created,
            "requests": self.requests,
            "totals": [self.objects, self.size, self.garbage_objects, self.garbage_bytes],
            "paths": list(zip(*rows, strict=True)),
            "strings": list(strings),
            "keys": base64.b64encode(self.keys).decode(),
        }
        return zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 1)

    @classmethod
    def from_bytes(cls, data: bytes) -> Summary:
        """The summary that `to_bytes` wrote. Raises ValueError for anything else."""
        try:
            document: dict[str, Any] = json.loads(zlib.decompress(data))
            if document["format"] != FORMAT:
                raise ValueError(f"the format is {document['format']!r}, not {FORMAT!r}")
            strings = document["strings"]
            objects, size, garbage_objects, garbage_bytes = document["totals"]
            return cls(
                created=float(document["created"]),
                requests=document["requests"],
                objects=objects,
                size=size,
                garbage_objects=garbage_objects,
                garbage_bytes=garbage_bytes,
                paths=tuple(_path(strings, row) for row in zip(*document["paths"], strict=True)),
                keys=base64.b64decode(document["keys"]),
            )
        except (zlib.error, KeyError, TypeError, IndexError) as error:
            raise ValueError(f"this is no growth summary: {error}") from error


_TEXTS = frozenset({"edge_name", "type", "name", "file"})
_FIELDS = tuple(field.name for field in dataclasses.fields(GrowthPath))


def _path(strings: list[str], row: tuple[int, ...]) -> GrowthPath:
    values: dict[str, Any] = dict(zip(_FIELDS, row, strict=True))
    for name in _TEXTS:
        values[name] = None if values[name] < 0 else strings[values[name]]
    values["line"] = None if values["line"] < 0 else values["line"]
    values["edge"] = EdgeKind(values["edge"])
    values["python_class"] = bool(values["python_class"])
    return GrowthPath(**values)
