from __future__ import annotations

import asyncio
import dataclasses
import functools
import threading

import pytest

from leakguard.endpoint.lockout import FAILURES


class AsyncCallable:
    async def __call__(self, request):
        return request.header("x-user") == "admin"


async def asynchronous(request):
    return request.header("x-user") == "admin"


def synchronous(request):
    return request.header("x-user") == "admin"


@pytest.mark.parametrize(
    "authorize",
    [
        asynchronous,
        synchronous,
        AsyncCallable(),
        functools.partial(asynchronous),
        lambda request: asynchronous(request),
    ],
)
def test_authorize_decides(make_endpoint, ask, authorize):
    endpoint = make_endpoint(token=None, authorize=authorize)
    assert ask(endpoint, token=None, headers=[("x-user", "admin")]).status == 200
    assert ask(endpoint, token=None, headers=[("x-user", "guest")]).status == 401
    assert ask(endpoint, token=None).status == 401


def test_authorize_sees_the_facts_and_the_scope(make_endpoint, a_request):
    seen = []
    endpoint = make_endpoint(token=None, authorize=lambda request: seen.append(request) or True)
    request = dataclasses.replace(a_request(token=None), scope={"user": "alice"})
    assert asyncio.run(endpoint.answer(request)).status == 200
    assert seen == [request]
    assert (seen[0].method, seen[0].path, seen[0].client) == ("GET", "", "192.0.2.7")
    assert seen[0].scope["user"] == "alice"


def test_a_blocking_authorize_does_not_block_the_loop(make_endpoint, ask):
    threads = []

    def authorize(request):
        threads.append(threading.current_thread())
        return True

    assert ask(make_endpoint(token=None, authorize=authorize), token=None).status == 200
    assert threads != [threading.main_thread()]


@pytest.mark.parametrize("is_async", [True, False])
def test_an_authorize_that_raises_refuses_and_is_logged(make_endpoint, ask, caplog, is_async):
    async def raises(request):
        raise RuntimeError("database away")

    def raises_too(request):
        raise RuntimeError("database away")

    endpoint = make_endpoint(token=None, authorize=raises if is_async else raises_too)
    response = ask(endpoint, token=None)
    assert response.status == 401
    assert "database" not in response.body.decode()
    assert "database away" in caplog.text


def test_a_token_beside_authorize_is_enough(make_endpoint, ask):
    endpoint = make_endpoint(authorize=lambda request: False)
    assert ask(endpoint).status == 200
    assert ask(endpoint, token="wrong").status == 401


def test_wrong_credentials_refused_by_authorize_count_too(make_endpoint, ask):
    endpoint = make_endpoint(token=None, authorize=lambda request: False)
    for _ in range(FAILURES):
        assert ask(endpoint, token="guess").status == 401
    assert ask(endpoint, token="guess").status == 429


def test_without_anything_to_check_against_nobody_gets_in(make_endpoint, ask):
    endpoint = make_endpoint(token=None)
    assert ask(endpoint, token=None).status == 503
    assert ask(endpoint, token="None").status == 503
    assert ask(endpoint, basic="user:").status == 503
