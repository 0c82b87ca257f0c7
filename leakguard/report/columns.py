"""Text in columns of a terminal: what is safe to print, how wide it is, how to shorten and wrap it.

A name comes from somebody's code and may hold anything. Whatever could move the cursor, change
colours or turn the direction of writing is shown escaped, as in a Python string.
"""

from __future__ import annotations

import re
import unicodedata

_ELLIPSIS = "…"
_SEVERAL = re.compile(r"…{2,}")
_PARAMETER = re.compile(r"\{[^{}]*\}|<[^<>]*>")
# control, format (direction marks, joiners), surrogate, unassigned, line and paragraph separator
_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
_COMBINING = frozenset({"Mn", "Me"})
_MOST_COMBINING = 2
# words that would be lonely on the next line without the number before them
_AFTER_NUMBER = frozenset(
    ("%", "×", "B", "kB", "MB", "GB", "TB", "PB", "EB", "µs", "ms", "s", "min", "h", "d")
)


def visible(text: str) -> str:
    """The text with everything escaped that is no ordinary character on a line."""
    if text.isascii() and text.isprintable():
        return text
    shown = []
    stacked = 0
    for character in text:
        category = unicodedata.category(character)
        stacked = stacked + 1 if category in _COMBINING else 0
        if category in _UNSHOWABLE or stacked > _MOST_COMBINING or _is_selector(character):
            shown.append(character.encode("unicode_escape").decode("ascii"))
        else:
            shown.append(" " if category == "Zs" else character)
    return "".join(shown)


def width(text: str) -> int:
    """Columns that a ``visible`` text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def fit(text: str, limit: int) -> str:
    """The text in at most ``limit`` columns, cut in the middle: a dotted name's end says most."""
    if width(text) <= limit:
        return text
    if limit <= 1:
        return _ELLIPSIS[: max(limit, 0)]
    tail = _take(text[::-1], (limit - 1) * 2 // 3)[::-1]
    head = _take(text, limit - 1 - width(tail))
    return f"{head}{_ELLIPSIS}{tail.lstrip()}"


def fit_route(route: str, limit: int) -> str:
    """The route in at most ``limit`` columns: its parameters tell least, then its middle."""
    if width(route) > limit:
        route = _PARAMETER.sub(_ELLIPSIS, route)
    return _SEVERAL.sub(_ELLIPSIS, fit(route, limit))


def left(text: str, columns: int) -> str:
    """The text in exactly ``columns`` columns, aligned at the left."""
    fitted = fit(text, columns)
    return fitted + " " * (columns - width(fitted))


def right(text: str, columns: int) -> str:
    """The text in exactly ``columns`` columns, aligned at the right."""
    fitted = fit(text, columns)
    return " " * (columns - width(fitted)) + fitted


def apart(beginning: str, end: str, columns: int) -> str | None:
    """Both texts on one line, ``end`` at its right edge; None when they do not fit."""
    gap = columns - width(beginning) - width(end)
    return f"{beginning}{' ' * gap}{end}" if gap >= 2 else None


def wrap(text: str, columns: int) -> list[str]:
    """The text's words on lines of at most ``columns`` columns; longer words are broken.

    A number and its unit stay together.
    """
    lines: list[str] = []
    line = ""
    for word in _words(text):
        if line and width(line) + 1 + width(word) <= columns:
            line = f"{line} {word}"
            continue
        if line:
            lines.append(line)
        rest = word
        while width(rest) > columns:
            # one column may be too narrow for a wide character: always go on
            piece = _take(rest, columns) or rest[0]
            lines.append(piece)
            rest = rest[len(piece) :]
        line = rest
    return [*lines, line] if line else lines


def _words(text: str) -> list[str]:
    words: list[str] = []
    for word in text.split():
        unit = word.rstrip(",.;:)").removesuffix("/min")
        if words and words[-1][-1].isdigit() and unit in _AFTER_NUMBER:
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words


def _columns(character: str) -> int:
    if unicodedata.category(character) in _COMBINING:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _take(text: str, columns: int) -> str:
    used = 0
    for position, character in enumerate(text):
        used += _columns(character)
        if used > columns:
            return text[:position]
    return text


def _is_selector(character: str) -> bool:
    """Whether the character changes how wide the one before it is drawn."""
    return "\ufe00" <= character <= "\ufe0f"
