"""A writer of heap images in plain Python: for the portable capture and for images made by hand."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from leakguard.image.format import (
    DATA_KEY_CLASSES,
    DATA_KEY_SHIFT,
    LABEL_MASK,
    LABEL_SHIFT,
    NAMED_EDGE_KINDS,
    NO_NODE,
    NO_REQUEST,
    SECTIONS,
    STATS_COUNT,
    UNKNOWN_TYPE_NAME,
    EdgeKind,
    RootKind,
    SampleKind,
    TypeKind,
)
from leakguard.image.heap_image import HeapImage
from leakguard.image.metadata import encode_meta
from leakguard.image.name_columns import NameColumns
from leakguard.image.packing import pack, sort_edges
from leakguard.image.sample_columns import SampleColumns
from leakguard.image.values import Ident

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

_MAX_TYPES: Final = 1 << 16


class ImageBuilder:
    """Collects nodes, edges and roots in any order and writes them as one heap image.

    Every reference is to something already added; an index that does not exist is a ValueError.
    `meta` and `stats` may be filled at any time before writing; `stats[0]` and `stats[1]`
    (objects and heap bytes) are computed from the nodes.
    """

    def __init__(self) -> None:
        self.meta: dict[str, Any] = {}
        self.stats: list[int] = [0] * STATS_COUNT
        self._columns: dict[str, array[int]] = {
            name: array(code) for name, code in SECTIONS.items() if name not in ("meta", "stats")
        }
        self._names = NameColumns()
        self._columns |= self._names.columns
        self._types: dict[tuple[str, TypeKind, int, Ident | None], int] = {}
        self._named: dict[int, int] = {}
        self._bounds: dict[int, int] = {}
        self._edges: tuple[array[int], array[int], array[int]] = (
            array("I"),
            array("I"),
            array("I"),
        )
        self._samples: SampleColumns | None = None
        self.type(UNKNOWN_TYPE_NAME)

    def string(self, text: str) -> int:
        """The id of a string, added if it is new; characters that UTF-8 cannot say become "?"."""
        return self._names.string(text)

    def type(
        self,
        name: str,
        kind: TypeKind = TypeKind.OTHER,
        flags: int = 0,
        ident: Ident | None = None,
    ) -> int:
        """The index of a type; asking for the same one again gives the same index."""
        key = (name, kind, flags, ident)
        index = self._types.get(key)
        if index is None:
            if len(self._types) >= _MAX_TYPES:
                raise ValueError(f"an image holds at most {_MAX_TYPES} types")
            index = self._types[key] = len(self._types)
            self._append(
                typename=self.string(name),
                typekind=kind,
                typeflag=flags,
                typeidnt=0 if ident is None else self._names.ident(ident) + 1,
                typefcnt=0,
                typefbyt=0,
            )
        return index

    def node(
        self,
        type_index: int,
        size: int,
        address: int = 0,
        folded: int = 0,
        folded_type: int = 0,
        ident: Ident | None = None,
        bound: int | None = None,
    ) -> int:
        """Add an object of `size` bytes, folded leaves included; the new node's number."""
        self._check("type", type_index, len(self._types))
        self._check("folded type", folded_type, len(self._types))
        node = len(self._columns["nodetype"])
        self._append(
            nodetype=type_index,
            nodesize=size,
            nodeaddr=address,
            nodefold=folded,
            foldtype=folded_type,
        )
        if ident is not None:
            self._named[node] = self._names.ident(ident)
        if bound is not None:
            self._bounds[node] = bound
        return node

    def edge(self, source: int, kind: EdgeKind, name_or_value: str | int, target: int) -> None:
        """Add a reference.

        `name_or_value` is the name for kinds that carry one (or its string id), else the number.
        Numbers above 28 bits saturate. ValueError where the kind does not take what is given.
        """
        count = len(self._columns["nodetype"])
        self._check("source", source, count)
        self._check("target", target, count)
        for column, value in zip(
            self._edges, (source, target, self._label(kind, name_or_value)), strict=True
        ):
            column.append(value)

    def root(self, node: int, kind: RootKind) -> None:
        """Say that a node is alive by itself."""
        self._check("node", node, len(self._columns["nodetype"]))
        self._append(rootnode=node, rootkind=RootKind(kind))

    def folded(self, type_index: int, count: int, size: int) -> None:
        """Count objects of a type that were folded into their owners' sizes."""
        self._check("type", type_index, len(self._types))
        self._columns["typefcnt"][type_index] += count
        self._columns["typefbyt"][type_index] += size

    def add_size(self, node: int, size: int, folded: int = 0, folded_type: int = 0) -> None:
        """Grow a node by leaves of one type that were folded into it after it was added."""
        self._columns["nodesize"][node] += size
        self._columns["nodefold"][node] += folded
        if folded:
            self._columns["foldtype"][node] = folded_type

    def route(self, name: str, requests: int = 0) -> int:
        """The index of a route, of which `requests` have ended; "(no request)" is 0."""
        return self._sampled().route(name, self.string(name), requests)

    def stack(self, frames: Iterable[tuple[str, str, int]]) -> int:
        """The index of a stack of (function, file, line), innermost first; an empty one is 0."""
        rows = [(self._names.ident(Ident(name, file or None)), line) for name, file, line in frames]
        return self._sampled().stack(rows)

    def sample(
        self,
        node: int | None,
        weight: int,
        size: int,
        route: int = 0,
        stack: int = 0,
        kind: SampleKind = SampleKind.STRONG,
        age_ms: int = 0,
        requests: int = 0,
    ) -> None:
        """Add a sampled block of `size` bytes that stands for `weight` bytes.

        It belongs to `node`, None where to none of the image's.

        The image has samples as soon as a route, a stack or a sample was added to it.
        """
        if node is not None:
            self._check("node", node, len(self._columns["nodetype"]))
        self._sampled().sample(
            smplnode=NO_NODE if node is None else node,
            smplbyte=weight,
            smplsize=size,
            smplrout=route,
            smplstck=stack,
            smplkind=SampleKind(kind),
            smplage=age_ms,
            smplreqs=requests,
        )

    def write(self, path_or_fd: str | os.PathLike[str] | int) -> None:
        """Write the image to a file that only its owner can read, or to a descriptor."""
        data = self._packed()
        if isinstance(path_or_fd, int):
            with open(path_or_fd, "wb", closefd=False) as file:
                file.write(data)
            return
        Path(path_or_fd).touch(mode=0o600)
        Path(path_or_fd).write_bytes(data)

    def image(self) -> HeapImage:
        """The image as a reader sees it, without a file."""
        return HeapImage(self._packed())

    def _sampled(self) -> SampleColumns:
        if self._samples is None:
            self._samples = SampleColumns(self.string(NO_REQUEST))
        return self._samples

    def _append(self, **values: int) -> None:
        for name, value in values.items():
            self._columns[name].append(value)

    def _check(self, what: str, index: int, count: int) -> None:
        if not 0 <= index < count:
            raise ValueError(f"{what} {index} does not exist: there are {count}")

    def _label(self, kind: EdgeKind, name_or_value: str | int) -> int:
        kind = EdgeKind(kind)
        if isinstance(name_or_value, str):
            if kind not in NAMED_EDGE_KINDS:
                raise ValueError(f"an edge of kind {kind.name} carries a number, not a name")
            value = self.string(name_or_value)
        else:
            value = min(name_or_value, LABEL_MASK)
            if kind in NAMED_EDGE_KINDS:
                self._check("string", name_or_value, self._names.string_count)
            elif kind is EdgeKind.DATA_KEY:
                self._check("key class", value >> DATA_KEY_SHIFT, len(DATA_KEY_CLASSES))
            elif value < 0:
                raise ValueError(f"an edge cannot carry the negative number {value}")
        return kind << LABEL_SHIFT | value

    def _packed(self) -> bytes:
        columns = self._columns
        columns.update(sort_edges(len(columns["nodetype"]), *self._edges))
        if self._samples is not None:
            columns.update(self._samples.columns)
        for node_column, value_column, entries in (
            ("namednod", "namedidt", self._named),
            ("boundnod", "boundlim", self._bounds),
        ):
            columns[node_column] = array(SECTIONS[node_column], entries.keys())
            columns[value_column] = array(SECTIONS[value_column], entries.values())
        stats = array("Q", self.stats)
        stats[0] = len(columns["nodetype"]) + sum(columns["nodefold"])
        stats[1] = sum(columns["nodesize"])
        return pack({"meta": array("B", encode_meta(self.meta)), "stats": stats, **columns})
