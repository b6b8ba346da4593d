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
import socket
from collections.abc import Iterator
from typing import Final

from hilt.privacy.finding import Finding
from hilt.privacy.number_patterns import lettered_ids, numbers

__all__ = ["KINDS", "Finding", "find"]

KINDS: Final = frozenset(
    ("email", "phone", "card", "iban", "ip", "national_id", "api_key", "token", "password")
)
"""The kinds that `find` knows."""


def find(text: str, kinds: frozenset[str] = KINDS) -> list[Finding]:
    """What a text has of some kinds, in its order, without overlaps.

    >>> [(each.kind, each.start) for each in find("Write to ann@example.com")]
    [('email', 9)]
    """
    found = list(_marked(text))
    digits = _count_digits(text)
    if digits >= _FEWEST_DIGITS:
        found.extend(numbers(text))
        found.extend(lettered_ids(text, digits))
    if digits >= _FEWEST_IN_IPV4:
        found.extend(_ipv4(text))
    found.extend(_ipv6(text))
    wanted = [each for each in found if each.kind in kinds]
    return _without_overlaps(wanted) if len(wanted) > 1 else wanted


_FEWEST_DIGITS = 4
_FEWEST_IN_IPV4 = 4
_NOT_DIGITS = bytes(each for each in range(256) if not chr(each).isdigit() or each > 127)  # noqa: PLR2004
_DIGIT = re.compile(r"\d")


def _count_digits(text: str) -> int:
    if text.isascii():
        return len(text.encode().translate(None, _NOT_DIGITS))
    return len(_DIGIT.findall(text))


def _without_overlaps(found: list[Finding]) -> list[Finding]:
    found.sort(key=lambda each: (each.start, -each.end))
    kept: list[Finding] = []
    for each in found:
        last = kept[-1] if kept else None
        if last is None or each.start >= last.end:
            kept.append(each)
        elif each.end > last.end:  # what the two cover is hidden as the first kind
            kept[-1] = Finding(last.start, each.end, last.kind)
    return kept


# -- what has a mark of its own: addresses, keys, tokens, passwords -----------------------------

_DOMAIN = re.compile(r"@(?:(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}\b|\[[\d.:a-fA-F]{7,45}\])")
_QUOTED_DOMAIN = re.compile(_DOMAIN.pattern.replace("@", "%40", 1))
_LOCAL = frozenset("._+-'%!#$&*/=?^`{|}~")
_LONGEST_LOCAL = 64
_URL_PASSWORD = re.compile(r"://[^\s/:@\"'<>]{0,256}:([^\s/@\"'<>]{1,256})@")
_TOKEN_PART = re.compile(r"[-_A-Za-z0-9]*")
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[^-]{0,16384}"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?"
)
_KEY_REST: tuple[tuple[str, str], ...] = (
    (
        "sk- pk- rk- csk- pplx- xai- nvapi- glpat- pypi- lsv2_ jina_",
        r"(?=[-_a-z]{0,40}[A-Z0-9])[-_A-Za-z0-9]{16,255}",
    ),
    (
        "gsk_ hf_ fw_ r8_ tgp_ ghp_ gho_ ghs_ ghu_ ghr_ github_pat_ whsec_ sk_live_ sk_test_ rk_live_"
        " pk_live_ npm_",
        r"[A-Za-z0-9_-]{16,255}",
    ),
    ("xoxa- xoxb- xoxe- xoxp- xoxr- xoxs-", r"[-A-Za-z0-9]{10,255}"),
    ("AIza", r"[-_A-Za-z0-9]{30,50}"),
    ("AKIA ASIA AROA AIDA", r"[A-Z0-9]{16}"),
    ("ya29.", r"[-_.A-Za-z0-9]{20,500}"),
    ("SG.", r"[-_A-Za-z0-9]{16,64}\.[-_A-Za-z0-9]{16,64}"),
    ("dapi", r"[0-9a-f]{32}"),
)
_KEYS: dict[str, str] = {start: rest for starts, rest in _KEY_REST for start in starts.split()}
# Most begin with letters up to a "-" or "_", which is what the text is searched for.
_KEYS_WITH_MARK = {
    mark: re.compile(
        rf"{mark}(?<=[a-z0-9]{mark})(?=[-_A-Za-z0-9]{{10}})(?:"
        + "|".join(
            rf"(?<=(?<![^\W_]){re.escape(start)}){rest}"
            for start, rest in _KEYS.items()
            if start.endswith(mark)
        )
        + ")(?![A-Za-z0-9])"
    )
    for mark in "-_"
}
_OTHER_KEYS = {
    start: re.compile(rf"(?<![^\W_]){re.escape(start)}{rest}(?![A-Za-z0-9])")
    for start, rest in _KEYS.items()
    if start[-1] not in "-_"
}
# One search for a rare letter is faster than one for each of the starts.
_AFTER_A = re.compile("A(?:" + "|".join(each[1:] for each in _OTHER_KEYS if each[0] == "A") + ")")
_LONGEST_START = max(map(len, _KEYS))
_BEARER = re.compile(
    r"(?:bearer|basic)\s{1,3}"
    r"((?=[-_.~+/=A-Za-z0-9]{0,40}[0-9A-Z=])[-_.~+/A-Za-z0-9]{16,4096}={0,2})",
    re.IGNORECASE,
)
# What a password is called before it, by a part that a text is searched for first.
_PASSWORD_NAMES = {
    "pass": re.compile(r"pass(?:word|wd|phrase|wort|e(?<=mot de passe))"),
    "pwd": re.compile("pwd"),
    "key": re.compile(
        "key(?:(?<=api_key)|(?<=api-key)|(?<=apikey)|(?<=secret_key)|(?<=secret-key))"
    ),
    "token": re.compile("token(?:(?<=access_token)|(?<=access-token))"),
    "secret": re.compile("secret(?<=client_secret)"),
    "contrase": re.compile("contraseña"),
}
_PASSWORD = re.compile(
    r"(?:[\"']?\s{0,2}(?:[=:]|\bis\b|\best\b|\bist\b|\bes\b)\s{0,2}[\"']?)"
    r"((?=[^\s\"',;]{0,64}[\d!$%&*+?#@^~])[^\s\"',;()]{6,256})",
    re.IGNORECASE,
)


