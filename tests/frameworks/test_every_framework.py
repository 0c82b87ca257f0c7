"""The same requests to the same shop, whatever it is made with: every request has its template."""

from __future__ import annotations

import pytest

UNMATCHED = "(unmatched)"


def expected(shop, *counted):
    """{"GET /cart/{n}": (3, 0)} of ("GET", "cart", 3, 0); a name of None is unmatched."""
    found = {}
    for method, name, requests, errors in counted:
        route = UNMATCHED if name is None else f"{method} {shop.templates[name]}"
        before = found.get(route, (0, 0))
        found[route] = (before[0] + requests, before[1] + errors)
    return found


REQUESTS = (
    *("GET /cart/1", "GET /cart/2", "GET /cart/2", "POST /cart/3", "HEAD /cart/4"),
    *("DELETE /cart/5", "GET /api/v1/items/7", "GET /api/v1/items/8"),
    *("GET /sub/deep/a/b", "GET /fail/1", "GET /fail/2"),
)


def counted(shop):
    return expected(
        shop,
        ("GET", "cart", 3, 0),
        ("POST", "cart", 1, 0),
        ("HEAD", shop.module.HEAD, 1, 0),
        ("DELETE", shop.module.NOT_ALLOWED, 1, 0),
        ("GET", "item", 2, 0),
        ("GET", "mounted", 1, 0),
        ("GET", "fail", 2, 2),
    )


def test_each_request_has_the_template_of_its_route(shop):
    shop.wrap()
    for _ in range(3):  # what was remembered is the same
        shop.ask(*REQUESTS)
    assert shop.figures() == {
        route: (3 * requests, 3 * errors) for route, (requests, errors) in counted(shop).items()
    }


def test_the_answers_are_those_of_the_app(shop):
    bare = [answer.status_code for answer in asked(shop, shop.bare)]
    shop.wrap()
    assert [answer.status_code for answer in asked(shop, shop.app)] == bare


def asked(shop, app):
    shop.app = app
    return shop.ask(*[line for line in REQUESTS if "fail" not in line])


def test_added_as_the_framework_adds_a_middleware(framework_shop):
    if framework_shop.module.install is None:
        framework_shop.wrap()
    else:
        framework_shop.install()
    framework_shop.ask(*REQUESTS)
    assert framework_shop.figures() == counted(framework_shop)


def test_what_is_not_found_is_one_row(shop):
    shop.wrap()
    shop.ask(*[f"GET /{word}/{number}/x{number}" for word in "abc" for number in range(30)])
    shop.ask("GET /", "POST /wp-login.php", "BREW /cart")
    found = shop.figures()
    assert set(found) <= {UNMATCHED, "OTHER /cart"}
    assert sum(requests for requests, _ in found.values()) == 93


def test_a_handler_that_finds_nothing_keeps_its_route(framework_shop):
    shop = framework_shop
    shop.wrap()
    (answer,) = shop.ask("GET /missing/7")
    assert answer.status_code == 404
    assert shop.figures() == expected(shop, ("GET", "missing", 1, 0))


def test_a_stream_is_in_flight_under_its_route(shop):
    shop.wrap()
    (answer,) = shop.ask("GET /stream/1")
    assert answer.content == b"chunk" * 3
    assert len(shop.seen) >= 3
    assert all(seen == {f"GET {shop.templates['stream']}"} for seen in shop.seen)
    assert shop.figures() == expected(shop, ("GET", "stream", 1, 0))


def test_an_error_reaches_the_server_as_without_leakguard_and_keeps_its_route(shop):
    def raised():
        try:
            shop.ask("GET /fail/1", raise_errors=True)
        except ValueError as error:
            return str(error)
        return None

    shop.app = shop.bare
    bare = raised()
    shop.wrap()
    assert raised() == bare
    assert shop.figures() == expected(shop, ("GET", "fail", 1, 1))


def test_websockets_have_the_template_of_their_route(shop):
    shop.wrap()
    if shop.is_asgi:
        shop.connect("/rooms/red")
        shop.connect("/rooms/red")
        assert shop.seen == [{f"WS {shop.templates['room']}"}] * 2
        assert shop.figures() == expected(shop, ("WS", "room", 2, 0))


def test_what_a_route_keeps_is_that_of_its_row(framework_shop):
    shop = framework_shop
    shop.wrap(sampling=4096)
    shop.ask(*["GET /cart/1"] * 5, *[f"GET /leak/{number}" for number in range(20)])
    live = shop.live_bytes()
    leaks = live.pop(f"GET {shop.templates['leak']}")
    assert leaks == pytest.approx(sum(map(len, shop.kept)), rel=0.2)
    assert leaks > 2 * max(live.get(f"GET {shop.templates[name]}", 0) for name in ("cart", "fail"))
