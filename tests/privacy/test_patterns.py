"""What is found in texts: each kind in its national forms, and nothing in ordinary prose."""

from __future__ import annotations

import html
import json
import random
import re
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from hilt.core.ids_and_times import new_event_id
from hilt.privacy import api_keys, patterns
from hilt.privacy.check_digits import iban_length
from hilt.privacy.patterns import KINDS, Finding, find

ROOT = Path(__file__).parents[2]
N = 100

Maker = Callable[[random.Random], str]


def _digits(rng: random.Random, count: int) -> str:
    return "".join(str(rng.randrange(10)) for _ in range(count))


def _luhn(body: str) -> str:
    """The digit that makes a number pass Luhn's check."""
    total = 0
    for index, digit in enumerate(reversed([int(each) for each in body + "0"])):
        doubled = digit * 2 if index % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def _weighted(body: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(body, weights, strict=False))


def _card(start: str, length: int, groups: tuple[int, ...], separator: str) -> Maker:
    def make(rng: random.Random) -> str:
        body = start + _digits(rng, length - len(start) - 1)
        number, parts = body + _luhn(body), []
        for size in groups:
            parts.append(number[:size])
            number = number[size:]
        return separator.join(parts)

    return make


def _iban(country: str, separator: str) -> Maker:
    def make(rng: random.Random) -> str:
        length = iban_length(country) or 0
        letters = "ABCD" if country in ("GB", "NL", "MT") else ""
        body = letters + _digits(rng, length - 4 - len(letters))
        rest = "".join(str(int(each, 36)) for each in f"{body}{country}00")
        plain = f"{country}{98 - int(rest) % 97:02d}{body}"
        if not separator:
            return plain
        return separator.join(plain[start : start + 4] for start in range(0, length, 4))

    return make


def _form(pattern: str) -> Maker:
    """A maker of the numbers of a form: ``#`` is any digit, ``N`` one from 2 to 9."""

    def make(rng: random.Random) -> str:
        chars = {"#": lambda: _digits(rng, 1), "N": lambda: str(rng.randrange(2, 10))}
        return "".join(chars[each]() if each in chars else each for each in pattern)

    return make


def _german(rng: random.Random) -> str:
    while True:
        digits = rng.sample("0123456789", 9)
        digits.insert(rng.randrange(10), rng.choice(digits))
        if digits[0] != "0":
            break
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return "".join(digits) + str((11 - product) % 10)


def _french(rng: random.Random) -> str:
    number = (
        f"{rng.choice('12')}{_digits(rng, 2)}{rng.randrange(1, 13):02d}{rng.randrange(1, 96):02d}"
    )
    number += _digits(rng, 6)
    return number + f"{97 - int(number) % 97:02d}"


def _grouped(number: str, groups: tuple[int, ...]) -> str:
    parts = []
    for size in groups:
        parts.append(number[:size])
        number = number[size:]
    return " ".join(parts)


def _spanish(rng: random.Random) -> str:
    number = _digits(rng, 8)
    return number + "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]


def _cpf(rng: random.Random) -> str:
    body = str(rng.randrange(1, 9)) + _digits(rng, 8)
    for length in (9, 10):
        body += str(_weighted(body, tuple(range(length + 1, 1, -1))) * 10 % 11 % 10)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


