from leakguard.routes._flight import Slot

UNSEEN: int
STRONG: int
WEAK: int
MAX_LIVE: int

def layout_problem() -> str | None:
    """What the running interpreter disagrees with, of what this was built for; None: nothing."""

def start(interval: float, depth: int = ...) -> None:
    """Hooks the allocators: a sample each `interval` bytes on average, stacks of `depth` frames."""

def stop() -> bool:
    """Ends sampling and forgets all samples; false: another tool's hook still leads here, so that
    the hooks stay and pass everything on."""

def running() -> bool: ...
def seed(number: int) -> None:
    """Makes the samples of a test repeatable."""

def set_late(seconds: float) -> None:
    """How long what a request has left running counts as its own. What allocates after that serves
    all requests: it is nobody's, with all that it has allocated since the request ended."""

def set_interval(interval: float) -> None:
    """Changes the mean gap from here on; a longer one thins what was sampled with a shorter."""

def maintain() -> bool:
    """Puts the hooks back that another tool took away, and forgets stacks that no sample has.

    False: hooks had been lost. What was freed meanwhile is not known, so sampling starts again with
    an empty table.
    """

def clear() -> None: ...
def forget_unused_stacks() -> None:
    """Let go of the code objects of stacks that no live sample has."""

def counts() -> dict[str, float]:
    """live, sites, taken, thinned, dropped, restarts; apart: whether sampled blocks are kept out of
    the allocator's arenas; in bytes interval, base_interval, memory."""

def totals() -> dict[int, tuple[float, float, float]]:
    """By route: strong and weak live bytes, and the variance of their sum."""

def look() -> None:
    """Tells strong samples from weak ones, of those that nobody has looked at yet."""

def pymalloc_report() -> bytes:
    """What `sys._debugmallocstats()` would print of the allocator below our hook; it says nothing
    of its own while it is hooked."""

def samples() -> list[tuple[int, int, int, int, float, float, int, int, int]]:
    """Every live sample: address, route, site, serial of the site, weight (bytes it stands for),
    age in seconds, requests since, size, kind."""

def stack(site: int, serial: int) -> list[tuple[str, int, str]]:
    """The file, line and qualified name of each frame of a site, the innermost first; empty if it
    is no longer known."""

def slot_seen() -> Slot | None:
    """The slot that an allocation made now would belong to, as the hooks see it."""
