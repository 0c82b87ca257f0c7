"""A suspect that is no one object of the image: drawn from the reference list that was told."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from leakguard.analysis.findings import Link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.explore.wording import Wording


def graph(suspect: Mapping[str, Any], beyond: int, wording: Wording) -> dict[str, Any]:
    """The chain of a suspect as a graph; `beyond` is a number that no node has.

    The nodes are no objects of the image (`placed` is false). What a link on the way retains is not
    known, and told as what the suspect does.
    """
    links = [Link(**link) for link in suspect.get("chain", ())] or [_itself(suspect)]
    retained = int(suspect.get("retained_bytes", 0))
    # the last link is what has gathered, the one before it where that is
    at = len(links) - (2 if len(links) > 1 and links[-1].repeats > 1 else 1)
    nodes = [
        _node(link, beyond + 1 + place, retained, wording.links(links[: place + 1]), wording)
        for place, link in enumerate(links)
    ]
    nodes[at] |= {"role": "suspect", "name": wording.cut(str(suspect.get("holder", "")))}
    edges = [
        {"from": above["id"], "to": below["id"], "label": wording.cut(link.edge), "chain": True}
        for (above, below), link in zip(pairwise(nodes), links[1:], strict=True)
    ]
    nodes.insert(0, nodes.pop(at))
    return {"nodes": nodes, "edges": edges, "more": {"nodes": 0, "bytes": 0}}


def _node(
    link: Link, number: int, retained: int, words: Sequence[str], wording: Wording
) -> dict[str, Any]:
    return {
        "id": number,
        "type": wording.cut(link.type),
        "name": wording.cut(link.name),
        "retained": retained,
        "shallow": 0,
        "count": max(link.repeats, 1),
        "role": "chain",
        "expandable": False,
        "opened": False,
        "placed": False,
        "words": list(words),
    }


def _itself(suspect: Mapping[str, Any]) -> Link:
    """The one link of a suspect of which no chain is known."""
    kind = str((suspect.get("objects") or {}).get("type", ""))
    return Link(kind, str(suspect.get("holder", "")), "", None, None)
