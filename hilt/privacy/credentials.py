"""Credentials: API keys, tokens, passwords, cookies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hilt.privacy.escapes import FILLED, FILLERS
from hilt.privacy.finding import Finding
from hilt.privacy.long_search import LongSearch
from hilt.privacy.lowered import Lowered
from hilt.privacy.number_forms import NO_LETTERS, NO_LETTERS_OR_DIGITS, is_letter

__all__ = ["credentials", "has_name_of_secret", "has_start_of_key"]

_URL_PASSWORD = re.compile(
    r"://[^\s/:\"'<>]{0,256}(?<!@):([^\s/@\"'<>]{1,256}(?:@[^\s/@\"'<>?#&=,;|]{1,256}){0,3})@"
)
"""The last ``@`` ends it; there may be others in the user's name, but not at its end, where a
regular expression for addresses has one, and in the password."""
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
_KEYS: dict[str, str] = {start: rest for starts, rest in _KEY_REST for start in starts.split()}
# Most begin with letters up to a "-" or "_", which is what the text is searched for.
_MARKED_STARTS = {mark: [each for each in _KEYS if each.endswith(mark)] for mark in "-_"}


def _after_mark(mark: str, starts: list[str]) -> re.Pattern[str]:
    """Finds a key from its mark on; looks back at two letters first, then at the whole prefix."""
    first, second = ("".join(sorted({each[at] for each in starts})) for at in (-3, -2))
    by_rest: dict[str, list[str]] = {}
    for start in starts:
        by_rest.setdefault(_KEYS[start], []).append(start[:-1])
    keys = "|".join(rf"(?<=(?:{_before(words)}){mark}){rest}" for rest, words in by_rest.items())
    return re.compile(rf"{mark}(?<=[{first}][{second}]{mark})(?:{keys})(?![A-Za-z0-9])")


def _before(words: list[str]) -> str:
    """Looks back for one of some words: for its last two letters, then for the whole word."""
    by_last: dict[str, list[str]] = {}
    for word in words:
        by_last.setdefault(word[-2:], []).append(rf"(?<=(?<![^\W_{NO_LETTERS_OR_DIGITS}]){word})")
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
# The other prefixes are words, too, and begin a key only where digits or capitals follow.
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
"""Letters and digits up to the end of a line, as in YAML; no dashes, which names of secrets have."""
_COOKIE = re.compile(r"cookie(?=\\{0,7}[\"']?\s?:)")
_COOKIE_VALUE = re.compile(
    r"\\{0,7}[\"']?\s?:\s?\\{0,7}[\"']?[\w.%-]{1,60}="
    r"(?=[^\r\n\"'\\\0]{0,300}\d)([^\r\n\"'\\\0]{8,16384})"
)
"""The header's value after the name of the first cookie."""
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
    "contrase": re.compile(rf"contrase(?:ñ|{FILLED})a"),
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
"""In Portuguese, Russian, Chinese, Japanese, Korean and Arabic, by what is looked for first.

That is a letter of the language, since one letter is found in no time, and a part of the name.
"""
_PASSWORD_BEHIND_LETTERS = re.compile(
    r"[\"']?\s{0,2}(?:[=:\uff1a\u662f\u4e3a\u70ba\u306f\uc740\ub294\u00e9]|\u0647\u064a)"
    r"\s{0,2}(?:\\{0,7}[\"'`\u300c\u300e])?(?!\\)(?=[!-~]{0,64}[\d!$%&*+?#@^~])([!#-&*+\--:<-~]{6,100})"
)
"""Ends where another script begins."""
_HAS_DIGIT_OR_SIGN = r"(?=[^\s\"',;]{0,64}[\d!$%&*+?#@^~])"
_IN_MARKUP = rf"{_HAS_DIGIT_OR_SIGN}([^\s\"',;()<|]{{6,100}})"
_NO_CALL = r"(?!https?:|[A-Za-z_]\w{0,40}(?:\.\w{1,40}){1,4}[(\[])"
"""Rules out code, as in ``password = os.getenv("DB_1")``, and the address of a page about it."""
_OPTIONS = "|".join(
    f"(?<=--{each})"
    for each in ("password", "passwd", "passphrase", "pwd", "api-key", "secret-key", "access-token")
)


def _in_quotes(quote: str) -> str:
    return rf"{quote}(?=[^\s{quote}]{{0,64}}[\d!$%&*+?#@^~])([^\n{quote}]{{6,256}})(?={quote})"


