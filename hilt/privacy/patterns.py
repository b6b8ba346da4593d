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

import msgspec

from hilt.privacy.check_digits import (
    CHECKS,
    LETTER_CHECKS,
    dutch_id,
    iban_length,
    is_date,
    is_iban,
)

__all__ = ["KINDS", "Finding", "find"]

KINDS: Final = frozenset(
    ("email", "phone", "card", "iban", "ip", "national_id", "api_key", "token", "password")
)
"""The kinds that `find` knows."""


class Finding(msgspec.Struct, frozen=True, order=True):
    """Where something stands in a text, and what it is."""

    start: int
    end: int
    kind: str


def find(text: str, kinds: frozenset[str] = KINDS) -> list[Finding]:
    """What a text has of some kinds, in its order, without overlaps.

    >>> [(each.kind, each.start) for each in find("Write to ann@example.com")]
    [('email', 9)]
    """
    found = list(_marked(text))
    digits = _count_digits(text)
    if digits >= _FEWEST_DIGITS:
        found.extend(_numbers(text))
        found.extend(_lettered(text))
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
        r"(?=[-_A-Za-z0-9]{0,80}[A-Z0-9])[-_A-Za-z0-9]{16,255}",
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
# By what a key begins with, up to its first "-" or "_", which is what the text is searched for.
_KEYS: dict[str, re.Pattern[str]] = {
    start: re.compile(re.escape(start) + rest + r"(?![A-Za-z0-9])")
    for starts, rest in _KEY_REST
    for start in starts.split()
}
_KEYS_BY_MARK = {
    mark: {start: pattern for start, pattern in _KEYS.items() if start.endswith(mark)}
    for mark in "-_"
}
_OTHER_KEYS = {start: pattern for start, pattern in _KEYS.items() if start[-1] not in "-_"}
_MARKS = {mark: re.compile(mark) for mark in "-_"}
_LONGEST_START = max(map(len, _KEYS))
_BEARER = re.compile(
    r"(?:bearer|basic)\s{1,3}"
    r"((?=[-_.~+/=A-Za-z0-9]{0,40}[0-9A-Z=])[-_.~+/A-Za-z0-9]{16,4096}={0,2})",
    re.IGNORECASE,
)
_PASSWORD_NAMES = (
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passwort",
    "contraseña",
    "mot de passe",
    "api_key",
    "api-key",
    "apikey",
    "secret_key",
    "secret-key",
    "access_token",
    "access-token",
    "client_secret",
)
_PASSWORD_PARTS = ("pass", "pwd", "key", "token", "secret", "contrase")
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
    lower = text.lower()
    if len(lower) == len(text):
        yield from _named(text, lower)
    else:  # a letter has another number of letters in lower case: places would differ
        yield from _named(text, text)


def _keys(text: str) -> Iterator[Finding]:
    for start, pattern in _OTHER_KEYS.items():
        if start in text:
            for each in pattern.finditer(text):
                if not text[each.start() - 1 : each.start()].isalnum():
                    yield Finding(*each.span(), "api_key")
    for mark, keys in _KEYS_BY_MARK.items():
        if mark in text:
            yield from _keys_with(text, mark, keys)


def _keys_with(text: str, mark: str, keys: dict[str, re.Pattern[str]]) -> Iterator[Finding]:
    """The keys that have a mark after their first letters."""
    starts = tuple(keys)
    for place in _MARKS[mark].finditer(text):
        end = place.end()
        before = text[max(0, end - _LONGEST_START) : end]
        if before.endswith(starts):
            start = next(each for each in sorted(starts, key=len)[::-1] if before.endswith(each))
            match = keys[start].match(text, end - len(start))
            if match and not text[match.start() - 1 : match.start()].isalnum():
                yield Finding(*match.span(), "api_key")


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
    if not any(map(lower.__contains__, _PASSWORD_PARTS)):
        return
    for name in _PASSWORD_NAMES:
        position = lower.find(name)
        while position >= 0:
            if match := _PASSWORD.match(text, position + len(name)):
                yield Finding(*match.span(1), "password")
            position = lower.find(name, position + len(name))


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


