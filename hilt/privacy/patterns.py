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
from itertools import repeat
from operator import methodcaller
from typing import Final

from hilt.privacy.candidates import BLOCK, FAR_BACK, LONG_TEXT, Search
from hilt.privacy.disorder import SAMPLE, disorder
from hilt.privacy.escapes import (
    ALL_ESCAPES,
    FILLERS,
    IN_URLS,
    LETTER,
    find_escaped,
    without_escapes,
)
from hilt.privacy.finding import Finding
from hilt.privacy.lettered_ids import after_signs, lettered_ids
from hilt.privacy.long_search import LongSearch
from hilt.privacy.lowered import Lowered
from hilt.privacy.number_forms import NO_LETTERS, OTHER_DIGITS, is_letter, normalized, outline_of
from hilt.privacy.number_patterns import after_abbreviations, announced, numbers, spaced

__all__ = ["BLOCK", "KINDS", "Finding", "find"]

KINDS: Final = frozenset(
    ("email", "phone", "card", "iban", "ip", "national_id", "api_key", "token", "password")
)
"""The kinds that `find` knows."""


def find(text: str, kinds: frozenset[str] = KINDS) -> list[Finding]:
    """What a text has of some kinds, in its order, without overlaps.

    A text of thousands of places that may be something, more than a directory of phone numbers of
    that size has, is looked through as far as `hilt.privacy.candidates.most_places` says; the rest
    of it is one finding, a ``block``.

    >>> [(each.kind, each.start) for each in find("Write to ann@example.com")]
    [('email', 9)]
    """
    if "\uff20" in text:
        text = text.translate(_WIDE_SIGNS)
    original, text, length = text, without_escapes(text), len(text)
    if length < LONG_TEXT and _has_nothing(text) and not _has_escaped_at(original):
        return []
    search = Search(lambda part: _places(part, kinds, length), length)
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
    found = search.found_in(text if end == length else text[: end + FAR_BACK], length) + escaped
    wanted = [each for each in found if each.kind in kinds or each.kind == BLOCK]
    return _without_overlaps(wanted) if len(wanted) > 1 else wanted


def _has_escaped_at(text: str) -> bool:
    """Whether a text may have an ``@`` that is escaped as in JSON, which a quick look misses."""
    return "\\" in text and ("0040" in text or "x40" in text)


def _has_nothing(text: str) -> bool:
    """Whether a few quick looks show that nothing is in a text; most texts need no more."""
    signs = text.encode("utf-8", "surrogatepass").translate(None, _ORDINARY)
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
    if (
        ("-" in text and ("-----BEGIN" in text or _KEYS_WITH_MARK["-"].search(text)))
        or ("_" in text and _KEYS_WITH_MARK["_"].search(text))
        or ("A" in text and _AFTER_A.search(text))
        or ("J" in text and "eyJ" in text)
        or ("G" in text and "SG." in text)
    ):
        return False
    lower = text.lower()
    if "bearer" in lower or "basic" in lower or _has_cookie(text, lower):
        return False
    if ("(" in lower or "[" in lower or "{" in lower) and _has_spelt_at(lower):
        return False
    if signs or not is_ascii:  # a digit of any script will do
        for part, names in _PASSWORD_NAMES.items():
            if part in lower and names.search(lower):
                return False
    return is_ascii or not any(each.search(text) for each in _names_by_letters(text))


