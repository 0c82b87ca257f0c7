"""`manage.py leakguard VERB`: the command line of LeakGuard, for this project.

`token` prints the token that the settings of the project name; the other verbs are those of the
command `leakguard`, with the exit status that they have there.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leakguard import cli
from leakguard.endpoint.tokens import token_of
from leakguard.errors import LeakGuardError
from leakguard_django import conf

_OF_AN_APP = ("top", "snapshot")
_VERBS = (*_OF_AN_APP, "workers", "open", "diff", "token")


class Command(BaseCommand):
    help = "What LeakGuard knows of this project; `leakguard VERB --help` tells more."
    requires_system_checks: list[str] = []  # noqa: RUF012  # as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", metavar="VERB", choices=_VERBS, help=", ".join(_VERBS))
        parser.add_argument(
            "arguments", metavar="...", nargs=argparse.REMAINDER, help="those of the verb"
        )

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Print what was asked for. Raises `CommandError` if there is none."""
        verb, given = options["verb"], options["arguments"]
        try:
            settings = conf.build()
            if verb == "token" and given in ([], ["--json"]):
                token = token_of(settings)
                self.stdout.write(json.dumps({"token": token}, indent=2) if given else token)
                return
        except LeakGuardError as error:
            raise CommandError(str(error), returncode=2) from error
        named = any(word.split("=")[0] == "--app" for word in given)
        if verb in _OF_AN_APP and settings.app_name and not named:
            given = ["--app", settings.app_name, *given]
        if status := cli.main([verb, *given]):
            raise SystemExit(status)