# -- numbers: phones, cards, national ids -------------------------------------------------------

_S = r"[ \u00a0\u202f\u2009.\-\u2010\u2011\u2013]"
_ZONE = re.compile(r"[+(0-9][0-9 \u00a0\u202f\u2009.\-\u2010\u2011\u2013/()]{6,}")
_NUMBER = re.compile(
    rf"""(?:
      (?P<us_ssn>(?!000|666|9)\d{{3}}[- \u2011](?!00)\d{{2}}[- \u2011](?!0000)\d{{4}})
    | (?P<intl>(?:\+|00(?=[1-9]\d?[ ./(-]))[1-9](?:[ \u00a0\u202f./()\-\u2011\u2013]{{0,3}}\d){{6,14}})
    | (?P<ch_ahv>756{_S}?\d{{4}}{_S}?\d{{4}}{_S}?\d{{2}})
    | (?P<br_cpf>\d{{3}}\.\d{{3}}\.\d{{3}}-\d{{2}})
    | (?P<be_nn>\d{{2}}\.\d{{2}}\.\d{{2}}-\d{{3}}\.\d{{2}})
    | (?P<fr_nir>[1278]\ ?\d{{2}}\ ?(?:0[1-9]|1[0-2]|[2-9]\d)\ ?\d{{2}}\ ?\d{{3}}\ ?\d{{3}}\ ?\d{{2}})
    | (?P<card>[2-6]\d{{3}}{_S}?\d{{4}}{_S}?\d{{4}}{_S}?\d{{1,4}}(?:{_S}?\d{{1,3}})?
        |3\d{{3}}{_S}?\d{{6}}{_S}?\d{{4,5}})
    | (?P<cn_id>[1-8]\d{{5}}(?:18|19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{{3}}[\dXx])
    | (?P<kr_rrn>\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-[1-8]\d{{6}})
    | (?P<nordic>\d{{6}}[-+]\d{{4}}|(?:19|20)\d{{6}}-\d{{4}})
    | (?P<in_uid>[2-9]\d{{3}}[ -]\d{{4}}[ -]\d{{4}})
    | (?P<de_spaced>[1-9]\d\ \d{{3}}\ \d{{3}}\ \d{{3}})
    | (?P<eleven>\d{{11}})
    | (?P<nine>\d{{3}}[- ]\d{{3}}[- ]\d{{3}})
    | (?P<nanp>(?:1[ .-]|1)?(?:\([2-9]\d{{2}}\)[ -]?|[2-9]\d{{2}}[ .-])\d{{3}}[ .-]?\d{{4}})
    | (?P<national>\(?0[1-9]\d{{0,4}}\)?(?:[ \u00a0\u202f/.\-\u2011\u2013]{{1,3}}\d{{2,8}}){{1,5}})
    | (?P<plain0>0[1-9]\d{{8,9}})
    | (?P<pairs>[6-9]\d{{2}}(?:[ .]\d{{2}}){{3}}|9\d\ \d{{3}}\ \d{{2}}\ \d{{2}}|[6-9]\d{{4}}[ -]\d{{5}}
        |\(?[1-9]{{2}}\)?\ 9?\d{{4}}-\d{{4}}|1[3-9]\d[ -]\d{{4}}[ -]\d{{4}})
    )(?![\w%]|[.,:\-]\d)""",
    re.VERBOSE,
)
_STARTS = re.compile(r"[+(\d]")
_RUN_OF_ANY = re.compile(r"\d*")
_NOT_BEFORE = frozenset("+.,$€£%#=@-_&")
_LOOSE = re.compile(r"\(?\d[\d ().\-/\u00a0\u2011]{5,18}\d(?![\w%]|[.,:]\d)")
_FEWEST_IN_NUMBER = 7
_LONGEST_RUN = 20
_PHONE_WORD = re.compile(
    r"\b(?:tel(?:ephone|efon|éfono|efono|efoon|éphone)?|t[ée]l|phone|mobile|cell|call|dial|text|fax"
    r"|whatsapp|sms|handy|m[óo]vil|portable|rufnummer|contact|n[uú]m[eé]ro)\b[^\d+\n]{0,24}\Z",
    re.IGNORECASE,
)
_DUTCH_WORD = re.compile(
    r"\b(?:bsn|burgerservicenummer|sofi(?:nummer)?)\b[^\d\n]{0,24}\Z", re.IGNORECASE
)
_DUTCH = re.compile(r"(?:\d{3}[. ]?\d{3}[. ]?\d{3}|\d{4}[. ]?\d{2}[. ]?\d{3})(?!\w)")
_CONTEXT_LENGTH = 48


