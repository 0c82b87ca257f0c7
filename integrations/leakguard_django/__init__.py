"""LeakGuard for Django.

    INSTALLED_APPS = ["leakguard_django", ...]
    MIDDLEWARE = ["leakguard_django.LeakGuard", ...]
    LEAKGUARD = {"token": ...}      # the fields of leakguard.settings.Settings

Then ask `GET /_leak`. `may_view_report` lets staff in beside the token; see the README.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leakguard_django.middleware import LeakGuardMiddleware as LeakGuard
    from leakguard_django.permissions import may_view_report

__all__ = ["LeakGuard", "may_view_report"]


# Imported when asked for: Django imports this package before its apps are ready.
def __getattr__(name: str) -> Any:
    if name == "LeakGuard":
        from leakguard_django.middleware import LeakGuardMiddleware

        return LeakGuardMiddleware
    if name == "may_view_report":
        from leakguard_django.permissions import may_view_report

        return may_view_report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
