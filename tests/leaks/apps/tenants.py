"""OpenTelemetry's instrumentation of SQLAlchemy keeps the engines that were disposed of."""

from __future__ import annotations

import sqlalchemy
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from serving import serving

SQLAlchemyInstrumentor().instrument()


def tenant(number: int) -> None:
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("select 1"))
    engine.dispose()


app = serving({"/tenant/{n}": tenant})
