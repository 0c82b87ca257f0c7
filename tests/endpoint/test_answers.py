from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leakguard.errors import AnalysisError, CaptureError
from leakguard.report import jsonform


def header(response, name):
    return [value for key, value in response.headers if key == name]


def test_plain_text_unless_json_is_asked_for(make_endpoint, ask):
    response = ask(make_endpoint(), headers=[("accept", "*/*")])
    assert response.status == 200
    assert header(response, "content-type") == ["text/plain; charset=utf-8"]
    assert header(response, "content-length") == [str(len(response.body))]
    text = response.body.decode()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "shop.cart.CARTS1" in text
    assert "GET /cart/{n}" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("query", "accept", "is_json"),
    [
        ("", "application/json", True),
        ("", "text/html, application/json;q=0.9", False),
        ("", "text/html;q=0.5, application/json", True),
        ("", "text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("", "application/json;q=0", False),
        ("", "application/json;q=nonsense", False),
        ("", None, False),
        ("format=json", "text/plain", True),
        ("format=text", "application/json", False),
    ],
)
def test_the_form_of_the_answer(make_endpoint, ask, query, accept, is_json):
    headers = [] if accept is None else [("accept", accept)]
    response = ask(make_endpoint(), query, headers=headers)
    assert (header(response, "content-type") == ["application/json"]) is is_json


def test_json_follows_the_schema(make_endpoint, ask):
    document = json.loads(ask(make_endpoint(), "format=json&top=2").body)
    jsonschema.validate(document, jsonform.schema())
    assert document["routes"] == [
        {
            "route": "GET /cart/{n}",
            "requests": 3200,
            "errors": 1,
            "in_flight": 2,
            "mean_seconds": 0.01,
            "live_bytes": None,
            "bytes_per_request": None,
            "growth_bytes_per_minute": None,
            "confidence": None,
            "lines": [],
        }
    ]


def test_top_limits_the_suspects_and_defaults_to_the_settings(make_endpoint, ask):
    endpoint = make_endpoint(top=4)
    assert len(json.loads(ask(endpoint, "format=json").body)["suspects"]) == 4
    assert len(json.loads(ask(endpoint, "format=json&top=1").body)["suspects"]) == 1
    assert len(json.loads(ask(endpoint, "format=json&top=50").body)["suspects"]) == 50


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("top=0", "top must be a whole number from 1 to 50, not '0'"),
        ("top=51", "from 1 to 50"),
        ("top=", "from 1 to 50"),
        ("top=five", "from 1 to 50, not 'five'"),
        ("top=5.0", "from 1 to 50"),
        ("top=+5", "from 1 to 50, not ' 5'"),
        ("top=%D9%A5", "from 1 to 50"),
        ("top=1&top=2", "given twice"),
        ("format=jsn", "did you mean 'json'"),
        ("format=xml", "must be 'text', 'json' or 'html'"),
        ("tpo=5", "no parameter 'tpo'; did you mean 'top'"),
        ("%0Aevil=1", r"no parameter '\nevil'"),
        ("zzz=1", "there are 'top', 'format' and 'worker'"),
        ("top=%ff", "cannot be read"),
        ("&".join(["a=1"] * 100), "cannot be read"),
        ("top=" + "9" * 5000, "from 1 to 50"),
    ],
)
def test_a_bad_parameter_is_a_400_that_says_which(make_endpoint, ask, examine, query, says):
    response = ask(make_endpoint(), query)
    assert response.status == 400
    assert says in response.body.decode()
    assert len(response.body) < 300
    assert examine.calls == []


def test_a_token_in_the_query_is_refused_and_pointed_to_the_header(make_endpoint, ask):
    for query in ("token=abc", "top=1&access_token=abc", "TOKEN="):
        response = ask(make_endpoint(), query, token=None)
        assert response.status == 400
        assert "Authorization: Bearer" in response.body.decode()
        assert "abc" not in response.body.decode()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_other_methods_are_not_allowed(make_endpoint, ask, method):
    response = ask(make_endpoint(), method=method)
    assert response.status == 405
    assert header(response, "allow") == ["GET, HEAD"]


