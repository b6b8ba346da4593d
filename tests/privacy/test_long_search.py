"""Searches in long texts that are full of what begins like something."""

from __future__ import annotations

import random
import re

import pytest

from hilt.privacy import api_keys, ip_addresses, long_search, patterns
from hilt.privacy.lettered_ids import _LETTERS_AFTER_SIGN, _LONG_LETTERS
from hilt.privacy.long_search import LongSearch, joined
from hilt.privacy.number_forms import LONG_NUMBERS, NUMBER_OR_LETTERS, normalized
from hilt.privacy.number_patterns import numbers

FORMS = [
    *("4111 1111 1111 1111", "+49 30 1234567", "(030) 123 456", "078-05-1120", "12345678Z"),
    *("DE89 3704 0044 0532 0130 00", "8 (495) 123-45-67", "030 12 34 56 78 10:30", "XZ1234"),
    *("DE89370400440532013000", "X1234567L", "RSSMRA85T10A562S", f"+1{' - 2' * 14}"),
]
ADDRESSES = [
    "203.0.113.7",
    "=10.0.0.1",
    "==8.8.8.8",
    "255.255.255.255",
    "\u20131.2.3.4",
    "a9.9.9.9",
]
COLONS = [
    "1:2:3:4:5:6:7:8",
    "2001:db8:85a3:0:0:8a2e:370:7334",
    "1:2:3:4:5:6:7:",
    "a:b:c:d:e:f:a:12345",
]
KEYS = [
    *("sk-" + "aB1" * 7, "sk-ant-" + "x9" * 130, "gsk_" + "Zz0" * 8, "-hf_" + "k1" * 10),
    *(
        "xoxb-1234567890-abc",
        "\u00e9sk-" + "q1" * 9,
        "github_pat_" + "A1" * 12,
        "sk_live_" + "7" * 16,
    ),
]
SIGNS = [".A0000000A", ".A-0000000.A", ".AA 00 00 00 A", ".AA00 0A0A", ".AAA000000A", ".AAAA0000A"]


def _text(rng: random.Random, share: float, forms: list[str], characters: str) -> str:
    """Pieces of which a share may have a form."""
    pieces = [
        rng.choice(forms)
        if rng.random() < share
        else "".join(rng.choices(characters, k=rng.randint(1, 9)))
        for _ in range(600)
    ]
    return "".join(piece + rng.choice((" ", ", ", "\n", "-", "")) for piece in pieces)


@pytest.fixture(params=[60, 500, 16_384], ids=lambda each: f"windows of {each}")
def _windows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_search, "_WINDOW", request.param)
    monkeypatch.setattr(long_search, "LONG_TEXT", 0)


