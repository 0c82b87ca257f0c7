from collections.abc import Iterable
from typing import Final, final

from leakguard.image import HeapImage

TIER_MODULE: Final = 1
TIER_LOOP: Final = 2
TIER_THREAD: Final = 3
TIER_C: Final = 4
TIER_C_REFERRED: Final = 5
TIER_TYPE: Final = 6
TIER_IMMORTAL: Final = 7
TIER_WEAK: Final = 8

ROLE_LOOP: Final = 1
ROLE_WEAK: Final = 2
ROLE_BOUNDED: Final = 4
ROLE_OWN: Final = 8

FLAG_BOUNDED: Final = 1
FLAG_WEAK: Final = 2
FLAG_OWN: Final = 4
FLAG_REPEATS: Final = 8
FLAG_DISTINCT_KEY: Final = 16

@final
class PathTree:
    parent: memoryview[int]
    parent_edge: memoryview[int]
    path_of: memoryview[int]
    @property
    def path_count(self) -> int: ...
    @property
    def reached(self) -> int: ...
    @property
    def reached_objects(self) -> int: ...
    @property
    def reached_bytes(self) -> int: ...
    def __getitem__(
        self, index: int, /
    ) -> tuple[int, int, int, int, int, int, int, int, int, int, int, int, int, int, int, int]: ...
    def heaviest(self, objects: int, size: int, most: int) -> list[int]: ...
    def retained(self, index: int, by_node: memoryview[int]) -> int: ...
    def keys(self) -> bytes: ...
    def other_owners(self, wanted: Iterable[int]) -> dict[int, dict[int, int]]: ...

def hash_strings(
    string_offset: memoryview[int], string_data: memoryview[int]
) -> memoryview[int]: ...
def path_tree(
    image: HeapImage,
    *,
    group: memoryview[int],
    string_hash: memoryview[int],
    type_role: memoryview[int],
    root_node: memoryview[int],
    root_tier: memoryview[int],
    root_own: memoryview[int],
    baseline: bytes | None,
) -> PathTree: ...
