"""The one thread of this process that waits for everything that its workers are to do.

It sleeps in the kernel until somebody connects to one of them, a worker has words to write, or an
app is gone. It holds the seats of the workers and never the workers themselves: an app lives for as
long as whoever made it wants.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING

from leakguard.guard import Guard
from leakguard.workers import native

if TYPE_CHECKING:
    from leakguard.workers.seat import Seat

_PAUSE_MILLISECONDS = 200
_AGAIN_SECONDS = 10.0
_NO_DOOR = (errno.EBADF, errno.ENOTSOCK, errno.EINVAL, errno.EOPNOTSUPP)


class _PipeIsGoneError(Exception):
    pass


class Porter:
    """Calls `Seat.on_wake` of a seat that was woken, and when that said so; accepts for its
    listener; and lets go of it when it is left.

    Its pipe stays open for as long as the process lives: whoever wakes needs no lock, and can do it
    in any thread and at any moment, as while garbage is collected.
    """

    def __init__(self) -> None:
        self._guard = Guard()
        self._lock = native.lock()
        self._is_running = False
        self._woken: deque[Seat] = deque()
        self._seats: dict[Seat, float | None] = {}  # when to call each again
        self._doors: dict[int, Seat] = {}  # by the descriptor of the listening socket
        self._reader, self._writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def add(self, seat: Seat) -> None:
        """Care for it from now on. RuntimeError if the system has no thread left."""
        with self._lock:
            self._seats[seat] = None
            self.wake(seat)
            if not self._is_running:
                native.start_thread(self._run, "leakguard-workers")
                self._is_running = True

    def wake(self, seat: Seat) -> None:
        """Have its `on_wake` called soon, or see that it was left. Costs a microsecond."""
        self._woken.append(seat)
        with contextlib.suppress(OSError):  # full: it wakes; closed: in the child of a fork
            os.write(self._writer, b"w")

    def seats(self) -> list[Seat]:
        """Those that it cares for."""
        with self._lock:
            return list(self._seats)

    def let_go(self) -> None:
        """Close what the child of a fork, which has no such thread, has of it."""
        for seat in list(self._seats):
            seat.let_go()
        reader, writer = self._reader, self._writer
        self._reader = self._writer = -1
        for descriptor in (reader, writer):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _run(self) -> None:
        poll = native.poll()
        poll.register(self._reader, select.POLLIN)
        while not self._is_over():
            try:
                ready = [descriptor for descriptor, _ in poll.poll(self._wait())]
                if self._reader in ready:
                    self._read(poll)
                self._call_those_due()
                for descriptor in ready:
                    self._open(poll, descriptor)
            except _PipeIsGoneError:
                return  # somebody has closed every file: nobody could wake it
            except Exception as error:
                self._guard.report(error)
                native.poll().poll(_PAUSE_MILLISECONDS)

    def _is_over(self) -> bool:
        with self._lock:
            if not self._seats:
                self._is_running = False
            return not self._is_running

    def _wait(self) -> float | None:
        due = [at for at in list(self._seats.values()) if at is not None]
        return max(0.0, min(due) - monotonic()) * 1_000 if due else None

    def _read(self, poll: select.poll) -> None:
        try:
            os.read(self._reader, 4096)
        except BlockingIOError:
            pass
        except OSError as error:
            raise _PipeIsGoneError from error
        while self._woken:
            seat = self._woken.popleft()
            if seat.is_left:
                self._dismiss(poll, seat)
            elif seat in self._seats:
                self._seats[seat] = monotonic()
                if seat.listener is not None and seat.listener.descriptor not in self._doors:
                    self._doors[seat.listener.descriptor] = seat
                    poll.register(seat.listener.descriptor, select.POLLIN)

    def _dismiss(self, poll: select.poll, seat: Seat) -> None:
        with self._lock:
            self._seats.pop(seat, None)
        if seat.listener is not None:
            self._shut(poll, seat.listener.descriptor)
            seat.listener.close()

    def _shut(self, poll: select.poll, door: int) -> None:
        if self._doors.pop(door, None) is not None:
            poll.unregister(door)

    def _call_those_due(self) -> None:
        for seat, at in list(self._seats.items()):
            if at is None or at > monotonic():
                continue
            self._seats[seat] = monotonic() + _AGAIN_SECONDS  # where it fails
            pause = seat.on_wake()
            self._seats[seat] = None if pause is None else monotonic() + pause

    def _open(self, poll: select.poll, door: int) -> None:
        seat = self._doors.get(door)
        if seat is None or seat.listener is None:
            return
        try:
            seat.listener.accept()
        except OSError as error:
            if error.errno not in _NO_DOOR:
                raise
            self._shut(poll, door)  # somebody has closed it, and may have another file there


def porter() -> Porter:
    """That of this process, made when it is first needed. OSError if no more files may be open."""
    global _porter
    with _making:
        if _porter is None:
            _porter = Porter()
        return _porter


def leave_all() -> None:
    """Leave every seat that is taken; the process ends."""
    seats = _porter.seats() if _porter is not None else []
    for seat in seats:
        seat.leave_at_exit()


def let_go() -> None:
    """In the child of a fork: the porter of its parent is none here."""
    global _porter, _making
    _making = native.lock()  # another thread of the parent may have held it
    parents, _porter = _porter, None
    if parents is not None:
        parents.let_go()


_porter: Porter | None = None
_making = native.lock()
