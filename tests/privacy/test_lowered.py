"""A text in lower case, and the words that may be in it."""

from __future__ import annotations

import pytest

from hilt.privacy.candidates import LONG_TEXT
from hilt.privacy.lowered import Lowered, as_searched
from hilt.privacy.number_forms import normalized
from hilt.privacy.patterns import Finding, find


def _lowered(text: str, *, only_letters: bool = False) -> Lowered:
    return Lowered(text, normalized(text), only_letters=only_letters)


@pytest.mark.parametrize("only_letters", [False, True])
@pytest.mark.parametrize(
    "text", ["Call MY Phone 12 ", "T\u00c9L \u212a 12 ", "\u0130 \u0442\u0435\u043b Ab12 "]
)
def test_words_that_lack_a_letter_of_a_long_text_are_not_searched_for(
    text: str, *, only_letters: bool
) -> None:
    """Those that are in it are; and so are all in a short one."""
    words = ["call", "phone", as_searched("t\u00e9l"), "k", "i", "ab", "social security", "fax"]
    long = _lowered(text * LONG_TEXT, only_letters=only_letters)
    possible = list(long.possible(words))

    letters = set(long.data)
    assert possible == [each for each in words if letters.issuperset(each.replace(" ", ""))]
    assert [each for each in words if each in long.words] == [
        each for each in possible if each in long.words
    ]
    assert _lowered(text[:17], only_letters=only_letters).possible(words) is words


@pytest.mark.parametrize("filler", ["0 ", "xyz ", "1,2 \u0437 ", "\u4e2d 9 "])
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SSN 078051120", "national_id"),
        ("Social Security: 078051120", "national_id"),
        ("BSN 123456782", "national_id"),
        ("M\u00d3VIL 612 345 671", "phone"),
        ("FAX 5551234", "phone"),
        ("contrase\u00f1a: hunter22!", "password"),
        ("PWD=hunter22!", "password"),
        ("ya29." + "a1" * 12, "api_key"),
        ("dapi" + "0a" * 16, "api_key"),
        ("SG." + "aB" * 10 + "." + "cD" * 10, "api_key"),
        ("AKIA" + "Q7" * 8, "api_key"),
        ("Bearer abcdefgh12345678", "token"),
        ("4111  1111  1111  1111", "card"),
        ("3782 - 822463 - 10005", "card"),
    ],
)
def test_what_a_word_announces_is_found_in_long_texts(text: str, kind: str, filler: str) -> None:
    """Whatever letters there are else."""
    before = filler * (LONG_TEXT // len(filler))
    found = [each for each in find(f"{before}\n{text}\n{before}") if each.start >= len(before)]
    short = find(f"{filler}\n{text}\n{filler}")

    shift = len(before) - len(filler)
    assert found == [Finding(each.start + shift, each.end + shift, each.kind) for each in short]
    assert [each.kind for each in short] == [kind]
