"""How much a text is out of order, and what is hidden of one that is."""

from __future__ import annotations

import inspect
import json
import random
import string
from itertools import pairwise
from uuid import UUID

import pytest

import hilt.core.event
import hilt.io.session
from hilt.privacy.candidates import BLOCK
from hilt.privacy.disorder import SAMPLE, disorder, most_searched
from hilt.privacy.finding import Finding
from hilt.privacy.patterns import find

MEGABYTE = 1_000_000
CHANCE = random.Random(7)
SIGNS = string.punctuation + string.digits


def of_characters(characters: str, length: int) -> str:
    """Characters at random, the same each time."""
    return "".join(random.Random(characters).choices(characters, k=length))


ORDINARY = {
    "program": inspect.getsource(hilt.core.event) + inspect.getsource(hilt.io.session),
    "JSON": json.dumps(
        [
            {"id": f"run-{number:04x}", "scores": [number / 7, number * 3], "ok": number % 3 == 0}
            for number in range(400)
        ],
        indent=2,
    ),
    "prose": (hilt.core.event.Event.__doc__ or "") * 40,
    "floats": " ".join(f"{CHANCE.random():.6f}" for _ in range(4_000)),
    "whole numbers": ",".join(str(CHANCE.randrange(1_000)) for _ in range(8_000)),
    "table": "\n".join(
        f"{number:>6}   {CHANCE.randrange(10**5):>8}   {CHANCE.random():.3f}   2026-11-{10 + number % 20}"
        for number in range(900)
    ),
    "log": "\n".join(
        f"2026-11-28T10:{number % 60:02}:07Z INFO [worker-{number % 8}] took={number * 37 % 991}ms"
        for number in range(600)
    ),
    "table in HTML": "\n".join(
        f"<tr><td>{number}</td><td>{'no' if number % 3 else 'yes'}</td><td>{number * 7 % 100}</td></tr>"
        for number in range(700)
    ),
    "access log": "\n".join(
        f'web-1 - - [28/Nov/2026:10:{number // 60 % 60:02}:{number % 60:02} +0000] "GET /v1/runs/'
        f'{CHANCE.randrange(9_999)} HTTP/1.1" {CHANCE.choice((200, 404))} {CHANCE.randrange(9_999)}'
        for number in range(300)
    ),
    "UUIDs": "\n".join(str(UUID(int=CHANCE.getrandbits(128))) for _ in range(900)),
    "base64": of_characters(string.ascii_letters + string.digits + "+/", MEGABYTE),
    "hexadecimal": "\n".join(f"{CHANCE.getrandbits(128):032x}" for _ in range(900)),
    "digits": of_characters(string.digits, 20_000),
    "Cyrillic": "Текст, в котором нет ничего особенного, 12 слов. " * 400,
}


@pytest.mark.parametrize("text", ORDINARY.values(), ids=list(ORDINARY))
def test_what_people_and_programs_write_is_in_order(text: str) -> None:
    """A megabyte is searched whole where it is less than 0.3 on average."""
    assert len(text) > 15_000
    samples = [text[start : start + SAMPLE] for start in range(0, len(text) - SAMPLE, SAMPLE)]
    assert sum(map(disorder, samples)) / len(samples) < 0.2


@pytest.mark.parametrize(
    "characters",
    [
        string.printable,
        "9 ",
        "0123456789 ()-+/",
        "0123456789      ",
        "abcdef&",
        "aA" + string.punctuation,
        SIGNS,
        "\u0431\u0432\u0436\u0434\u04380123456789 .,",
        "aZ1" + string.punctuation,
    ],
)
def test_characters_at_random_are_out_of_order(characters: str) -> None:
    """Of many sorts, or few with digits among them."""
    text = of_characters(characters, 50 * SAMPLE)
    samples = [text[start : start + SAMPLE] for start in range(0, len(text), SAMPLE)]
    degrees = [disorder(sample) for sample in samples]
    assert sum(degrees) / len(degrees) > 0.5
    assert all(0 <= each <= 1 for each in degrees)


