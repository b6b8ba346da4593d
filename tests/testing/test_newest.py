"""Lists that forget their oldest items."""

from __future__ import annotations

from hilt.testing.newest import Newest


def test_many_items():
    """Beyond twice the count, as many as the count are left."""
    items = Newest(3)
    for number in range(7):
        items.keep(number, 1)
    assert items == [4, 5, 6]


def test_large_items():
    """Beyond twice the size, as many as the size has room for are left."""
    items = Newest(100, size=10)
    for number in range(5):
        items.keep(number, 4)
    assert items == [0, 1, 2, 3, 4]
    items.keep(5, 4)
    assert items == [4, 5]


def test_the_newest_stays_whatever_its_size():
    """A test reads the request that it has just made."""
    items = Newest(100, size=10)
    items.keep("small", 1)
    items.keep("large", 1000)
    assert items == ["large"]


def test_it_may_be_emptied_by_its_user():
    """And counts from there."""
    items = Newest(100, size=10)
    for number in range(5):
        items.keep(number, 4)
    items.clear()
    for number in range(3):
        items.keep(number, 4)
    assert items == [0, 1, 2]
