"""The secret in an Authorization header: a Bearer token, or the password of HTTP Basic."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import NamedTuple

_MAX_LENGTH = 4096

# Two headers: not every browser finds the second challenge in one that lists both.
CHALLENGES = (
    ("www-authenticate", 'Bearer realm="leakguard"'),
    ("www-authenticate", 'Basic realm="leakguard", charset="UTF-8"'),
)

PAGE_CHALLENGES = CHALLENGES[1:]
"""For a browser: some ask for nothing when they do not know the first one."""


class Credential(NamedTuple):
    """What was presented: the scheme ("bearer", "basic", "other") and the secret."""

    scheme: str
    secret: bytes

    def is_token(self, token: str) -> bool:
        """Compares in a time that does not depend on where the two differ."""
        return hmac.compare_digest(self.secret, token.encode())


def read(header: str | None) -> Credential | None:
    """The credential of an Authorization header; None if there is no such header.

    Whatever cannot be read is a credential too, a wrong one.
    """
    if header is None:
        return None
    scheme, _, rest = header.strip().partition(" ")
    rest = rest.strip()
    if len(rest) > _MAX_LENGTH:
        return Credential("other", b"")
    if scheme.lower() == "bearer":
        return Credential("bearer", rest.encode("utf-8", "replace"))
    if scheme.lower() == "basic":
        return Credential("basic", _password(rest))
    return Credential("other", b"")


def _password(encoded: str) -> bytes:
    try:
        decoded = base64.b64decode(encoded.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return b""
    return decoded.partition(b":")[2]
