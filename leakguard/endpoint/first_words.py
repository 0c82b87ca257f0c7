"""What an app that was given no token is told about it when it starts."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from leakguard.endpoint.tokens import app_token

if TYPE_CHECKING:
    from leakguard.settings import Settings

logger = logging.getLogger("leakguard")


def token_at_start(settings: Settings) -> str | None:
    """The token that the workers of this app share; None if the settings name who may ask.

    Also None if none can be kept safely: the app starts all the same, the log says why, and the
    endpoint lets nobody in.
    """
    if settings.token is not None or settings.authorize is not None:
        return None
    try:
        token = app_token(settings.app_name)
    except Exception as error:
        logger.error("%s is closed: %s", settings.path, error)
        return None
    if sys.stderr is not None and sys.stderr.isatty():
        # Past the logging handlers, which may well write to a file.
        print(
            f"leakguard: curl -H 'Authorization: Bearer {token}' <address>{settings.path}",
            file=sys.stderr,
        )
    else:
        logger.warning(
            "no token is set for %s, so one was made; `leakguard token` prints it", settings.path
        )
    return token
