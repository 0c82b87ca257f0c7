"""The other things that the endpoint answers: a new baseline, what grew, and trimming."""

from __future__ import annotations

import json

import jsonschema
import pytest

from leakguard import process
from leakguard.analysis.growth import Survey
from leakguard.endpoint import Endpoint
from leakguard.endpoint.lockout import Lockout
from leakguard.image import EdgeKind, Ident, ImageBuilder, RootKind, TypeKind
from leakguard.report import baseline, diff, trim
from leakguard.settings import Settings

FOREIGN = [("origin", "https://evil.example")]


@pytest.fixture
def summaries():
    """Summaries of heaps in which `shop.CARTS` has more carts each time."""
    found, keys = [], None
    for at in range(1, 6):
        made = ImageBuilder()
        made.meta["created"] = 1_700_000_000.0 + 60 * at
        module = made.type("module", TypeKind.MODULE)
        cart = made.type("shop.Cart")
        shop = made.node(module, 100, ident=Ident("shop", "shop.py", None))
        made.root(shop, RootKind.MODULE)
        carts = made.node(made.type("list", TypeKind.LIST), 56 + 800 * at)
        made.edge(shop, EdgeKind.ATTR, "CARTS", carts)
        for index in range(100 * at):
            made.edge(carts, EdgeKind.INDEX, index, made.node(cart, 500))
        with made.image() as image:
            survey = Survey(image, keys)
            summary = survey.summary(requests=100 * at)
        keys = keys or summary.keys
        found.append(summary.to_bytes())
    return found


@pytest.fixture
def endpoint(examine, summaries, clock):
    """An endpoint over an app that has a hundred more requests for each snapshot."""
    taken = iter(summaries)

    def examined(evidence, **options):
        examine.summary = next(taken)
        return examine(evidence, **options)

    return Endpoint(
        Settings.build(token="a-token-that-nobody-may-see", cooldown=0),
        list,
        examined,
        lockout=Lockout(clock),
        requests=lambda: {"GET /": 100 * (len(examine.calls) + 1)},
    )


def post(ask, endpoint, path, query="", **keywords):
    return ask(endpoint, query, method="POST", path=path, **keywords)


def test_a_baseline_is_taken_when_it_is_asked_for(endpoint, ask, examine):
    ask(endpoint)
    answer = post(ask, endpoint, "/baseline", "format=json")
    assert answer.status == 200
    document = json.loads(answer.body)
    jsonschema.Draft202012Validator(baseline.schema()).validate(document)
    assert document["baseline"]["id"] == 2
    assert document["baseline"]["taken"] == "2023-11-14T22:15:20+00:00"
    assert document["baseline"]["objects"] == 202
    # the first is forgotten, and the next is held against the new one
    ask(endpoint)
    assert [len(call["evidence"].summaries) for call in examine.calls] == [0, 0, 1]


def test_a_baseline_reads_well(endpoint, ask):
    text = post(ask, endpoint, "/baseline").body.decode()
    assert text == (
        "Snapshot 1 is the new baseline after 100 requests: 102 objects, 51.0 kB.\n"
        "What grows is told from here on; earlier snapshots are forgotten.\n"
    )


def test_what_grew_between_two_snapshots(endpoint, ask):
    for _ in range(4):
        ask(endpoint)
    answer = ask(endpoint, "format=json", path="/diff")
    document = json.loads(answer.body)
    jsonschema.Draft202012Validator(diff.schema()).validate(document)
    assert (document["from"]["id"], document["to"]["id"]) == (1, 4)
    assert (document["requests"], document["seconds"]) == (300, 180.0)
    (held,) = document["holders"]
    assert (held["holder"], held["growth_objects"]) == ("shop.CARTS", 300)
    assert held["growth_bytes"] == document["growth_bytes"] == 300 * 500 + 3 * 800
    assert document["types"][0] == {
        "type": "shop.Cart",
        "growth_objects": 300,
        "growth_bytes": 150_000,
    }
    between = json.loads(ask(endpoint, "from=2&to=3&format=json", path="/diff").body)
    assert between["holders"][0]["growth_objects"] == 100


