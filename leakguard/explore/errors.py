"""What a view cannot answer."""

from __future__ import annotations

from leakguard.errors import LeakGuardError


class ViewError(LeakGuardError):
    """A question that has no answer: `status` is 400 for a wrong parameter, 404 for what is not
    there, 503 where it cannot be answered now."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
