"""What a server calls an app with: a scope without a body and without headers."""

from __future__ import annotations

WEBSOCKET = {
    "type": "websocket",
    "path": "/ws",
    "root_path": "",
    "query_string": b"",
    "headers": [],
    "subprotocols": [],
}
HTTP = {
    "type": "http",
    "method": "GET",
    "path": "/stream",
    "root_path": "",
    "query_string": b"",
    "headers": [],
}
