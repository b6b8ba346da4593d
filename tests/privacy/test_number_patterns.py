"""Numbers of each kind are found wherever they stand among others, and in little time."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from hilt.privacy import number_patterns, patterns
from hilt.privacy.number_forms import FORMS, NUMBER, NUMBER_OR_LETTERS, normalized
from hilt.privacy.number_patterns import numbers
from hilt.privacy.patterns import find
from tests.privacy.test_patterns import MAKERS

LAYOUTS: dict[str, Callable[[str, str, str], str]] = {
    "alone in its line": lambda before, value, after: f"{before}\n{value}\n{after}",
    "a cell of a row": lambda before, value, after: f"{before},{value},{after}",
    "a cell with blanks": lambda before, value, after: f"{before}, {value}, {after}",
    "a cell of a table": lambda before, value, after: f"| {before} | {value} | {after} |",
    "after a tab": lambda before, value, after: f"{before}\t{value}\t{after}",
    "after a semicolon": lambda before, value, after: f"{before};{value};{after}",
    "in quotation marks": lambda before, value, after: f'"{before}","{value}","{after}"',
    "with a name": lambda before, value, after: f"id={before} value={value} n={after}",
    "in JSON": lambda before, value, after: f'{{"a": {before}, "b": "{value}", "c": {after}}}',
    "in brackets": lambda before, value, after: f"{before} ({value}) {after}",
}
PLAIN_NUMBERS = [
    name for name, (kind, _) in MAKERS.items() if kind in ("phone", "card", "iban", "national_id")
]


@pytest.mark.parametrize("layout", list(LAYOUTS))
@pytest.mark.parametrize("name", PLAIN_NUMBERS)
def test_each_form_is_found_among_other_numbers(name: str, layout: str) -> None:
    """Whole, whatever stands in the cells before and after it."""
    kind, make = MAKERS[name]
    rng = random.Random(name)
    missed = []
    for _ in range(30):
        value, before, after = make(rng), str(rng.randrange(9999)), str(rng.randrange(999))
        text = LAYOUTS[layout](before, value, after)
        start = text.index(value)
        end = start + len(value)
        if not any(each.start <= start and end <= each.end for each in find(text)):
            missed.append(text)
    assert missed == [], kind


@pytest.mark.parametrize("separator", [" ", "\n", ", ", ",", ";", "\t", " | ", " / "])
@pytest.mark.parametrize("name", ["visa", "visa plain", "mastercard", "amex", "unionpay 19"])
def test_cards_are_found_one_after_another(name: str, separator: str) -> None:
    """A list of them has none that is left, wherever it begins and ends."""
    rng = random.Random(name)
    cards = [MAKERS[name][1](rng) for _ in range(300)]
    text = separator.join(cards)
    found = find(text)
    hidden = "".join(each for each in _rest(text, found) if each.isdigit())
    assert hidden == ""


def _rest(text: str, found: list[patterns.Finding]) -> str:
    ends = [0, *(each.end for each in found)]
    starts = [*(each.start for each in found), len(text)]
    return "".join(text[end:start] for end, start in zip(ends, starts, strict=True))


@pytest.mark.parametrize("groups", [1, 2, 5, 40])
def test_cards_are_found_among_groups_like_their_own(groups: int) -> None:
    """Groups of four digits before and after a card do not hide it."""
    rng = random.Random(groups)
    missed = []
    for _ in range(200):
        value = MAKERS["visa"][1](rng)
        before, after = (
            " ".join(f"{rng.randrange(10_000):04d}" for _ in range(groups)) for _ in range(2)
        )
        text = f"{before} {value} {after}"
        start = len(before) + 1
        left = set(range(start, start + len(value)))
        for each in find(text):
            left -= set(range(each.start, each.end))
        if any(text[index].isdigit() for index in left):
            missed.append(text)
    assert missed == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Tel.030 1234567", "phone"),
        ("phone=+49301234567&x=1", "phone"),
        ("card:4111111111111111:12/27:123", "card"),
        ("4111111111111111|12|27|123", "card"),
        ("\u6211\u7684\u7535\u8bdd\u662f138 1234 5678\u3002", "phone"),
        ("\u624b\u673a\u53f713812345678\uff0c\u8c22\u8c22", "phone"),
        ("\u00ab4111\u00a01111\u00a01111\u00a01111\u00bb", "card"),
        ("4111\u20131111\u20131111\u20131111", "card"),
        ("030 123 456", "phone"),
        ("call me: 555 1234", "phone"),
        ("415-555-2671x123", "phone"),
        ("0049301234567", "phone"),
        ("(11)91234-5678", "phone"),
        ("8 (495) 123-45-67", "phone"),
        ("8 800 555-35-35", "phone"),
        ("https://x.example/?tel=%2B49301234567", "phone"),
        ("\uff0b\uff14\uff19\uff13\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17", "phone"),
        ("\u0660\u0667\u0667\u0660\u0660\u0669\u0660\u0660\u0661\u0662\u0663", "phone"),
        ("ssn: 078051120", "national_id"),
        ("remote_ip=203.0.113.77 x", "ip"),
    ],
)
def test_numbers_are_found_in_the_dress_of_the_day(text: str, kind: str) -> None:
    """Behind signs, between letters of scripts without blanks, with odd blanks and dashes."""
    assert kind in [each.kind for each in find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "text 3.14159265",
        "1,234 567 890 units",
        "total 123 456 789,50 EUR",
        "20261112 1234",
        "2026-11-12 10:11:12.123456",
        "123.456.789",
        "call 2026-11-12",
        "7" * 200,
    ],
)
def test_amounts_and_times_are_nobodys(text: str) -> None:
    """Though they have groups like those of a number."""
    assert find(text) == []


def test_a_text_has_one_byte_for_each_character() -> None:
    """So that places are the same, whatever is in it."""
    text = "\u20ac\u00a0\u2009\U0001f600\ud800\u0660z\u0130\u00e9\u4e00-\u2013"
    assert len(normalized(text)) == len(text) + 1
    assert normalized("a1") == b"\na1"


def test_both_patterns_know_the_same_forms() -> None:
    """The one for many digits knows letters besides."""
    rng = random.Random(14)
    for _ in range(300):
        groups = ["".join(rng.choices("0123456789", k=rng.randint(1, 12))) for _ in range(20)]
        data = normalized("".join(group + rng.choice(" .-/+(),:") for group in groups))
        known = [(each.span(), FORMS[each.lastindex]) for each in NUMBER.finditer(data)]
        assert known == [
            (each.span(), FORMS[each.lastindex]) for each in NUMBER_OR_LETTERS.finditer(data)
        ]


def test_numbers_without_a_form_are_passed_over() -> None:
    """Nothing in Python is called for them."""
    for text in ("7" * 300_000, "7 " * 150_000, "12 34567 " * 30_000, "0.1234, " * 30_000):
        assert len(list(numbers(text, normalized(text)))) <= 1


@pytest.mark.parametrize(
    "unit",
    [
        "0049 30 1234567a ",
        "+49 30 1234567a ",
        "+1 (415) 555-2671a ",
        "030/1234567a ",
        "078-05-1120a ",
    ],
)
def test_numbers_that_nearly_have_a_form_are_places(unit: str) -> None:
    """To see that they have none takes time: not more of them are looked at than of others."""
    text = unit * 200
    assert [each.kind for each in numbers(text, normalized(text))] == [""] * 200
    assert find(text) == []


def test_characters_beyond_ascii_become_the_usual_ones() -> None:
    """One byte for each, whatever else is in the text."""
    digits = [chr(zero + 7) for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xFF10)]
    others = {
        "\u202f": " ",
        "\u2009": " ",
        "\u00a0": " ",
        "\u2010": "-",
        "\u2011": "-",
        "\u2013": "-",
    }
    others |= {
        "\u20ac": "$",
        "\u00a3": "$",
        "\uff0b": "+",
        "\u00e9": "z",
        "\u00d7": "?",
        "\u4e2d": "?",
    }
    others |= {"\n": "\n", "a": "a", "~": "~", "\U0001f600": "?", "\ud800": "?", "\u0130": "?"}
    text = "".join((*digits, *others))
    assert normalized(text).decode() == "\n77777" + "".join(others.values())
    ascii_text = "".join(map(chr, range(0x20, 0x7F)))
    assert normalized(ascii_text + "\u4e2d").decode() == f"\n{ascii_text}?"


FORMS_IN_TABLES = [
    *("4111 1111 1111 1111", "+49 30 1234567", "(030) 123 456", "078-05-1120", "12345678Z"),
    *("DE89 3704 0044 0532 0130 00", "8 (495) 123-45-67", "030 12 34 56 78 10:30", "XZ1234"),
]


def _table(rng: random.Random, share: float) -> str:
    """Numbers of which a share may have a form."""
    cells = [
        rng.choice(FORMS_IN_TABLES)
        if rng.random() < share
        else "".join(rng.choices("0123456789 .-/()+", (3,) * 10 + (1,) * 7, k=rng.randint(1, 9)))
        for _ in range(600)
    ]
    return "".join(cell + rng.choice((" ", ", ", "\n", "-", "")) for cell in cells)


@pytest.mark.parametrize("window", [60, 500, 16_384])
@pytest.mark.parametrize("most_steps", [0, 250, 100_000])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.3])
def test_a_long_text_of_digits_has_what_it_has_in_one_search(
    window: int, most_steps: int, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever its windows end, and however often the search for all places gives up."""
    rng = random.Random(window)
    for _ in range(3):
        text = _table(rng, share)
        data = normalized(text)
        monkeypatch.setattr(number_patterns, "LONG_TEXT", len(text) + 1)
        whole = list(numbers(text, data))
        monkeypatch.setattr(number_patterns, "LONG_TEXT", 0)
        monkeypatch.setattr(number_patterns, "_WINDOW", window)
        monkeypatch.setattr(number_patterns, "_MOST_STEPS", most_steps)
        monkeypatch.setattr(number_patterns, "_FAR_APART", rng.choice((1, 12, 1_000)))
        assert list(numbers(text, data)) == whole