def _pesel(rng: random.Random) -> str:
    body = f"{_digits(rng, 2)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}{_digits(rng, 4)}"
    return body + str(-_weighted(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10)


def _swedish(rng: random.Random) -> str:
    body = f"{_digits(rng, 2)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}{_digits(rng, 3)}"
    number = body + _luhn(body)
    return f"{number[:6]}-{number[6:]}"


def _swiss(rng: random.Random) -> str:
    body = "756" + _digits(rng, 9)
    check = -sum(int(each) * (3 if index % 2 else 1) for index, each in enumerate(body)) % 10
    return f"756.{body[3:7]}.{body[7:11]}.{body[11:]}{check}"


def _belgian(rng: random.Random) -> str:
    body = f"{rng.randrange(40, 99)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}{_digits(rng, 3)}"
    check = 97 - int(body) % 97
    return f"{body[:2]}.{body[2:4]}.{body[4:6]}-{body[6:]}.{check:02d}"


def _canadian(rng: random.Random) -> str:
    while True:
        body = str(rng.randrange(1, 8)) + _digits(rng, 7)
        number = body + _luhn(body)
        if len(set(number)) > 2:
            return f"{number[:3]}-{number[3:6]}-{number[6:]}"


def _ssn(rng: random.Random) -> str:
    return f"{rng.randrange(1, 666):03d}-{rng.randrange(1, 100):02d}-{rng.randrange(1, 10000):04d}"


def _ipv4(rng: random.Random) -> str:
    return f"{rng.randrange(1, 120)}." + ".".join(str(rng.randrange(256)) for _ in range(3))


def _ipv6(rng: random.Random) -> str:
    groups = [f"{rng.randrange(65536):x}" for _ in range(8)]
    return ":".join(groups) if rng.random() < 0.5 else f"2001:db8::{groups[0]}:1"


def _text(rng: random.Random, alphabet: str, count: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(count))


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
NAMES = ("ann.smith", "o'neil", "jürgen+news", "x", "first_last-9", "данные", "user%40x")
DOMAINS = ("example.com", "mail.example.co.uk", "bücher.example", "sub-domain.example.museum")

MAKERS: dict[str, tuple[str, Maker]] = {
    "email": ("email", lambda rng: f"{rng.choice(NAMES)}@{rng.choice(DOMAINS)}"),
    "phone US": ("phone", _form("(N##) N##-####")),
    "phone US dashes": ("phone", _form("N##-N##-####")),
    "phone US dots": ("phone", _form("N##.N##.####")),
    "phone US with 1": ("phone", _form("+1 N## N## ####")),
    "phone GB": ("phone", _form("020 7### ####")),
    "phone GB mobile": ("phone", _form("07### ######")),
    "phone GB abroad": ("phone", _form("+44 20 7### ####")),
    "phone DE": ("phone", _form("030 ########")),
    "phone DE slash": ("phone", _form("0171/#######")),
    "phone DE abroad": ("phone", _form("+49 (0)30 ######")),
    "phone FR": ("phone", _form("06 ## ## ## ##")),
    "phone FR dots": ("phone", _form("01.##.##.##.##")),
    "phone FR abroad": ("phone", _form("+33 6 ## ## ## ##")),
    "phone ES": ("phone", _form("6## ## ## ##")),
    "phone ES abroad": ("phone", _form("+34 6########")),
    "phone IT": ("phone", _form("06 #### ####")),
    "phone IN": ("phone", _form("+91 9#### #####")),
    "phone BR": ("phone", _form("(11) 9####-####")),
    "phone JP": ("phone", _form("090-####-####")),
    "phone CN": ("phone", _form("138 #### ####")),
    "phone 00": ("phone", _form("0049 30 #######")),
    "phone plain": ("phone", _form("079#######")),
    "visa": ("card", _card("4", 16, (4, 4, 4, 4), " ")),
    "visa plain": ("card", _card("4", 16, (16,), "")),
    "mastercard": ("card", _card("53", 16, (4, 4, 4, 4), "-")),
    "mastercard 2": ("card", _card("2720", 16, (4, 4, 4, 4), " ")),
    "amex": ("card", _card("37", 15, (4, 6, 5), " ")),
    "amex plain": ("card", _card("34", 15, (15,), "")),
    "diners": ("card", _card("36", 14, (14,), "")),
    "discover": ("card", _card("6011", 16, (4, 4, 4, 4), " ")),
    "jcb": ("card", _card("3530", 16, (16,), "")),
    "unionpay 19": ("card", _card("62", 19, (19,), "")),
    **{
        f"iban {country}{' spaced' if separator else ''}": ("iban", _iban(country, separator))
        for country in ("DE", "GB", "FR", "ES", "IT", "NL", "BE", "CH", "AT", "NO", "MT", "PL")
        for separator in (" ", "")
    },
    "ipv4": ("ip", _ipv4),
    "ipv6 whole": (
        "ip",
        lambda rng: ":".join(f"{rng.randrange(4_096, 65_536):x}" for _ in range(8)),
    ),
    "ipv6": ("ip", _ipv6),
    "ssn": ("national_id", _ssn),
    "nino": ("national_id", _form("AB ## ## ## C")),
    "nino plain": ("national_id", _form("JG######D")),
    "steuer-id": ("national_id", _german),
    "nir": ("national_id", _french),
    "nir spaced": ("national_id", lambda rng: _grouped(_french(rng), (1, 2, 2, 2, 3, 3, 2))),
    "steuer-id spaced": ("national_id", lambda rng: _grouped(_german(rng), (2, 3, 3, 3))),
    "dni": ("national_id", _spanish),
    "langsmith": ("api_key", lambda rng: "lsv2_pt_" + _text(rng, LETTERS, 32) + "_0a1b2c3d4e"),
    "cpf": ("national_id", _cpf),
    "pesel": ("national_id", _pesel),
    "personnummer": ("national_id", _swedish),
    "ahv": ("national_id", _swiss),
    "rijksregisternummer": ("national_id", _belgian),
    "sin": ("national_id", _canadian),
    "openai": ("api_key", lambda rng: "sk-proj-" + _text(rng, LETTERS, 40) + "A1"),
    "anthropic": ("api_key", lambda rng: "sk-ant-api03-" + _text(rng, LETTERS, 60)),
    "aws": ("api_key", lambda rng: "AKIA" + _text(rng, LETTERS[26:], 16).upper()),
    "github": ("api_key", lambda rng: "ghp_" + _text(rng, LETTERS, 36)),
    "google": ("api_key", lambda rng: "AIza" + _text(rng, LETTERS, 35)),
    "slack": ("api_key", lambda rng: "xoxb-" + _digits(rng, 11) + "-" + _text(rng, LETTERS, 24)),
    "hugging face": ("api_key", lambda rng: "hf_" + _text(rng, LETTERS, 34)),
    "jwt": (
        "token",
        lambda rng: (
            f"eyJ{_text(rng, LETTERS, 33)}.eyJ{_text(rng, LETTERS, 60)}.{_text(rng, LETTERS, 43)}"
        ),
    ),
    "bearer": ("token", lambda rng: _text(rng, LETTERS, 40) + "7"),
    "password in a url": ("password", lambda rng: "s3cret" + _text(rng, LETTERS, 8)),
    "password": ("password", lambda rng: "Hunter" + _digits(rng, 2) + "!"),
}
SENTENCES = (
    "Please use {} from now on.",
    "{}",
    "It was «{}», I think; or not?",
    'The field is "{}".',
    "Mine ({}) is new,\nthe old one is gone",
    "{{'value': '{}'}}",
    "Is it {}? Yes: {}.",
)
SPECIAL = {
    "bearer": ("Authorization: Bearer {}", "curl -H 'authorization: bearer {}'"),
    "password in a url": ("postgres://ann:{}@db.example.com/x", "amqp://a:{}@mq:5672"),
    "password": ("My password is {} today.", "password={}", 'the "passwd": "{}"', "PWD: {}"),
}


@pytest.mark.parametrize("name", list(MAKERS))
def test_each_form_is_found(name: str) -> None:
    """All of a hundred values of each form are found, whole, in every kind of sentence."""
    kind, make = MAKERS[name]
    rng = random.Random(name)
    missed = []
    for number in range(N):
        value = make(rng)
        sentences = SPECIAL.get(name, SENTENCES)
        text = sentences[number % len(sentences)].format(value, value)
        found = [text[each.start : each.end] for each in find(text) if each.kind == kind]
        # An address ends before the colon of a sentence, and a nickname may have more than words.
        if value not in found and not any(value in each for each in found):
            missed.append(text)
    assert missed == []


ESCAPED: dict[str, Callable[[str], str]] = {
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "JSON of PHP": lambda text: json.dumps(text).replace("/", r"\/"),
    "JSON of .NET": lambda text: json.dumps(text).replace("+", r"\u002B").replace("'", r"\u0027"),
    "Python": ascii,
    "bytes": lambda text: repr(text.encode()),
    "URL": lambda text: quote(text, safe=""),
    "form": lambda text: quote_plus(text, safe=""),
    "JSON in a URL": lambda text: quote(json.dumps(text), safe=""),
    "URL in JSON": lambda text: json.dumps(quote(text, safe="")),
    "HTML": html.escape,
    "HTML in JSON": lambda text: json.dumps(html.escape(text)),
    "JSON in HTML": lambda text: html.escape(json.dumps(text)),
}
AROUND = [
    ("x\n", "\nb"),
    ("\u4e2d tel\t", "\r\nnext"),
    ("\u00e9\r\n", " \u00e9"),
    ("t\n\u4e2d", "\u4e2d\n"),
    ("r\tn\n", ".\n"),
]
"""Breaks and letters whose escapes end in a letter or a digit, or begin with one."""


@pytest.mark.parametrize("name", list(MAKERS))
@pytest.mark.parametrize("escaped", list(ESCAPED))
def test_each_form_is_found_where_the_text_is_escaped(name: str, escaped: str) -> None:
    """As in the arguments of a tool, in an address, or in a page."""
    _, make = MAKERS[name]
    rng = random.Random(name)
    left = []
    for before, after in AROUND:
        value = make(rng)
        sentence = before + SPECIAL.get(name, ("{}",))[0].format(value) + after
        text = ESCAPED[escaped](sentence)
        shown = "".join(
            text[previous.end : each.start]
            for previous, each in pairwise(
                [Finding(0, 0, ""), *find(text), Finding(len(text), 0, "")]
            )
        )
        parts = re.findall("[0-9A-Za-z]{3,}", value)
        others = re.findall("[0-9A-Za-z]+", sentence.replace(value, " "))
        left += [(text, part) for part in parts if part in shown and part not in others]
    assert left == []


def test_a_broken_check_digit_is_an_ordinary_number() -> None:
    """Cards, accounts and ids whose check fails are found by no check."""
    assert [
        find(text)
        for text in (
            "4111 1111 1111 1112",
            "DE44 5001 0517 5407 3249 32",
            "12345678A",
            "529.982.247-26",
            "756.9217.0769.84",
            "order 1234567890123456",
        )
    ] == [[]] * 6


SAMPLE_IBAN = "DE89 3704 0044 0532 0130 00"


def test_technical_prose_has_no_false_alarms() -> None:
    """Dates, versions, sizes, hashes and code are nobody's data."""
    pages = (*ROOT.glob("docs/*.md"), ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md")
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    text += """
        2024-01-15 12:30:45.123456, 01/02/2024 10:30, 15.01.2024, 1732800000000000, 0x7ffee4b2,
        v1.2.3.4, version 10.0.0.1, numpy==1.26.4, 3.141592653589793, 1e-10, 1,234,567.89, $1000000,
        d41d8cd98f00b204e9800998ecf8427e, 550e8400-e29b-41d4-a716-446655440000, 127.0.0.1, ::1,
        std::vector<int>, a[10:20], 12:34:56, aa:bb:cc:dd:ee:ff, 0123456789, 10000000000, 99.99 %,
        pip install sk-learn-contrib-package, task-list-of-many-words-in-lowercase, @property def x
        the token is invalid, password: required, api_key=None, user@localhost, foo@bar, 2^32-1
        192 168 1 1, 1024 2048 4096 8192, 100 200 300 400, [0.12, 0.34, 0.56], 00000000000
    """
    text = text.replace(SAMPLE_IBAN, "")  # docs/privacy.md shows what becomes of it

    assert [text[each.start : each.end] for each in find(text) if each.kind != "email"] == []


def test_ids_of_the_log_have_no_false_alarms() -> None:
    """Event ids, conversations and times of HILT are nobody's data."""
    rng = random.Random(1)
    text = " ".join(
        f"{new_event_id()} conv_{rng.getrandbits(64):016x} {rng.getrandbits(128):032x} "
        f"2026-11-28T07:{rng.randrange(60):02d}:05.{rng.randrange(10**6):06d}Z"
        for _ in range(2000)
    )
    assert find(text) == []


@pytest.mark.parametrize("after", [" 04/27", " 123", " 12 345", "-1", "/1", " 04/27, CVV 123"])
def test_a_card_is_found_beside_other_numbers(after: str) -> None:
    """Its date and its code may follow it at once."""
    text = f"pay with 4111 1111 1111 1111{after}"
    assert [(each.start, each.kind) for each in find(text)] == [(9, "card")]


def test_a_card_is_found_in_a_table_of_numbers() -> None:
    """Where many numbers in a row are nobody's, weak forms are no longer looked for; cards are."""
    rows = "123 456 789 " * 300
    text = f"{rows}4111 1111 1111 1111 {rows}"
    assert [each.kind for each in find(text)] == ["card"]


def test_overlaps_are_one_finding() -> None:
    """Of two kinds in one place the longer one is told, and nothing of either is left."""
    text = "https://ann:pass4word@db.example.com/x"
    ends = [(each.start, each.end) for each in find(text)]
    assert all(left[1] <= right[0] for left, right in pairwise(ends))
    assert "pass4word" not in "".join(
        char for index, char in enumerate(text) if not any(a <= index < b for a, b in ends)
    )


@pytest.mark.parametrize("start", [*api_keys._MARKED_STARTS["-"], *api_keys._MARKED_STARTS["_"]])
def test_a_key_is_found_with_all_letters_that_it_begins_with(start: str) -> None:
    """The longest start, too."""
    key = f"{start}{'A1b2' * 8}"
    assert find(f"The key: {key}, the end") == [Finding(9, 9 + len(key), "api_key")]


@pytest.mark.parametrize("word", ["version", "Release", "prebuild", "v"])
@pytest.mark.parametrize("between", ["", " ", ": ", "= ", "=", "=="])
def test_a_version_is_no_address(word: str, between: str) -> None:
    """Where a word says that it is one, just before it."""
    assert find(f"The {word}{between}10.20.30.40") == []
    assert [each.kind for each in find(f"The {word}s: 10.20.30.40")] == ["ip"]
    assert [each.kind for each in find(f"The {word} is 10.20.30.40")] == ["ip"]


def test_only_the_kinds_that_are_asked_for() -> None:
    """Other kinds stay."""
    text = "ann@example.com, 4111 1111 1111 1111"
    assert [each.kind for each in find(text, frozenset(("card",)))] == ["card"]


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "a",
            "1",
            "1 ",
            "1.",
            "01 ",
            "4111 ",
            "+1 ",
            "@",
            "a@",
            "a@a.",
            ":",
            "ff:",
            "eyJ",
            "eyJa.",
        ),
        *(
            "DE44",
            "DE44 ",
            "(",
            "tel ",
            "tel 1",
            "password=",
            "bearer ",
            "sk-",
            "a://",
            "8 9",
            "123 456 789 ",
            "4111 1111 1111 1112 ",
            "12345678A ",
            "1.1.1.256 ",
            "-----BEGIN ",
            *(
                "a-",
                "k_",
                "(030) ",
                "+1 (23) 4,",
                "1.1",
                "fe80:",
                "a(at)b(dot)cc",
                "%41a",
                "\u0661 ",
            ),
        ),
    ],
)
def test_the_time_grows_with_the_length(unit: str) -> None:
    """Ten times the text takes some ten times as long, not a hundred times, whatever it repeats."""
    short = min(_seconds(unit * (20_000 // len(unit))) for _ in range(3))
    long = _seconds(unit * (200_000 // len(unit)))
    assert long < 40 * short + 0.05


def _seconds(text: str) -> float:
    before = time.process_time()
    find(text)
    return time.process_time() - before


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ACCESS_TO\u212aEN=hunter2canary", "password"),
        ("d\u0130al 123 45 67", "phone"),
        ("\u4e2d T\u00c9L 123 45 67", "phone"),
        ("\u7535\u8bdd 123 45 67", "phone"),
        ("M\u00d3VIL 651 234 567", "phone"),
        ("+34: 651 234 567", "phone"),
    ],
)
def test_words_are_found_however_they_are_written(text: str, kind: str) -> None:
    """Letters beyond ASCII that are one of it in lower case, with and without accents."""
    for around in ("", " 1 2 3 4 5 6 7 8 9" * 20, " word" * 40):
        assert kind in [each.kind for each in find(f"{text}{around}")]


def test_of_the_arguments_of_a_command_a_limited_part_is_joined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However many there are, and however long; each has been searched by itself."""
    lengths: list[int] = []
    monkeypatch.setattr(patterns, "find", lambda text, _: lengths.append(len(text)) or [])
    patterns.find_in_arguments(["a" * 9_000] * 1_000, KINDS)

    assert lengths == [2 * 9_000 + 499 * len('", "') + 2]
