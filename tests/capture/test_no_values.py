"""No value of the application's data is in an image; names of its code are."""

from __future__ import annotations

import contextvars
import functools
import threading
import uuid
from typing import TYPE_CHECKING, Any

import pytest

import leakguard

if TYPE_CHECKING:
    from pathlib import Path


class Account:
    def __init__(self, secret: str) -> None:
        self.password_attribute = secret


def plant(secrets: list[str]) -> list[Any]:
    """Secrets in every kind of place; each is made at run time, so none is a name in the code."""

    def secret() -> str:
        secrets.append(f"s{uuid.uuid4().hex}")
        return secrets[-1]

    class Slotted:
        __slots__ = ("slot_attribute",)

    slotted = Slotted()
    slotted.slot_attribute = secret()  # type: ignore[attr-defined]  # it is a slot

    def generator() -> Any:
        generator_variable = secret()
        yield
        del generator_variable

    running = generator()
    next(running)
    captured_variable = secret()

    def closure() -> str:
        return captured_variable

    try:
        raise ValueError(secret(), {secret(): 1})
    except ValueError as error:
        kept_error = error

    @functools.lru_cache(maxsize=3)
    def cached(argument: str) -> str:
        return argument + secret()

    cached(secret())
    variable = contextvars.ContextVar[str]("context_variable_name")
    context = contextvars.copy_context()
    context.run(variable.set, secret())
    local = threading.local()
    local.thread_local_attribute = secret()
    account = Account(secret())
    vars(account)[secret()] = 1
    return [
        {secret(): 1}, {"written_key": secret()}, {secret().encode(): 2}, {(secret(), 3): secret()},
        account, slotted, secret().encode(), bytearray(secret(), "ascii"), [secret(), secret()],
        {secret()}, frozenset({secret()}), running, closure, kept_error, cached, context, local,
        memoryview(secret().encode()), functools.partial(print, secret(), sep=secret()),
    ]  # fmt: skip


@pytest.mark.parametrize("method", ["fork", "inline", "portable"])
def test_secrets_stay_out(tmp_path: Path, method: Any) -> None:
    secrets: list[str] = []
    planted = plant(secrets)
    file = tmp_path / "heap.lgheap"
    frame_variable = uuid.uuid4().hex
    leakguard.snapshot(file, timeout=600, method=method).close()  # of all that the tests left
    written = file.read_bytes()
    assert len(secrets) > 20
    assert len(planted) == 19
    for secret in [*secrets, frame_variable]:
        assert secret.encode() not in written
        assert secret[::-1].encode() not in written
    for name in (
        "password_attribute", "slot_attribute", "captured_variable", "written_key", "planted",
        "context_variable_name", "thread_local_attribute", "frame_variable", "generator_variable",
    ):  # fmt: skip
        assert name.encode() in written


@pytest.mark.parametrize("method", ["fork", "inline"])
def test_a_long_key_is_data_even_when_interned(tmp_path: Path, method: Any) -> None:
    import sys

    key = sys.intern("k" * 65)
    mapping = {key: 1, sys.intern("k" * 64): 2}
    file = tmp_path / "heap.lgheap"
    leakguard.snapshot(file, method=method).close()
    written = file.read_bytes()
    assert len(mapping) == 2
    assert b"k" * 64 in written
    assert b"k" * 65 not in written
