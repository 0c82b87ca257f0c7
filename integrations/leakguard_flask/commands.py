"""`flask leakguard VERB`: the command line of LeakGuard, for this app.

`token` prints the token that the settings of the app name; the other verbs are those of the command
`leakguard`, with the exit status that they have there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import AppGroup

from leakguard import cli
from leakguard.endpoint.tokens import token_of
from leakguard.errors import LeakGuardError

if TYPE_CHECKING:
    from leakguard.settings import Settings

_OF_AN_APP = {
    "top": "Report on the running app.",
    "snapshot": "Save a heap image of the running app.",
}
_OTHERS = {
    "workers": "List the apps and workers of this host.",
    "open": "Report on a saved heap image.",
    "diff": "Tell what grew between two heap images.",
}

group = AppGroup("leakguard", help="Find what leaks in this app.")


class _Failed(click.ClickException):
    exit_code = 2  # as of the command `leakguard`


@group.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def token(as_json: bool) -> None:
    """Print the token that the endpoint asks for."""
    try:
        found = token_of(_settings())
    except LeakGuardError as error:
        raise _Failed(str(error)) from error
    click.echo(json.dumps({"token": found}, indent=2) if as_json else found)


def _add(verb: str, what: str) -> None:
    # --help too is the verb's own.
    @group.command(
        verb, help=what, add_help_option=False, context_settings={"ignore_unknown_options": True}
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def run(arguments: tuple[str, ...]) -> None:
        given = list(arguments)
        named = any(word.split("=")[0] == "--app" for word in given)
        name = _settings().app_name
        if verb in _OF_AN_APP and name and not named:
            given = ["--app", name, *given]
        if status := cli.main([verb, *given]):
            raise SystemExit(status)


for _verb, _what in (_OF_AN_APP | _OTHERS).items():
    _add(_verb, _what)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["leakguard"].settings
    return settings
