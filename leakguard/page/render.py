"""The facts of a page as HTML. Everything that is put into a template is escaped."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import jinja2

from leakguard.page import figures, sentences, static
from leakguard.page.catalogue import LANGUAGES, words
from leakguard.page.chain import link_words, place
from leakguard.page.names import name
from leakguard.page.tables import Tables
from leakguard.report import units

if TYPE_CHECKING:
    from leakguard.page.catalogue import Words
    from leakguard.page.facts import Facts
    from leakguard.page.static import Bundle


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("leakguard.page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "name": name,
        "size": lambda amount: units.size(round(amount)),
        "count": units.count,
        "percent": units.percent,
        "duration": units.duration,
    }
    environment.globals |= {"figures": figures, "place": place, "languages": LANGUAGES}
    return environment


def page(facts: Facts) -> str:
    """The page, complete without JavaScript."""
    said = words(facts.language)
    report = facts.report
    return (
        _environment()
        .get_template("page.html")
        .render(
            facts=facts,
            t=said,
            report=report,
            findings=report.findings if report is not None else None,
            verdict=sentences.verdict(said, report) if report is not None else None,
            advice=sentences.advice(said, report) if report is not None else None,
            doubt=sentences.doubt(said, report) if report is not None else None,
            notes=sentences.notes(said, report.findings) if report is not None else (),
            fix=functools.partial(sentences.fix, said),
            message=functools.partial(sentences.message, said),
            link_words=functools.partial(link_words, said),
            tables=Tables(facts, said),
            href=functools.partial(_href, facts),
            static=functools.partial(_static, facts.base, facts.bundle),
        )
    )


def error(said: Words, status: int, message: str, *, again: str) -> str:
    """A page that says why there is no other; `again` is the query that asks once more."""
    return (
        _environment()
        .get_template("error.html")
        .render(
            t=said,
            status=status,
            message=sentences.message(said, message),
            again=again,
            style=static.base_style(),
        )
    )


def _href(facts: Facts, **changes: str | None) -> str:
    """This page with other parameters; one that is None is left out."""
    wanted = {"format": "html", **facts.query, **changes}
    return "?" + urlencode({key: value for key, value in wanted.items() if value is not None})


def _static(base: str, bundle: Bundle, plain: str) -> str:
    return f"{base}static/{bundle.names[plain]}"