def _places(text: str, kinds: frozenset[str], whole: int) -> Iterator[Iterator[Finding]]:
    """The places of a text that may be something, by what is looked for.

    Args:
        text: The text.
        kinds: What is looked for.
        whole: How long the text is that it is a part of, or becomes of.
    """
    data = normalized(text)
    yield _work(data, whole)
    signs = data.translate(None, _NO_SIGNS)
    digits = len(signs.translate(None, _NOT_DIGITS))
    if b"@" in signs or b"%" in signs:
        yield from _addresses(text, kinds)
    if "J" in text and "eyJ" in text:
        yield _web_tokens(text)
    if "-" in text and "-----BEGIN" in text:
        yield (Finding(*each.span(), "api_key") for each in _PEM.finditer(text))
    many_digits = digits * _MANY_DIGITS > len(text)
    lowered = Lowered(text, data, only_letters=many_digits)
    words = lowered.words
    yield from _keys(lowered, data, digits)
    if "email" in kinds and "at" in words and _has_spelt_at(lowered.data):
        yield _spelt_emails(text, lowered.data)
    if "bearer" in words or "basic" in words:
        yield _after(_BEARER, lowered.text, _BEARER_TOKEN, text, "token")
        yield _after(_AUTHORIZATION, lowered.text, _BASIC_TOKEN, text, "token")
    if signs or not text.isascii():  # a digit of any script will do
        yield from _passwords(text, lowered)
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
        yield from _machines(text, data)


def _work(data: bytes, whole: int) -> Iterator[Finding]:
    """A place for as much work as one takes to look at, where a long text is out of order."""
    for start in range(0, len(data) if whole > LONG_TEXT else 0, _WINDOW):
        part = min(len(data) - start, _WINDOW)
        share = disorder(data[start : start + SAMPLE]) * whole / _MEGABYTE * part / _WINDOW
        yield from repeat(Finding(start, start, ""), round(share * _WORK_IN_WINDOW))


def _addresses(text: str, kinds: frozenset[str]) -> Iterator[Iterator[Finding]]:
    """Places with an ``@``, and what URLs have in its place."""
    if "@" in text and "email" in kinds:
        yield _emails(text, _DOMAIN)
        if any(each in text for each in _ENDS_OF_FILLED) and _ESCAPED_DOMAIN.search(text):
            yield _emails(text, _ESCAPED_DOMAIN)
    if "%40" in text and "email" in kinds:
        yield _emails(text, _QUOTED_DOMAIN)
    if "%" in text and "phone" in kinds:
        yield (Finding(*each.span(), "phone") for each in _QUOTED_PHONE.finditer(text))
    if "@" in text and "://" in text:
        yield (Finding(*each.span(1), "password") for each in _URL_PASSWORD.finditer(text))


_WINDOW, _WORK_IN_WINDOW, _MEGABYTE = 16_384, 200, 1_000_000
"""How many places the work on so much counts for where a text of that length is a jumble."""
_WIDE_SIGNS = {0xFF20: "@", 0xFF0E: "."}
_TWICE_IN_URL = re.compile("%25[2-7][0-9A-Fa-f]")
_NEAR_EMPHASIS = re.compile(rb"_(?:(?=[+(]?[0-9])|(?<=[0-9]_)|(?<=[0-9][A-Z]_))")
_EMPHASIS = re.compile(rb"_(?:(?<![^ \n(]_)|(?![^ \n.,)]))")
_EMPHASIS_IN_TEXT = re.compile(_EMPHASIS.pattern.decode())
"""An underscore beside a number is Markdown there, and not a part of a name."""
_NUMBERS = frozenset(("phone", "card", "iban", "national_id"))
_FEWEST_DIGITS = 4
_FEWEST_IN_LOOSE = 7
_MANY_DIGITS = 8
"""One character in so many is a digit where digits are many."""
_NOT_DIGITS = bytes(each for each in range(256) if not chr(each).isdigit() or each > 127)  # noqa: PLR2004
_SIGNS = "!$%&*+?#@^~"
_NO_SIGNS = bytes(each for each in _NOT_DIGITS if chr(each) not in _SIGNS)
"""What neither a number, nor an address, nor a password can do with alone."""
_DIGITS_BEGIN = b"\xd9\xdb\xe0\xef"
"""What the digits of other scripts begin with in UTF-8."""
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


# -- what has a mark of its own: addresses, keys, tokens, passwords -----------------------------

