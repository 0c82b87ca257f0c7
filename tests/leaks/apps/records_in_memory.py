"""A MemoryHandler without a target, so what it takes stays."""

from __future__ import annotations

import logging
import logging.handlers

from serving import serving

log = logging.getLogger("audit")
log.propagate = False
log.setLevel(logging.INFO)
log.addHandler(logging.handlers.MemoryHandler(capacity=1_000_000))


def audited(number):
    log.info("request %d of %s", number, [number])


app = serving({"/audited/{n}": audited})
