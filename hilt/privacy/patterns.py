"""What identifies a person, by its form: patterns with their checksums.

Each kind is decided by what its issuer documents (a check digit, a list of country codes, a range),
so that ordinary numbers stay as they are. Names and postal addresses have no form: they need a
detector of the user's own.

A text is first searched for the rare characters that a kind cannot be without (digits, ``@``,
``://``), by loops of the C library; a pattern runs only where one stands. Every pattern is bounded,
so the time grows with the length of the text and no faster, whatever is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from hilt.privacy.api_keys import has_start_of_key
from hilt.privacy.candidates import BLOCK, FAR_BACK, LONG_TEXT, Search
from hilt.privacy.credentials import credentials, has_name_of_secret
from hilt.privacy.disorder import most_searched
from hilt.privacy.emails import emails, has_spelt_at, spelt_emails
from hilt.privacy.escapes import ALL_ESCAPES, IN_URLS, find_escaped, without_escapes
from hilt.privacy.finding import Finding
from hilt.privacy.ip_addresses import ip_addresses
from hilt.privacy.lettered_ids import after_signs, lettered_ids
from hilt.privacy.lowered import Lowered
from hilt.privacy.number_forms import OTHER_DIGITS, normalized, outline_of
from hilt.privacy.number_patterns import after_abbreviations, announced, numbers, spaced

__all__ = [
    "BLOCK",
    "KINDS",
    "Finding",
    "find",
    "find_in_arguments",
    "find_in_member",
    "may_explain",
]

KINDS: Final = frozenset(
    ("email", "phone", "card", "iban", "ip", "national_id", "api_key", "token", "password")
)
"""The kinds that `find` knows."""


def find(text: str, kinds: frozenset[str] = KINDS) -> list[Finding]:
    """The findings of some kinds in a text, in order, without overlaps.

    A text with thousands of candidates, more than a phone directory of that size has, is searched
    as far as `hilt.privacy.candidates.most_candidates` allows, and one that is out of order as far
    as `hilt.privacy.disorder.most_searched` does; the rest of it is one finding, a ``block``.

    >>> [(each.kind, each.start) for each in find("Write to ann@example.com")]
    [('email', 9)]
    """
    length = len(text)
    end = most_searched(text) if length >= LONG_TEXT else length
    if end == length:
        return _find(text, kinds, length)
    found = _find(text[: end + FAR_BACK], kinds, length)
    return _without_overlaps([*found, Finding(end, length, BLOCK)])


def _find(text: str, kinds: frozenset[str], whole_length: int) -> list[Finding]:
    """The findings in a text, which is the beginning of one of the length `whole_length`."""
    if "\uff20" in text:
        text = text.replace("\uff20", "@").replace("\uff0e", ".")
    original, text, length = text, without_escapes(text), len(text)
    signs = text.encode("utf-8", "surrogatepass").translate(None, _ORDINARY)
    if length < LONG_TEXT and _has_nothing(text, signs) and not _has_escaped_at(original):
        return []

    def scans(part: str) -> Iterator[Iterator[Finding]]:
        return _scans(part, kinds, signs if part is text else None)

    search = Search(scans, whole_length)
    is_twice = "%" in original and _TWICE_IN_URL.search(original) is not None

    def find_decoded(decoded: str) -> list[Finding]:
        decoded = without_escapes(decoded)
        twice = find_escaped(decoded, search.found_in_decoded, IN_URLS) if is_twice else []
        return twice + search.found_in_decoded(decoded)

    escaped: list[Finding] = []
    end = length
    for escapes in ALL_ESCAPES:
        part = original if end == length else original[: end + FAR_BACK]
        if not escapes.are_in(part):
            continue
        found = find_escaped(part, find_decoded, escapes)
        if found and found[-1].kind == BLOCK and found[-1].end == len(part):
            end = min(end, found[-1].start)
            found[-1] = Finding(found[-1].start, length, BLOCK)
        escaped += found
    found = (
        search.found_in(text if end == length else text[: end + FAR_BACK], whole_length) + escaped
    )
    wanted = [each for each in found if each.kind in kinds or each.kind == BLOCK]
    return _without_overlaps(wanted) if len(wanted) > 1 else wanted


def _has_escaped_at(text: str) -> bool:
    """Whether a text may have an ``@`` that is escaped as in JSON, which a quick look misses."""
    return "\\" in text and any(each in text for each in ("0040", "x40", "ff20", "FF20"))


def may_explain(name: str) -> bool:
    """Whether the name of a member in JSON may say that its text is a secret or a number."""
    return isinstance(name, str) and _EXPLAINS.search(name) is not None


def find_in_member(text: str, name: str, kinds: frozenset[str]) -> list[Finding]:
    """The findings in the text of a member in JSON, by what its name says."""
    if len(text) > _LONGEST_MEMBER or not _SIGNIFICANT.search(text):
        return []
    before = f'"{name[-_LONGEST_NAME:]}": "'
    start, end = len(before), len(before) + len(text)
    return [
        Finding(max(each.start, start) - start, min(each.end, end) - start, each.kind)
        for each in find(f'{before}{text}"', kinds)
        if each.end > start and each.start < end
    ]


def find_in_arguments(items: Sequence[object], kinds: frozenset[str]) -> dict[int, list[Finding]]:
    """The findings in the arguments of a command, by what stands before each; by their indexes.

    A long argument, such as the body of a request, is passed over: it says nothing of the others.
    """
    result: dict[int, list[Finding]] = {}
    texts: list[str] = []
    left = _LONGEST_MEMBER
    for each in items[:_MOST_ARGUMENTS]:
        text = each if isinstance(each, str) and len(each) <= left else ""
        texts.append(text)
        left -= len(text)
    found = find(f'"{_BETWEEN.join(texts)}"', kinds)
    start = 1
    for index, text in enumerate(texts) if found else ():
        end = start + len(text)
        inside = [
            Finding(each.start - start, each.end - start, each.kind)
            for each in found
            if each.start >= start and each.end <= end
        ]
        if inside:
            result[index] = inside
        start = end + len(_BETWEEN)
    return result


_BETWEEN = '", "'
_SIGNIFICANT = re.compile(r"[\d!$%&*+?#@^~=]|(?i:bearer|basic)")
"""Finds what a text has that a name may explain: no password or number is without these."""
_MOST_ARGUMENTS = 500
_EXPLAINS = re.compile(
    "(?i:pass|pwd|secret|token|key|auth|cookie|phone|mobil|whatsapp|ssn|bsn|social.?security)|^tel"
)
_LONGEST_MEMBER, _LONGEST_NAME = 20_000, 64


def _has_nothing(text: str, signs: bytes) -> bool:
    """Whether a few quick looks show that nothing is in a text; most texts need no more.

    Args:
        text: The text.
        signs: Its digits and signs, and the first bytes of what may be digits of other scripts.
    """
    is_ascii = text.isascii()
    if not is_ascii:
        if "\u0130" in text or (not signs.isascii() and OTHER_DIGITS.search(text)):
            return False
        signs = signs.translate(None, _DIGITS_BEGIN)
    digits = 0
    if signs:
        if signs.translate(None, _FEW):
            return False
        digits = len(signs.translate(None, _NOT_DIGITS))
        if digits and (
            digits >= _FEWEST_DIGITS
            or "::" in text
            or text.count(":") >= 7  # noqa: PLR2004 # an IPv6 address
            or "dapi" in text
            or "ya29." in text
        ):
            return False
    if has_start_of_key(text):
        return False
    lower = text.lower()
    if has_name_of_secret(text, lower, digits, has_signs=bool(signs) or not is_ascii):
        return False
    return not has_spelt_at(lower)


def _scans(
    text: str, kinds: frozenset[str], signs: bytes | None = None
) -> Iterator[Iterator[Finding]]:
    """The candidates of a text: one iterator for each scan.

    Args:
        text: The text.
        kinds: What to look for.
        signs: The digits and signs of an ASCII text, if they are known.
    """
    data = normalized(text)
    if signs is None or not text.isascii():
        signs = data.translate(None, _NO_SIGNS)
    digits = len(signs.translate(None, _NOT_DIGITS))
    if "email" in kinds and (b"@" in signs or b"%" in signs):
        yield from emails(text)
    if "phone" in kinds and b"%" in signs:
        yield (Finding(*each.span(), "phone") for each in _QUOTED_PHONE.finditer(text))
    many_digits = digits * _MANY_DIGITS > len(text)
    lowered = Lowered(text, data, only_letters=many_digits)
    has_signs = bool(signs) or not text.isascii()  # a digit of any script will do
    yield from credentials(lowered, data, signs, digits, has_signs=has_signs)
    if "email" in kinds and has_spelt_at(lowered.data):
        yield spelt_emails(text, lowered.data)
    if digits and b"_" in data and _NEAR_EMPHASIS.search(data):
        data = _EMPHASIS.sub(b"*", data)
        text = data[1:].decode() if text.isascii() else _EMPHASIS_IN_TEXT.sub("*", text)
    if digits >= _FEWEST_DIGITS and not kinds.isdisjoint(_NUMBERS):
        outline = outline_of(data)
        yield numbers(text, data, b"" if many_digits else outline)
        if many_digits:
            yield from after_signs(text, data)
        else:
            yield lettered_ids(text, outline)
        if digits >= _FEWEST_IN_LOOSE:
            yield from after_abbreviations(lowered, data, outline)
            yield from announced(lowered, data, b"" if many_digits else outline)
            yield from spaced(lowered, data, outline)
    if digits and "ip" in kinds:
        yield from ip_addresses(text, data)


_QUOTED_PHONE = re.compile(r"%2[Bb][1-9][0-9]{7,14}(?![0-9A-Za-z])")
_TWICE_IN_URL = re.compile("%25[2-7][0-9A-Fa-f]")
_NEAR_EMPHASIS = re.compile(rb"_(?:(?=[+(]?[0-9])|(?<=[0-9]_)|(?<=[0-9][A-Z]_))")
_EMPHASIS = re.compile(rb"_(?:(?<![^ \n(]_)|(?![^ \n.,)]))")
_EMPHASIS_IN_TEXT = re.compile(_EMPHASIS.pattern.decode())
"""Finds an underscore beside a number that is Markdown, not a part of a name."""
_NUMBERS = frozenset(("phone", "card", "iban", "national_id"))
_FEWEST_DIGITS = 4
_FEWEST_IN_LOOSE = 7
_MANY_DIGITS = 8
"""A text has many digits if more than one character in this many is one."""
_NOT_DIGITS = bytes(each for each in range(256) if not chr(each).isdigit() or each > 127)  # noqa: PLR2004
_SIGNS = "!$%&*+?#@^~"
_NO_SIGNS = bytes(each for each in _NOT_DIGITS if chr(each) not in _SIGNS)
"""All but digits and signs: no number, address or password consists of these bytes alone."""
_DIGITS_BEGIN = b"\xd9\xdb\xe0\xef"
"""The first bytes, in UTF-8, of the digits of other scripts."""
_ORDINARY = bytes(set(range(256)) - set(b"0123456789" + _SIGNS.encode() + _DIGITS_BEGIN))
_FEW = b"0123456789!?"


def _without_overlaps(found: list[Finding]) -> list[Finding]:
    found.sort(key=lambda each: (each.start, -each.end))
    kept: list[Finding] = []
    for each in found:
        last = kept[-1] if kept else None
        if last is None or each.start >= last.end:
            kept.append(each)
        elif each.end <= last.end:
            continue
        elif each.kind == BLOCK and last.kind != BLOCK:
            kept.append(Finding(last.end, each.end, BLOCK))
        else:  # what the two cover is hidden as the first kind
            kept[-1] = Finding(last.start, each.end, last.kind)
    return kept
