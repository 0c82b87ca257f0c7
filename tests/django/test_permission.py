"""Staff with the permission may read the report; the token works beside it."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient, Client, override_settings

from leakguard_django.permissions import PERMISSION

TOKEN = "a-token-that-nobody-may-see"
OURS = "leakguard_django.LeakGuard"
AUTH = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
urlpatterns = []


@pytest.fixture(autouse=True)
def hook(users):
    given = {"token": TOKEN, "authorize": "leakguard_django.may_view_report", "sampling": False}
    with override_settings(LEAKGUARD=given, MIDDLEWARE=[OURS, *AUTH]):
        yield


def person(*, staff=True, permitted=True, active=True, superuser=False):
    from django.contrib.auth.models import Permission, User

    user = User.objects.create(
        username="ann", is_staff=staff, is_active=active, is_superuser=superuser
    )
    if permitted:
        label, codename = PERMISSION.split(".")
        user.user_permissions.add(
            Permission.objects.get(codename=codename, content_type__app_label=label)
        )
    return user


def status(user, **headers):
    client = Client()
    if user is not None:
        client.force_login(user)
    return client.get("/_leak", headers=headers).status_code


def test_staff_with_the_permission_is_let_in():
    assert status(person()) == 200


def test_a_superuser_is_let_in():
    assert status(person(permitted=False, superuser=True)) == 200


@pytest.mark.parametrize("missing", ["staff", "permitted", "active"])
def test_who_lacks_one_of_them_is_not(missing):
    assert status(person(**{missing: False})) == 401


def test_a_stranger_needs_the_token():
    assert status(None) == 401
    assert status(None, Authorization=f"Bearer {TOKEN}") == 200


def test_the_order_of_the_middleware_does_not_matter():
    with override_settings(MIDDLEWARE=[*AUTH, OURS]):
        assert status(person()) == 200


def test_under_asgi_too():
    user = person()

    async def ask():
        client = AsyncClient()
        assert (await client.get("/_leak")).status_code == 401
        await sync_to_async(client.force_login)(user)
        answer = await client.get("/_leak")
        await sync_to_async(connections.close_all)()
        return answer.status_code

    assert asyncio.run(ask()) == 200


def test_without_users_in_the_project_the_token_alone_decides(caplog):
    with override_settings(INSTALLED_APPS=["leakguard_django"]):
        assert status(None) == 401
        assert status(None, Authorization=f"Bearer {TOKEN}") == 200
