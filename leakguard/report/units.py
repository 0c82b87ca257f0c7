"""Numbers as people read them: every figure with its unit, three significant digits."""

from __future__ import annotations

import math

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_COUNTABLE = 10**15
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def size(amount: int) -> str:
    """Bytes in units of 1000: ``999 B``, ``97.3 MB``, ``1.20 GB``."""
    if abs(amount) < 1000:
        return f"{amount} B"
    if abs(amount) >= 10**21:
        return f"{_power_of_ten(amount)} B"
    value, digits, unit = float(amount), "", ""
    for unit in _UNITS:
        digits = f"{value:.0f}" if unit == "B" else _three_digits(value)
        if abs(float(digits)) < 1000:
            break
        value /= 1000
    return f"{digits} {unit}"


def count(amount: int) -> str:
    """A number of things with thousands separators; a power of ten from 10 ** 15 on."""
    return f"{amount:,}" if abs(amount) < _COUNTABLE else _power_of_ten(amount)


def requests(amount: int) -> str:
    """A number of requests: ``1 request``, ``3,200 requests``."""
    return f"{count(amount)} request{'s' * (amount != 1)}"


def percent(share: float) -> str:
    """A share of 1 in percent: ``46 %``, below one percent ``0.4 %``, below a tenth ``<0.1 %``."""
    if not math.isfinite(share):
        return "? %"
    hundredths = share * 100
    if 0 < hundredths < 0.1:
        return "<0.1 %"
    if 0 < hundredths < 0.95:
        return f"{hundredths:.1f} %"
    return f"{hundredths:.0f} %"


def duration(seconds: float) -> str:
    """A time span in its two largest units: ``3 ms``, ``1.2 s``, ``4 min 05 s``, ``2 h 04 min``."""
    if not math.isfinite(seconds):
        return "?"
    if seconds <= 0:
        return "0 s"
    if round(seconds) < _MINUTE:
        return _short_span(seconds)
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"
    return f"{count(whole // _DAY)} d {whole % _DAY // _HOUR:02} h"


def _short_span(seconds: float) -> str:
    for unit, scale in (("µs", 1e6), ("ms", 1e3)):
        value = float(f"{seconds * scale:.2g}") if seconds * scale < 100 else round(seconds * scale)
        if value < 1000:
            return f"{value:g} {unit}" if value >= 1 else f"<1 {unit}"
    return f"{float(f'{seconds:.2g}'):g} s" if seconds < 10 else f"{seconds:.0f} s"


def _three_digits(value: float) -> str:
    magnitude = abs(value)
    if magnitude < 9.995:
        return f"{value:.2f}"
    return f"{value:.1f}" if magnitude < 99.95 else f"{value:.0f}"


def _power_of_ten(amount: int) -> str:
    sign, digits = ("-", str(-amount)) if amount < 0 else ("", str(amount))
    return f"{sign}{digits[0]}.{digits[1:3]}e{len(digits) - 1}"