def test_a_difference_reads_well(endpoint, ask):
    for _ in range(3):
        ask(endpoint)
    text = ask(endpoint, "from=baseline&to=latest", path="/diff").body.decode()
    assert text.startswith("The heap grew by 102 kB in 2 min 00 s and 200 requests; what gained")
    assert "shop.CARTS: 300 × shop.Cart" in text
    assert all(len(line) <= 80 for line in text.splitlines())


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("from=9", 404, "no snapshot '9'. There are 1, 2 and 3; 'baseline' is 1, 'latest' 3"),
        ("to=x%0Ay", 404, r"no snapshot 'x\ny'"),
        ("from=3&to=1", 400, "Snapshot 3 is later than 1"),
        ("from=2&to=2", 404, "nothing grows in one"),
        ("frm=1", 400, "did you mean 'from'"),
        ("top=5", 400, "did you mean 'to'"),
        ("zzz=5", 400, "there are 'from', 'to' and 'format'"),
    ],
)
def test_a_difference_that_there_is_not(endpoint, ask, query, status, says):
    for _ in range(3):
        ask(endpoint)
    answer = ask(endpoint, query, path="/diff")
    assert answer.status == status
    assert says in answer.body.decode()


def test_no_difference_before_there_are_two(endpoint, ask):
    answer = ask(endpoint, path="/diff")
    assert answer.status == 404
    assert "None has been taken yet" in answer.body.decode()
    ask(endpoint)
    answer = ask(endpoint, path="/diff")
    assert answer.status == 404
    assert "There is 1" in answer.body.decode()


def test_trimming_tells_what_it_gave_back(endpoint, ask, monkeypatch):
    document = json.loads(post(ask, endpoint, "/trim", "format=json").body)
    jsonschema.Draft202012Validator(trim.schema()).validate(document)
    assert document["before"]["rss"] > 0
    before = process.terms()
    after = process.Terms(before.at + 1, 60_000_000, *[10_000_000] * 6)
    before = process.Terms(before.at, 80_000_000, *[10_000_000] * 4, 10_000_000, 30_000_000)
    monkeypatch.setattr(process, "trim", lambda: process.Trimmed(before, after, 0.002))
    text = post(ask, endpoint, "/trim").body.decode()
    assert text.startswith("Trimming gave back 20.0 MB, in 2 ms.")
    assert ["resident", "80.0", "MB", "60.0", "MB"] in [line.split() for line in text.splitlines()]
    nothing = process.Trimmed(before, before, 0.0, "this C library cannot be asked")
    monkeypatch.setattr(process, "trim", lambda: nothing)
    text = post(ask, endpoint, "/trim").body.decode()
    assert text.startswith("Nothing was trimmed: this C library cannot be asked.")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/baseline", "POST"),
        ("HEAD", "/trim", "POST"),
        ("DELETE", "/trim", "POST"),
        ("POST", "/diff", "GET, HEAD"),
        ("POST", "", "GET, HEAD"),
    ],
)
def test_each_path_has_its_methods(endpoint, ask, examine, method, path, allow):
    answer = ask(endpoint, method=method, path=path)
    assert answer.status == 405
    assert ("allow", allow) in answer.headers
    assert examine.calls == []


@pytest.mark.parametrize(
    ("path", "close"),
    [("/dif", "/_leak/diff"), ("/base-line", "/_leak/baseline"), ("/x", "/_leak")],
)
def test_a_wrong_path_names_the_close_one(endpoint, ask, path, close):
    answer = ask(endpoint, path=path)
    assert answer.status == 404
    assert close in answer.body.decode()


@pytest.mark.parametrize("path", ["/baseline", "/trim"])
def test_what_changes_something_is_protected_as_the_report_is(
    endpoint, ask, examine, path, caplog, monkeypatch
):
    monkeypatch.setattr(process, "trim", lambda: pytest.fail("it was trimmed"))
    caplog.set_level("INFO", "leakguard.audit")
    assert post(ask, endpoint, path, token=None).status == 401
    assert post(ask, endpoint, path, headers=FOREIGN).status == 403
    for site in ("cross-site", "same-site"):
        assert post(ask, endpoint, path, headers=[("sec-fetch-site", site)]).status == 403
    assert examine.calls == []
    assert [f"POST /_leak{path}" in record.message for record in caplog.records] == [True] * 4


def test_a_head_of_a_difference_is_that_of_get(endpoint, ask):
    ask(endpoint)
    ask(endpoint)
    assert ask(endpoint, path="/diff", method="HEAD").headers == ask(endpoint, path="/diff").headers