_GAP = r"(?:\s|\\{1,8}\0)"
"""A blank, or what replaces an escaped line break."""
_QUOTED = "|".join(map(_in_quotes, ('"', "'", "`")))
_PASSWORD = re.compile(
    rf"""
    (?:\\{{0,7}}["']|[*_`]{{1,2}})?{_GAP}{{0,2}}
        (?:[=:](?:[*_]{{1,2}}(?=\s)|=|>(?={_GAP}{{0,16}}[bru]?\\{{0,7}}["'`]))?
          |(?i:\b(?:is|est|ist|es|é|lautet)\b))
        (?: {_GAP}{{0,16}} [bru]? \\{{0,7}} (?:{_QUOTED})
          | {_GAP}{{0,2}} (?:\\{{0,7}}["'])? {_NO_CALL} {_HAS_DIGIT_OR_SIGN} ([^\s"',;()]{{6,256}}))
    | (?i:{_OPTIONS}) [ ] {_IN_MARKUP}
    | \s{{1,2}}[|]\s{{1,2}} {_IN_MARKUP} (?=\s{{1,2}}[|])
    | (?:>|&gt;) {_IN_MARKUP} (?=</|&lt;/)
    | ["'][^<>\n]{{0,100}}?\bvalue=["'] {_IN_MARKUP} (?=["'])
    """,
    re.VERBOSE,
)
"""In quotes, the password goes up to the closing one, as words may follow the one that looks like a
password. In a table, in XML and in an HTML form, it ends where the markup goes on."""


def has_start_of_key(text: str) -> bool:
    """Whether a text has the prefix of a key or a token, other than ``ya29.`` and ``dapi``."""
    return bool(
        ("-" in text and ("-----BEGIN" in text or _KEYS_WITH_MARK["-"].search(text)))
        or ("_" in text and _KEYS_WITH_MARK["_"].search(text))
        or ("A" in text and _AFTER_A.search(text))
        or ("J" in text and "eyJ" in text)
        or ("G" in text and "SG." in text)
    )


def has_name_of_secret(text: str, lower: str, *, has_signs: bool) -> bool:
    """Whether a text has the name of a token, a cookie or a password.

    Args:
        text: The text.
        lower: The text in lower case.
        has_signs: Whether it has digits or signs, as every password does.
    """
    if "bearer" in lower or "basic" in lower or _has_cookie(text, lower):
        return True
    if has_signs and any(
        part in lower and names.search(lower) for part, names in _PASSWORD_NAMES.items()
    ):
        return True
    return not text.isascii() and any(each.search(text) for each in _names_by_letters(text))


def credentials(
    lowered: Lowered, data: bytes, digits: int, *, has_signs: bool
) -> Iterator[Iterator[Finding]]:
    """The candidates for keys, tokens and passwords: one iterator for each search.

    Args:
        lowered: The text in lower case.
        data: The text as `hilt.privacy.number_forms.normalized` makes it.
        digits: How many digits it has.
        has_signs: Whether it has digits or signs, as every password does.
    """
    text, words = lowered.given, lowered.words
    if "@" in text and "://" in text:
        yield (Finding(*each.span(1), "password") for each in _URL_PASSWORD.finditer(text))
    if "J" in text and "eyJ" in text:
        yield _web_tokens(text)
    if "-" in text and "-----BEGIN" in text:
        yield (Finding(*each.span(), "api_key") for each in _PEM.finditer(text))
    yield from _keys(lowered, data, digits)
    if "bearer" in words or "basic" in words:
        yield _after(_BEARER, lowered.text, _BEARER_TOKEN, text, "token")
        yield _after(_AUTHORIZATION, lowered.text, _BASIC_TOKEN, text, "token")
    if has_signs:
        yield from _passwords(text, lowered)


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
    """Where the prefix of a key begins that ends at a place."""
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
    """The values that follow some names."""
    end = 0
    for name in names.finditer(lower):
        if names is _COOKIE and name.start() < end:  # within the cookies that were just found
            continue
        match = value.match(text, name.end())
        if match is None:
            yield Finding(name.start(), name.end(), "")
            continue
        group = match.lastindex or 0
        start, end = match.span(group)
        end -= len(match[group]) - len(match[group].rstrip(FILLERS))  # escapes before the quote
        yield Finding(start, end, kind)
