"""Jinja's cache of templates, which is bounded, and its caches of lexers and attributes."""

from __future__ import annotations

import jinja2
from serving import serving

environment = jinja2.Environment(
    loader=jinja2.FunctionLoader(lambda name: "{{ rows | length }} of " + name),
    cache_size=50,
    autoescape=True,
)


def page(number):
    environment.get_template(f"page {number % 120}").render(rows=[number])
    environment.from_string("{{ rows[0] }}").render(rows=[number])


app = serving({"/page/{n}": page})
