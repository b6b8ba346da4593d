"""What a server has received: the newest of it, so that one that runs for days does not grow."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["Newest"]

T = TypeVar("T")


class Newest(list[T]):
    """A list that forgets its oldest items.

    It does so when it has twice as many as it is to hold, or twice as many bytes. The newest item
    stays, whatever its size.

    Args:
        count: How many items it holds at the least.
        size: How many bytes of them it holds at the least.
    """

    def __init__(self, count: int, size: int = 1 << 26) -> None:
        super().__init__()
        self._count = count
        self._size = size
        self._sizes: list[int] = []
        self._total = 0

    def keep(self, item: T, size: int) -> None:
        """Append an item of so many bytes."""
        if len(self._sizes) != len(self):  # Its user has taken items away.
            self._sizes, self._total = [0] * len(self), 0
        self.append(item)
        self._sizes.append(size)
        self._total += size
        if len(self) > 2 * self._count or self._total > 2 * self._size:
            self._forget()

    def _forget(self) -> None:
        kept, total = 1, self._sizes[-1]
        while kept < min(len(self), self._count) and total + self._sizes[-kept - 1] <= self._size:
            kept += 1
            total += self._sizes[-kept]
        del self[:-kept], self._sizes[:-kept]
        self._total = total
