"""The map that forgets its oldest items."""

from __future__ import annotations

import threading

from hilt.core.bounded import BoundedDict


def test_the_oldest_are_forgotten():
    """Beyond the limit, what was kept first goes first."""
    items: BoundedDict[str, int] = BoundedDict(2)
    for number, name in enumerate("abc"):
        items.keep(name, number)

    assert dict(items) == {"b": 1, "c": 2}


def test_an_item_that_is_kept_again_is_the_newest():
    """Its new value counts, and its age begins again."""
    items: BoundedDict[str, int] = BoundedDict(2)
    for name, number in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        items.keep(name, number)

    assert dict(items) == {"a": 3, "c": 4}


def test_threads_may_keep_and_take_at_once():
    """No thread meets an error, and the limit holds when all are done."""
    items: BoundedDict[int, int] = BoundedDict(10)
    errors: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for number in range(first, first + 2_000):
                items.keep(number % 50, number)
                items.pop(number % 7, None)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(1_000 * each,)) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not errors
    assert len(items) <= 10


def test_a_value_that_is_held_is_the_newest_when_it_is_asked_for():
    """`kept` gives it back, and its age begins again."""
    items: BoundedDict[str, list[int]] = BoundedDict(2)
    first = items.kept("a", [1])
    items.kept("b", [2])
    assert items.kept("a", [3]) is first
    items.kept("c", [4])

    assert dict(items) == {"a": [1], "c": [4]}


def test_kept_values_are_forgotten_beyond_the_limit():
    """Of `kept`, too, the oldest first; up to the limit all stay."""
    items: BoundedDict[str, list[int]] = BoundedDict(2)
    for name in "ab":
        items.kept(name, [1])
    assert list(items) == ["a", "b"]
    items.kept("c", [1])
    assert list(items) == ["b", "c"]


def test_item_that_another_thread_has_taken_is_no_error():
    """It was taken between the two steps."""

    class Taken(BoundedDict[str, object]):
        def move_to_end(self, key: str, last: bool = True) -> None:
            self.pop(key)
            super().move_to_end(key, last)

    items, first = Taken(2), object()
    items.keep("a", first)
    assert dict(items) == {}
    items["a"] = first
    assert items.kept("a", object()) is first
    assert dict(items) == {}


def test_oldest_are_forgotten_after_a_limit_is_lowered():
    """All that are too many at once; none are no error."""
    items: BoundedDict[int, int] = BoundedDict(5)
    for number in range(5):
        items.keep(number, number)
    items.limit = 2
    items.forget_oldest()
    assert list(items) == [3, 4]
    items.limit = -1
    items.forget_oldest()
    assert list(items) == []
