"""Numbers of each kind are found wherever they stand among others, and in little time."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from hilt.privacy import number_patterns, patterns
from hilt.privacy.lowered import Lowered
from hilt.privacy.number_forms import FORMS, NUMBER, NUMBER_OR_LETTERS, normalized, outline_of
from hilt.privacy.number_patterns import announced, numbers, spaced
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
        ("social security: 078051120", "national_id"),
        ('"social_security_number": "078051120"', "national_id"),
        ('"patient_ssn": 078051120', "national_id"),
        ('{"phones":["4155552671"]}', "phone"),
        ("mobile_phone: 4155552671", "phone"),
        ('"workPhone": 4155552671', "phone"),
        ("phone_1=4155552671", "phone"),
        (f"My social security number is 078051120{', and that is it' * 3}", "national_id"),
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


def test_wide_groups_that_fail_a_check_are_places() -> None:
    """As other numbers are."""
    text = "4111  1111  1111  1112, " * 200
    data = normalized(text)
    sorts = spaced(Lowered(text, data, only_letters=False), data, outline_of(data))
    assert [[(each.start, each.kind) for each in sort] for sort in sorts] == [
        [(24 * index, "") for index in range(200)]
    ]


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


@pytest.mark.parametrize("offset", [-40, -20, *range(-14, 2), 5, 12, 30])
def test_an_announced_number_is_found_in_a_long_text_of_digits(offset: int) -> None:
    """Wherever it stands in the parts that such a text is gone through in."""
    for unit, value in (
        ("12 345,", "555 12 34"),
        ("\u00e9 12,", "(0)55/5(1)-2.34"),
        ("1\n", "5551234"),
    ):
        before = (unit * 60_000)[: 53 * 1_024 + offset]
        text = f"{before} call {value}, {unit * 9_000}"
        start = text.index(value)
        assert [(each.start, each.end, each.kind) for each in find(text)] == [
            (start, start + len(value), "phone")
        ]


@pytest.mark.parametrize(
    ("unit", "count", "parts"),
    [
        ("12 34, ", 7_100, [[(0, 49_700)]]),
        ("12 34, ", 7_200, []),
        ("1234567, ", 6_000, [[(0, 54_000)]]),
    ],
)
def test_a_word_is_only_looked_for_near_seven_digits_of_a_long_text(
    unit: str, count: int, parts: list[list[tuple[int, int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a short one, it takes less time to look everywhere."""
    seen = []
    found_in = number_patterns._announced_in

    def recorded(parts: list[tuple[int, int]], *of_word: Any) -> Any:
        seen.append(parts)
        return found_in(parts, *of_word)

    monkeypatch.setattr(number_patterns, "_announced_in", recorded)
    text = unit * count
    text = f"tel{text[3:]}"
    data = normalized(text)
    lowered = Lowered(text, data, only_letters=True)

    assert [list(sort) for sort in announced(lowered, data)] == [[] for _ in parts]
    assert seen == parts


@pytest.mark.parametrize("offset", range(-14, 4))
def test_the_word_may_stand_in_the_part_before(offset: int) -> None:
    """As far from the number as it may be."""
    before = ("1\n" * 60_000)[: 53 * 1_024 + offset]
    text = f"{before} telephone{' ' * 24}5551234, {'1 ' * 9_000}"
    start = text.index("5551234")
    assert find(text) == [patterns.Finding(start, start + 7, "phone")]


@pytest.mark.parametrize("offset", range(-14, 34, 3))
def test_a_number_that_is_too_long_is_not_cut_where_a_part_ends(offset: int) -> None:
    """The digits that it begins with would be as many as a phone number has."""
    before = ("1\n" * 60_000)[: 53 * 1_024 + offset]
    assert find(f"{before} call {'9' * 19}, {'1 ' * 9_000}") == []


@pytest.mark.parametrize("count", [0, 2_000, 8_000])
def test_several_words_announce_numbers_in_one_text(count: int) -> None:
    """Each its own, and more than one, in a text of any length."""
    numbers_of = (
        "tel 5551234",
        "call 5552345",
        "\u7535\u8bdd5553456",
        "bsn 123456782",
        "ssn 078051120",
        "ssn 078051121",
        "bsn 111222333",
        "\u7535\u8bdd5554567",
        "call 5555678",
        "tel 5556789",
    )
    text = "\n".join(f"{each}\n{'12 ' * count}" for each in numbers_of)
    found = {text[each.start : each.end]: each.kind for each in find(text)}
    assert found == {
        **dict.fromkeys(("5551234", "5552345", "5553456"), "phone"),
        **dict.fromkeys(("5554567", "5555678", "5556789"), "phone"),
        **dict.fromkeys(("123456782", "111222333"), "national_id"),
        **dict.fromkeys(("078051120", "078051121"), "national_id"),
    }


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (f"burgerservicenummer{' ' * 24}123456782", ["123456782"]),
        (f"burgerservicenummer{' ' * 25}123456782", []),
        (f"telephone{' ' * 24}5 5 5 - 1 2 (3) - 4", ["5 5 5 - 1 2 (3) - 4"]),
        ("call 5551234", ["5551234"]),
        ("call 555123", []),
        (f"call 5551234,{' and so on' * 6} tel 5552345", ["5551234", "5552345"]),
        ("call 2026-11-12, or tel 5552345", ["5552345"]),
    ],
)
def test_a_word_announces_a_number_in_a_text_of_few_digits(text: str, values: list[str]) -> None:
    """It may be as far before, and the number as long, as in a text of many."""
    for around in ("", " and so on" * 40):
        whole = f"{around} {text}{around}"
        assert [whole[each.start : each.end] for each in find(whole)] == values


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


def test_a_card_with_wide_gaps_is_found_behind_a_group_like_its_own() -> None:
    """A number of four digits before it does not take its first groups."""
    for gap in ("  ", "   ", " - "):
        card = gap.join(("4111", "1111", "1111", "1111"))
        text = f"1234{gap}{card}{gap}12"
        assert [text[each.start : each.end] for each in find(text)] == [card]


def test_spanish_phones_one_after_another() -> None:
    """Each is one; what is between two of them is none, though it looks like one."""
    text = "tel 612 345 678 612 345 679, +34 612.345.678 o 612-345-678"
    found = [text[each.start : each.end] for each in find(text)]
    assert found == ["612 345 678", "612 345 679", "+34 612.345.678", "612-345-678"]


@pytest.mark.parametrize(
    ("unit", "per_unit"),
    [
        ("tel 1234567a, ", 1),
        ("ssn 12345678, ", 1),
        ("bsn: 123 456 7, ", 1),
        ("\u7535\u8bdd123456ab, 5551234x ", 1),
        ("tel 123 ab, 5551234x ", 0),
        ("my_phone: 1234567a, ", 1),
        ("my_ssn: 12345678, ", 1),
        ("tel tel tel 1234567a, ", 3),
    ],
)
def test_words_before_what_is_nearly_a_number_are_places(unit: str, per_unit: int) -> None:
    """To see that it is none takes time: not more of them are looked at than of others."""
    text = unit * 50
    data = normalized(text)
    lowered = Lowered(text, data, only_letters=False)
    found = [each.kind for sort in announced(lowered, data) for each in sort]
    assert found == [""] * 50 * per_unit