def test_few_windows_of_a_table_are_gone_through_number_by_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first is, and each after one that has many numbers with a form; others are not."""
    looked_at: list[tuple[int, int]] = []
    near_ends = number_patterns._near_ends

    def recorded(data: bytes, start: int, end: int) -> list[tuple[int, int]] | None:
        parts = near_ends(data, start, end)
        looked_at.append((start // 16_384, -1 if parts is None else len(parts)))
        return parts

    monkeypatch.setattr(number_patterns, "_near_ends", recorded)
    table, cards = "12 34 " * 20_000, "4111 1111 1111 1112, " * 5_000
    assert list(numbers(table, normalized(table))) == []
    assert looked_at == [(1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0)]

    looked_at.clear()
    assert len(list(numbers(cards, normalized(cards)))) > 4_000
    assert looked_at == []

    looked_at.clear()
    sparse = "words 12 and 34 more of them, " * 4_000
    assert list(numbers(sparse, normalized(sparse))) == []
    assert looked_at == []


def test_a_search_that_gives_up_is_tried_less_and_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """After one window, then after two more, then after three."""
    tried: list[int] = []

    def gives_up(data: bytes, start: int, end: int) -> None:
        tried.append(start // 16_384)

    monkeypatch.setattr(number_patterns, "_near_ends", gives_up)
    table = "12 34 " * 50_000
    assert list(numbers(table, normalized(table))) == []
    assert tried == [1, 3, 6, 10, 15]


@pytest.mark.parametrize("offset", [-40, -20, -3, -1, 0, 1, 5, 12, 30])
def test_an_announced_number_is_found_in_a_long_text_of_digits(offset: int) -> None:
    """Wherever it stands in the parts that such a text is gone through in."""
    for unit, value in (
        ("12 345,", "555 12 34"),
        ("\u00e9 12,", "(0)555/12.34"),
        ("1\n", "5551234"),
    ):
        before = (unit * 60_000)[: 53 * 1_024 + offset]
        text = f"{before} call {value}, {unit * 9_000}"
        start = text.index(value)
        assert [(each.start, each.end, each.kind) for each in find(text)] == [
            (start, start + len(value), "phone")
        ]


def test_a_long_and_a_short_text_know_the_same_digits() -> None:
    """Those that the other numbers have; no others, wherever a word announces them."""
    national = find("ssn \uff10\uff17\uff18\uff10\uff15\uff11\uff11\uff12\uff10 ")
    assert [each.kind for each in national] == ["national_id"]
    for digits, kinds in (
        ("\u0665\u0665\u0665\u0661\u0662\u0663\u0664", ["phone"]),
        ("\u0e51" * 7, []),
    ):
        text = f"call {digits}, "
        assert [each.kind for each in find(text)] == kinds
        assert [each.kind for each in find(text + "12 34, " * 9_000)] == kinds


def test_cards_with_gaps_of_two_kinds_are_both_found() -> None:
    """One may begin in what would be the rest of the other."""
    first, second = "4111  1111  1111  1111", "3782 - 822463 - 10005"
    for text in (f"{first} - {second}", f"{second}  {first}", f"1234 - {second}", f"{first}  1234"):
        hidden = "".join(text[each.start : each.end] for each in find(text))
        for card in (first, second):
            assert card not in text or card in hidden