def _numbers(text: str) -> Iterator[Finding]:
    for zone in _ZONE.finditer(text):
        start, end = zone.span()
        if sum(map(str.isdigit, text[start : start + 512])) >= _FEWEST_IN_NUMBER:
            yield from _numbers_of_zone(text, start, end)


def _numbers_of_zone(text: str, start: int, end: int) -> Iterator[Finding]:
    """The numbers in a run of digits and separators."""
    position = start
    while position < end:
        begin = _STARTS.search(text, position, end)
        if begin is None:
            return
        position = begin.start()
        run = _run_end(text, position, end)
        if run - position > _LONGEST_RUN:  # more digits in a row than any number has
            position = run
            continue
        lone = run - position == 1 and not (
            text[position] == "1" and text[run + 1 : run + 3].strip("(").isdigit()
        )
        finding = None if lone else _number_at(text, position, end)
        if finding is not None:
            yield finding
        position = finding.end if finding is not None else max(run, position + 1)


def _run_end(text: str, start: int, end: int) -> int:
    """Where the digits end that begin at ``start``."""
    match = _RUN_OF_ANY.match(text, start, end)
    return match.end() if match else start


def _number_at(text: str, start: int, end: int) -> Finding | None:
    """The number that begins at a place, if one does."""
    before = text[start - 1 : start]
    if before.isalnum() or before in _NOT_BEFORE:
        return None
    match = _NUMBER.match(text, start, end + 1)
    if match is not None and (text[start] != "(" or ")" in match.group()):
        number = match.group()
        kind = CHECKS[match.lastgroup or ""](number, _digits(number))
        if kind:
            return Finding(start, match.end(), kind)
    return _by_context(text, start, end)


def _by_context(text: str, start: int, end: int) -> Finding | None:
    """A number of no form of its own, where a word before it says what it is."""
    near = text[max(0, start - 2) : start]
    if not near or any(map(str.isdigit, near)):
        return None
    context = text[max(0, start - _CONTEXT_LENGTH) : start]
    match = _DUTCH.match(text, start, end + 1)
    if match and _DUTCH_WORD.search(context) and dutch_id(_digits(match.group())):
        return Finding(start, match.end(), "national_id")
    match = _LOOSE.match(text, start, end + 1)
    if match is None or not _PHONE_WORD.search(context) or is_date(match.group()):
        return None
    fits = 7 <= len(_digits(match.group())) <= 13  # noqa: PLR2004 # ITU-T E.164
    return Finding(start, match.end(), "phone") if fits else None


def _digits(text: str) -> list[int]:
    return [int(each) for each in text if each.isdigit()]


# -- ids with letters, and bank accounts (ISO 13616) --------------------------------------------

