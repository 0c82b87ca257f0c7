from __future__ import annotations

import base64
import threading

import pytest

from leakguard.endpoint import Endpoint, lockout
from leakguard.endpoint.lockout import FAILURES, Lockout
from leakguard.settings import Settings


def header(response, name):
    return [value for key, value in response.headers if key == name]


def test_a_bearer_token_or_basic_with_the_token_as_password(make_endpoint, ask, token):
    endpoint = make_endpoint()
    assert ask(endpoint).status == 200
    assert ask(endpoint, basic=f"anybody:{token}").status == 200
    assert ask(endpoint, basic=f":{token}").status == 200
    assert ask(endpoint, token=None, headers=[("authorization", f"bEaReR {token}")]).status == 200


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer ",
        "Bearer wrong-token-wrong-token",
        "Bearer a-token-that-nobody-may-se",
        "Bearer a-token-that-nobody-may-see-x",
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"a-token-that-nobody-may-see").decode(),
        "Basic " + base64.b64encode(b"a-token-that-nobody-may-see:user").decode(),
        "Basic \xff\xfe",
        "Digest a-token-that-nobody-may-see",
        "a-token-that-nobody-may-see",
        "",
        "Bearer " + "x" * 100_000,
    ],
)
def test_anything_else_is_a_401_that_tells_nothing(make_endpoint, ask, examine, value):
    response = ask(make_endpoint(), token=None, headers=[("authorization", value)])
    assert response.status == 401
    assert header(response, "www-authenticate") == [
        'Bearer realm="leakguard"',
        'Basic realm="leakguard", charset="UTF-8"',
    ]
    body = response.body.decode()
    assert "shop" not in body
    assert "cart" not in body
    assert examine.calls == []


def test_without_credentials_other_paths_and_methods_look_the_same(make_endpoint, ask):
    endpoint = make_endpoint()
    answers = {
        ask(endpoint, token=None, **keywords).body
        for keywords in [{}, {"path": "/x"}, {"method": "POST"}, {"query": "top=0"}]
    }
    assert len(answers) == 1


def test_two_authorization_headers_are_refused(make_endpoint, ask, token):
    response = ask(make_endpoint(), headers=[("authorization", f"Bearer {token}")])
    assert response.status == 400
    assert token not in response.body.decode()


def test_lock_out_after_ten_failures_in_a_minute(make_endpoint, ask, clock):
    endpoint = make_endpoint()
    for _ in range(FAILURES):
        assert ask(endpoint, token="wrong").status == 401
        clock.now += 5
    response = ask(endpoint)  # even with the right token
    assert response.status == 429
    assert header(response, "retry-after") == ["55"]
    clock.now += 54
    assert ask(endpoint).status == 429
    clock.now += 1.1
    assert ask(endpoint).status == 200


def test_failures_that_are_far_apart_do_not_lock(make_endpoint, ask, clock):
    endpoint = make_endpoint()
    for _ in range(3 * FAILURES):
        assert ask(endpoint, token="wrong").status == 401
        clock.now += 7
    assert ask(endpoint).status == 200


def test_no_credentials_are_no_failure_and_attempts_while_locked_do_not_prolong(
    make_endpoint, ask, clock
):
    endpoint = make_endpoint()
    for _ in range(3 * FAILURES):
        assert ask(endpoint, token=None).status == 401
    assert ask(endpoint).status == 200
    for _ in range(FAILURES):
        ask(endpoint, token="wrong")
    for _ in range(50):
        clock.now += 1
        assert ask(endpoint, token="wrong").status == 429
    clock.now += 11
    assert ask(endpoint).status == 200


def test_the_lock_out_is_shared_by_the_endpoints_of_a_process(monkeypatch, clock, examine):
    lockout.process_lockout.cache_clear()
    one, other = (Endpoint(Settings.build(token="x" * 16), list, examine) for _ in range(2))
    assert one._gate._lockout is other._gate._lockout
    lockout.process_lockout.cache_clear()


def test_failures_are_counted_exactly_by_threads(clock):
    lockout = Lockout(clock)
    locked = []
    threads = [
        threading.Thread(target=lambda: locked.append(lockout.failed())) for _ in range(FAILURES)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(locked) == 1
    assert lockout.seconds_left() == 60
