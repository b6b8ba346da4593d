"""Numbers that identify a person: phones, cards, national ids, and ids with letters in them.

A pattern finds what has the form of one; only that is checked in Python. Every pattern begins with
a digit, so that the regular expression engine passes over letters quickly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hilt.privacy.check_digits import (
    CHECKS,
    LETTER_CHECKS,
    dutch_id,
    iban_length,
    is_date,
    is_iban,
)
from hilt.privacy.finding import Finding

__all__ = ["lettered_ids", "numbers"]

# -- phones, cards, national ids ----------------------------------------------------------------

_S = r"[ \u00a0\u202f\u2009.\-\u2010\u2011\u2013]"
_ZONE = re.compile(r"[+(0-9][0-9 \u00a0\u202f\u2009.\-\u2010\u2011\u2013/()]{6,}")
_FEWEST_IN_NUMBER = 7
_FEWEST_IN_FORM = 9
"""How many digits each form has at the least, but for an international one."""
_SURE = rf"""
      (?P<us_ssn>(?!000|666|9)\d{{3}}[- \u2011](?!00)\d{{2}}[- \u2011](?!0000)\d{{4}})
    | (?P<intl>(?:\+|00(?=[1-9]\d?[ ./(-]))[1-9]
        (?:[ \u00a0\u202f./()\-\u2011\u2013]{{0,3}}\d){{6,14}})
    | (?P<ch_ahv>756{_S}?\d{{4}}{_S}?\d{{4}}{_S}?\d{{2}})
    | (?P<br_cpf>\d{{3}}\.\d{{3}}\.\d{{3}}-\d{{2}})
    | (?P<be_nn>\d{{2}}\.\d{{2}}\.\d{{2}}-\d{{3}}\.\d{{2}})
    | (?P<fr_nir>[1278]\ ?\d{{2}}\ ?(?:0[1-9]|1[0-2]|[2-9]\d)\ ?
        \d{{2}}\ ?\d{{3}}\ ?\d{{3}}\ ?\d{{2}})
    | (?P<card>[2-6]\d{{3}}{_S}?\d{{4}}{_S}?\d{{4}}{_S}?\d{{1,4}}(?:{_S}?\d{{1,3}})?
        |3\d{{3}}{_S}?\d{{6}}{_S}?\d{{4,5}})
"""
"""The forms that are looked for in a long table of numbers, too."""
_OTHERS = r"""
      (?P<cn_id>[1-8]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx])
    | (?P<kr_rrn>\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-[1-8]\d{6})
    | (?P<nordic>\d{6}[-+]\d{4}|(?:19|20)\d{6}-\d{4})
    | (?P<in_uid>[2-9]\d{3}[ -]\d{4}[ -]\d{4})
    | (?P<de_spaced>[1-9]\d\ \d{3}\ \d{3}\ \d{3})
    | (?P<eleven>\d{11})
    | (?P<nine>\d{3}[- ]\d{3}[- ]\d{3})
    | (?P<nanp>(?:1[ .-]|1)?(?:\([2-9]\d{2}\)[ -]?|[2-9]\d{2}[ .-])\d{3}[ .-]?\d{4})
    | (?P<national>(?:\(0[1-9]\d{0,4}\)|0[1-9]\d{0,4}\)?)
        (?:[ \u00a0\u202f/.\-\u2011\u2013]{1,3}\d{2,8}){1,5})
    | (?P<plain0>0[1-9]\d{8,9})
    | (?P<pairs>[6-9]\d{2}(?:[ .]\d{2}){3}|9\d\ \d{3}\ \d{2}\ \d{2}|[6-9]\d{4}[ -]\d{5}
        |(?:\([1-9]{2}\)|[1-9]{2}\)?)\ 9?\d{4}-\d{4}|1[3-9]\d[ -]\d{4}[ -]\d{4})
