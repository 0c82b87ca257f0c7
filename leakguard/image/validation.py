"""What must hold between the sections of an image before anything is indexed with them."""

from __future__ import annotations

import codecs
from array import array
from typing import Final

from leakguard.image import _checks
from leakguard.image.format import (
    DATA_KEY_CLASSES,
    DATA_KEY_SHIFT,
    LABEL_MASK,
    NAMED_EDGE_KINDS,
    STATS_COUNT,
    EdgeKind,
    RootKind,
    TypeKind,
)
from leakguard.image.sections import damaged

_EQUALLY_LONG: Final = (
    ("nodetype", "nodesize", "nodeaddr", "nodefold", "foldtype"),
    ("edgetgt", "edgelab"),
    ("rootnode", "rootkind"),
    ("namednod", "namedidt"),
    ("identnam", "identfil", "identlin"),
    ("boundnod", "boundlim"),
    ("typename", "typekind", "typeflag", "typeidnt", "typefcnt", "typefbyt"),
)
_DECODE_CHUNK: Final = 1 << 20
_MAX_NODES: Final = (1 << 32) - 1


def check_sections(views: dict[str, memoryview]) -> None:
    """Raise ImageError, naming the section, unless every index in the image can be followed."""
    _check_lengths(views)
    _check_strings(views)
    nodes, edges = len(views["nodetype"]), len(views["edgetgt"])
    types, strings, idents = (
        len(views["typename"]),
        len(views["stroff"]) - 1,
        len(views["identnam"]),
    )
    for name, limit in (
        ("typename", strings),
        ("typekind", max(TypeKind) + 1),
        ("typeidnt", idents + 1),
        ("identnam", strings),
        ("identfil", strings),
        ("nodetype", types),
        ("foldtype", types),
        ("rootnode", nodes),
        ("rootkind", max(RootKind) + 1),
        ("namednod", nodes),
        ("namedidt", idents),
        ("boundnod", nodes),
        ("edgetgt", nodes),
    ):
        _check_below(views, name, limit)
    index = _checks.first_zero(views["rootkind"])
    if index >= 0:
        damaged("rootkind", f"has the unknown kind 0 at {index}")
    for name in ("namednod", "boundnod"):
        _check_order(views, name, strictly=True)
    _check_offsets(views, "edgeoff", edges)
    _check_labels(views["edgelab"], strings)
    if _checks.total(views["nodesize"]) < 0:
        damaged("nodesize", "adds up to 2**63 bytes or more")
    if _checks.total(views["typefbyt"]) < 0:
        damaged("typefbyt", "adds up to 2**63 bytes or more")


def _check_lengths(views: dict[str, memoryview]) -> None:
    for first, *others in _EQUALLY_LONG:
        for other in others:
            if len(views[other]) != len(views[first]):
                damaged(other, f"has {len(views[other])} entries, {first!r} {len(views[first])}")
    if len(views["stats"]) != STATS_COUNT:
        damaged("stats", f"has {len(views['stats'])} entries instead of {STATS_COUNT}")
    if len(views["nodetype"]) > _MAX_NODES:
        damaged("nodetype", f"has more than {_MAX_NODES} entries")
    if len(views["edgeoff"]) != len(views["nodetype"]) + 1:
        damaged("edgeoff", "does not have one entry more than there are nodes")
    if len(views["stroff"]) < 2:
        damaged("stroff", "lacks string 0")
    if len(views["typename"]) == 0:
        damaged("typename", "lacks type 0")


def _check_strings(views: dict[str, memoryview]) -> None:
    text, offsets = views["strdata"], views["stroff"]
    _check_offsets(views, "stroff", len(text))
    if offsets[1] != 0:
        damaged("stroff", "does not begin with the empty string")
    index = _checks.first_split_character(offsets, text)
    if index >= 0:
        damaged("stroff", f"splits a character at {index}")
    position = 0
    while position < len(text):
        # decoded piece by piece so that a huge section costs no more memory than one piece
        chunk = text[position : position + _DECODE_CHUNK]
        try:
            _, used = codecs.utf_8_decode(chunk, "strict", position + len(chunk) == len(text))
        except UnicodeDecodeError as error:
            damaged("strdata", f"is not UTF-8 at byte {position + error.start}")
        position += used


def _check_below(views: dict[str, memoryview], name: str, limit: int) -> None:
    index = _checks.first_reaching(views[name], limit)
    if index >= 0:
        damaged(name, f"has {views[name][index]} at {index}, where {limit - 1} is the largest")


def _check_order(views: dict[str, memoryview], name: str, *, strictly: bool) -> None:
    index = _checks.first_descent(views[name], strictly)
    if index >= 0:
        damaged(name, f"does not ascend at {index}")


def _check_offsets(views: dict[str, memoryview], name: str, end: int) -> None:
    offsets = views[name]
    if offsets[0] != 0 or offsets[-1] != end:
        damaged(name, f"does not run from 0 to {end}")
    _check_order(views, name, strictly=False)


def _check_labels(labels: memoryview, strings: int) -> None:
    limits = array("I", [0]) * 16
    for kind in EdgeKind:
        limits[kind] = LABEL_MASK + 1
        if kind in NAMED_EDGE_KINDS:
            limits[kind] = min(strings, LABEL_MASK + 1)
        elif kind is EdgeKind.DATA_KEY:
            limits[kind] = len(DATA_KEY_CLASSES) << DATA_KEY_SHIFT
    index = _checks.first_bad_label(labels, limits)
    if index >= 0:
        damaged("edgelab", f"has the meaningless label {labels[index]:#010x} at {index}")
