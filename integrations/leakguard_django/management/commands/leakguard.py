"""`manage.py leakguard token`: the token that the endpoint of this project asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leakguard.endpoint.tokens import shared_token
from leakguard.errors import LeakGuardError
from leakguard_django import conf

if TYPE_CHECKING:
    from leakguard.settings import Settings


class Command(BaseCommand):
    help = "What LeakGuard knows of this project."
    requires_system_checks: list[str] = []  # noqa: RUF012  # as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
        verbs.add_parser("token", help="print the token that the endpoint asks for")

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Print what was asked for. Raises `CommandError` if there is none."""
        try:
            self.stdout.write(_token(conf.build()))
        except LeakGuardError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(
                f"the token cannot be kept: {error}; set LEAKGUARD_TOKEN instead"
            ) from error


def _token(settings: Settings) -> str:
    if settings.token:
        return settings.token
    if settings.authorize:
        raise LeakGuardError(
            "there is no token: LEAKGUARD['authorize'] decides who may ask; "
            "set LEAKGUARD['token'] to have one beside it"
        )
    return shared_token(settings.app_name)
