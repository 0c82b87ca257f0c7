"""What a request asks for: how many suspects, between which snapshots, and in which form."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Literal, NamedTuple, cast
from urllib.parse import parse_qsl

from leakguard.endpoint.messages import Refusal
from leakguard.page.catalogue import LANGUAGES, preferred
from leakguard.settings import MAX_TOP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.endpoint.actions import Action
    from leakguard.endpoint.messages import EndpointRequest

Form = Literal["text", "json", "html"]
_PAGE = ("lang", "fresh", "from", "to")
"""Parameters of the page alone."""
_MAX_PARAMETERS = 20


class Query(NamedTuple):
    """A checked request: `top` suspects of this worker, of the one whose pid is `worker`, or of
    "all"; or what grew from `start` to `end`. As text, as JSON or as a page.

    The page is in `language`, of a snapshot taken for it if `fresh`; `given` are its parameters as
    they came."""

    top: int
    form: Form
    worker: str = ""
    start: str = "baseline"
    end: str = "latest"
    language: str = ""
    fresh: bool = False
    given: Mapping[str, str] = {}

    @property
    def as_json(self) -> bool:
        """Whether the answer is for a program."""
        return self.form == "json"


def read(request: EndpointRequest, action: Action, default_top: int) -> Query:
    """Raises `Refusal` that says which parameter is wrong, and what is possible."""
    form = _form(request, action.forms)
    parameters = action.parameters + (_PAGE if form == "html" else ())
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
        form,
        _worker(values.get("worker")),
        values.get("from", "baseline"),
        values.get("to", "latest"),
        _language(request, values.get("lang")),
        values.get("fresh", "") not in ("", "0"),
        values,
    )


def language(request: EndpointRequest) -> str:
    """The language for a request that was refused."""
    try:
        given = dict(_pairs(request.query)).get("lang")
    except Refusal:
        given = None
    return given if given in LANGUAGES else preferred(request.header("accept-language"))


def _language(request: EndpointRequest, name: str | None) -> str:
    if name is None:
        return preferred(request.header("accept-language"))
    if name not in LANGUAGES:
        raise Refusal(400, f"lang must be 'en' or 'zh', not {shown(name)}.")
    return name


def _there_are(parameters: Sequence[str]) -> str:
    names = [repr(name) for name in parameters]
    if len(names) == 1:
        return f"there is {names[0]}."
    return f"there are {', '.join(names[:-1])} and {names[-1]}."


def form_of_error(request: EndpointRequest) -> Form:
    """The form of an answer to a request that could not be read, or was refused."""
    forms: tuple[Form, ...] = ("json", "text", "html")
    try:
        return _form(request, forms)
    except Refusal:
        return _accepted(request.header("accept") or "", forms)


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


def _form(request: EndpointRequest, forms: Sequence[Form]) -> Form:
    given = [value for name, value in _pairs(request.query) if name == "format"]
    if not given:
        return _accepted(request.header("accept") or "", forms)
    name = given[0]
    if name not in forms:
        close = difflib.get_close_matches(name, forms, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        *others, last = (repr(form) for form in sorted(forms, key=("text", "json", "html").index))
        possible = f"{', '.join(others)} or {last}" if others else last
        raise Refusal(400, f"format must be {possible}, not {shown(name)}{hint}")
    return cast("Form", name)


def _accepted(accept: str, forms: Sequence[Form]) -> Form:
    """JSON if it is named and no kind of text is liked better, the page if HTML is named and plain
    text is not liked as well: curl's */* is answered by text."""
    json, text, html, plain = 0.0, 0.0, 0.0, 0.0
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
        if media_type in ("text/html", "application/xhtml+xml"):
            html = max(html, quality)
        elif media_type in ("text/plain", "text/*"):
            plain = max(plain, quality)
    if "json" in forms and json > 0 and json >= text:
        return "json"
    if "html" in forms and html > plain:
        return "html"
    return "text" if "text" in forms else forms[0]


def shown(text: str) -> str:
    """Text of a request, for a message: short, and on one line."""
    return ascii(text if len(text) <= 40 else text[:40] + "...")