"""
# No form begins with a single digit that another single digit follows.
_BEGIN = r"(?<![\w+.,$€£%#=@&-])(?=[+(]|\d\d|\d[ .-]\(?\d\d|1\(\d)"
_END = r"(?![\w%]|[.,:\-]\d)"
_NUMBER = re.compile(f"{_BEGIN}(?:{_SURE}|{_OTHERS}){_END}", re.VERBOSE)
_SURE_NUMBER = re.compile(f"{_BEGIN}(?:{_SURE}){_END}", re.VERBOSE)
# What no number begins in or reaches into: more digits than any has, and single digits.
_NO_NUMBERS = r"[0-9]{40,}|(?:[0-9][ .]){40,}(?=[0-9][ .])"
_SKIPPED = re.compile(_NO_NUMBERS)
_SKIPPING = {
    pattern: re.compile(f"{pattern.pattern}|{_NO_NUMBERS}", re.VERBOSE)
    for pattern in (_NUMBER, _SURE_NUMBER)
}
_LONG_ZONE = 80
_SHORT_CARD = re.compile(rf"\d{{4}}(?:{_S}\d{{4}}){{3}}(?={_S}\d{{1,3}}\Z)")
_MOST_FAILURES = 200
"""How many numbers of one run may fail their checks before it is taken for a table of numbers."""


def numbers(text: str) -> Iterator[Finding]:
    """The phones, cards and national ids of a text."""
    for zone in _ZONE.finditer(text):
        run, (start, end) = zone.group(), zone.span()
        digits = len(_digits(run))
        if digits < _FEWEST_IN_NUMBER:
            continue
        if digits < _FEWEST_IN_FORM and not _may_be_longer(run) and text[end : end + 1].isascii():
            yield from _by_context(text, start, end)  # a date, most of the time
        else:
            yield from _numbers_of_zone(text, start, end)


def _may_be_longer(run: str) -> bool:
    """Whether a run may be an international number, which needs fewer digits than other forms."""
    return run[0] == "+" or "00" in run


def _numbers_of_zone(text: str, start: int, end: int) -> Iterator[Finding]:
    """The numbers in a run of digits and separators."""
    position, failures, pattern = start + 1, 0, _NUMBER
    skips = end - start > _LONG_ZONE and _SKIPPED.search(text, start, end) is not None
    match = pattern.match(text, start, end + 1)
    finding = None if match is None else _checked(match)
    if finding is None:
        yield from _by_context(text, start, end)
    while True:
        if finding is not None:
            yield finding
            position, failures = finding.end, 0
        elif match is not None and match.lastgroup is None:
            position = match.end()
        elif match is not None:
            position, failures = match.start() + 1, failures + 1
            if failures > _MOST_FAILURES:
                pattern = _SURE_NUMBER
        match = (_SKIPPING[pattern] if skips else pattern).search(text, position, end + 1)
        if match is None:
            return
        finding = _checked(match) if match.lastgroup else None


def _checked(match: re.Match[str]) -> Finding | None:
    """What a number is by its check; None if it is none."""
    number, form = match.group(), match.lastgroup or ""
    kind = CHECKS[form](number, _digits(number))
    if kind:
        return Finding(match.start(), match.end(), kind)
    if form == "card":  # its date or another number may follow it
        shorter = _SHORT_CARD.match(match.string, match.start(), match.end())
        if shorter is not None and CHECKS[form](shorter.group(), _digits(shorter.group())):
            return Finding(match.start(), shorter.end(), form)
    return None


_VALUES = bytes(each - 48 if 48 <= each < 58 else 0 for each in range(256))  # noqa: PLR2004 # ASCII
_NOT_DIGITS = bytes(each for each in range(256) if not 48 <= each < 58)  # noqa: PLR2004


def _digits(text: str) -> Sequence[int]:
    if text.isascii():
        return text.encode().translate(_VALUES, _NOT_DIGITS)
    return [int(each) for each in text if each.isdigit()]


# -- numbers that a word before them explains ---------------------------------------------------

_LOOSE = re.compile(r"\(?\d[\d ().\-/\u00a0\u2011]{5,18}\d(?![\w%]|[.,:]\d)")
_PHONE_WORD = re.compile(
    r"\b(?:tel(?:ephone|efon|éfono|efono|efoon|éphone)?|t[ée]l|phone|mobile|cell|call|dial|text|fax"
    r"|whatsapp|sms|handy|m[óo]vil|portable|rufnummer|contact|n[uú]m[eé]ro)\b[^\d+\n]{0,24}\Z",
    re.IGNORECASE,
)
_PARTS_OF_PHONE_WORDS = (
    "tel", "phone", "mobil", "mov", "cell", "call", "dial", "text", "fax", "whats", "sms", "handy",
    "portable", "rufnummer", "contact", "numero",
)  # fmt: skip
_DUTCH_WORD = re.compile(
    r"\b(?:bsn|burgerservicenummer|sofi(?:nummer)?)\b[^\d\n]{0,24}\Z", re.IGNORECASE
)
_DUTCH = re.compile(r"(?:\d{3}[. ]?\d{3}[. ]?\d{3}|\d{4}[. ]?\d{2}[. ]?\d{3})(?!\w)")
_CONTEXT_LENGTH = 48
_NOT_BEFORE = frozenset("+.,$€£%#=@-_&")


def _by_context(text: str, start: int, end: int) -> Iterator[Finding]:
    """A number of no form of its own, where a word before it says what it is."""
    before = text[start - 1 : start]
    if not before or before.isalnum() or before in _NOT_BEFORE:
        return
    match = _DUTCH.match(text, start, end + 1)
    if match and dutch_id(_digits(match.group())) and _DUTCH_WORD.search(_context(text, start)):
        yield Finding(start, match.end(), "national_id")
        return
    match = _LOOSE.match(text, start, end + 1)
    if match is None or is_date(match.group()):
        return
    is_long_enough = 7 <= len(_digits(match.group())) <= 13  # noqa: PLR2004 # ITU-T E.164
    if is_long_enough and _has_phone_word(_context(text, start)):
        yield Finding(start, match.end(), "phone")


def _context(text: str, start: int) -> str:
    return text[max(0, start - _CONTEXT_LENGTH) : start]


def _has_phone_word(context: str) -> bool:
    """Whether a text ends with a word that announces a phone number."""
    if context.isascii():  # most have none, which is seen faster by their parts
        lower = context.lower()
        if not any(part in lower for part in _PARTS_OF_PHONE_WORDS):
            return False
    return _PHONE_WORD.search(context) is not None


# -- ids with letters, and bank accounts (ISO 13616) --------------------------------------------

_LETTERED = re.compile(
    r"""(?:
      (?P<uk>(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\ ?
        \d{2}\ ?\d{2}\ ?\d{2}\ ?[A-D])
    | (?P<es>(?:\d{8}|[XYZ]-?\d{7})-?[A-HJ-NP-TV-Z])
    | (?P<it>[A-Z]{6}[\dL-V]{2}[A-EHLMPRST][\dL-V]{2}[A-Z][\dL-V]{3}[A-Z])
    | (?P<fi>\d{6}[-+A]\d{3}[0-9A-FHJ-NPR-Y])
    | (?P<pan>[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z])
    | (?P<curp>[A-Z][AEIOUX][A-Z]{2}\d{6}[HM][A-Z]{5}[A-Z0-9]\d)
    )(?![\w-])""",
    re.VERBOSE,
)
# Where the first digit of one stands: what is before it, and what follows.
_NEAR_FIRST_DIGIT = r"""(?=[0-9L-V])(?:
      (?<=[A-Za-z].)(?:
          (?P<b1>(?<=(?<![\w-])[XYZ]\d)(?=\d{6}-?[A-Z]))
        | (?P<b2>(?<=(?<![\w-])[A-Za-z]{2}\d)
            (?=\d(?:\ ?\d\d\ ?\d\d\ ?[A-D]|[ \u00a0-]?[A-Za-z0-9]{4})))
        | (?P<b4>(?<=(?<![\w-])[A-Z]{4}\d)(?=\d{5}[HM]))
        | (?P<b5>(?<=(?<![\w-])[A-Z]{5}\d)(?=\d{3}[A-Z]))
        | (?P<b6>(?<=(?<![\w-])[A-Z]{6}\d)(?=[\dL-V][A-EHLMPRST][\dL-V]{2}[A-Z])))
    | (?P<b0>(?=\d{5}(?:\d\d-?[A-Z]|[-+A]\d{3}[0-9A-Y]))(?<![\w-]\d))
    | (?P<x2>(?<=(?<![\w-])[XYZ]-\d)(?=\d{6}-?[A-Z]))
    | (?P<b3>(?<=(?<![\w-])[A-Z]{2}\ \d)(?=\d\ ?\d\d\ ?\d\d\ ?[A-D]))
    )"""
_FIRST_DIGIT = re.compile(rf"[0-9](?<![0-9][0-9]){_NEAR_FIRST_DIGIT}", re.VERBOSE)
# In a text of many digits, those that are far from a letter and from a sign are passed over.
_IN_TABLE = r"[0-9\s.,;:/()]"
_FIRST_DIGIT_OR_TABLE = re.compile(
    rf"[0-9](?<![0-9][0-9])(?:{_NEAR_FIRST_DIGIT}|{_IN_TABLE}{{20,}}(?={_IN_TABLE}{{20}}))",
    re.VERBOSE,
)
_MANY_DIGITS = 500
_IBAN_OF = {
    length: re.compile(
        rf"[A-Za-z]{{2}}\d{{2}}(?:[ \u00a0-]?[A-Za-z0-9]){{{length - 4}}}(?![A-Za-z0-9])"
    )
    for length in range(15, 35)
}
_BEFORE_DIGIT = {"b0": 0, "b1": 1, "b2": 2, "x2": 2, "b3": 3, "b4": 4, "b5": 5, "b6": 6}


def lettered_ids(text: str, digits: int = 0) -> Iterator[Finding]:
    """The national ids with letters, and the bank accounts, of a text.

    Args:
        text: The text.
        digits: How many digits it has, if that is known.
    """
    done = 0
    pattern = _FIRST_DIGIT if digits < _MANY_DIGITS else _FIRST_DIGIT_OR_TABLE
    for digit in pattern.finditer(text):
        if digit.lastgroup is None:
            continue
        start = digit.start() - _BEFORE_DIGIT[digit.lastgroup]
        if start < done:
            continue
        finding = _lettered_at(text, start)
        if finding is not None:
            done = finding.end
            yield finding


def _lettered_at(text: str, start: int) -> Finding | None:
    match = _LETTERED.match(text, start)
    if match is None:
        return _iban_at(text, start)
    check = LETTER_CHECKS.get(match.lastgroup or "")
    if check is None or check(match.group()):
        return Finding(start, match.end(), "national_id")
    return None


def _iban_at(text: str, start: int) -> Finding | None:
    """An IBAN; its country says how long it is, whatever follows it."""
    length = iban_length(text[start : start + 2].upper())
    match = _IBAN_OF[length].match(text, start) if length else None
    if match is None or not is_iban(match.group()):
        return None
    return Finding(start, match.end(), "iban")
