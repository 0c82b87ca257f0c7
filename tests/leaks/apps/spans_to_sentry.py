"""sentry-sdk: to pass a span on makes a processor anew, which listens to all events again."""

from __future__ import annotations

import sentry_sdk
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation import set_span_in_context
from sentry_sdk.integrations.opentelemetry.propagator import SentryPropagator
from serving import serving

sentry_sdk.init(dsn=None)
tracer = TracerProvider().get_tracer(__name__)
propagator = SentryPropagator()


def call(number: int) -> None:
    with tracer.start_as_current_span("call") as span:
        propagator.inject({}, set_span_in_context(span))


app = serving({"/call/{n}": call})