_OF_OTHER_SCRIPTS = r"(?-i:[\u0370-\U0010ffff])"
_LETTERS = rf"(?:[A-Za-z]{{2,24}}(?:\b|(?={_OF_OTHER_SCRIPTS}))|[^\W\d_]{{2,24}}\b)"
"""The last part of a domain: letters of one script, and not what is written behind them without a
blank, as in Japanese."""
_DOMAIN = re.compile(
    rf"@(?:[\w-][\w-]{{0,62}}\.(?=[\w-][\w.-])(?:[\w-]{{1,63}}\.){{0,7}}"
    rf"(?:{_LETTERS}|[^\W\d_]{{2,24}}(?=_{{1,3}}(?!\w)))|\[[\d.:a-fA-F]{{7,45}}\])"
)
_ENDS_OF_FILLED = LETTER[-1] + FILLERS[-1]
_FILLED = rf"(?:\\{{1,64}}x[0-9a-f]{{2}}){{0,3}}\\{{3,64}}[{_ENDS_OF_FILLED}]"
_ESCAPED_DOMAIN = re.compile(
    rf"@(?=[\w.-]{{0,62}}\\)(?:(?:[\w-]|{_FILLED}){{1,63}}\.){{1,8}}{_LETTERS}"
)
"""As in ``b\\u00fccher.example``."""
_QUOTED_DOMAIN = re.compile(_DOMAIN.pattern.replace("@", "%40", 1))
_QUOTED_PHONE = re.compile(r"%2[Bb][1-9][0-9]{7,14}(?![0-9A-Za-z])")
_LONGEST_LOCAL = 64
_DOT = r"(?:\.|\s?[(\[{] ?dot ?[)\]}]\s?)"
_SPELT_DOMAIN = re.compile(
    rf"[(\[{{] ?at ?[)\]}}](\s?)(?=[\w-]{{1,63}}{_DOT})"
    rf"(?:(?P<domain>(?:[\w-]{{1,63}}{_DOT}){{1,8}}{_LETTERS})|)",
    re.IGNORECASE,
)
_SPELT_AT = re.compile(rf"at(?= ?[)\]}}]\s?[\w?-]{{1,63}}{_DOT})(?:(?<=[(\[{{]at)|(?<=[(\[{{] at))")
"""In a text in lower case, where other scripts are question marks."""
_SPELT_BEFORE = re.compile(r"\s?[)\]}] ?tod ?[(\[{]\s?[\w+-]{1,64}", re.IGNORECASE)
"""Read backwards."""
_MOST_BEFORE, _LONGEST_BEFORE = 4, 76
_URL_PASSWORD = re.compile(
    r"://[^\s/:\"'<>]{0,256}:([^\s/@\"'<>]{1,256}(?:@[^\s/@\"'<>?#&=,;|]{1,256}){0,3})@"
)
"""The last ``@`` ends it; there may be others in the user's name and in the password."""
_TOKEN_PART = re.compile(r"[-_A-Za-z0-9]*")
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[^-]{0,16384}"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?"
)
_KEY_REST: tuple[tuple[str, str], ...] = (
    (
        "sk- pk- rk- csk- pplx- xai- nvapi- glpat- pypi- lsv2_ jina_ tvly- pcsk_ ntn_ lin_api_ figd_"
        " sbp_ dop_v1_ shpat_ dckr_pat_ phx_",
        r"[-_A-Za-z0-9]{16,255}",
    ),
    (
        "gsk_ r8_ tgp_ ghp_ gho_ ghs_ ghu_ ghr_ github_pat_ whsec_ sk_live_ sk_test_ rk_live_"
        " pk_live_ npm_",
        r"[A-Za-z0-9_-]{16,255}",
    ),
    ("hf_ fw_", r"[A-Za-z0-9]{16,255}"),  # names of functions begin so, too
    ("xoxa- xoxb- xoxe- xoxp- xoxr- xoxs-", r"[-A-Za-z0-9]{10,255}"),
    ("AIza", r"[-_A-Za-z0-9]{30,50}"),
    ("AKIA ASIA AROA AIDA", r"[A-Z0-9]{16}"),
    ("ya29.", r"[-_.A-Za-z0-9]{20,500}"),
    ("SG.", r"[-_A-Za-z0-9]{16,64}\.[-_A-Za-z0-9]{16,64}"),
    ("dapi", r"[0-9a-f]{32}"),
)
_LONGEST_KEY = 260
_WIDE_DIGITS = r"\uff10-\uff19"
_KEYS: dict[str, str] = {start: rest for starts, rest in _KEY_REST for start in starts.split()}
# Most begin with letters up to a "-" or "_", which is what the text is searched for.
_MARKED_STARTS = {mark: [each for each in _KEYS if each.endswith(mark)] for mark in "-_"}