def _marked(text: str) -> Iterator[Finding]:
    if "@" in text:
        yield from _emails(text, _DOMAIN)
    if "%40" in text:
        yield from _emails(text, _QUOTED_DOMAIN)
    if "://" in text:
        yield from (Finding(*each.span(1), "password") for each in _URL_PASSWORD.finditer(text))
    if "eyJ" in text:
        yield from _web_tokens(text)
    if "-----BEGIN" in text:
        yield from (Finding(*each.span(), "api_key") for each in _PEM.finditer(text))
    yield from _keys(text)
    # "İ" is the one letter that has another length in lower case: places would differ.
    yield from _named(text, text.replace("\u0130", "i").lower())


def _keys(text: str) -> Iterator[Finding]:
    has_a = _AFTER_A.search(text) is not None
    for start, pattern in _OTHER_KEYS.items():
        if has_a if start[0] == "A" else start in text:
            yield from (Finding(*each.span(), "api_key") for each in pattern.finditer(text))
    for mark, pattern in _KEYS_WITH_MARK.items():
        if mark in text:
            for each in pattern.finditer(text):
                yield Finding(_start_of_key(text, each.start() + 1), each.end(), "api_key")


def _start_of_key(text: str, end: int) -> int:
    """Where the letters begin that a key begins with."""
    before = text[max(0, end - _LONGEST_START) : end]
    return end - max(len(start) for start in _KEYS if before.endswith(start))


def _web_tokens(text: str) -> Iterator[Finding]:
    """JSON Web Tokens (RFC 7519): two JSON objects in base64, and a signature."""
    start = text.find("eyJ")
    while start >= 0:
        ends = [start]
        while len(ends) < 4:  # noqa: PLR2004 # header, payload, signature
            part = _TOKEN_PART.match(text, ends[-1])
            ends.append(part.end() if part else ends[-1])
            if text[ends[-1] : ends[-1] + 1] != ".":
                break
            ends[-1] += 1
        end = ends[-1] - (text[ends[-1] - 1] == ".")
        is_token = len(ends) > 2 and text.startswith("eyJ", ends[1])  # noqa: PLR2004
        if is_token and not text[start - 1 : start].isalnum():
            yield Finding(start, end, "token")
        start = text.find("eyJ", max(ends[-1], start + 3))


