"""Who may read the report without the token: staff with the permission to.

LEAKGUARD = {"authorize": "leakguard_django.may_view_report"}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async

if TYPE_CHECKING:
    from leakguard.endpoint import EndpointRequest

PERMISSION = "leakguard.view_report"


async def may_view_report(request: EndpointRequest) -> bool:
    """Whether the user who is signed in is of the staff and has `leakguard.view_report`."""
    # The user comes from a database, whose connection belongs to the thread of the request.
    return await sync_to_async(_may_view_report)(request.scope["django.request"])


def _may_view_report(request: Any) -> bool:
    user = _user(request)
    return bool(user.is_active and user.is_staff and user.has_perm(PERMISSION))


def _user(request: Any) -> Any:
    """The user, also where the middleware that finds it has not run yet: ours should be first."""
    from django.contrib.auth.middleware import AuthenticationMiddleware
    from django.contrib.sessions.middleware import SessionMiddleware

    if not hasattr(request, "session"):
        SessionMiddleware(_no_response).process_request(request)
    if not hasattr(request, "user"):
        AuthenticationMiddleware(_no_response).process_request(request)
    return request.user


def _no_response(request: Any) -> None:
    """Never called: only what these do before the view is wanted."""
