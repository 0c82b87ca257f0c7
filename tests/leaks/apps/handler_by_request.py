"""A logging handler for each request."""

from __future__ import annotations

import io
import logging

from serving import serving

log = logging.getLogger("audit")
log.propagate = False


def audited(number):
    log.addHandler(logging.StreamHandler(io.StringIO()))


app = serving({"/audited/{n}": audited})
