from collections.abc import Sequence
from typing import final

NONE: int

@final
class Column:
    def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class DominatorTree:
    immediate: memoryview[int]
    retained: memoryview[int]
    heavy: memoryview[int]
    child_offset: memoryview[int]
    child: memoryview[int]
    order: memoryview[int]
    node_count: int
    reached: int
    retained_bytes: int

@final
class PathTree:
    parent: memoryview[int]
    parent_edge: memoryview[int]
    tier: memoryview[int]
    order: memoryview[int]
    reached: int

def dominator_tree(
    edge_offset: memoryview[int],
    edge_target: memoryview[int],
    node_size: memoryview[int],
    root_node: memoryview[int],
) -> DominatorTree: ...
def path_tree(
    edge_offset: memoryview[int],
    edge_target: memoryview[int],
    root_node: memoryview[int],
    root_tier: memoryview[int],
) -> PathTree: ...
def histogram(
    tree: DominatorTree,
    node_type: memoryview[int],
    node_size: memoryview[int],
    type_count: int,
) -> tuple[memoryview[int], memoryview[int], memoryview[int]]: ...
def group_column(
    node_type: memoryview[int],
    type_count: int,
    named_node: memoryview[int],
    named_ident: memoryview[int],
) -> memoryview[int]: ...
def gatherings(
    paths: PathTree,
    tree: DominatorTree,
    group: memoryview[int],
    group_count: int,
    least_bytes: int,
    least_count: int,
) -> list[tuple[int, int, int, int, int]]: ...
def linked_chains(
    tree: DominatorTree,
    group: memoryview[int],
    least_bytes: int,
    least_repeats: int,
) -> list[tuple[int, int, int, int, int]]: ...
def nearest_marked(
    parent: memoryview[int], order: memoryview[int], marked: Sequence[int]
) -> memoryview[int]: ...
def large_nodes(node_size: memoryview[int], least_bytes: int) -> list[int]: ...
def subtree_counts(tree: DominatorTree) -> memoryview[int]: ...
def references_to(
    edge_target: memoryview[int], node: int, skipped: int, most: int
) -> tuple[int, list[int]]: ...
