"""pydantic 1.9: the types that a generic model was made for are kept for good."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import create_model
from pydantic.generics import GenericModel
from serving import serving

Item = TypeVar("Item")


class Page(GenericModel, Generic[Item]):
    item: Item


def listing(number: int) -> None:
    row = create_model("Row", count=(int, 0))
    Page[row](item=row(count=number))  # type: ignore[valid-type]  # made at run time


app = serving({"/listing/{n}": listing})
