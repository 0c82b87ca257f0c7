from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.routes.folding import MAX_SEGMENTS, fold


@pytest.mark.parametrize(
    ("path", "folded"),
    [
        ("/", "/"),
        ("", "/"),
        ("/users/42", "/users/{n}"),
        ("/users/-1/avatar.png", "/users/{n}/avatar.png"),
        ("/v2/orders", "/v2/orders"),
        ("/orders/6f1c2f9e-8f0b-4d9e-9a57-1f7f3c8c0001", "/orders/{uuid}"),
        ("/blobs/deadbeef01", "/blobs/{hex}"),
        ("/blobs/acceded", "/blobs/acceded"),
        ("/who/alice@example.com", "/who/{x}"),
        ("/t/eyJhbGciOiJIUzI1NiJ9.x1", "/t/{x}"),
        ("/" + "a" * 80, "/{x}"),
        ("/straße", "/{x}"),
        ("/.well-known/acme", "/.well-known/acme"),
        ("/a/", "/a/"),
    ],
)
def test_variable_parts_are_folded(path, folded):
    assert fold(path) == folded


def test_a_deep_path_ends():
    assert fold("/a" * (MAX_SEGMENTS + 5)) == "/a" * MAX_SEGMENTS + "/…"


@given(st.text())
def test_the_result_is_short_whatever_the_path(path):
    assert len(fold(path)) <= MAX_SEGMENTS * 34 + 3
    assert "\n" not in fold(path)


@given(st.lists(st.integers(0, 10**12), max_size=5))
def test_numbers_make_no_new_names(numbers):
    assert fold("/a/" + "/".join(map(str, numbers))) == fold("/a/" + "/".join("7" for _ in numbers))
