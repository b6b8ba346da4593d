"""How much a text is out of order, and what is hidden of one that is."""

from __future__ import annotations

import inspect
import json
import random
import string
from itertools import pairwise

import pytest

import hilt.core.event
import hilt.io.session
from hilt.privacy.candidates import BLOCK
from hilt.privacy.disorder import SAMPLE, disorder
from hilt.privacy.number_forms import normalized
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
    "base64": of_characters(string.ascii_letters + string.digits + "+/", MEGABYTE),
    "hexadecimal": "\n".join(f"{CHANCE.getrandbits(128):032x}" for _ in range(900)),
    "digits": of_characters(string.digits, 20_000),
    "Cyrillic": "Текст, в котором нет ничего особенного, 12 слов. " * 400,
}


@pytest.mark.parametrize("text", ORDINARY.values(), ids=list(ORDINARY))
def test_what_people_and_programs_write_is_in_order(text: str) -> None:
    """Wherever it is looked at."""
    assert len(text) > 15_000
    samples = [text[start : start + SAMPLE] for start in range(0, len(text) - SAMPLE, SAMPLE)]
    assert {disorder(normalized(sample)) for sample in samples} == {0.0}


@pytest.mark.parametrize(
    "characters",
    [
        string.printable,
        "9 ",
        "0123456789 ()-+/",
        SIGNS,
        "\u0431\u0432\u0436\u0434\u04380123456789 .,",
        "aZ1" + string.punctuation,
    ],
)
def test_characters_at_random_are_out_of_order(characters: str) -> None:
    """Of many sorts, or few with digits among them."""
    text = of_characters(characters, 50 * SAMPLE)
    samples = [text[start : start + SAMPLE] for start in range(0, len(text), SAMPLE)]
    degrees = [disorder(normalized(sample)) for sample in samples]
    assert sum(degrees) / len(degrees) > 0.5
    assert all(0 <= each <= 1 for each in degrees)


def test_an_empty_sample_and_a_short_one_are_in_order() -> None:
    """There is too little to tell."""
    assert disorder(b"") == 0
    assert disorder(normalized(of_characters(string.printable, 60))) == 0


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


@pytest.mark.parametrize("length", [100_000, 400_000])
def test_a_jumble_of_less_than_half_a_megabyte_is_looked_through(length: int) -> None:
    """There is as much time for it: the longer it is, the smaller the share that is looked at."""
    text = f"{of_characters(string.printable, length)}\nann@example.com\n"
    assert find(text)[-1].kind == "email"


def test_a_text_behind_a_jumble_is_hidden_with_it() -> None:
    """Or found, where the jumble was no longer than there was time for."""
    prose = ORDINARY["prose"] * (MEGABYTE // len(ORDINARY["prose"]))
    for jumbled, kind in ((100_000, "email"), (900_000, BLOCK)):
        start = of_characters(string.printable, jumbled)
        text = f"{start}{prose[: MEGABYTE - jumbled]}\nann@example.com\n"
        assert find(text)[-1].kind == kind