def _after_mark(mark: str, starts: list[str]) -> re.Pattern[str]:
    """Finds the mark of a key by what stands before it: one character of each, two, then all."""
    first, second = ("".join(sorted({each[at] for each in starts})) for at in (-3, -2))
    by_rest: dict[str, list[str]] = {}
    for start in starts:
        by_rest.setdefault(_KEYS[start], []).append(start[:-1])
    keys = "|".join(rf"(?<=(?:{_before(words)}){mark}){rest}" for rest, words in by_rest.items())
    return re.compile(rf"{mark}(?<=[{first}][{second}]{mark})(?:{keys})(?![A-Za-z0-9])")


def _before(words: list[str]) -> str:
    """The last two letters of each word; where they stand, that the word does, and begins there."""
    by_last: dict[str, list[str]] = {}
    for word in words:
        by_last.setdefault(word[-2:], []).append(
            rf"(?<=(?<![^\W_{NO_LETTERS}])(?<![{_WIDE_DIGITS}]){word})"
        )
    return "|".join(f"{last}(?:{'|'.join(whole)})" for last, whole in by_last.items())


_KEYS_WITH_MARK = {mark: _after_mark(mark, starts) for mark, starts in _MARKED_STARTS.items()}


def _long_keys(mark: str, starts: list[str]) -> LongSearch:
    letters = "".join({each[-2] for each in starts}).encode()
    before_mark = bytes.maketrans(letters, letters[:1] * len(letters))
    by_rest: dict[str, list[str]] = {}
    for start in starts:
        is_plain = _KEYS[start].startswith("[A-Za-z0-9]")
        by_rest.setdefault("[0-9A-Za-z]" if is_plain else "[-_0-9A-Za-z]", []).append(start[:-1])
    keys = "|".join(f"(?:{'|'.join(each)}){mark}{rest}{{10}}" for rest, each in by_rest.items())
    return LongSearch(
        f"(?<![0-9A-Za-z])(?:{keys})",
        longest=_LONGEST_KEY,
        beginnings=lambda part: part.translate(before_mark).count(letters[:1] + mark.encode()),
    )


_LONG_KEYS = {mark: _long_keys(mark, starts) for mark, starts in _MARKED_STARTS.items()}
_OTHER_KEYS = {
    start: re.compile(
        rf"{re.escape(start)}(?<![^\W{NO_LETTERS}]{re.escape(start)}){rest}(?![A-Za-z0-9])"
    )
    for start, rest in _KEYS.items()
    if start[-1] not in "-_"
}
_BY_LETTERS = {start.rstrip("0123456789.").lower(): start for start in _OTHER_KEYS}
# One search for a rare letter is faster than one for each of the starts.
_AFTER_A = re.compile("A(?:" + "|".join(each[1:] for each in _OTHER_KEYS if each[0] == "A") + ")")
_LONGEST_START = max(map(len, _KEYS))
_START_BEFORE = re.compile(rf"(?:{'|'.join(map(re.escape, _KEYS))})\Z")
# The others are words, too, and only keys where digits or capitals follow.
_EXACT_STARTS = frozenset(each for starts, _ in _KEY_REST[1:] for each in starts.split())
_NOT_LOWER = re.compile("[A-Z0-9]")
_BEARER = re.compile(r"bearer[\s\\]|basic[\s\\]")
_BEARER_TOKEN = re.compile(
    r"[\s\\\0]{0,2}((?=[-_.~+/=A-Za-z0-9]{0,40}[0-9A-Z=])[-_.~+/A-Za-z0-9]{16,4096}={0,2})"
)
_AUTHORIZATION = re.compile(
    "basic (?:" + "|".join(f"(?<=authorization[^a-z]{{{gap}}}basic )" for gap in range(1, 9)) + ")"
)
_BASIC_TOKEN = re.compile(
    r"\s{0,2}((?=[+/a-z]{0,15}[0-9A-Z=])[+/A-Za-z0-9]{4,15}={0,2}(?![+/=A-Za-z0-9]))"
)
"""A user's name and a password in base64, which may be short."""


