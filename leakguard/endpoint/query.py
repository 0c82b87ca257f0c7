"""What a request asks for: how many suspects, between which snapshots, and in which form."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl

from leakguard.endpoint.messages import Refusal
from leakguard.settings import MAX_TOP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.endpoint.messages import EndpointRequest

_FORMATS = ("json", "text")
_MAX_PARAMETERS = 20


class Query(NamedTuple):
    """A checked request: `top` suspects of this worker, of the one whose pid is `worker`, or of
    "all"; or what grew from `start` to `end`. As JSON or as text."""

    top: int
    as_json: bool
    worker: str = ""
    start: str = "baseline"
    end: str = "latest"


def read(request: EndpointRequest, parameters: Sequence[str], default_top: int) -> Query:
    """Raises `Refusal` that says which parameter is wrong, and what is possible."""
    values: dict[str, str] = {}
    for name, value in _pairs(request.query):
        if name not in parameters:
            close = difflib.get_close_matches(name, parameters, n=1)
            hint = f"did you mean {close[0]!r}?" if close else _there_are(parameters)
            raise Refusal(400, f"There is no parameter {shown(name)}; {hint}")
        if name in values:
            raise Refusal(400, f"The parameter {name!r} is given twice; once is enough.")
        values[name] = value
    return Query(
        _top(values.get("top"), default_top),
        _as_json(request, values.get("format")),
        _worker(values.get("worker")),
        values.get("from", "baseline"),
        values.get("to", "latest"),
    )


def _there_are(parameters: Sequence[str]) -> str:
    names = [repr(name) for name in parameters]
    if len(names) == 1:
        return f"there is {names[0]}."
    return f"there are {', '.join(names[:-1])} and {names[-1]}."


def prefers_json(request: EndpointRequest) -> bool:
    """The form of an answer to a request that could not be read, or was refused."""
    try:
        formats = [value for name, value in _pairs(request.query) if name == "format"]
    except Refusal:
        formats = []
    if formats and formats[0] in _FORMATS:
        return formats[0] == "json"
    return _accepts_json(request.header("accept") or "")


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query, keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS
        )
    except ValueError:  # too many fields, or bytes that are no UTF-8
        raise Refusal(400, "The query string cannot be read; an example: ?top=5") from None


def _top(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_TOP):
        raise Refusal(400, f"top must be a whole number from 1 to {MAX_TOP}, not {shown(text)}.")
    return int(text)


def _worker(text: str | None) -> str:
    if text is None or text == "all":
        return text or ""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise Refusal(400, f"worker must be 'all' or the pid of a worker, not {shown(text)}.")
    return str(int(text))


def _as_json(request: EndpointRequest, name: str | None) -> bool:
    if name is None:
        return _accepts_json(request.header("accept") or "")
    if name not in _FORMATS:
        close = difflib.get_close_matches(name, _FORMATS, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        raise Refusal(400, f"format must be 'text' or 'json', not {shown(name)}{hint}")
    return name == "json"


def _accepts_json(accept: str) -> bool:
    """JSON if it is named and no kind of text is liked better: curl's */* is answered by text."""
    json, text = 0.0, 0.0
    for item in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        if media_type == "application/json":
            json = max(json, quality)
        elif media_type.startswith("text/"):
            text = max(text, quality)
    return json > 0 and json >= text


def shown(text: str) -> str:
    """Text of a request, for a message: short, and on one line."""
    return ascii(text if len(text) <= 40 else text[:40] + "...")
