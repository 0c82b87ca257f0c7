"""What the permission `leakguard.view_report` is for. It has no table."""

from __future__ import annotations

from django.db import models


class Report(models.Model):
    """The answer of the endpoint."""

    class Meta:
        managed = False
        default_permissions = ("view",)