def _after_words(end: str, words: str) -> str:
    """Finds the end of a name that begins with one of some words, as ``api_key`` and ``apiKey``."""
    last = "".join(sorted({word[-1] for word in words.split()}))
    alone, apart = (
        "|".join(f"(?<={word}{gap}{end})" for word in words.split()) for gap in ("", "[_-]")
    )
    return rf"(?:(?<=[{last}]{end})(?:{alone})|(?<=[{last}][_-]{end})(?:{apart}))"


_LETTERS_AND_DIGITS = (
    r"(?=[\w+/=]{8,256}\s{0,3}(?:[\n\r#\\]|\Z))(?=[^\s\d]{0,64}\d[^\s\d]{0,64}\d)"
    r"(?=[^\sa-z]{0,64}[a-z])"
)
"""Letters and digits up to the end of a line, as in YAML; the name of a secret has dashes."""
_COOKIE = re.compile(r"cookie(?=\\{0,7}[\"']?\s?:)")
_COOKIE_VALUE = re.compile(
    r"\\{0,7}[\"']?\s?:\s?\\{0,7}[\"']?[\w.%-]{1,60}="
    r"(?=[^\r\n\"'\\\0]{0,300}\d)([^\r\n\"'\\\0]{8,4096})"
)
"""All that stands in a header behind the first name."""
# What a password is called before it, by a part that a text is searched for first.
_PASSWORD_NAMES = {
    "pass": re.compile(
        r"pass(?:word|wd|phrase|wort|ord|e(?:(?<=mot de passe)|(?<=palavra-passe))"
        r"|(?<=_pass)(?==[^\s=]))"
    ),
    "pwd": re.compile("pwd"),
    "key": re.compile(
        "key" + _after_words("key", "api secret access account subscription functions")
    ),
    "token": re.compile(
        rf"token(?:{_after_words('token', 'access refresh auth api bot session security csrf')}"
        r"|(?<=[_?&]token)(?==[\w+/:.~%-]{8,256}=?=?(?:[\s&\\]|\Z)))"
    ),
    "secret": re.compile(
        r"secret(?:(?<=[_-]secret)|(?=\\{0,7}[\"']\s{0,2}[=:]|=|\s?[=:]\s{0,2}\\{0,7}[\"'])"
        rf"|(?=:[ ]{{1,4}}{_LETTERS_AND_DIGITS}))"
    ),
    "contrase": re.compile(rf"contrase(?:ñ|{_FILLED})a"),
}
_NAMES_BY_LETTERS = {
    ("\u00e3", "enha"): re.compile("[Ss]enha"),
    ("\u044c", "\u0430\u0440\u043e\u043b\u044c"): re.compile(
        "[\u041f\u043f]\u0430\u0440\u043e\u043b\u044c"
    ),
    ("\u5bc6", "\u5bc6"): re.compile("\u5bc6[\u7801\u78bc]"),
    ("\u30d1", "\u30b9\u30ef"): re.compile("\u30d1\u30b9\u30ef\u30fc\u30c9"),
    ("\ud638", "\ubc88\ud638"): re.compile("\ube44\ubc00\ubc88\ud638"),
    ("\u0643", "\u0643\u0644\u0645\u0629"): re.compile(
        "\u0643\u0644\u0645\u0629 \u0627\u0644(?:\u0645\u0631\u0648\u0631|\u0633\u0631)"
    ),
}
"""In Portuguese, Russian, Chinese, Japanese, Korean and Arabic, by what is looked for first: a letter
that texts of the language have, which takes no time where it is missing, and a part of the name."""
_PASSWORD_BEHIND_LETTERS = re.compile(
    r"[\"']?\s{0,2}(?:[=:\uff1a\u662f\u4e3a\u70ba\u306f\uc740\ub294\u00e9]|\u0647\u064a)"
    r"\s{0,2}[\"'`\u300c\u300e]?(?=[!-~]{0,64}[\d!$%&*+?#@^~])([!#-&*+\--:<-~]{6,100})"
)
"""Ends where another script goes on."""
_HAS_DIGIT_OR_SIGN = r"(?=[^\s\"',;]{0,64}[\d!$%&*+?#@^~])"
_IN_MARKUP = rf"{_HAS_DIGIT_OR_SIGN}([^\s\"',;()<|]{{6,100}})"
_NO_CALL = r"(?!https?:|[A-Za-z_]\w{0,40}(?:\.\w{1,40}){1,4}[(\[])"
"""As in ``password = os.getenv("DB_1")``; and no address of a page about it."""
_OPTIONS = "|".join(
    f"(?<=--{each})"
    for each in ("password", "passwd", "passphrase", "pwd", "api-key", "secret-key", "access-token")
)