def _named(text: str, lower: str) -> Iterator[Finding]:
    if "bearer " in lower or "basic " in lower:
        yield from (Finding(*each.span(1), "token") for each in _BEARER.finditer(text))
    for part, names in _PASSWORD_NAMES.items():
        if part in lower:
            for name in names.finditer(lower):
                if match := _PASSWORD.match(text, name.end()):
                    yield Finding(*match.span(1), "password")


def _emails(text: str, domain: re.Pattern[str]) -> Iterator[Finding]:
    """E-mail addresses (RFC 5321), and international ones (RFC 6531)."""
    for match in domain.finditer(text):
        start = at = match.start()
        while start > 0 and at - start < _LONGEST_LOCAL and _is_local(text[start - 1]):
            start -= 1
        if start < at and not _is_url_password(text, start):
            yield Finding(start, match.end(), "email")
        elif text[at - 1 : at] == '"':  # "ann smith"@example.com
            quoted = text.rfind('"', max(0, at - _LONGEST_LOCAL), at - 1)
            if quoted >= 0:
                yield Finding(quoted, match.end(), "email")


def _is_url_password(text: str, start: int) -> bool:
    """Whether what stands before an ``@`` belongs to an address such as ``https://ann:pw@host``."""
    word = text[max(0, start - _LONGEST_LOCAL) : start]
    return ":" in word and "://" in word[max(map(word.rfind, " \n\t\"'")) + 1 :]


def _is_local(character: str) -> bool:
    return character.isalnum() or character in _LOCAL


# -- addresses of machines ----------------------------------------------------------------------

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_NOT_BEFORE_IPV4 = r"(?<![\w.=<>~^-])"
_IPV4 = re.compile(
    rf"\.(?=[0-9])(?:(?<={_NOT_BEFORE_IPV4}[1-9]\.)|(?<={_NOT_BEFORE_IPV4}[1-9][0-9]\.)"
    rf"|(?<={_NOT_BEFORE_IPV4}(?!127)1[0-9][0-9]\.)|(?<={_NOT_BEFORE_IPV4}2[0-4][0-9]\.)"
    rf"|(?<={_NOT_BEFORE_IPV4}25[0-5]\.)){_OCTET}\.{_OCTET}\.{_OCTET}(?![\w-]|\.\d)"
)
_VERSION_BEFORE = re.compile(r"(?:version|release|build|\bv)[ :=]{0,2}\Z", re.IGNORECASE)
_COLONS = re.compile(r":[0-9A-Fa-f]{0,4}:")
_IPV6 = re.compile(r"[0-9A-Fa-f:]{2,39}(?:\.\d{1,3}){0,3}(?:%\w{1,16})?(?![\w:])")


def _ipv4(text: str) -> Iterator[Finding]:
    if text.count(".") < 3:  # noqa: PLR2004
        return
    for match in _IPV4.finditer(text):
        start, end = match.span()
        while text[start - 1 : start].isdigit():
            start -= 1
        if not _VERSION_BEFORE.search(text, max(0, start - 12), start):
            yield Finding(start, end, "ip")


def _ipv6(text: str) -> Iterator[Finding]:
    if "::" not in text and text.count(":") < 7:  # noqa: PLR2004
        return
    done = 0
    for colons in _COLONS.finditer(text):
        if colons.start() < done:
            continue
        start = colons.start()
        while start > 0 and colons.start() - start < 5 and text[start - 1] in _HEX:  # noqa: PLR2004
            start -= 1
        run = _HEX_RUN.match(text, start)
        done = run.end() if run else colons.end()
        match = _IPV6.match(text, start) if done - start < _LONGEST_IPV6 else None
        if match and not _is_word(text[start - 1 : start]) and _is_ipv6(match.group()):
            yield Finding(*match.span(), "ip")


_HEX_RUN = re.compile(r"[0-9A-Fa-f:]+")
_LONGEST_IPV6 = 40
_HEX = frozenset("0123456789abcdefABCDEF")


def _is_word(character: str) -> bool:
    return character.isalnum() or character in ("_", ".", ":")


def _is_ipv6(text: str) -> bool:
    address = text.partition("%")[0]
    groups = [each for each in address.split(":") if each]
    if len(groups) < 2 or not any(each.isdigit() for each in address):  # noqa: PLR2004
        return False  # "::1", and words such as dead::beef in a program
    try:
        socket.inet_pton(socket.AF_INET6, address)
    except OSError:
        return False
    return True
