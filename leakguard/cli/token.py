"""``leakguard token``: what the endpoint of an app asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.cli.console import as_json
from leakguard.cli.parsing import NOTHING_FOUND, add_verb
from leakguard.errors import LeakGuardError

if TYPE_CHECKING:
    import argparse

    from leakguard.cli.parsing import Parser, Verbs


def add_to(verbs: Verbs) -> Parser:
    """The verb's command line."""
    parser = add_verb(
        verbs,
        "token",
        "print the token that the endpoint of your apps asks for",
        "Print the token that /_leak asks for when the app was given none of its own.",
    )
    parser.add_argument("--app", metavar="NAME", help="the app's name, where its settings give one")
    return parser


def run(options: argparse.Namespace) -> tuple[int, str]:
    """Print it, made where there is none yet."""
    # only this verb needs the endpoint's files
    from leakguard.endpoint.tokens import shared_token

    try:
        token = shared_token(options.app)
    except OSError as error:
        raise LeakGuardError(
            f"the token cannot be kept: {error}; set LEAKGUARD_TOKEN instead"
        ) from error
    return NOTHING_FOUND, as_json({"token": token}) if options.json else token
