"""E-mail addresses, as they are written, escaped and spelt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hilt.privacy.escapes import FILLED, FILLERS, LETTER
from hilt.privacy.finding import Finding

__all__ = ["emails", "has_spelt_at", "spelt_emails", "unspelt"]

_OF_OTHER_SCRIPTS = r"(?-i:[\u0370-\U0010ffff])"
_LETTERS = rf"(?:[A-Za-z]{{2,24}}(?:\b|(?={_OF_OTHER_SCRIPTS}))|[^\W\d_]{{2,24}}\b)"
"""The last part of a domain: letters of one script, without those of another that follow without a
blank, as in Japanese."""
_DOMAIN = re.compile(
    rf"@(?:[\w-][\w-]{{0,62}}\.(?=[\w-][\w.-])(?:[\w-]{{1,63}}\.){{0,7}}"
    rf"(?=[^\W\d_]{{2}})(?:{_LETTERS}|[^\W\d_]{{2,24}}(?=_{{1,3}}(?!\w))|(?i:com|org|edu|gov)(?=_))|\[[\d.:a-fA-F]{{7,45}}\])"
)
_ENDS_OF_FILLED = LETTER[-1] + FILLERS[-1]
_ESCAPED_DOMAIN = re.compile(
    rf"@(?=[\w.-]{{0,62}}\\)(?:(?:[\w-]|{FILLED}){{1,63}}\.){{1,8}}{_LETTERS}"
)
"""As in ``b\\u00fccher.example``."""
_QUOTED_DOMAIN = re.compile(_DOMAIN.pattern.replace("@", "%40", 1))
_LONGEST_LOCAL = 64
_DOT = r"(?:\.|\s?[(\[{] ?dot ?[)\]}]\s?)"
_SPELT_DOMAIN = re.compile(
    rf"[(\[{{] ?at ?[)\]}}](\s?)(?=[\w-]{{1,63}}{_DOT})"
    rf"(?:(?P<domain>(?:[\w-]{{1,63}}{_DOT}){{1,8}}{_LETTERS})|)",
    re.IGNORECASE,
)
_SPELT_AT = re.compile(rf"at(?= ?[)\]}}]\s?[\w?-]{{1,63}}{_DOT})(?:(?<=[(\[{{]at)|(?<=[(\[{{] at))")
"""In a text in lower case, where other scripts are question marks."""
_EACH_AT = re.compile(r"\s?[(\[{] ?at ?[)\]}]\s?", re.IGNORECASE)
_EACH_DOT = re.compile(_DOT, re.IGNORECASE)
_SPELT_BEFORE = re.compile(r"\s?[)\]}] ?tod ?[(\[{]\s?[\w+-]{1,64}", re.IGNORECASE)
"""Read backwards."""
_MOST_BEFORE, _LONGEST_BEFORE = 4, 76
_LOCAL = re.compile(r"[\w\u0300-\u036f.+\-'%!#$&*/=?^`{|}~]*")
"""Accents may be characters of their own, as in names of files on macOS."""
_ESCAPED_LETTER = re.compile("u[0-9A-Fa-f]{4}")
_BEFORE_ESCAPED = {*FILLERS, LETTER[-1]}
_ESCAPED_SIGNS = "_.+*-@'"
"""What has a backslash before it in Markdown, in a regular expression, or in SQL."""
_NO_BEGINNING = "'%!#$&*/=?^`{|}~.+-"
_BEFORE_ADDRESS = re.compile(
    r".*(?:/|(?:\A|[?&])\w{1,40}=(?!.*=)"
    r"|[\u0e00-\U0010ffff](?=(?:[A-Za-z]|[0-9]{5})[\0-\x7f]*\Z))(?=.)",
    re.DOTALL,
)
"""The path and the name of a parameter in a URL; and the text right before an address in Japanese
and the like, unless a short number follows it, which may belong to a name in that script."""
_NO_PERSON = re.compile(r"git@[^@]+:|[\w-]*@[1-4]x\.[a-z]{3,4}\b.?")
"""``git@github.com:org``, and a picture such as ``icon@2x.png``."""


def emails(text: str) -> Iterator[Iterator[Finding]]:
    """The addresses in a text that have an ``@``, or ``%40``, as in URLs."""
    if "@" in text:
        yield _emails(text, _DOMAIN)
        if any(each in text for each in _ENDS_OF_FILLED) and _ESCAPED_DOMAIN.search(text):
            yield _emails(text, _ESCAPED_DOMAIN)
    if "%40" in text:
        yield _emails(text, _QUOTED_DOMAIN)


def _emails(text: str, domain: re.Pattern[str]) -> Iterator[Finding]:
    """E-mail addresses (RFC 5321), and international ones (RFC 6531)."""
    for match in domain.finditer(text):
        at, end = match.span()
        before = _local_start(text, at)
        start = _without_before(text, before, at)
        if start == at:
            kind, start = _quoted(text, at)
        elif _is_url_password(text, before, at) or _NO_PERSON.fullmatch(text, start, end + 1):
            kind = ""
        else:
            kind = "email"
        yield Finding(start, end, kind)


def _local_start(text: str, at: int) -> int:
    r"""Where the word before an ``@`` begins; it may have escapes in it.

    As ``john\_doe`` in Markdown, and ``ren\u00e9`` or ``m\u00fcller`` in JSON.
    """
    first = max(0, at - _LONGEST_LOCAL)
    start = at
    while True:
        backwards = _LOCAL.match(text[first:start][::-1])
        start -= backwards.end() if backwards else 0
        if text[start - 1 : start] not in _BEFORE_ESCAPED:
            return start
        before = text[first:start].removesuffix(LETTER)
        is_letter_changed = len(before) < start - first
        before = before.rstrip(FILLERS)
        if first + len(before) == start or not (
            is_letter_changed
            or _ESCAPED_LETTER.match(text, start)
            or (text[start] in _ESCAPED_SIGNS and before[-1:].isalnum())
        ):
            return start
        start = first + len(before)


def _without_before(text: str, start: int, at: int) -> int:
    """Where an address begins that has quotes, a path or another script before it."""
    word = text[start:at]
    if "/" in word or "=" in word or not word.isascii():
        before = _BEFORE_ADDRESS.match(word)
        word = word[before.end() :] if before else word
    return at - len(word.lstrip(_NO_BEGINNING))


def has_spelt_at(lower: str) -> bool:
    """Whether a text has an ``(at)`` with brackets of some kind."""
    has_bracket = "(" in lower or "[" in lower or "{" in lower
    return has_bracket and _SPELT_AT.search(lower) is not None


def spelt_emails(text: str, lower: str) -> Iterator[Finding]:
    """Addresses such as ``ann(at)example.com`` and ``ann [at] example [dot] com``.

    There are blanks on both sides or on none, so that ``insert(at) list.last`` is no address.
    """
    for each in _SPELT_AT.finditer(lower):
        bracket = each.start() - (2 if lower[each.start() - 1] == " " else 1)
        match = _SPELT_DOMAIN.match(text, bracket)
        if match is None:
            yield Finding(bracket, bracket, "")
            continue
        blank = match[1]
        at = match.start() - len(blank)
        if match["domain"] is None or text[at : match.start()].isspace() is not bool(blank):
            yield Finding(match.start(), match.end(), "")
            continue
        backwards = _LOCAL.match(text[max(0, at - _LONGEST_LOCAL) : at][::-1])
        start = _without_before(text, at - (backwards.end() if backwards else 0), at)
        kind = "email" if start < at else ""
        for _ in range(_MOST_BEFORE if kind else 0):
            before = _SPELT_BEFORE.match(text[max(0, start - _LONGEST_BEFORE) : start][::-1])
            if before is None:
                break
            start -= before.end()
        yield Finding(start, match.end(), kind)


def unspelt(address: str) -> str:
    """An address with the signs that are spelt in it, and without backslashes before them."""
    return _EACH_DOT.sub(".", _EACH_AT.sub("@", address.replace("\\", "")))


def _quoted(text: str, at: int) -> tuple[str, int]:
    """The kind and the start of what may be an address such as ``"ann smith"@example.com``."""
    quoted = -1
    if text[at - 1 : at] == '"':
        quoted = text.rfind('"', max(0, at - _LONGEST_LOCAL), at - 1)
    is_there = quoted >= 0 and "\n" not in text[quoted:at]
    return ("email", quoted) if is_there else ("", at)


def _is_url_password(text: str, start: int, at: int) -> bool:
    """Whether what stands before an ``@`` is a password, as in ``https://ann:pw@host``.

    After a slash it is a part of the path, as in ``http://localhost:8000/users/ann@example.com``.
    """
    word = text[max(0, start - _LONGEST_LOCAL) : at]
    if "://" not in word:
        return False
    _, scheme, rest = word[max(map(word.rfind, " \n\t\"'")) + 1 :].rpartition("://")
    return bool(scheme) and ":" in rest and "/" not in rest
