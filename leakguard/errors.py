"""The errors LeakGuard raises: each says what happened, what it means and what to do."""

from __future__ import annotations


class LeakGuardError(Exception):
    """Base of every error that LeakGuard raises on purpose."""


class SettingsError(LeakGuardError, ValueError):
    """An option is unknown or has an unusable value."""


class CaptureError(LeakGuardError):
    """The heap could not be captured; the process that was looked at is unharmed."""


class ImageError(LeakGuardError, ValueError):
    """A heap image is truncated, damaged or not a heap image at all."""


class AnalysisError(LeakGuardError):
    """An image was captured, but its analysis did not end well."""
