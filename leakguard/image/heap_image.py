"""The reader of heap images."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from leakguard.image.format import (
    DATA_KEY_CLASSES,
    DATA_KEY_SHIFT,
    LABEL_MASK,
    LABEL_SHIFT,
    NAMED_EDGE_KINDS,
    EdgeKind,
)
from leakguard.image.mapping import map_file
from leakguard.image.metadata import decode_meta
from leakguard.image.names import Names
from leakguard.image.samples import SampleTable
from leakguard.image.sections import split_sections
from leakguard.image.validation import check_sections
from leakguard.image.values import Label

if TYPE_CHECKING:
    import mmap
    import os
    from types import TracebackType

    from leakguard.image.values import Ident

_EDGE_KINDS = tuple(EdgeKind)


class HeapImage:
    """A heap as it was at one instant: flat read-only arrays over a file or over bytes.

    Nodes are 0..node_count-1, edges 0..edge_count-1 in the order of their source; the arrays are
    memoryviews that mean something only until `close()`. Everything that one array says about
    another has been checked: an index taken from an array can be used without another test.
    """

    def __init__(self, data: bytes | mmap.mmap) -> None:
        """Check `data`, a whole image. Raises ImageError, which says what is wrong with it."""
        self._data = data
        self._buffer = memoryview(data).toreadonly()
        self._views: dict[str, memoryview] = {}
        try:
            self._views = split_sections(self._buffer)
            self.meta: dict[str, Any] = decode_meta(self._views["meta"])
            check_sections(self._views)
        except BaseException:
            self.close()
            raise
        views = self._views
        self.stats = views["stats"]
        self.node_type = views["nodetype"]
        self.node_size = views["nodesize"]
        self.node_address = views["nodeaddr"]
        self.node_folded = views["nodefold"]
        self.folded_type = views["foldtype"]
        self.edge_offset = views["edgeoff"]
        self.edge_target = views["edgetgt"]
        self.edge_label = views["edgelab"]
        self.root_node = views["rootnode"]
        self.root_kind = views["rootkind"]
        self.named_node = views["namednod"]
        self.named_ident = views["namedidt"]
        self.ident_name = views["identnam"]
        self.ident_file = views["identfil"]
        self.ident_line = views["identlin"]
        self.bound_node = views["boundnod"]
        self.bound_limit = views["boundlim"]
        self.type_name_id = views["typename"]
        self.type_kind = views["typekind"]
        self.type_flags = views["typeflag"]
        self.type_ident = views["typeidnt"]
        self.type_folded_count = views["typefcnt"]
        self.type_folded_bytes = views["typefbyt"]
        self.string_offset = views["stroff"]
        self.string_data = views["strdata"]
        self.node_count = len(self.node_type)
        self.edge_count = len(self.edge_target)
        self.type_count = len(self.type_name_id)
        self._names = Names(views)
        self.samples: SampleTable | None = (
            SampleTable(views, self._names) if "smplnode" in views else None
        )
        """Sampled allocations, None where allocations were not sampled."""

    @classmethod
    def open(cls, path_or_fd: str | os.PathLike[str] | int) -> HeapImage:
        """Map and check an image file, given by path or by a descriptor that stays the caller's.

        The file must not be shortened while the image is open. Raises ImageError for anything that
        is not a whole, undamaged image, OSError where the file cannot be opened at all.
        """
        return cls(map_file(path_or_fd))

    def close(self) -> None:
        """Let go of the file; views that somebody still uses keep it mapped until they end."""
        for view in (*self._views.values(), self._buffer):
            _release(view)
        if not isinstance(self._data, bytes):
            try:
                self._data.close()
            except BufferError:
                return

    def __enter__(self) -> HeapImage:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<HeapImage of {self.node_count} nodes, {self.edge_count} edges>"

    @property
    def coverage(self) -> float | None:
        """Bytes reached per byte the allocators had handed out, None where that is unknown."""
        reached, handed_out = self.stats[1], self.stats[2]
        return reached / handed_out if handed_out else None

    def string(self, index: int) -> str:
        """A string of the table; 0 is the empty one."""
        return self._names.string(index)

    def type_name(self, type_index: int) -> str:
        """`module.QualName` of a type, the bare name of a builtin one."""
        return self.string(self.type_name_id[type_index])

    def ident_of(self, node: int) -> Ident | None:
        """What a function, frame, module... is called and where it was written, if it is known."""
        index = _find(self.named_node, node)
        return None if index is None else self._names.ident(self.named_ident[index])

    def type_ident_of(self, type_index: int) -> Ident | None:
        """Where a class was defined, if it is known."""
        index = self.type_ident[type_index]
        return self._names.ident(index - 1) if index else None

    def bound_of(self, node: int) -> int | None:
        """How many items a bounded container may hold, None where it has no bound."""
        index = _find(self.bound_node, node)
        return None if index is None else self.bound_limit[index]

    def edges(self, node: int) -> range:
        """The edges that start at a node."""
        return range(self.edge_offset[node], self.edge_offset[node + 1])

    def label(self, edge: int) -> Label:
        """How the source of an edge refers to its target."""
        raw = self.edge_label[edge]
        kind, value = _EDGE_KINDS[raw >> LABEL_SHIFT], raw & LABEL_MASK
        if kind in NAMED_EDGE_KINDS:
            return Label(kind, self.string(value), value)
        if kind is EdgeKind.DATA_KEY:
            return Label(kind, DATA_KEY_CLASSES[value >> DATA_KEY_SHIFT], value)
        return Label(kind, "", value)


def _find(ascending: memoryview, node: int) -> int | None:
    index = bisect_left(ascending, node)
    return index if index < len(ascending) and ascending[index] == node else None


def _release(view: memoryview) -> None:
    try:
        view.release()
    except BufferError:
        # a Cython view or a slice is still in use: the last one to go frees the mapping
        return
