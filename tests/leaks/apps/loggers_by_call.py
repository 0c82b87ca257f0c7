"""annotated-logger: each call of a function has a logger of its own, and logging keeps them all."""

from __future__ import annotations

import logging

from annotated_logger import AnnotatedLogger
from serving import serving

annotated = AnnotatedLogger()
logging.disable(logging.CRITICAL)


@annotated.annotate_logs(_typing_requested=True)
def charge(annotated_logger, number):
    annotated_logger.info("charged")


def pay(number):
    charge(number)


app = serving({"/pay/{n}": pay})
