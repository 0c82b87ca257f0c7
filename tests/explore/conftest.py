"""Opened images, and questions to them."""

from __future__ import annotations

import itertools
import json
import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # the maker of images beside this file: tests are no package

import images  # noqa: E402 (found on the path just extended)
import kept as kept_images  # noqa: E402 (likewise)

from leakguard.explore import views  # noqa: E402
from leakguard.explore.opened import Opened  # noqa: E402


class Asked:
    """A built image that answers questions as the explorer does."""

    def __init__(self, builder):
        self.opened = Opened(builder.image())
        self.heap = self.opened.heap

    def __call__(self, view, **given):
        text = views.answer(view, [self.opened], {k: str(v) for k, v in given.items()})
        assert len(text) < 1_000_000
        assert b"\n" not in text
        return json.loads(text)


@pytest.fixture(scope="session")
def look():
    """Opens what a builder has built."""
    return Asked


@pytest.fixture(scope="session")
def shop():
    return Asked(images.shop())


@pytest.fixture(scope="session")
def varied():
    return Asked(images.varied())


@pytest.fixture(scope="session")
def hostile():
    return Asked(images.hostile())


_numbers = itertools.count()


@pytest.fixture
def make_kept():
    """make_kept(name, most=, most_bytes=): what a worker of an app keeps, one of no other test."""
    made = []

    def make(name=None, **options):
        name = name or f"app-{os.getpid()}-{next(_numbers)}"
        made.append(kept_images.Kept(name, **options))
        return made[-1]

    yield make
    for one in made:
        one.keeping.leave()


@pytest.fixture
def kept(make_kept):
    return make_kept()
