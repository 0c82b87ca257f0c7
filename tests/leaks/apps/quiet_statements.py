"""SQLAlchemy's cache of compiled statements, and an engine's pool."""

from __future__ import annotations

import sqlalchemy
from serving import serving

engine = sqlalchemy.create_engine("sqlite://", query_cache_size=60)
orders = sqlalchemy.Table(
    "orders",
    sqlalchemy.MetaData(),
    *(sqlalchemy.Column(f"column_{at}", sqlalchemy.Integer) for at in range(40)),
)
orders.create(engine)


def report(number):
    columns = [orders.c[(number + at * step) % 40] for step in (1, 3) for at in range(4)]
    with engine.connect() as connection:
        connection.execute(sqlalchemy.select(*columns)).all()


app = serving({"/report/{n}": report})
