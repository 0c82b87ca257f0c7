from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from page_tools import Examine, ask, header, make_endpoint, read


@pytest.fixture
def examine():
    return Examine()


@pytest.fixture
def endpoint(examine):
    return make_endpoint(examine)


@pytest.fixture
def opened(endpoint):
    """opened(query) -> the page of an endpoint that has taken one snapshot, as a tree."""

    def open_page(query="", **keywords):
        assert ask(endpoint, "format=json").status == 200
        response = ask(endpoint, query, **keywords)
        assert response.status == 200, response.body.decode()
        assert header(response, "content-type") == ["text/html; charset=utf-8"]
        return read(response.body)

    return open_page
