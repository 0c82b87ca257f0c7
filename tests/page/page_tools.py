"""An endpoint that knows something, and a reader of HTML that sees what a browser would."""

from __future__ import annotations

import asyncio
import base64
from html.parser import HTMLParser

from leakguard.analyser import Examined
from leakguard.analysis.diagnosis import FIXES
from leakguard.analysis.findings import (
    Findings,
    Link,
    ProcessFacts,
    SnapshotFacts,
    Suspect,
    TypeRow,
    Verdict,
)
from leakguard.analysis.route_findings import AllocationLine, GrowthFacts, RouteShare
from leakguard.endpoint import Endpoint, EndpointRequest
from leakguard.endpoint.lockout import Lockout
from leakguard.routes import RouteRow
from leakguard.settings import Settings

TOKEN = "a-token-that-nobody-may-see"
_VOID = {"meta", "link", "input", "br", "wbr", "img", "hr"}


class Element:
    def __init__(self, tag, attributes, parent=None):
        self.tag, self.attributes, self.parent = tag, dict(attributes), parent
        self.children = []

    @property
    def text(self):
        """What is read, with single spaces."""
        return " ".join(self.text_as_it_is.split())

    @property
    def text_as_it_is(self):
        return "".join(c if isinstance(c, str) else c.text_as_it_is for c in self.children)

    def all(self, tag=None, **wanted):
        """The elements below of a tag with those attributes; `class_` is one of several."""
        found = []
        for child in self.children:
            if isinstance(child, str):
                continue
            if (tag is None or child.tag == tag) and child._has(wanted):
                found.append(child)
            found += child.all(tag, **wanted)
        return found

    def one(self, tag=None, **wanted):
        (found,) = self.all(tag, **wanted)
        return found

    def _has(self, wanted):
        for name, value in wanted.items():
            given = self.attributes.get(name.rstrip("_").replace("_", "-"))
            if given is None or value not in (given.split() if name == "class_" else [given]):
                return False
        return True


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = self.at = Element("#document", [])

    def handle_starttag(self, tag, attrs):
        made = Element(tag, attrs, self.at)
        self.at.children.append(made)
        if tag not in _VOID:
            self.at = made

    def handle_startendtag(self, tag, attrs):
        self.at.children.append(Element(tag, attrs, self.at))

    def handle_endtag(self, tag):
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        self.at = self.at.parent

    def handle_data(self, data):
        self.at.children.append(data)

    def handle_comment(self, data):
        raise AssertionError("the page has no comments")


def read(html):
    """The tree of a document, in which every element is closed."""
    reader = _Reader()
    reader.feed(html if isinstance(html, str) else html.decode())
    reader.close()
    assert reader.at is reader.root
    return reader.root


def make_suspect(rank=1, **changes):
    kind = changes.get("kind", "global-cache")
    return Suspect(
        **{
            "rank": rank,
            "kind": kind,
            "holder": f"shop.cart.CARTS{rank}",
            "retained_bytes": 97_300_000,
            "share": 0.657,
            "object_type": "shop.cart.Cart",
            "object_count": 41_207,
            "fingerprint": f"f{rank}",
            "fix": FIXES.get(kind, FIXES["other"]),
            "chain": (
                Link("module", "shop.cart", "", "/srv/shop/cart.py", None),
                Link("dict", "", ".CARTS", None, None),
                Link("shop.cart.Cart", "", "[str]", "/srv/shop/cart.py", 20, 41_207),
            ),
            "growth_bytes": 2_800_000,
            "growth_objects": 3200,
            "moves": "growing",
            "confidence": 0.97,
            "bytes_per_request": 875.0,
            "also_held_by": ("shop.audit.SEEN",),
            "routes": (RouteShare("GET /cart/{n}", 0.99, 3200, 875.0, 0.01),),
            "lines": (AllocationLine("/srv/shop/cart.py", 41, "add", 1.0, 2_800_000),),
            **changes,
        }
    )


def make_findings(suspects=None, **changes):
    suspects = (make_suspect(), make_suspect(2)) if suspects is None else tuple(suspects)
    first = suspects[0] if suspects else None
    verdict = Verdict(
        first.kind if first else "none",
        f"{first.holder} holds 41,207 Cart." if first else "Nothing stands out.",
        0.97,
        advice=first.fix if first else "",
    )
    return Findings(
        **{
            "process": ProcessFacts(4242, "host-1", "3.12.1", 7440.0, 211 << 20),
            "snapshot": SnapshotFacts("fork", 0.003, 0.2, 1000, 900, 3000, 148_000_000, 0.96),
            "verdict": verdict,
            "suspects": suspects,
            "types": (TypeRow("shop.cart.Cart", 41_207, 1 << 20, 97 << 20),),
            "growth": GrowthFacts(True, 5, 4, 240.0, 3200, 3_000_000),
            **changes,
        }
    )


class Examine:
    """Stands in for the pipeline: tells what it was given, and counts."""

    def __init__(self):
        self.findings = make_findings()
        self.calls = 0

    def __call__(self, evidence, **options):
        self.calls += 1
        return Examined(self.findings, None)


def make_endpoint(examine, routes=None, history=None, **options):
    options.setdefault("token", TOKEN)
    known = {"GET /cart/{n}": [(1000.0, 10), (1010.0, 20), (1020.0, 30)]}
    return Endpoint(
        Settings.build(**options),
        lambda: [RouteRow("GET /cart/{n}", 3200, 1, 2, 0.01)] if routes is None else routes,
        examine,
        lockout=Lockout(),
        history=lambda: known if history is None else history,
    )


def ask(endpoint, query="", path="", method="GET", headers=(), token=TOKEN, basic=None, own=None):
    """The response, asked for as a browser does unless `headers` say otherwise."""
    sent = [("host", "localhost:8000"), *headers]
    if not any(name == "accept" for name, _ in headers):
        sent.append(("accept", "text/html,application/xhtml+xml,*/*;q=0.8"))
    if basic is not None:
        sent.append(("authorization", "Basic " + base64.b64encode(basic.encode()).decode()))
    elif token is not None:
        sent.append(("authorization", f"Bearer {token}"))
    request = EndpointRequest(method, path, query, tuple(sent), "192.0.2.7", own)
    return asyncio.run(endpoint.answer(request))


def header(response, name):
    return [value for key, value in response.headers if key == name]
