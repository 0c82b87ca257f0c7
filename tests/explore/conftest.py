"""Opened images, and questions to them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # the maker of images beside this file: tests are no package

import images  # noqa: E402 (found on the path just extended)

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
