"""National ids with letters in them, and bank accounts (IBAN, ISO 13616)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import methodcaller

from hilt.privacy.check_digits import BLANKS, IBAN_GAPS, LETTER_CHECKS, iban_length, is_iban
from hilt.privacy.finding import Finding
from hilt.privacy.long_search import LongSearch
from hilt.privacy.number_forms import NO_LETTERS, outline_of

__all__ = ["after_signs", "lettered_at", "lettered_ids"]

_BEFORE = rf"(?<![^\W{NO_LETTERS}])(?<!-)"
"""An id may be between letters of Thai, Chinese, Japanese and others, which begin at U+0E00."""
_AFTER = rf"(?![^\W{NO_LETTERS}]|-)"
_LETTERED = re.compile(
    rf"""(?:
      (?P<uk>(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][{BLANKS}]?
        \d{{2}}[{BLANKS}]?\d{{2}}[{BLANKS}]?\d{{2}}[{BLANKS}]?[A-D])
    | (?P<es>(?:\d{{8}}|\d\d\.\d{{3}}\.\d{{3}}|[XYZ]-?\d{{7}})-?[A-HJ-NP-TV-Z])
    | (?P<it>[A-Z]{{6}}[\dL-V]{{2}}[A-EHLMPRST][\dL-V]{{2}}[A-Z][\dL-V]{{3}}[A-Z]
        |[A-Z]{{3}}[ ][A-Z]{{3}}[ ][\dL-V]{{2}}[A-EHLMPRST][\dL-V]{{2}}[ ][A-Z][\dL-V]{{3}}[A-Z])
    | (?P<fi>\d{{6}}[-+A]\d{{3}}[0-9A-FHJ-NPR-Y])
    | (?P<pan>[A-Z]{{3}}[ABCFGHJLPT][A-Z]\d{{4}}[A-Z])
    | (?P<curp>[A-Z][AEIOUX][A-Z]{{2}}\d{{6}}[HM][A-Z]{{5}}[A-Z0-9]\d)
    ){_AFTER}""",
    re.VERBOSE,
)
# Finds the first digit of an id, by what is before it and what follows.
_NEAR_FIRST_DIGIT = rf"""(?=[0-9L-V])(?:
      (?<=[A-Za-z].)(?:
          (?P<b1>(?<={_BEFORE}[XYZ]\d)(?=\d{{6}}-?[A-Z]))
        | (?P<b2>(?<={_BEFORE}[A-Za-z]{{2}}\d)
            (?=\d(?:[{BLANKS}]?\d\d[{BLANKS}]?\d\d[{BLANKS}]?[A-D]|[{IBAN_GAPS}]{{0,2}}[A-Za-z0-9]{{4}})))
        | (?P<b4>(?<={_BEFORE}[A-Z]{{4}}\d)(?=\d{{5}}[HM]))
        | (?P<b5>(?<={_BEFORE}[A-Z]{{5}}\d)(?=\d{{3}}[A-Z]))
        | (?P<b6>(?<={_BEFORE}[A-Z]{{6}}\d)(?=[\dL-V][A-EHLMPRST][\dL-V]{{2}}[A-Z])))
    | (?P<b0>(?=\d{{5}}(?:\d\d-?[A-Z]|[-+A]\d{{3}}[0-9A-Y])|\d\.\d{{3}}\.\d{{3}}-?[A-Z])
        (?<={_BEFORE}\d))
    | (?P<x2>(?<={_BEFORE}[XYZ]-\d)(?=\d{{6}}-?[A-Z]))
    | (?P<b3>(?<={_BEFORE}[A-Z]{{2}}[{BLANKS}]\d)
        (?=\d(?:[{BLANKS}]?\d\d[{BLANKS}]?\d\d[{BLANKS}]?[A-D]|[{BLANKS}][A-Z0-9]{{4}}[{BLANKS}]\d)))
    | (?P<b8>(?<={_BEFORE}[A-Z]{{3}}[ ][A-Z]{{3}}[ ]\d)(?=[\dL-V][A-EHLMPRST][\dL-V]{{2}}[ ][A-Z]))
    )"""
_FIRST_DIGIT = re.compile(rf"[0-9](?<![0-9][0-9]){_NEAR_FIRST_DIGIT}", re.VERBOSE)
_IBAN_GAP = rf"(?:[{BLANKS}]{{2}}|[{IBAN_GAPS}])?"
_IBAN_OF = {
    length: re.compile(
        rf"[A-Za-z]{{2}}[{BLANKS}]?\d{{2}}(?:{_IBAN_GAP}[A-Za-z0-9]){{{length - 4}}}"
        "(?![A-Za-z0-9])"
    )
    for length in range(15, 35)
}
_BEFORE_DIGIT = {"b0": 0, "b1": 1, "b2": 2, "x2": 2, "b3": 3, "b4": 4, "b5": 5, "b6": 6, "b8": 8}


# In an outline, as `hilt.privacy.number_forms.outline_of` makes it: where an id may be.
_CANDIDATE = re.compile(
    b"0(?<!00)(?:(?=0)(?:(?<=A-0)|(?<=AA 0)|(?=0(?:0{4}|\\.000\\.000))|(?<=[Aa]0)(?:"
    + b"|".join(
        b"(?<=(?<![0Aa_-])%b0)" % letters for letters in (b"A", b"[Aa][Aa]", b"A{4}", b"A{5}")
    )
    + b"))|(?<=A0)(?<=(?<![0Aa_-])A{6}0))"
)


def lettered_ids(text: str, outline: bytes) -> Iterator[Finding]:
    """The candidates for national ids with letters and bank accounts; the rest has no kind."""
    done = 0
    for digit in _first_digits(text, outline):
        start = digit.start() - _BEFORE_DIGIT[digit.lastgroup or ""]
        finding = lettered_at(text, start) if start >= done else None
        if finding is not None:
            done = finding.end
        yield finding or Finding(start, start, "")


# Turns bytes into an outline with one sign for all those that no number begins after.
_SIGNS = outline_of(bytes(range(256))).translate(bytes.maketrans(b"a+$%", b"A..."))
_SIGNS_AND_DASHES = _SIGNS.replace(b"-", b".")  # other dashes have become "-"
_WITH_LETTERS = (
    "[.-]?0{7}[.-]?A|A[ ]?00[ ]?00[ ]?00[ ]?A|A00[ .-]?[0A]{4}"
    "|AAA0{6}A|A{4}0{4}A|A{5}[0A]{2}A[0A]{2}A"
)
_LETTERS_AFTER_SIGN = re.compile(rf"\.A(?={_WITH_LETTERS})".encode())
_LONG_LETTERS = LongSearch(rf"\.A(?:{_WITH_LETTERS})", 16, methodcaller("count", b".A"))
_DIGITS_AFTER_SIGN = re.compile(rb"\.000000(?=00[.-]?A|[.A-]000[0A])")
_DIGITS_AND_LETTER = tuple(
    b".000000" + each for each in (b"00A", b"00.A", b"00-A", b".000", b"-000", b"A000")
)


def after_signs(text: str, data: bytes) -> Iterator[Iterator[Finding]]:
    """Like `lettered_ids`, after a sign that no number begins after, as in ``No.DE89``.

    Args:
        text: The text.
        data: The text as `hilt.privacy.number_forms.normalized` makes it.
    """
    signs = data.translate(_SIGNS if text.isascii() else _SIGNS_AND_DASHES)
    if b".A" in signs:
        letters = _LONG_LETTERS.finditer(_LETTERS_AFTER_SIGN, signs, signs)
        yield _after_signs(text, letters)
    if b".000000" in signs and any(each in signs for each in _DIGITS_AND_LETTER):
        yield _after_signs(text, _DIGITS_AFTER_SIGN.finditer(signs))


def _after_signs(text: str, signs: Iterator[re.Match[bytes]]) -> Iterator[Finding]:
    for sign in signs:
        start = sign.start()
        if text[start - 1] != "-":
            yield lettered_at(text, start) or Finding(start, start, "")


def _first_digits(text: str, outline: bytes) -> Iterator[re.Match[str]]:
    if not text.isascii():
        return _FIRST_DIGIT.finditer(text)
    places = (each.start() - 1 for each in _CANDIDATE.finditer(outline))
    return filter(None, (_FIRST_DIGIT.match(text, place) for place in places))


def lettered_at(text: str, start: int) -> Finding | None:
    """The id or the account that begins at a place of a text."""
    match = _LETTERED.match(text, start)
    if match is None:
        return _iban_at(text, start)
    check = LETTER_CHECKS.get(match.lastgroup or "")
    if check is None or check(match.group()):
        return Finding(start, match.end(), "national_id")
    return None


def _iban_at(text: str, start: int) -> Finding | None:
    """The IBAN that begins at a place; its country says where it ends, whatever follows."""
    length = iban_length(text[start : start + 2].upper())
    match = _IBAN_OF[length].match(text, start) if length else None
    if match is None or not is_iban(match.group()):
        return None
    return Finding(start, match.end(), "iban")
