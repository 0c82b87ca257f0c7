"""What the server sends beside an image survives the way there."""

from __future__ import annotations

import pytest

from leakguard.analysis.evidence import Evidence, TermMove

MOVE = TermMove("python_objects", 10_000_000, 2e6, 4.0, 5e5, 4e5, 6e5, 0.99, growing=True)


def test_comes_out_of_bytes_as_it_went_in() -> None:
    evidence = Evidence(
        summaries=(b"\x00\xff one", b"two"),
        requests=300,
        routes={"GET /a": 200, "GET /b": 100},
        routes_before={"GET /a": 50},
        routes_at=({"GET /a": 50}, {"GET /a": 120, "GET /b": 100}),
        terms=(MOVE,),
        uptime_seconds=12.5,
    )
    assert Evidence.from_bytes(evidence.to_bytes()) == evidence
    assert Evidence.from_bytes(Evidence().to_bytes()) == Evidence()


def test_requests_since_a_summary_by_route() -> None:
    evidence = Evidence(
        routes={"GET /a": 200, "GET /b": 100},
        routes_before={"GET /a": 50},
        routes_at=({"GET /a": 50}, {"GET /a": 120, "GET /b": 100}),
    )
    assert evidence.routes_since(0) == {"GET /a": 150, "GET /b": 100}
    assert evidence.routes_since(1) == {"GET /a": 80}


@pytest.mark.parametrize("data", [b"[]", b"{}", b'{"format":"other"}', b"not json"])
def test_refuses_what_is_no_evidence(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"evidence|format|JSON|Expecting"):
        Evidence.from_bytes(data)
