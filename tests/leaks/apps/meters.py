"""OpenTelemetry's SDK keeps every metric reader that it has ever seen in a set of the class."""

from __future__ import annotations

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from serving import serving


def measure(number: int) -> None:
    provider = MeterProvider([InMemoryMetricReader()])
    provider.get_meter("requests").create_counter("done").add(1)
    provider.shutdown()


app = serving({"/measure/{n}": measure})