def test_head_has_the_headers_of_get(make_endpoint, ask):
    endpoint = make_endpoint()
    first = ask(endpoint)
    assert ask(endpoint, method="HEAD").status == first.status


def test_other_paths_below_are_not_found(make_endpoint, ask):
    endpoint = make_endpoint()
    assert ask(endpoint, path="/").status == 200
    response = ask(endpoint, path="/dif")
    assert response.status == 404
    assert "/_leak" in response.body.decode()


def test_errors_come_in_the_form_that_was_asked_for(make_endpoint, ask):
    response = ask(make_endpoint(), "top=0&format=json")
    assert json.loads(response.body)["error"]["status"] == 400
    response = ask(make_endpoint(), token=None, headers=[("accept", "application/json")])
    assert json.loads(response.body)["error"]["status"] == 401


@pytest.mark.parametrize(
    ("keywords", "status"),
    [
        ({}, 200),
        ({"query": "top=0"}, 400),
        ({"token": None}, 401),
        ({"headers": [("origin", "https://evil.example")]}, 403),
        ({"path": "/x"}, 404),
        ({"method": "POST"}, 405),
    ],
)
def test_every_answer_is_for_this_reader_now(make_endpoint, ask, keywords, status):
    response = ask(make_endpoint(), **keywords)
    assert response.status == status
    assert header(response, "cache-control") == ["no-store"]
    assert header(response, "x-content-type-options") == ["nosniff"]
    assert header(response, "referrer-policy") == ["no-referrer"]
    assert header(response, "content-security-policy")[0].startswith("default-src 'none'")


@pytest.mark.parametrize("error", [CaptureError("clone was denied"), AnalysisError("ran away")])
def test_a_failed_snapshot_says_why_and_the_next_one_works(
    make_endpoint, ask, examine, caplog, error
):
    endpoint = make_endpoint()
    examine.error = error
    response = ask(endpoint)
    assert response.status == 503
    assert str(error) in response.body.decode()
    assert [record.levelname for record in caplog.records if record.name == "leakguard"] == [
        "WARNING"
    ]
    examine.error = None
    assert ask(endpoint).status == 200


def test_the_text_of_a_foreign_error_stays_in_the_log(make_endpoint, ask, examine, caplog):
    endpoint = make_endpoint()
    examine.error = KeyError("alice@example.com")
    response = ask(endpoint, "format=json")
    assert response.status == 500
    assert "KeyError" in json.loads(response.body)["error"]["message"]
    assert "alice" not in response.body.decode()
    assert [record.name for record in caplog.records].count("leakguard") == 1
    examine.error = None
    assert ask(endpoint).status == 200


def test_an_error_of_the_report_is_an_answer_too(make_endpoint, ask, caplog, monkeypatch):
    endpoint = make_endpoint()
    monkeypatch.setattr(endpoint, "_routes", lambda: 1 / 0)
    response = ask(endpoint)
    assert response.status == 500
    assert "log" in response.body.decode()
    assert "ZeroDivisionError" in caplog.text


@given(
    query=st.text(st.characters(codec="latin-1"), max_size=60)
    | st.builds("&".join, st.lists(st.sampled_from(["top=3", "format=json", "top=x", "a", "="]))),
    headers=st.lists(
        st.tuples(
            st.sampled_from(["accept", "origin", "authorization", "sec-fetch-site", "host", "x"]),
            st.text(st.characters(codec="latin-1"), max_size=40),
        ),
        max_size=4,
    ),
    method=st.sampled_from(["GET", "HEAD", "POST", ""]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_request_has_an_answer(make_endpoint, ask, query, headers, method):
    response = ask(make_endpoint(), query, headers=headers, method=method)
    assert 200 <= response.status < 500
    assert dict(response.headers)["cache-control"] == "no-store"
    response.body.decode()
    for _, value in response.headers:
        assert value.isprintable()
