"""What a comparison of summaries finds: holders under which objects gather."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leakguard.analysis.findings import Link
    from leakguard.analysis.growth_series import Word
    from leakguard.analysis.growth_summary import Summary


@dataclass(frozen=True, slots=True)
class GrownPath:
    """A holder under which objects gather from one summary to the next.

    `growth_objects` and `growth_bytes` are what it gained over the intervals compared, `objects`
    and `bytes` how much there was in each summary of what gained; `object_count` and `held_bytes`
    are of all that it holds now, whenever that came. `seconds` and `requests` passed meanwhile.
    `held_from_c`: nothing in Python refers to them; `linked`: each keeps the one before it alive.
    `chain` leads from the root to the objects. `holder_key` and `member_key` find the two paths in
    the summaries. `dense` is False where it gained little for each request, though much in all.
    `alike_keys` are the keys of other holders that are counted with it, as nobody could tell them
    apart by their names.
    `limit` is how many entries the holder may take, 0 where it has no bound; `bounded` says that it
    stops gaining by itself.
    """

    holder: str
    verdict: Word
    confidence: float
    object_type: str
    object_count: int
    growth_objects: int
    growth_bytes: int
    objects: tuple[int, ...]
    bytes: tuple[int, ...]
    seconds: float
    requests: int | None
    held_from_c: bool
    holds_weakly: bool
    linked: bool
    chain: tuple[Link, ...]
    holder_key: int
    member_key: int
    dense: bool = True
    alike_keys: tuple[int, ...] = ()
    limit: int = 0
    bounded: bool = False
    held_bytes: int = 0

    @property
    def bytes_per_request(self) -> float | None:
        """Bytes gained for each request of the whole app, None where nobody counts them."""
        return self.growth_bytes / self.requests if self.requests else None

    @property
    def bytes_per_minute(self) -> float:
        """Bytes gained a minute."""
        return 60 * self.growth_bytes / self.seconds if self.seconds > 0 else 0.0


def requests_between(before: Summary, after: Summary) -> int | None:
    """Requests that ended between two summaries, None where that is not known."""
    if before.requests is None or after.requests is None:
        return None
    return max(0, after.requests - before.requests)
