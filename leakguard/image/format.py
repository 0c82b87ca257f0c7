"""Constants of the `.lgheap` heap image, version 1.1; docs/image-format.md explains them."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final, Literal

MAGIC: Final = b"\x89LGHEAP\n"
MAJOR: Final = 1
MINOR: Final = 1
BYTE_ORDER_MARK: Final = 0x01020304

HEADER: Final = struct.Struct("<8sHHIQII32x")
"""magic, major, minor, byte-order mark, file length, section count, zero."""

SECTION: Final = struct.Struct("<8sIIQQ")
"""name padded with NUL, element size, zero, offset, element count."""

ALIGNMENT: Final = 64
STATS_COUNT: Final = 16
MAX_SECTIONS: Final = 1024
MAX_META_BYTES: Final = 1 << 20

LABEL_SHIFT: Final = 28
LABEL_MASK: Final = (1 << LABEL_SHIFT) - 1
DATA_KEY_SHIFT: Final = 24
DATA_KEY_CLASSES: Final = ("str", "int", "bytes", "tuple", "float", "other")

META_FORMAT: Final = "leakguard-heap/1"

UNKNOWN_TYPE_NAME: Final = "<unknown>"
"""Name of type 0."""


class EdgeKind(IntEnum):
    """How the source of an edge refers to its target: the upper four bits of an edge label."""

    OTHER = 0
    ATTR = 1
    KEY = 2
    DATA_KEY = 3
    INDEX = 4
    CELL = 5
    LOCAL = 6
    STACK = 7
    SLOT = 8
    CONTEXT_VAR = 9
    DICT_KEY = 10
    SET_ITEM = 11


NAMED_EDGE_KINDS: Final = frozenset(
    {
        EdgeKind.ATTR,
        EdgeKind.KEY,
        EdgeKind.CELL,
        EdgeKind.LOCAL,
        EdgeKind.SLOT,
        EdgeKind.CONTEXT_VAR,
    }
)
"""Kinds whose label value is a string id."""


class RootKind(IntEnum):
    """Why a node is alive without anything in the image referring to it."""

    MODULE = 1
    THREAD = 2
    C_HELD = 3
    TYPE = 4
    IMMORTAL = 5


class TypeKind(IntEnum):
    """What a type is to the analysis; a subclass has the kind of its builtin base."""

    OTHER = 0
    NONE = 1
    STR = 2
    BYTES = 3
    INT = 4
    FLOAT = 5
    BOOL = 6
    COMPLEX = 7
    BYTEARRAY = 8
    DICT = 9
    LIST = 10
    TUPLE = 11
    SET = 12
    TYPE = 13
    CODE = 14
    FUNCTION = 15
    MODULE = 16
    CELL = 17
    GENERATOR = 18
    FRAME = 19
    METHOD = 20
    THREAD = 21
    DEQUE = 22
    WEAKREF = 23
    CONTEXT = 24
    HAMT = 25
    LRU_CACHE = 26
    THREAD_LOCAL = 27
    TASK = 28
    EXCEPTION = 29
    TRACEBACK = 30
    BUILTIN_FUNCTION = 31
    NUMPY_ARRAY = 32
    PARTIAL = 33


class SampleKind(IntEnum):
    """How well the route of a sampled block is known."""

    STRONG = 1
    WEAK = 2
    """The interpreter recycles blocks of this type by itself: the route may be an earlier one's."""


NO_NODE: Final = 0xFFFFFFFF
"""The node of a sampled block that no object of the image owns."""

NO_REQUEST: Final = "(no request)"
"""Name of route 0, which stands for all that no request allocated."""

TYPE_FLAG_GC: Final = 1
TYPE_FLAG_PYTHON_CLASS: Final = 2

SECTIONS: Final[dict[str, Literal["B", "H", "I", "Q", "q"]]] = {
    "meta": "B",
    "stats": "Q",
    "nodetype": "H",
    "nodesize": "Q",
    "nodeaddr": "Q",
    "nodefold": "I",
    "foldtype": "H",
    "edgeoff": "I",
    "edgetgt": "I",
    "edgelab": "I",
    "rootnode": "I",
    "rootkind": "B",
    "namednod": "I",
    "namedidt": "I",
    "identnam": "I",
    "identfil": "I",
    "identlin": "I",
    "boundnod": "I",
    "boundlim": "q",
    "typename": "I",
    "typekind": "B",
    "typeflag": "B",
    "typeidnt": "I",
    "typefcnt": "Q",
    "typefbyt": "Q",
    "stroff": "I",
    "strdata": "B",
}
"""Every section of version 1.0 and the struct code of its elements."""

SAMPLE_SECTIONS: Final[dict[str, Literal["B", "I", "Q"]]] = {
    "smplnode": "I",
    "smplbyte": "Q",
    "smplsize": "Q",
    "smplrout": "I",
    "smplstck": "I",
    "smplkind": "B",
    "smplage": "Q",
    "smplreqs": "Q",
    "routname": "I",
    "routreqs": "Q",
    "stackoff": "I",
    "frameidt": "I",
    "framelin": "I",
}
"""The sections that version 1.1 added; an image has all of them or none."""
