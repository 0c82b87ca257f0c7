"""The words of the page: one catalogue a language, flat keys, `{name}` for what is filled in."""

from __future__ import annotations

import functools
import json
from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from leakguard.page.names import name

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("en", "zh")
"""The first is what a reader gets who wants none of them."""


class Words:
    """The catalogue of one language. Calling it gives HTML."""

    def __init__(self, language: str, patterns: Mapping[str, str]) -> None:
        self.language = language
        self._patterns = patterns

    def __call__(self, key: str, /, **values: object) -> Markup:
        """The words of `key` with `values` in their places; what is no `Markup` is escaped.

        Raises KeyError for a key or a place that there is not.
        """
        pattern = escape(self._patterns[key])
        return pattern.format(**values) if values else pattern

    def __contains__(self, key: str) -> bool:
        return key in self._patterns

    def route(self, route: str) -> Markup:
        """A route's name; what stands for several routes in words."""
        return self(f"route.{route}") if f"route.{route}" in self else name(route)

    def listed(self, items: list[Markup]) -> Markup:
        """`a, b and c`."""
        if len(items) < 2:
            return Markup("").join(items)
        first = functools.reduce(lambda a, b: self("say.list", first=a, second=b), items[:-1])
        return self("say.and", first=first, last=items[-1])


@functools.cache
def patterns(language: str) -> Mapping[str, str]:
    """The catalogue as it stands in the file."""
    text = files("leakguard.page").joinpath("words", f"{language}.json").read_text("utf-8")
    loaded: dict[str, str] = json.loads(text)
    return loaded


@functools.cache
def words(language: str) -> Words:
    """The words of one of `LANGUAGES`."""
    return Words(language, patterns(language))


def preferred(accept: str | None) -> str:
    """The language that an Accept-Language header likes best; `zh-CN` and `zh-TW` are `zh`."""
    liked = [(0.0, LANGUAGES[0])]
    for item in (accept or "").split(","):
        tag, *parameters = (part.strip().lower() for part in item.split(";"))
        language = tag.partition("-")[0]
        if language in LANGUAGES:
            liked.append((_quality(parameters), language))
    # Of those that are liked equally the first is meant.
    return max(liked, key=lambda one: one[0])[1]


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
