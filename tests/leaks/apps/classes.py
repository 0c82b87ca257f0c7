"""A class is made for each request, and a registry of the base keeps it."""

from __future__ import annotations

from serving import serving


class Model:
    registry = {}  # noqa: RUF012 (shared by all, which is the leak)

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        Model.registry[f"{cls.__name__} {len(Model.registry)}"] = cls


def schema(number):
    type("Row", (Model,), {"number": number})


app = serving({"/schema/{n}": schema})