def _in_quotes(quote: str) -> str:
    return rf"{quote}(?=[^\s{quote}]{{0,64}}[\d!$%&*+?#@^~])([^\n{quote}]{{6,256}})(?={quote})"


_GAP = r"(?:\s|\\{1,8}\0)"
"""A blank, or what stands for a line break that is escaped."""
_QUOTED = "|".join(map(_in_quotes, ('"', "'", "`")))
_PASSWORD = re.compile(
    rf"""
    (?:\\{{0,7}}["']|[*_`]{{1,2}})?{_GAP}{{0,2}}
        (?:[=:](?:[*_]{{1,2}}(?=\s)|[=>])?|(?i:\b(?:is|est|ist|es|é|lautet)\b))
        (?: {_GAP}{{0,16}} [bru]? \\{{0,7}} (?:{_QUOTED})
          | {_GAP}{{0,2}} (?:\\{{0,7}}["'])? {_NO_CALL} {_HAS_DIGIT_OR_SIGN} ([^\s"',;()]{{6,256}}))
    | (?i:{_OPTIONS}) [ ] {_IN_MARKUP}
    | \s{{1,2}}[|]\s{{1,2}} {_IN_MARKUP} (?=\s{{1,2}}[|])
    | (?:>|&gt;) {_IN_MARKUP} (?=</|&lt;/)
    | ["'][^<>\n]{{0,100}}?\bvalue=["'] {_IN_MARKUP} (?=["'])
    """,
    re.VERBOSE,
)
"""What is in quotes goes to the second of them: words may follow the first one, which is like a
password. In a table, in XML and in a form of HTML it ends where they go on."""


def _keys(lowered: Lowered, data: bytes, digits: int) -> Iterator[Iterator[Finding]]:
    text = lowered.given
    has_a = "A" in text
    if has_a or digits or "G" in text:
        for letters in lowered.possible(_BY_LETTERS):
            start = _BY_LETTERS[letters]
            if lowered.only_letters and letters not in lowered.words:
                continue
            if (has_a or start[0] != "A") and start in text:
                keys = _OTHER_KEYS[start].finditer(text)
                yield (Finding(*each.span(), "api_key") for each in keys)
    for mark in _KEYS_WITH_MARK:
        if mark in text:
            yield _keys_at(text, data, mark)


def _keys_at(text: str, data: bytes, mark: str) -> Iterator[Finding]:
    for each in _LONG_KEYS[mark].finditer(_KEYS_WITH_MARK[mark], text, data, 1):
        begin, end = each.start() + 1, each.end()
        start = _start_of_key(text, begin)
        is_key = text[start:begin] in _EXACT_STARTS or _NOT_LOWER.search(text, begin, begin + 41)
        yield Finding(start, end, "api_key" if is_key else "")


def _start_of_key(text: str, end: int) -> int:
    """Where the letters begin that a key begins with."""
    start = _START_BEFORE.search(text, max(0, end - _LONGEST_START), end)
    return start.start() if start else end


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
        is_token = is_token and not is_letter(text[start - 1 : start])
        yield Finding(start, end, "token" if is_token else "")
        start = text.find("eyJ", max(ends[-1], start + 3))


