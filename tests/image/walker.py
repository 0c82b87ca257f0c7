"""Touches everything a heap image offers; as a script, does so to hostile ones within limits.

The script reads images from standard input (8 bytes of length, then the bytes) and prints one line
for each: "walked", or "refused" and the message.
"""

from __future__ import annotations

import faulthandler
import resource
import sys

from leakguard.errors import ImageError
from leakguard.image import EdgeKind, HeapImage, RootKind, SampleKind, SampleTable, TypeKind
from leakguard.image.format import NO_NODE


def walk(image: HeapImage) -> int:
    """Use every accessor with every index that the image itself provides; how many uses."""
    uses = 0
    for type_index in range(image.type_count):
        image.type_name(type_index).encode()
        TypeKind(image.type_kind[type_index])
        image.type_ident_of(type_index)
        uses += image.type_folded_count[type_index] + image.type_folded_bytes[type_index] >= 0
    for node in range(image.node_count):
        image.type_name(image.node_type[node])
        image.type_name(image.folded_type[node])
        image.ident_of(node)
        image.bound_of(node)
        uses += image.node_address[node] + image.node_folded[node] >= 0
        for edge in image.edges(node):
            label = image.label(edge)
            EdgeKind(label.kind)
            label.name.encode()
            uses += image.node_size[image.edge_target[edge]] >= 0
    for node, kind in zip(image.root_node, image.root_kind, strict=True):
        RootKind(kind)
        uses += image.node_size[node] >= 0
    for node, ident in zip(image.named_node, image.named_ident, strict=True):
        found = image.ident_of(node)
        assert found is not None
        assert found.name == image.string(image.ident_name[ident])
    for node, limit in zip(image.bound_node, image.bound_limit, strict=True):
        assert image.bound_of(node) == limit
    assert sum(image.node_size) < 1 << 63
    assert image.coverage is None or image.coverage >= 0
    repr(image.meta).encode()
    if image.samples is not None:
        uses += walk_samples(image, image.samples)
    return uses + len(image.stats)


def walk_samples(image: HeapImage, samples: SampleTable) -> int:
    names = samples.route_names
    assert len(names) == len(samples.route_requests)
    for name in names:
        name.encode()
    stacks = [samples.frames(stack) for stack in range(samples.stack_count)]
    assert stacks[0] == ()
    for frame in (frame for stack in stacks for frame in stack):
        (frame.file + frame.function).encode()
    uses = 0
    for index in range(len(samples)):
        node = samples.node[index]
        uses += node == NO_NODE or image.node_size[node] >= 0
        uses += samples.route_requests[samples.route[index]] >= 0
        uses += len(stacks[samples.stack[index]])
        SampleKind(samples.kind[index])
        uses += samples.age_ms[index] + samples.requests[index] >= 0
    assert sum(samples.bytes) < 1 << 63
    assert sum(samples.size) < 1 << 63
    repr(samples)
    return uses


def main() -> None:
    faulthandler.dump_traceback_later(100, exit=True)
    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    while length := sys.stdin.buffer.read(8):
        data = sys.stdin.buffer.read(int.from_bytes(length, "little"))
        try:
            with HeapImage(data) as image:
                walk(image)
            print("walked")
        except ImageError as error:
            print("refused", error)


if __name__ == "__main__":
    main()
