"""The server's messages in the language of a page: each is found by its English pattern.

Messages are made where something goes wrong, in English, for all who read them: in a log, in a
terminal, as JSON. The catalogue has what they say under `told.`, and their English as it is there.
"""

from __future__ import annotations

import functools
import re

from leakguard.page.catalogue import LANGUAGES, patterns

_OWN = "told."
_PARTS = ("told.and", "told.or")
"""What is said within messages only: as a whole message it could be anything."""
_PLACE = re.compile(r"\{(\w+)\}")


def retold(language: str, text: str) -> str | None:
    """A message in another language, with what is filled in; None where the catalogue has it not.

    What is filled in may be such a message itself.
    """
    said = " ".join(text.split())
    if language == LANGUAGES[0]:
        return said
    return _retold(language, said, whole=True)


def _retold(language: str, text: str, *, whole: bool) -> str | None:
    for key, pattern in _english():
        if whole and key in _PARTS:
            continue
        if found := pattern.fullmatch(text):
            values = {
                place: _retold(language, value, whole=False) or value
                for place, value in found.groupdict().items()
            }
            return patterns(language)[key].format(**values)
    return None


@functools.cache
def _english() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Keys and what they match, those that say most themselves first."""
    own = [(key, text) for key, text in patterns(LANGUAGES[0]).items() if key.startswith(_OWN)]
    own.sort(key=lambda one: -len(_PLACE.sub("", one[1])))
    return tuple((key, _expression(text)) for key, text in own)


def _expression(text: str) -> re.Pattern[str]:
    parts = _PLACE.split(text)  # every second one is the name of a place
    return re.compile(
        "".join(f"(?P<{one}>.+?)" if at % 2 else re.escape(one) for at, one in enumerate(parts))
    )
