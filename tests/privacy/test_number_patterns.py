"""The short ways through a text find what the long ones do."""

from __future__ import annotations

import random

import pytest

from hilt.privacy import number_patterns
from hilt.privacy.number_patterns import lettered_ids, numbers

_SEPARATORS = (" ", "  ", ".", "-", "/", ") (", "\t", "; ", ":", "\u00a0", "x", "A", "+")
_PIECES = (
    "+49 30 1234567", "+4930 12", "00 49 30 12345", "0012 3456 7890", "2026-11-12", "11-12-2026",
    "tel 555 1234", "Call: 2345678", "fax 20 26 11 12", "BSN 111222333", "mob\u0131le 555 12 34",
    "4111 1111 1111 1111", "378282246310005", "123-45-6789", "12345678\u0663", "131052-308T",
    "131052-3082", "DE89 3704 0044 0532 0130 00", "AB 12 34 56 C", "X1234567L", "X-1234567-L",
    "ABCPE1234F", "GOMC900514HDFRRR09", "12345678Z", "contact 7 6 5 4 3 2 1", "$1234567", "(",
)  # fmt: skip


def table(rng: random.Random) -> str:
    """Groups of digits with something of a form among them."""
    size, separator = rng.choice((1, 2, 3, 4, 6, 9, 11, 16, 45)), rng.choice(_SEPARATORS)
    groups = ["".join(rng.choices("0123456789", k=size)) for _ in range(rng.choice((2, 40, 120)))]
    for _ in range(rng.randint(0, 4)):
        groups.insert(rng.randrange(len(groups)), rng.choice(_PIECES))
    return separator.join(groups)


@pytest.fixture(scope="module")
def tables() -> list[str]:
    """Many, the same in every run."""
    rng = random.Random(14)
    return [table(rng) for _ in range(150)]


def test_numbers_are_those_of_every_place(
    tables: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs with few digits, long ones and single digits are passed over only where none can be."""
    found = [list(numbers(text)) for text in tables]
    monkeypatch.setattr(number_patterns, "_FEWEST_IN_FORM", 0)
    monkeypatch.setattr(number_patterns, "_LONG_ZONE", 1 << 30)
    monkeypatch.setattr(number_patterns, "_PARTS_OF_PHONE_WORDS", ("",))

    assert found == [list(numbers(text)) for text in tables]
    assert sum(map(len, found)) > 100


def test_lettered_ids_are_those_of_every_place(tables: list[str]) -> None:
    """However many digits a text has."""
    found = [list(lettered_ids(text)) for text in tables]

    assert found == [list(lettered_ids(text, 1_000)) for text in tables]
    assert sum(map(len, found)) > 50


@pytest.mark.parametrize("text", ["7" * 300_000, "7 " * 150_000, "1.2." * 75_000])
def test_hostile_digits_are_passed_over(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No number is looked at, but for the first."""
    looked_at: list[object] = []
    monkeypatch.setattr(number_patterns, "_checked", looked_at.append)
    monkeypatch.setattr(number_patterns, "_lettered_at", lambda *each: looked_at.append(each))

    assert list(numbers(text)) == list(lettered_ids(text, len(text))) == []
    assert len(looked_at) <= 1
