"""The headers that keep the page to itself: no foreign source, nothing inline, no frame.

A refusal has its style within, for it is shown to whoever has no right to the page's files. The
hash of that style is named, so that no other can come in.
"""

from __future__ import annotations

import base64
import hashlib

TRUSTED_TYPES = "'none'"
"""The names of the Trusted Types policies that the bundle's libraries need."""

_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        f"trusted-types {TRUSTED_TYPES}",
    )
)

PAGE_HEADERS = (
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", _CONTENT_SECURITY_POLICY),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("x-frame-options", "DENY"),
    ("vary", "accept, accept-language"),
)

STATIC_HEADERS = (
    # Private: what needs the token must not be given to others by a cache on the way.
    ("cache-control", "private, max-age=31536000, immutable"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
)


def error_headers(style: str) -> list[tuple[str, str]]:
    """Of a page that says why there is no other, and contains `style`."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        (
            "content-security-policy",
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'",
        ),
        ("x-frame-options", "DENY"),
        ("vary", "accept, accept-language"),
    ]
