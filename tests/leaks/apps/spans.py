"""py_zipkin: below a root that is not sampled, spans gather in the storage of the thread."""

from __future__ import annotations

from py_zipkin.zipkin import zipkin_client_span, zipkin_span
from serving import serving


def never_sent(message: object) -> None:
    """Takes what a sampled root would send."""


def buy(number: int) -> None:
    with (
        zipkin_span("shop", span_name="buy", transport_handler=never_sent, sample_rate=0),
        zipkin_client_span("shop", span_name="charge"),
    ):
        return


app = serving({"/buy/{n}": buy})
