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
    NO_NODE,
    STATS_COUNT,
    EdgeKind,
    RootKind,
    SampleKind,
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
_EQUALLY_MANY_SAMPLES: Final = (
    ("smplnode", "smplbyte", "smplsize", "smplrout", "smplstck", "smplkind", "smplage", "smplreqs"),
    ("routname", "routreqs"),
    ("frameidt", "framelin"),
)
_DECODE_CHUNK: Final = 1 << 20
_MAX_NODES: Final = (1 << 32) - 1


def check_sections(views: dict[str, memoryview]) -> None:
    """Raise ImageError, naming the section, unless every index in the image can be followed."""
    _check_equal_lengths(views, _EQUALLY_LONG)
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
    _check_no_zero(views, "rootkind")
    for name in ("namednod", "boundnod"):
        _check_order(views, name, strictly=True)
    _check_offsets(views, "edgeoff", edges)
    _check_labels(views["edgelab"], strings)
    for name in ("nodesize", "typefbyt"):
        _check_total(views, name)
    if "smplnode" in views:
        _check_samples(views, nodes, strings, idents)


def _check_samples(views: dict[str, memoryview], nodes: int, strings: int, idents: int) -> None:
    _check_equal_lengths(views, _EQUALLY_MANY_SAMPLES)
    if len(views["routname"]) == 0:
        damaged("routname", "lacks route 0")
    if len(views["stackoff"]) < 2:
        damaged("stackoff", "lacks stack 0")
    _check_offsets(views, "stackoff", len(views["frameidt"]))
    if views["stackoff"][1] != 0:
        damaged("stackoff", "does not begin with the empty stack")
    for name, limit in (
        ("smplrout", len(views["routname"])),
        ("smplstck", len(views["stackoff"]) - 1),
        ("smplkind", max(SampleKind) + 1),
        ("routname", strings),
        ("frameidt", idents),
    ):
        _check_below(views, name, limit)
    index = _checks.first_reaching_unless(views["smplnode"], nodes, NO_NODE)
    if index >= 0:
        damaged("smplnode", f"has {views['smplnode'][index]} at {index}, with {nodes} nodes")
    _check_no_zero(views, "smplkind")
    for name in ("smplbyte", "smplsize"):
        _check_total(views, name)


def _check_equal_lengths(views: dict[str, memoryview], groups: tuple[tuple[str, ...], ...]) -> None:
    for first, *others in groups:
        for other in others:
            if len(views[other]) != len(views[first]):
                damaged(other, f"has {len(views[other])} entries, {first!r} {len(views[first])}")


def _check_lengths(views: dict[str, memoryview]) -> None:
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


def _check_no_zero(views: dict[str, memoryview], name: str) -> None:
    index = _checks.first_zero(views[name])
    if index >= 0:
        damaged(name, f"has the unknown kind 0 at {index}")


def _check_total(views: dict[str, memoryview], name: str) -> None:
    if _checks.total(views[name]) < 0:
        damaged(name, "adds up to 2**63 bytes or more")


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