@pytest.mark.usefixtures("_windows")
@pytest.mark.parametrize("most_steps", [0, 250, 100_000])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.3])
def test_the_search_finds_what_re_does(
    most_steps: int, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever its windows end, and however often the search for all places gives up."""
    monkeypatch.setattr(long_search, "_MOST_STEPS", most_steps)
    rng = random.Random(share)
    for far_apart in (1, 7, 1_000):
        long_keys = api_keys._LONG_KEYS
        long_colons = ip_addresses._LONG_SEVEN_COLONS
        addresses_of_both = (ip_addresses._LONG_IPV4, long_colons)
        for search in (LONG_NUMBERS, *addresses_of_both, _LONG_LETTERS, *long_keys.values()):
            monkeypatch.setattr(search, "_far_apart", far_apart)
        data = normalized(_text(rng, share, FORMS, "0123456789" * 3 + " .-/()+"))
        found = LONG_NUMBERS.finditer(NUMBER_OR_LETTERS, data, data)
        assert [(each.lastindex, each.regs) for each in found] == [
            (each.lastindex, each.regs) for each in NUMBER_OR_LETTERS.finditer(data)
        ]

        text = _text(rng, share, ADDRESSES, "0123..... =<-_a\u00e9\u2013\u0661")
        addresses = ip_addresses._LONG_IPV4.finditer(ip_addresses._IPV4, text, normalized(text), 1)
        assert [each.span() for each in addresses] == [
            each.span() for each in ip_addresses._IPV4.finditer(text)
        ]

        text = _text(rng, share, COLONS, "0af1:::::. -_g\u00e9\uff11")
        colons = long_colons.finditer(ip_addresses._SEVEN_COLONS, text, normalized(text), 1)
        assert [each.span() for each in colons] == [
            each.span() for each in ip_addresses._SEVEN_COLONS.finditer(text)
        ]

        text = _text(rng, share, KEYS, "kps19Az--__.\u00e9\u2011\uff11\u0437")
        for mark, pattern in api_keys._KEYS_WITH_MARK.items():
            keys = long_keys[mark].finditer(pattern, text, normalized(text), 1)
            assert [each.span() for each in keys] == [
                each.span() for each in pattern.finditer(text)
            ]

        signs = _text(rng, share, SIGNS, "0A.- ").encode()
        letters = _LONG_LETTERS.finditer(_LETTERS_AFTER_SIGN, signs, signs)
        assert [each.span() for each in letters] == [
            each.span() for each in _LETTERS_AFTER_SIGN.finditer(signs)
        ]


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int | None]]:
    """The windows whose ends were looked for, with the number of parts that were found."""
    seen: list[tuple[int, int | None]] = []
    near_ends = LongSearch._near_ends

    def recorded(
        search: LongSearch, data: bytes, start: int, end: int
    ) -> list[tuple[int, int]] | None:
        parts = near_ends(search, data, start, end)
        seen.append((start // 16_384, None if parts is None else len(parts)))
        return parts

    monkeypatch.setattr(LongSearch, "_near_ends", recorded)
    return seen


def _found(text: str) -> int:
    data = normalized(text)
    return sum(1 for _ in LONG_NUMBERS.finditer(NUMBER_OR_LETTERS, data, data))


def test_a_window_is_judged_by_its_beginning(looked_at: list[tuple[int, int | None]]) -> None:
    """By some 2,000 characters of it."""
    first, rest = "1, " * 683, "x" * (16_384 - 3 * 683)
    assert _found(f"{'x' * 16_383}{first}{rest}{'x' * 2_049}{'1, ' * 4_000}{'x' * 9_000}") == 0
    assert looked_at == [(1, 0)]


def test_few_windows_of_a_table_are_gone_through_number_by_number(
    looked_at: list[tuple[int, int | None]],
) -> None:
    """The first is, and each after one that has many numbers with a form; others are not."""
    assert _found("12 34 " * 20_000) == 0
    assert looked_at == [(1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0)]

    looked_at.clear()
    assert _found("4111 1111 1111 1112, " * 5_000) > 4_000
    assert looked_at == []

    looked_at.clear()
    assert _found(f"{'x' * 30} 12 " * 4_000) == 0
    assert looked_at == []


@pytest.mark.parametrize(
    ("unit", "is_full"),
    [
        ("1, ", True),
        ("ab ", True),
        ("+- ", True),
        ("(1(", True),
        ("(- ", False),
        ("_1 ", False),
        ("-a ", False),
    ],
)
def test_a_text_is_full_of_what_a_number_or_an_id_begins_with(
    unit: str, is_full: bool, looked_at: list[tuple[int, int | None]]
) -> None:
    """What stands where none begins does not count."""
    assert _found(unit * 20_000) == 0
    assert looked_at == [(1, 0), (2, 0), (3, 0)] * is_full


@pytest.mark.parametrize(("count", "windows"), [(8_333, []), (8_334, [(1, 0), (2, 0), (3, 0)])])
def test_numbers_of_long_texts_are_looked_for_so(
    count: int, windows: list[tuple[int, int]], looked_at: list[tuple[int, int | None]]
) -> None:
    """A short one is gone through number by number."""
    text = "12 34 " * count
    assert list(numbers(text, normalized(text))) == []
    assert looked_at == windows


@pytest.mark.parametrize(("count", "windows"), [(16_666, []), (16_667, [(1, 0), (2, 0), (3, 0)])])
def test_addresses_of_long_texts_are_looked_for_so(
    count: int, windows: list[tuple[int, int]], looked_at: list[tuple[int, int | None]]
) -> None:
    """A short one is gone through dot by dot."""
    text = "1. " * count
    assert list(ip_addresses._ipv4(text, normalized(text))) == []
    assert looked_at == windows


def test_where_many_numbers_have_a_form_it_is_tried_again_after_a_window_without(
    looked_at: list[tuple[int, int | None]],
) -> None:
    """What it looks at of one is its end, where a number may begin that ends in the next."""
    none, many = "12 34 " * 2_731, "4111 1111 1111 1112, " * 780
    assert _found((none * 2 + many) * 2 + none) > 1_000
    assert looked_at == [(1, 1), (2, None), (4, 1), (5, None)]


@pytest.mark.parametrize("form", ["4111 1111 1111 1111", "DE89370400440532013000", "X1234567L"])
def test_only_what_is_near_an_end_is_looked_at(
    form: str, looked_at: list[tuple[int, int | None]]
) -> None:
    """What is between two of them is passed over, in any window."""
    none, one = "12 34 " * 500, f"{form}, "

    assert _found(none * 12 + one + none * 2 + one + none + "x" * 9_000) == 2
    assert looked_at == [(1, 0), (2, 2)]


def test_a_search_that_gives_up_is_tried_less_and_less(
    looked_at: list[tuple[int, int | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one window, then after two more, then after three."""
    monkeypatch.setattr(long_search, "_MOST_STEPS", 0)

    assert _found("12 34 " * 50_000) == 0
    assert looked_at == [(1, None), (3, None), (6, None), (10, None), (15, None)]


@pytest.mark.parametrize(
    ("pattern", "longest", "text", "places"),
    [("ab{3}c", 5, b"abbbcabbbc", [0, 5]), ("aba", 3, b"ababa", [0])],
    ids=["what touches it", "what is in it"],
)
def test_what_stands_where_two_windows_meet_is_found_as_re_does(
    pattern: str, longest: int, text: bytes, places: list[int]
) -> None:
    """Once; and what touches a match is another one, what begins in it is none."""
    search = LongSearch(pattern, longest, beginnings=len)
    for offset in range(-7, 3):
        start = 16_384 * 2 + offset
        data = b"x" * start + text + b"x" * 20_000
        found = search.finditer(re.compile(pattern.encode()), data, data)
        assert [each.start() - start for each in found] == places


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "10.0.0.1", "203.0.113.7", "255.255.255.255", "255.255.255.255.1"]
)
def test_an_address_is_found_wherever_two_windows_meet(address: str) -> None:
    """Also within its first number, or behind it; five numbers are none."""
    dots = ". " * 20_000
    for offset in range(-len(address) - 3, 3):
        text = f"{dots[: 16_384 * 2 + offset]} {address} {dots}"
        start = 16_384 * 2 + offset + 1
        whole = [(start + address.index("."), start + len(address))]
        found = ip_addresses._LONG_IPV4.finditer(ip_addresses._IPV4, text, normalized(text), 1)
        assert [each.span() for each in found] == whole[: address.count(".") == 3]


def test_random_digits_are_looked_through_as_far_as_there_is_time_for() -> None:
    """The rest of a megabyte is a block, and values before it are found."""
    rng = random.Random(1)
    digits = "".join(rng.choices("0123456789 /-.()", k=1_000_000))
    text = f"{digits[:200_000]} ann@example.com {digits[200_000:]}"
    *found, block = patterns.find(text)
    assert (block.kind, block.end) == ("block", len(text))
    assert 200_100 < block.start < 400_000
    assert "ann@example.com" in [text[each.start : each.end] for each in found]


def test_parts_that_overlap_or_touch_are_one() -> None:
    """Others stay as they are."""
    assert joined([]) == []
    assert joined([(0, 5), (3, 8), (8, 9), (10, 12), (10, 14)]) == [(0, 9), (10, 14)]