def test_an_empty_sample_and_a_short_one_are_in_order() -> None:
    """There is too little to tell."""
    assert disorder("") == 0
    assert disorder(of_characters(string.printable, 60)) == 0


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_text_of_a_megabyte_is_looked_through(name: str) -> None:
    """What stands at its end is found."""
    text = ORDINARY[name] * (MEGABYTE // len(ORDINARY[name]))
    if name in ("floats", "table"):  # they have places of their own, which have their own limit
        text = text[:300_000]
    found = find(f"{text}\nann@example.com\n")
    assert (found[-1].kind, found[-1].start) == ("email", len(text) + 1)


def test_a_jumble_of_a_megabyte_is_hidden_from_somewhere_on() -> None:
    """To go through it takes several times longer than through a text."""
    text = of_characters(string.printable, MEGABYTE)
    found = find(text)
    assert (found[-1].kind, found[-1].end) == (BLOCK, MEGABYTE)
    assert 150_000 < found[-1].start < 450_000
    assert all(left.end <= right.start for left, right in pairwise(found))


@pytest.mark.parametrize("length", [100_000, 280_000])
@pytest.mark.parametrize("unit", ["", "12 a&", "1"])
def test_a_text_out_of_order_of_less_than_300_kb_is_looked_through(length: int, unit: str) -> None:
    """There is as much time for it, however long the whole is."""
    filler = (unit * length or of_characters(string.printable, length))[:length]
    text = f"{filler}\nann@example.com\n"
    assert find(text)[-1].kind == "email"


@pytest.mark.parametrize("unit", ["a\\_", "4 1", "password: ", "tel 1, ", "DNA of 1 unit; "])
@pytest.mark.parametrize("length", [MEGABYTE, 5 * MEGABYTE])
def test_a_text_that_repeats_itself_is_hidden_from_somewhere_on(length: int, unit: str) -> None:
    """However long it is: it is none that anyone reads."""
    text = (unit * length)[:length]
    assert most_searched(text) in range(250_000, 350_000)
    found = find(text)
    assert (found[-1].kind, found[-1].end) == (BLOCK, length)
    assert found[-1].start <= most_searched(text)


@pytest.mark.parametrize(
    "parts",
    [
        ("R", "\\", "m", "1"),
        ("q", "@", "E", "5", "3", "0", "\n"),
        ("token:", "\\x4", "A0 ", "4111 "),
        ("phone: 12 ", "sk-", "\\u00", "1.2."),
    ],
)
def test_the_same_few_parts_at_random_repeat_themselves(parts: tuple[str, ...]) -> None:
    """Whether they are characters or longer."""
    text = "".join(random.Random(str(parts)).choices(parts, k=100 * SAMPLE))
    samples = [text[start : start + SAMPLE] for start in range(0, 50 * SAMPLE, SAMPLE)]
    degrees = [disorder(sample) for sample in samples]
    assert sum(degrees) / len(degrees) > 0.5
    assert disorder(text[: SAMPLE - 1]) == 0


def test_a_long_unit_that_is_repeated_is_out_of_order() -> None:
    """Though it has many different characters."""
    assert disorder(string.ascii_lowercase[:25] * SAMPLE) == 1
    assert disorder("ab 1cdefghijklmnopqrstuvw.xyz,;" * SAMPLE) > 0.5


def test_hexadecimal_digits_among_signs_are_out_of_order() -> None:
    """Neither their threes nor their numbers alone are as many as those of a jumble."""
    text = of_characters("0123456789abcdef\\; :", 50 * SAMPLE)
    samples = [text[start : start + SAMPLE] for start in range(0, len(text), SAMPLE)]
    assert sum(map(disorder, samples)) / len(samples) > 0.5


def test_what_is_hidden_begins_where_a_value_ends() -> None:
    """A value that lies across the place up to which is searched is found as it is."""
    address = "ann@example.com"
    filler = "12 a&" * (MEGABYTE // 5)
    end = most_searched(filler)
    for before in (1, 7, len(address) - 1):
        start = end - before
        text = f"{filler[: start - 1]} {address} {filler[start + len(address) + 1 :]}"
        assert find(text)[-2:] == [
            Finding(start, start + len(address), "email"),
            Finding(start + len(address), len(text), BLOCK),
        ]


def test_blanks_are_no_disorder() -> None:
    """Where a page or a table is padded."""
    assert disorder(" " * SAMPLE) == 0
    assert disorder("\n \t" * SAMPLE) == 0
    assert find(f"{' ' * MEGABYTE}ann@example.com") == [
        Finding(MEGABYTE, MEGABYTE + len("ann@example.com"), "email")
    ]


def test_a_text_behind_a_jumble_is_hidden_with_it() -> None:
    """Or found, where the jumble was no longer than there was time for."""
    prose = ORDINARY["prose"] * (MEGABYTE // len(ORDINARY["prose"]))
    for jumbled, kind in ((100_000, "email"), (900_000, BLOCK)):
        start = of_characters(string.printable, jumbled)
        text = f"{start}{prose[: MEGABYTE - jumbled]}\nann@example.com\n"
        assert find(text)[-1].kind == kind
