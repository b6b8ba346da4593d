"""The forms in which the texts of a log may have a name."""

from __future__ import annotations

import html
import json
import unicodedata
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from hilt.privacy.tools.name_forms import (
    is_possible_in,
    name_in_lines,
    name_in_texts,
    parts_of,
)

ADDRESS = "ann@example.com"


def _lines(text: str) -> list[bytes]:
    """An event's line with a text, as the writers of a log may escape it."""
    return [json.dumps({"text": text}, ensure_ascii=each).encode() for each in (True, False)]


def _is_found(name: str, text: str) -> bool:
    """Whether a name is found in a text, and then in its lines, too."""
    is_in_text = name_in_texts(name).search(text) is not None
    if is_in_text:
        for line in _lines(text):
            assert is_possible_in(line.lower(), parts_of(name))
            assert name_in_lines(name).search(line.lower())
    return is_in_text


_FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "lower": str.lower,
    "upper": str.upper,
    "Python": ascii,
    "bytes": lambda text: str(text.encode()),
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "JSON in JSON in JSON": lambda text: json.dumps(json.dumps(json.dumps(text))),
    "URL": quote,
    "form": quote_plus,
    "URL in URL": lambda text: quote(quote(text)),
    "HTML": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace").decode(),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "decomposed JSON": lambda text: json.dumps(unicodedata.normalize("NFD", text)),
}


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize(
    "name", [ADDRESS, "Jürgen.Müller@exämple.de", "張偉", "René d'Arc", "😀 joe", "+49 30/1234567"]
)
def test_a_name_is_found_in_each_form(form: str, name: str) -> None:
    """Whatever its characters are escaped as."""
    assert _is_found(name, f"Write to {_FORMS[form](name)}, please")


@pytest.mark.parametrize(
    "text",
    [
        r"ann\u0040example.com",
        r"ann\x40example.com",
        r"ann\\u0040example\\u002ecom",
        "ann&#64;example.com",
        "ann&#064;example.com",
        "ann&#x40;example&#x2E;com",
        "ann&amp;#64;example.com",
        r"ann\u0026#64;example.com",
        "ann&commat;example&period;com",
        "ann(at)example.com",
        "ann [at] example [dot] com",
        "ANN { AT } example.com",
        "ann\uff20example\uff0ecom",
        r"ann\uff20example.com",
        "ann=40example.com",
    ],
)
def test_an_address_is_found_whose_signs_are_escaped_or_spelt(text: str) -> None:
    """And nothing of it is left where it is replaced."""
    assert _is_found(ADDRESS, text)
    assert name_in_texts(ADDRESS).sub("X", f"<{text}>") == "<X>"


@pytest.mark.parametrize(
    "before",
    [
        r"\n",
        r"\t",
        r"\\r",
        "%20",
        "%0A",
        r"\u003c",
        r"\x3c",
        "&lt;",
        r"\u00a0",
        "mailto:",
        "'",
        "_=",
    ],
)
def test_a_name_is_found_behind_an_escape(before: str) -> None:
    """Which ends in a letter or a digit, and is no part of a longer name."""
    assert _is_found(ADDRESS, f"to{before}{ADDRESS}\\n")
    assert name_in_texts(ADDRESS).sub("X", f"to{before}{ADDRESS}\\n") == f"to{before}X\\n"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (ADDRESS, "\u3054\u9023\u7d61\u306f", "\u307e\u3067\u3002"),
        (ADDRESS, "\u0e02\u0e2d\u0e07", "\u0e04\u0e23\u0e31\u0e1a"),
        (ADDRESS, "\uc774\uba54\uc77c\uc740", "\uc785\ub2c8\ub2e4"),
        (ADDRESS, "\u0648", ""),
        (ADDRESS, "_", "_"),
        (ADDRESS, "see __", "__."),
        (ADDRESS, "", "_2026.csv"),
        ("09012345678", "\u96fb\u8a71", "\u3067\u3059"),
        ("\u5f35\u5049", "\u79c1\u306f", "\u3055\u3093"),
        ("\u0438\u0432\u0430\u043d", "", "\u3055\u3093"),
        ("ann", "_", "_"),
    ],
)
def test_a_name_is_found_without_blanks_around_it(name: str, before: str, after: str) -> None:
    """As in Japanese, beside letters of another alphabet, in Markdown and in names of files."""
    text = f"{before}{name}{after}"
    assert _is_found(name, text)
    assert name_in_texts(name).sub("X", text) == f"{before}X{after}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ann", "ann_smith"),
        ("ann", "smith_ann"),
        ("ann", "_ann"),
        ("ann", "ann\u00e9"),
        (ADDRESS, f"k{ADDRESS}"),
        (ADDRESS, f"\u00e5{ADDRESS}"),
        (ADDRESS, f"_{ADDRESS}"),
        (ADDRESS, f"jo_{ADDRESS}_"),
        ("\u0438\u0432\u0430\u043d", "\u0434\u0438\u0432\u0430\u043d"),
        ("09012345678", "109012345678"),
    ],
)
def test_a_part_of_another_name_is_not_found(name: str, text: str) -> None:
    """Where letters of its own alphabet or a line go on."""
    assert not _is_found(name, text)


@pytest.mark.parametrize(
    "text",
    [
        "joann@example.com",
        "jo-ann@example.com",
        "jo.ann@example.com",
        "jo+ann@example.com",
        "ann@example.com.au",
        "ann@example.company",
        "ann@example-com",
        "ann@example.com-x",
        "ann@examplexcom",
        "ann example com",
        "bann@example.com",
    ],
)
def test_another_name_is_not_found(text: str) -> None:
    """A longer one, or one that is only like it."""
    assert not _is_found(ADDRESS, text)
    assert not _is_found(ADDRESS, json.dumps(json.dumps(text)))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (ADDRESS, [(b"ann",), (b"example",), (b"com",)]),
        ("Ann-2", [(b"ann",), (b"2",)]),
        ("René", [(b"ren",)]),
    ],
)
def test_the_parts_of_a_name_are_its_words(name: str, parts: list[tuple[bytes, ...]]) -> None:
    """Letters and digits of ASCII, which have no escapes worth looking for."""
    assert parts_of(name) == parts


def test_a_line_without_a_part_is_not_possible() -> None:
    """One part is not enough."""
    assert not is_possible_in(b"ann@example.org", parts_of(ADDRESS))
    assert is_possible_in(b"com example ann", parts_of(ADDRESS))
    assert not is_possible_in("王偉".encode(), parts_of("張偉"))