_RUN = re.compile(r"[0-9][0-9]+")
_LETTERED = re.compile(
    r"""(?:
      (?P<uk>(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\ ?\d{2}\ ?\d{2}\ ?\d{2}\ ?[A-D])
    | (?P<es>(?:\d{8}|[XYZ]-?\d{7})-?[A-HJ-NP-TV-Z])
    | (?P<it>[A-Z]{6}[\dL-V]{2}[A-EHLMPRST][\dL-V]{2}[A-Z][\dL-V]{3}[A-Z])
    | (?P<fi>\d{6}[-+A]\d{3}[0-9A-FHJ-NPR-Y])
    | (?P<pan>[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z])
    | (?P<curp>[A-Z][AEIOUX][A-Z]{2}\d{6}[HM][A-Z]{5}[A-Z0-9]\d)
    | (?P<iban>[A-Za-z]{2}\d{2}(?:[ \u00a0-]?[A-Za-z0-9]{4}){2,7}(?:[ \u00a0-]?[A-Za-z0-9]{1,3})?)
    )(?![\w-])""",
    re.VERBOSE,
)
_IBAN_HEAD = re.compile(r"[A-Za-z]{2}\d{2}[ \u00a0-]?[A-Za-z0-9]{4}")
_IBAN_OF = {
    length: re.compile(
        rf"[A-Za-z]{{2}}\d{{2}}(?:[ \u00a0-]?[A-Za-z0-9]){{{length - 4}}}(?![A-Za-z0-9])"
    )
    for length in range(15, 35)
}
_LONGEST_WORD = 24


def _lettered(text: str) -> Iterator[Finding]:
    done = 0
    for run in _RUN.finditer(text):
        if run.start() < done:
            continue
        for start in _word_starts(text, run.start()):
            finding = _lettered_at(text, start)
            if finding is not None:
                done = finding.end
                yield finding
                break


def _word_starts(text: str, start: int) -> tuple[int, ...]:
    """Where the id may begin whose first digits are at a place: its word, or that before it."""
    word = start
    while word > 0 and start - word < _LONGEST_WORD and text[word - 1].isalnum():
        word -= 1
    if text[word - 1 : word] == "-" and text[word - 2 : word - 1] in ("X", "Y", "Z"):
        word -= 2
    if word >= 3 and text[word - 1] == " " and text[word - 3 : word - 1].isupper():  # noqa: PLR2004
        return word, word - 3
    return (word,)


def _lettered_at(text: str, start: int) -> Finding | None:
    before = text[start - 1 : start]
    if before.isalnum() or before in ("_", "-"):
        return None
    match = _LETTERED.match(text, start)
    form = match.lastgroup if match is not None else None
    if match is None or form is None or form == "iban":
        return _iban_at(text, start)
    check = LETTER_CHECKS.get(form)
    if check is None or check(match.group()):
        return Finding(start, match.end(), "national_id")
    return None


def _iban_at(text: str, start: int) -> Finding | None:
    """An IBAN; its country says how long it is, whatever follows it."""
    if not _IBAN_HEAD.match(text, start):
        return None
    length = iban_length(text[start : start + 2].upper())
    match = _IBAN_OF[length].match(text, start) if length else None
    if match is None or not is_iban(match.group()):
        return None
    return Finding(start, match.end(), "iban")


# -- addresses of machines ----------------------------------------------------------------------

_IPV4 = re.compile(r"\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?![\w-]|\.\d)")
_VERSION_BEFORE = re.compile(r"(?:version|release|build|\bv)[ :=]{0,2}\Z", re.IGNORECASE)
_COLONS = re.compile(r":[0-9A-Fa-f]{0,4}:")
_IPV6 = re.compile(r"[0-9A-Fa-f:]{2,39}(?:\.\d{1,3}){0,3}(?:%\w{1,16})?(?![\w:])")
_LARGEST_OCTET = 255


def _ipv4(text: str) -> Iterator[Finding]:
    if text.count(".") < 3:  # noqa: PLR2004
        return
    for match in _IPV4.finditer(text):
        start = match.start()
        while start > 0 and match.start() - start < 4 and text[start - 1] in "0123456789":  # noqa: PLR2004
            start -= 1
        if _is_ipv4(text[start : match.end()], text[max(0, start - 12) : start]):
            yield Finding(start, match.end(), "ip")


def _is_ipv4(address: str, before: str) -> bool:
    octets = address.split(".")
    if octets[0] in ("", "0", "127") or before[-1:].isalnum() or before[-1:] in tuple(".=<>~^-_"):
        return False
    if any(int(each) > _LARGEST_OCTET or each != str(int(each)) for each in octets):
        return False
    return not _VERSION_BEFORE.search(before)


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
