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
    words = FirstWords(settings)
    words.say()
    return words.token


class FirstWords:
    """The same in two parts, for an app that may be made without being served: `token`, and what
    is said of it."""

    def __init__(self, settings: Settings) -> None:
        self.token: str | None = None
        self._path = settings.path
        self._error: Exception | None = None
        if settings.token is None and settings.authorize is None:
            try:
                self.token = app_token(settings.app_name)
            except Exception as error:
                self._error = error

    def say(self) -> None:
        """Tell whoever has started the app; nothing the second time."""
        error, self._error = self._error, None
        path, self._path = self._path, ""
        if error is not None:
            logger.error("%s is closed: %s", path, error)
        elif self.token is None or not path:
            return
        elif sys.stderr is not None and sys.stderr.isatty():
            # Past the logging handlers, which may well write to a file.
            print(
                f"leakguard: curl -H 'Authorization: Bearer {self.token}' <address>{path}",
                file=sys.stderr,
            )
        else:
            logger.warning(
                "no token is set for %s, so one was made; `leakguard token` prints it", path
            )
