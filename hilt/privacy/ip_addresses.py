"""Addresses of machines: IPv4 and IPv6."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from operator import methodcaller

from hilt.privacy.finding import Finding
from hilt.privacy.long_search import LongSearch
from hilt.privacy.number_forms import NO_LETTERS, NO_LETTERS_OR_DIGITS, is_letter

__all__ = ["ip_addresses"]

_OCTET = "(?:1[0-9]{0,2}|2(?:[0-4][0-9]?|5[0-5]?|[6-9])?|[3-9][0-9]?|0)"
_NOT_BEFORE_IPV4 = rf"(?<![^\W{NO_LETTERS_OR_DIGITS}])(?<![.<~^-])(?<![=<>~!]=)"
_IPV4 = re.compile(  # in a row of many numbers with dots, each but the first has one before it
    rf"\.(?=[0-9]{{1,3}}\.[0-9])(?<!\.[0-9]\.)(?<!\.[0-9][0-9]\.)(?<!\.[0-9]{{3}}\.)"
    rf"(?={_OCTET}\.{_OCTET}\.{_OCTET}(?![^\W{NO_LETTERS}]|-|\.\d))(?:(?<={_NOT_BEFORE_IPV4}[1-9]\.)|(?<={_NOT_BEFORE_IPV4}[1-9][0-9]\.)"
    rf"|(?<={_NOT_BEFORE_IPV4}(?!127)1[0-9][0-9]\.)|(?<={_NOT_BEFORE_IPV4}2[0-4][0-9]\.)"
    rf"|(?<={_NOT_BEFORE_IPV4}25[0-5]\.)){_OCTET}\.{_OCTET}\.{_OCTET}(?![^\W{NO_LETTERS}]|-|\.\d)"
)
_LONG_IPV4 = LongSearch(
    r"(?<![0-9A-Za-z_.<~^])(?<![=<>~!]=)(?:[1-9]|[1-9][0-9]|(?!127)1[0-9][0-9]|2[0-4][0-9]|25[0-5])"
    rf"\.{_OCTET}\.{_OCTET}\.{_OCTET}(?![0-9A-Za-z_]|\.[0-9])",
    longest=24,
    beginnings=methodcaller("count", b"."),
)
_LONGEST_TAG = 200
_VERSION_BEFORE = re.compile(
    r"(?:version|release|build|\bv)(?:[ :=]{0,2}|\\{0,3}[\"'] ?[:=] ?\\{0,3}[\"'])\Z", re.IGNORECASE
)
_HEX = "[0-9A-Fa-f]"
_AFTER_IPV6 = rf"(?![^\W{NO_LETTERS}]|:)"
# Finds two colons in a row in what may be an address; `_SEVEN_COLONS`, the first of seven.
_COLONS = re.compile(rf"::(?!:)(?<![G-Zg-z_.:]::)(?:{_HEX}{{1,4}}(?![0-9A-Za-z_])|{_AFTER_IPV6})")
_SEVEN_COLONS = re.compile(
    rf":(?<!:.:)(?<!:..:)(?<!:{_HEX}{{3}}:)(?<!:{_HEX}{{4}}:)(?={_HEX}{{1,4}}:{_HEX}{{1,4}}:{_HEX})(?:"
    + "|".join(rf"(?<=(?<![^\W{NO_LETTERS}]|[:.]){_HEX * count}:)" for count in range(1, 5))
    + rf")(?=(?:{_HEX}{{1,4}}:){{6}}{_HEX}{{1,4}}{_AFTER_IPV6})"
)
_LONG_SEVEN_COLONS = LongSearch(
    rf"(?<![0-9A-Za-z_:.])(?:{_HEX}{{1,4}}:){{7}}{_HEX}",
    longest=45,
    beginnings=methodcaller("count", b":"),
)
_HEX_OR_COLONS = "0123456789ABCDEFabcdef:"
_DIGIT = re.compile(r"\d")
_IPV6 = re.compile(rf"[0-9A-Fa-f:]{{2,39}}(?:\.\d{{1,3}}){{0,3}}(?:%\w{{1,16}})?{_AFTER_IPV6}")
_SLICE = re.compile("[0-9]{1,3}::[0-9]{1,3}")
"""As in ``rows[1::2]``."""
_LONGEST_IPV6 = 40


def ip_addresses(text: str, data: bytes) -> Iterator[Iterator[Finding]]:
    """The candidates for IP addresses in a text that has digits: one iterator for each search.

    Args:
        text: The text.
        data: The text as `hilt.privacy.number_forms.normalized` makes it.
    """
    yield _ipv4(text, data)
    if "::" in text:
        yield _ipv6(text, _COLONS.finditer(text))
    if text.count(":") >= 7:  # noqa: PLR2004
        yield _ipv6(text, _LONG_SEVEN_COLONS.finditer(_SEVEN_COLONS, text, data, 1))


def _ipv4(text: str, data: bytes) -> Iterator[Finding]:
    if text.count(".") < 3:  # noqa: PLR2004
        return
    for match in _LONG_IPV4.finditer(_IPV4, text, data, 1):
        start, end = match.span()
        while text[start - 1 : start].isdigit():
            start -= 1
        is_version = _VERSION_BEFORE.search(text, max(0, start - 20), start) or (
            text[start - 1 : start] == ">" and not _is_behind_tag(text, start)
        )
        yield Finding(start, end, "" if is_version else "ip")


def _is_behind_tag(text: str, end: int) -> bool:
    """Whether the ``>`` before a place ends a tag, and so is no comparison of versions."""
    begin = max(text.rfind(each, max(0, end - _LONGEST_TAG), end) for each in ("<", "\\u003c"))
    return begin >= 0 and ">" not in text[begin : end - 1]


def _ipv6(text: str, colons: Iterator[re.Match[str]]) -> Iterator[Finding]:
    for each in colons:
        at = each.start()
        before = text[max(0, at - _LONGEST_IPV6) : at]
        start = at - len(before) + len(before.rstrip(_HEX_OR_COLONS))
        match = _IPV6.match(text, start)
        is_ip = match and not _is_word(text[start - 1 : start]) and _is_ipv6(match.group())
        yield Finding(start, match.end() if match else at, "ip" if is_ip else "")


def _is_word(character: str) -> bool:
    return is_letter(character) or character in ("_", ".", ":")


def _is_ipv6(text: str) -> bool:
    address = text.partition("%")[0]
    if _SLICE.fullmatch(address):
        return False
    if ":" not in address.strip(":") or _DIGIT.search(address) is None:
        return False  # "::1", and words such as dead::beef in a program
    try:
        socket.inet_pton(socket.AF_INET6, address)
    except OSError:
        return False
    return True
