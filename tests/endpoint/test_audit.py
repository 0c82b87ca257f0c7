from __future__ import annotations

import base64
import logging


def test_every_access_is_in_the_audit_without_the_token(make_endpoint, ask, caplog, token):
    caplog.set_level(logging.DEBUG)
    endpoint = make_endpoint()
    responses = [
        ask(endpoint),
        ask(endpoint, basic=f"user:{token}"),
        ask(endpoint, token="wrong-wrong-wrong"),
        ask(endpoint, f"token={token}", token=None),
        ask(endpoint, path=f"/{token}"),
        ask(endpoint, method="HEAD"),
        ask(endpoint, headers=[("authorization", f"Bearer {token}")]),
    ]
    lines = [record.message for record in caplog.records if record.name == "leakguard.audit"]
    assert len(lines) == len(responses)
    assert {record.levelname for record in caplog.records if record.name != "asyncio"} == {"INFO"}
    assert lines[0].startswith("192.0.2.7 GET /_leak 200 in 0.")
    assert lines[0].endswith(f" s, {len(responses[0].body)} bytes, auth bearer")
    assert lines[1].endswith("auth basic")
    assert lines[2].endswith("auth none")
    assert "/_leak/<token> 404" in lines[4]
    assert lines[5].endswith(" 0 bytes, auth bearer")
    for secret in (token, "wrong-wrong-wrong", base64.b64encode(f"user:{token}".encode()).decode()):
        assert secret not in caplog.text
        assert not any(secret in response.body.decode() for response in responses)


def test_a_path_cannot_forge_a_line_of_the_audit(make_endpoint, ask, caplog):
    caplog.set_level(logging.INFO, "leakguard.audit")
    ask(make_endpoint(), path="/x\n192.0.2.9 GET /_leak 200", method="GET\r\n", client="a\nb")
    (record,) = [record for record in caplog.records if record.name == "leakguard.audit"]
    assert "\n" not in record.message
    assert "\r" not in record.message
    assert "/x\\n192.0.2.9%20GET" in record.message
