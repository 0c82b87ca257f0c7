"""django-dirtyfields: each model object leaves a finalizer for a receiver that never goes."""

from __future__ import annotations

import django
from django.conf import settings
from django.db import models
from serving import serving

settings.configure(DEFAULT_AUTO_FIELD="django.db.models.AutoField")
django.setup()

from dirtyfields import DirtyFieldsMixin  # noqa: E402 (it needs settings)


class Order(DirtyFieldsMixin, models.Model):  # type: ignore[misc]  # the package has no types
    amount = models.IntegerField()

    class Meta:
        app_label = "shop"


def order(number: int) -> None:
    Order(amount=number)


app = serving({"/order/{n}": order})
