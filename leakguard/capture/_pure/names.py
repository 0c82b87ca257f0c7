"""Which strings are names in somebody's code, and which are somebody's data."""

from __future__ import annotations

import hashlib
import types
from typing import TYPE_CHECKING, Final

from leakguard.capture._pure import raw
from leakguard.capture.facts import KEY_SALT
from leakguard.image import EdgeKind
from leakguard.image.format import DATA_KEY_CLASSES, DATA_KEY_SHIFT

if TYPE_CHECKING:
    from collections.abc import Iterable

_SALT: Final = KEY_SALT.to_bytes(8, "little")
_CLASS_OF_KEY: Final = {
    id(str): DATA_KEY_CLASSES.index("str"),
    id(int): DATA_KEY_CLASSES.index("int"),
    id(bytes): DATA_KEY_CLASSES.index("bytes"),
    id(tuple): DATA_KEY_CLASSES.index("tuple"),
    id(float): DATA_KEY_CLASSES.index("float"),
}
_OTHER_KEY: Final = DATA_KEY_CLASSES.index("other")
_HASHED_BY_CONTENT: Final = frozenset(map(id, (str, int, bytes, float)))


class CodeNames:
    """The strings that occur as names in the code of a heap, known by identity.

    Python cannot be asked whether a string is interned. The compiler and the attribute machinery
    intern the names they see, so a key that is the same object as a name is one too, while a key
    that was made from data is another object even where it is spelled alike.
    """

    def __init__(self, objects: Iterable[object]) -> None:
        self._ids: set[int] = set()
        self.attributes: dict[str, None] = {}
        for item in objects:
            klass = type(item)
            if klass is types.CodeType:
                self._add_code(item)  # type: ignore[arg-type] # the type was just looked at
            elif raw.type_flags(klass) & raw.FLAG_TYPE:
                self._add_all(raw.type_namespace(item))  # type: ignore[arg-type] # it is a type
            elif klass is types.ModuleType:
                self._add_all(list(raw.module_dict(item) or ()))

    def is_name(self, key: object) -> bool:
        """Whether a dict key may be shown."""
        return type(key) is str and id(key) in self._ids

    def _add_code(self, code: types.CodeType) -> None:
        self.attributes.update(dict.fromkeys(code.co_names))
        self._add_all(code.co_names)
        self._add_all(raw.local_names(code))
        for constant in code.co_consts:
            # the compiler interns constants spelled like a name, and the tuples of keyword names
            if type(constant) is str and constant.isidentifier() and constant.isascii():
                self._add_all((constant,))
            elif type(constant) is tuple:
                self._add_all(
                    item for item in constant if type(item) is str and item.isidentifier()
                )

    def _add_all(self, names: Iterable[object]) -> None:
        self._ids.update(
            id(name) for name in names if type(name) is str and len(name) <= raw.LONGEST_NAME
        )


def key_label(key: object, names: CodeNames) -> tuple[EdgeKind, str | int]:
    """The label of the reference from a dict to the value of this key."""
    if names.is_name(key):
        return EdgeKind.KEY, str(key)
    key_class = _CLASS_OF_KEY.get(id(type(key)), _OTHER_KEY)
    # hash() of anything else may be somebody's __hash__; an address will do while the key lives
    content = hash(key) if id(type(key)) in _HASHED_BY_CONTENT else id(key)
    digest = hashlib.blake2b(
        content.to_bytes(16, "little", signed=True), digest_size=3, key=_SALT
    ).digest()
    return EdgeKind.DATA_KEY, key_class << DATA_KEY_SHIFT | int.from_bytes(digest, "little")
