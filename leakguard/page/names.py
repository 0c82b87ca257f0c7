"""Names of somebody's code in HTML: as text, and on their own as to the direction of writing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from leakguard.report.columns import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

_BREAKS = re.compile(r"(?<=[./_])(?=[^./_])")
_ISOLATED = Markup('<bdi translate="no">{}</bdi>')


def name(text: str) -> Markup:
    """A name. Signs that cannot be seen, or that turn the direction of writing, are shown escaped
    as in a Python string; one that is written from right to left does not move its neighbours."""
    return _ISOLATED.format(Markup("<wbr>").join(_BREAKS.split(visible(text))))


def sentence(text: str, names: Iterable[str] = ()) -> Markup:
    """A sentence of the analysis, with those of the `names` that are in it set apart."""
    shown = visible(" ".join(text.split()))
    known = {visible(one): name(one) for one in names if one}
    if not known:
        return escape(shown)
    # The longest first: a name may begin like another.
    any_of = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    parts = re.split(f"({any_of})", shown)
    return Markup("").join(known.get(part, escape(part)) for part in parts)
