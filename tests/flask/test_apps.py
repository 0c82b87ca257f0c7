"""Several apps in one process: each has its own figures, endpoint and settings."""

from __future__ import annotations

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client
from werkzeug.wrappers import Response

from leakguard.errors import SettingsError
from leakguard_flask import LeakGuard

BEARER = {"Authorization": "Bearer a-token-that-nobody-may-see"}
RULE = "/items/<int:number>"


@pytest.fixture
def apps(make_app):
    """Two apps with the same rules that one extension object watches."""
    made = make_app(), make_app()
    leakguard = LeakGuard()
    for number, app in enumerate(made):
        app.add_url_rule(RULE, "items", lambda number, app=app: f"{app.config['LEAKGUARD_TOP']}")
        app.config["LEAKGUARD_TOP"] = number + 1
        leakguard.init_app(app)
    return made


def get(client, *paths):
    return [client.get(path, headers=BEARER, buffered=True) for path in paths]


def routes(answer):
    assert answer.status_code == 200
    rows = answer.json["routes"]
    return {row["route"]: row["requests"] for row in rows if row["route"] != "(no request)"}


def test_side_by_side(apps, counted):
    shop, admin = apps
    client = Client(DispatcherMiddleware(Response("none", 404), {"/shop": shop, "/admin": admin}))
    answers = get(client, "/shop/items/1", "/admin/items/1", "/admin/items/2", "/admin/no", "/no")
    assert [answer.text for answer in answers[:3]] == ["1", "2", "2"]
    assert counted(shop) == {f"GET {RULE}": (1, 0, 0)}
    assert counted(admin) == {f"GET {RULE}": (2, 0, 0), "(unmatched)": (1, 0, 0)}
    of_shop, of_admin = get(client, "/shop/_leak?format=json", "/admin/_leak?format=json")
    assert routes(of_shop) == {f"GET {RULE}": 1}
    assert routes(of_admin) == {f"GET {RULE}": 2, "(unmatched)": 1}
    assert client.get("/_leak").status_code == 404


def test_one_below_the_other(apps, counted):
    shop, admin = apps
    client = Client(DispatcherMiddleware(shop, {"/admin": admin}))
    get(client, "/items/1", "/admin/items/1", "/admin/items/2")
    assert counted(shop) == {f"GET {RULE}": (1, 0, 0)}
    assert counted(admin) == {f"GET {RULE}": (2, 0, 0)}


def test_mounts_in_mounts(apps, counted):
    shop, admin = apps
    inner = DispatcherMiddleware(Response("none", 404), {"/shop": shop, "/admin": admin})
    client = Client(DispatcherMiddleware(Response("none", 404), {"/eu": inner}))
    shop_answer, admin_answer = get(client, "/eu/shop/items/1", "/eu/admin/items/1")
    assert (shop_answer.text, admin_answer.text) == ("1", "2")
    for app, mount in ((shop, "shop"), (admin, "admin")):
        assert counted(app) == {f"GET {RULE}": (1, 0, 0)}
        assert routes(*get(client, f"/eu/{mount}/_leak?format=json")) == {f"GET {RULE}": 1}


def test_mounts_in_mounts_of_the_app_that_is_watched(make_app, counted):
    outer, app = make_app(), make_app()
    app.add_url_rule(RULE, "items", lambda number: "hello")
    inner = DispatcherMiddleware(Response("none", 404), {"/shop": app})
    outer.wsgi_app = DispatcherMiddleware(outer.wsgi_app, {"/eu": inner})
    LeakGuard(outer)
    get(outer.test_client(), "/eu/shop/items/1", "/eu/shop/items/2")
    assert counted(outer) == {f"GET /eu/shop{RULE}": (2, 0, 0)}


def test_the_same_app_twice_is_refused_and_the_others_go_on(apps, make_app, counted):
    shop, _ = apps
    leakguard = LeakGuard()
    with pytest.raises(SettingsError, match=r"'shop' has a LeakGuard already, .* once"):
        leakguard.init_app(shop)
    third = make_app()
    leakguard.init_app(third)
    for app in (shop, third):
        get(app.test_client(), "/items/1")
    assert counted(shop) == {f"GET {RULE}": (1, 0, 0)}
    assert counted(third) == {"(unmatched)": (1, 0, 0)}
    with pytest.raises(SettingsError, match="has a LeakGuard already"):
        leakguard.init_app(third)