def _has_cookie(text: str, words: str) -> bool:
    return ":" in text and "=" in text and "cookie" in words


def _names_by_letters(text: str) -> list[re.Pattern[str]]:
    return [
        names
        for (letter, part), names in _NAMES_BY_LETTERS.items()
        if letter in text and part in text
    ]


def _passwords(text: str, lowered: Lowered) -> Iterator[Iterator[Finding]]:
    for part in lowered.possible(_PASSWORD_NAMES):
        if part in lowered.words:
            yield _after(_PASSWORD_NAMES[part], lowered.text, _PASSWORD, text, "password")
    if not text.isascii():
        for names in _names_by_letters(text):
            yield _after(names, text, _PASSWORD_BEHIND_LETTERS, text, "password")
    if _has_cookie(text, lowered.words):
        yield _after(_COOKIE, lowered.text, _COOKIE_VALUE, text, "token")


def _after(
    names: re.Pattern[str], lower: str, value: re.Pattern[str], text: str, kind: str
) -> Iterator[Finding]:
    """What stands after each of some names."""
    end = 0
    for name in names.finditer(lower):
        if kind == "token" and name.start() < end:  # a header of cookies may have more of them
            continue
        match = value.match(text, name.end())
        if match is None:
            yield Finding(name.start(), name.end(), "")
            continue
        group = match.lastindex or 0
        start, end = match.span(group)
        end -= len(match[group]) - len(match[group].rstrip(FILLERS))  # of the quote behind it
        yield Finding(start, end, kind)


_LOCAL = re.compile(r"[\w.+\-'%!#$&*/=?^`{|}~]*")


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
"""The path and the name of a parameter in a URL; and what stands right before an address in
Japanese and the like, where a short number may be a part of a name in that script."""
_NO_PERSON = re.compile(r"git@[^@]+:|[\w-]*@[1-4]x\.[a-z]{3,4}\b.?")
"""``git@github.com:org``, and a picture such as ``icon@2x.png``."""


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


def _has_spelt_at(lower: str) -> bool:
    """Whether a text has an ``(at)`` with brackets of some kind."""
    return (
        ("(" in lower and ("(at" in lower or "( at" in lower))
        or ("[" in lower and ("[at" in lower or "[ at" in lower))
        or ("{" in lower and ("{at" in lower or "{ at" in lower))
    )


def _spelt_emails(text: str, lower: str) -> Iterator[Finding]:
    """As ``ann(at)example.com`` and ``ann [at] example [dot] com``.

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


def _quoted(text: str, at: int) -> tuple[str, int]:
    """The kind and the start of what may be as ``"ann smith"@example.com``."""
    quoted = -1
    if text[at - 1 : at] == '"':
        quoted = text.rfind('"', max(0, at - _LONGEST_LOCAL), at - 1)
    return ("email", quoted) if quoted >= 0 else ("", at)


def _is_url_password(text: str, start: int, at: int) -> bool:
    """Whether what stands before an ``@`` is a password, as in ``https://ann:pw@host``.

    After a slash it is a part of the path, as in ``http://localhost:8000/users/ann@example.com``.
    """
    word = text[max(0, start - _LONGEST_LOCAL) : at]
    if "://" not in word:
        return False
    _, scheme, rest = word[max(map(word.rfind, " \n\t\"'")) + 1 :].rpartition("://")
    return bool(scheme) and ":" in rest and "/" not in rest


# -- addresses of machines ----------------------------------------------------------------------

_OCTET = "(?:1[0-9]{0,2}|2(?:[0-4][0-9]?|5[0-5]?|[6-9])?|[3-9][0-9]?|0)"
_NOT_BEFORE_IPV4 = rf"(?<![^\W{NO_LETTERS}])(?<![.<~^{_WIDE_DIGITS}-])(?<![=<>~!]=)"
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
# Two colons with what may stand before and after them, or the first of seven.
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


def _machines(text: str, data: bytes) -> Iterator[Iterator[Finding]]:
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
