"""Where the resident memory of this process went, term by term, and which term grows."""

from __future__ import annotations

from leakguard.process.history import History, TermTrend
from leakguard.process.moves import moves
from leakguard.process.terms import TERM_NAMES, TermName, Terms, terms
from leakguard.process.trend import Trend
from leakguard.process.trimming import Trimmed, trim

__all__ = [
    "TERM_NAMES",
    "History",
    "TermName",
    "TermTrend",
    "Terms",
    "Trend",
    "Trimmed",
    "moves",
    "terms",
    "trim",
]
