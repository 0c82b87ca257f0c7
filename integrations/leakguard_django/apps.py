"""The Django app: its checks, its command, its permission."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks


class LeakGuardConfig(AppConfig):
    name = "leakguard_django"
    label = "leakguard"
    verbose_name = "LeakGuard"

    def ready(self) -> None:
        from leakguard_django.checks import CHECKS

        for check in CHECKS:
            checks.register(check, "leakguard")
