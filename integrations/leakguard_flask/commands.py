"""`flask leakguard`: what can be asked about the app from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import AppGroup

from leakguard.endpoint.tokens import shared_token
from leakguard.errors import LeakGuardError

if TYPE_CHECKING:
    from leakguard.wsgi import LeakGuard

group = AppGroup("leakguard", help="Find what leaks in this app.")


@group.command()
def token() -> None:
    """Print the token that a reader of the endpoint needs."""
    guarded: LeakGuard = current_app.extensions["leakguard"]
    settings = guarded.settings
    if settings.token is None and settings.authorize is not None:
        raise click.ClickException(
            f"{settings.path} has no token: the function in `authorize` decides who may ask."
        )
    try:
        click.echo(settings.token or shared_token(settings.app_name))
    except LeakGuardError as error:
        raise click.ClickException(str(error)) from error
