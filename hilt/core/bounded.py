"""A map that forgets its oldest items, so that no table of a long-running program grows forever."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

__all__ = ["BoundedDict"]

K = TypeVar("K")
V = TypeVar("V")


class BoundedDict(OrderedDict[K, V]):
    """A dict whose `keep` forgets the oldest items beyond a limit.

    Reading is as fast as in a dict. Each step is one operation of the interpreter, so threads need
    no lock, as long as the keys are of built-in types.

    Args:
        limit: How many items it holds at most.
    """

    __slots__ = ("limit",)

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def keep(self, key: K, value: V) -> None:
        """Set an item and make it the newest; forget the oldest ones beyond the limit."""
        self[key] = value
        try:
            self.move_to_end(key)
        except KeyError:
            return  # Another thread has taken it.
        if len(self) > self.limit:
            self.forget_oldest()

    def kept(self, key: K, value: V) -> V:
        """Like `setdefault`: the value of a key, set to `value` if missing, made the newest."""
        held = self.setdefault(key, value)
        if held is not value:
            try:
                self.move_to_end(key)
            except KeyError:
                return held  # As in `keep`.
        elif len(self) > self.limit:
            self.forget_oldest()
        return held

    def forget_oldest(self) -> None:
        """Forget the oldest items beyond the limit; `keep` and `kept` do so themselves."""
        try:
            # Not `del self[next(iter(self))]`, which walks over all items deleted before.
            while len(self) > self.limit:
                self.popitem(last=False)
        except KeyError:
            return  # Another thread was quicker.
