"""A project of Django's, configured once; tests override what they are about."""

from __future__ import annotations

import tempfile

import django
import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from leakguard.endpoint import lockout

TOKEN = "a-token-that-nobody-may-see"
MIDDLEWARE = "leakguard_django.LeakGuard"

if not settings.configured:
    settings.configure(
        SECRET_KEY="only for tests",
        # Of the whole process, and gone with its last connection.
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": "file:leakguard?mode=memory&cache=shared",
            }
        },
    )
    django.setup()


@pytest.fixture(autouse=True)
def project(request, monkeypatch, tmp_path):
    """A project with nothing but LeakGuard and the `urlpatterns` of the test's module."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("LEAKGUARD_TOKEN", raising=False)
    lockout.process_lockout.cache_clear()
    with override_settings(
        ALLOWED_HOSTS=["*"],
        DEBUG=False,
        INSTALLED_APPS=["leakguard_django"],
        LEAKGUARD={"token": TOKEN, "sampling": False, "baseline": False},
        MIDDLEWARE=[MIDDLEWARE],
        ROOT_URLCONF=request.module.__name__,
    ):
        yield
    lockout.process_lockout.cache_clear()


@pytest.fixture(autouse=True)
def examine(nothing_found):
    pass


@pytest.fixture
def counted():
    """counted() -> requests, errors, in flight of each route."""
    from leakguard_django.core import core

    return lambda: {
        row.route: (row.requests, row.errors, row.in_flight) for row in core().ledger.rows()
    }


@pytest.fixture
def users():
    """A project with users, sessions and their tables."""
    apps = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
    with override_settings(
        INSTALLED_APPS=[*apps, "leakguard_django"],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        call_command("migrate", verbosity=0)
        yield
        call_command("flush", interactive=False, verbosity=0)
