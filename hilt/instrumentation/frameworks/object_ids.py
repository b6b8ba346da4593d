"""Ids for objects of a framework that have none: the same for as long as an object lives."""

from __future__ import annotations

import weakref
from uuid import uuid4

__all__ = ["ObjectIds"]


class ObjectIds:
    """Ids by the identity of objects, which are not kept alive for it."""

    def __init__(self) -> None:
        self._ids: dict[int, tuple[weakref.ref[object], str]] = {}

    def id_of(self, value: object) -> str | None:
        """The id of an object; None for one that nothing can refer to weakly."""
        known = self._ids.get(id(value))
        if known is not None and known[0]() is value:
            return known[1]
        number = id(value)
        try:
            reference = weakref.ref(value, lambda _: self._ids.pop(number, None))
        except TypeError:
            return None
        new = uuid4().hex
        self._ids[number] = (reference, new)
        return new

    def is_new(self, value: object) -> bool:
        """Whether an object has no id yet; from now on it has one, if it can."""
        known = self._ids.get(id(value))
        is_known = known is not None and known[0]() is value
        return not is_known and self.id_of(value) is not None

    def clear(self) -> None:
        """Forget them all."""
        self._ids.clear()
