"""What the permission `leakguard.view_report` is for. It has no table."""

from __future__ import annotations

from django.db import models


class Report(models.Model):
    """The answer of the endpoint."""

    id = models.AutoField(primary_key=True)  # said here: no project need choose its kind

    class Meta:
        managed = False
        default_permissions = ("view",)
