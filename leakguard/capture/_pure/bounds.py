"""How much a container written in Python holds at most, where it says so."""

from __future__ import annotations

from typing import Final

from leakguard.capture._pure import raw

_BY_AGE: Final = -1
_LONG_AGE: Final = 86_400.0
_LARGEST: Final = (1 << 63) - 1
_MISSING: Final = object()


# By class: the attributes with the most entries and how long they stay; where an instance has the
# last one the limit is no number of entries.
_KNOWN: Final = {
    ("cachetools", "TLRUCache"): ("_Cache__maxsize", "_TLRUCache__ttu", ""),
    ("cachetools", "Cache"): ("_Cache__maxsize", "_TTLCache__ttl", "_Cache__size"),
    ("expiringdict", "ExpiringDict"): ("max_len", "max_age", ""),
    ("jinja2.utils", "LRUCache"): ("capacity", "", ""),
    ("mako.util", "LRUCache"): ("capacity", "", ""),
    ("sqlalchemy.util._collections", "LRUCache"): ("capacity", "", ""),
    ("boltons.cacheutils", "LRI"): ("max_size", "", ""),
}
_NAMES: Final = frozenset(name for _, name in _KNOWN)


def bound_of_instance(item: object) -> int | None:
    """The most entries, -1 where what is old is dropped, None where there is nothing to be read."""
    known = _bounding_of(type(item))
    if known is None:
        return None
    most, stays_for, other = known
    limit = _as_limit(_attribute(item, most))
    if stays_for and (age := _attribute(item, stays_for)) is not _MISSING:
        stays = _as_limit(age)
        if stays is None or stays < _LONG_AGE:
            return _BY_AGE
    counts_otherwise = other and type(_attribute(item, other)) is dict
    return None if counts_otherwise and limit != _LARGEST else limit


def _bounding_of(klass: type) -> tuple[str, str, str] | None:
    for base in raw.type_mro(klass):
        if raw.type_name(base) in _NAMES:
            known = _KNOWN.get((raw.type_module(base), raw.type_name(base)))
            if known is not None:
                return known
    return None


def _attribute(item: object, name: str) -> object:
    try:
        return object.__getattribute__(item, name)
    except AttributeError:
        return _MISSING


def _as_limit(number: object) -> int | None:
    if type(number) is float:
        return None if not number >= 0 else int(min(number, _LARGEST))
    return min(number, _LARGEST) if type(number) is int and number >= 0 else None
