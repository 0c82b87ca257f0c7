"""aws-xray-sdk: each call wraps what the last one wrapped."""

from __future__ import annotations

from aws_xray_sdk.core import patch
from serving import serving


def trace(number: int) -> None:
    patch(["requests"])


app = serving({"/trace/{n}": trace})
