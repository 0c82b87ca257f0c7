from collections.abc import Callable, Sequence

from leakguard.capture.allocations import Packed

class Progress:
    """How far a capture is; read from memory that its child writes."""

    @property
    def phase(self) -> str: ...
    @property
    def failure(self) -> str: ...
    @property
    def processed(self) -> int: ...
    @property
    def expected(self) -> int: ...
    @property
    def type_address(self) -> int: ...
    @property
    def stats_offset(self) -> int: ...
    @property
    def cpu_seconds(self) -> float: ...
    @property
    def mapped_bytes(self) -> int: ...
    @property
    def objects(self) -> int: ...

class ChildCapture:
    """A forked child that walks the heap as it was at the fork. OSError where clone is refused.

    `fds` become descriptors 3, 4, … of the child, all others are closed; the image is written to
    the first. With `argv` the child then becomes that program. `tables` is the capsule of the
    sampler's tables; their samples are written if `routes` are given (`allocations.pack`).
    """

    progress: Progress
    pid: int
    pause_ns: int
    pause_cpu_ns: int
    def __init__(
        self,
        meta: bytes,
        salt: int,
        memory_budget: int,
        cpu_seconds: int,
        fds: Sequence[int],
        argv: Sequence[bytes] | None,
        tables: object = None,
        routes: Packed | None = None,
    ) -> None: ...
    def wait(self, milliseconds: int) -> bool: ...
    def kill(self) -> None: ...
    def reap(self) -> int: ...

def capture_inline(
    meta: bytes,
    salt: int,
    memory_budget: int,
    fd: int,
    tables: object = None,
    routes: Packed | None = None,
) -> tuple[Progress, int]: ...
def run_apart(
    argv: Sequence[bytes],
    environment: Sequence[bytes],
    fds: Sequence[int],
    launched: Callable[[], object],
) -> None:
    """Run a program, call `launched`, and return when the program has ended.

    No waitpid(-1) of this process meets it, nor does a signal tell of its end. `fds`, at most 8,
    are its descriptors 3, 4, …, and all others are closed; standard input, output and errors are
    /dev/null. It is killed with the calling thread. OSError where clone is denied.
    """

def bare_fork() -> tuple[int, int]: ...
def layout_problem() -> str | None: ...
def learn_mmap(mapping: object, size: int) -> None: ...
def learn_numpy(array: object, nbytes: int) -> None: ...
