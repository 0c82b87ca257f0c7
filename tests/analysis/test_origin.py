"""Whose code is it: told by a module's name and file."""

from __future__ import annotations

import pytest

from leakguard.analysis.origin import Origin, Origins, origin_of


@pytest.mark.parametrize(
    ("name", "file", "origin"),
    [
        ("shop.cart", "/srv/app/shop/cart.py", Origin.APPLICATION),
        ("__main__", "/home/me/lib/python/app.py", Origin.APPLICATION),
        ("pyee.base", "/opt/venv/lib/python3.12/site-packages/pyee/base.py", Origin.LIBRARY),
        ("apt", "/usr/lib/python3/dist-packages/apt/__init__.py", Origin.LIBRARY),
        ("json", "/usr/lib/python3.11/json/__init__.py", Origin.LIBRARY),
        ("json", r"C:\Python312\Lib\python3.12\json\__init__.py", Origin.LIBRARY),
        ("importlib._bootstrap", "<frozen importlib._bootstrap>", Origin.LIBRARY),
        ("_ssl", None, Origin.LIBRARY),
        ("leakguard", "/srv/app/leakguard/__init__.py", Origin.LEAKGUARD),
        ("leakguard.routes", None, Origin.LEAKGUARD),
        ("leakguard_shop", "/srv/app/leakguard_shop.py", Origin.APPLICATION),
    ],
)
def test_origin_of_a_module(name, file, origin):
    assert origin_of(name, file) == origin


def test_a_dotted_name_belongs_to_its_module(heap):
    with heap.builder.image() as image:
        origins = Origins(image)
    assert origins.of("shop.CARTS['x']") == Origin.APPLICATION
    assert origins.of("lib.REGISTRY") == Origin.LIBRARY
    assert origins.of("context variable 'log'") == Origin.UNKNOWN
