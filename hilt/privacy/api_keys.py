"""API keys, by the prefixes that their issuers give them, web tokens and private keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hilt.privacy.finding import Finding
from hilt.privacy.long_search import LongSearch
from hilt.privacy.lowered import Lowered
from hilt.privacy.number_forms import NO_LETTERS, NO_LETTERS_OR_DIGITS, is_letter

__all__ = ["has_start_of_key", "keys", "keys_of_pem", "web_tokens"]

_TOKEN_PART = re.compile(
    r"[-_A-Za-z0-9]*(?:(?<=[-\w.]{40})(?:\r?\n|\\{1,8}\0)[ \t>]{0,16}"
    r"(?=[-_A-Za-z]{0,40}[0-9])[-_A-Za-z0-9]{12,})*"
)
"""Goes on in the next line where a terminal or a mail has broken a long one."""
_ENCRYPTED_TOKEN = re.compile(
    r"eyJ[-\w]{16,500}\.[-\w]{0,1000}\.[-\w]{12,32}\.[-\w]+\.[-\w]{20,44}"
)
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[\s>|\\\0]{0,40}[A-Z][A-Za-z-]{2,20}: [^\n\\]{0,120}){0,6}[^-]{0,16384}"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"
)
"""A private key, which may have headers, as encrypted ones do."""
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_LONGEST_PEM = 16_384
_PEM_BEFORE = re.compile(r"(?:(?!\n\r?\n)[\w+/=\s>|\\\0]){20,16384}(?<=[\w+/=])")
"""The rest of a key that was cut, read backwards."""
_KEY_REST: tuple[tuple[str, str], ...] = (
    (
        "sk- pk- rk- csk- pplx- xai- nvapi- glpat- pypi- lsv2_ jina_ tvly- pcsk_ ntn_ lin_api_ figd_"
        " sbp_ dop_v1_ doo_v1_ dor_v1_ shpat_ shpca_ shppa_ dckr_pat_ dckr_oat_ phx_ GOCSPX-"
        " xapp- glptt- gldt- glrt- glft- glcbt- glsa_ sntrys_ tskey- pul- nfp_"
        " apify_api_ NRAK- PMAK- AGE-SECRET-KEY- sgp_ pat-na1- pat-eu1-",
        r"[-_A-Za-z0-9]{16,255}",
    ),
    (
        "gsk_ r8_ tgp_ ghp_ gho_ ghs_ ghu_ ghr_ github_pat_ whsec_ sk_live_ sk_test_ rk_live_"
        " rk_test_ pk_live_ npm_",
        r"[A-Za-z0-9_-]{16,255}",
    ),
    ("hf_ fw_ e2b_", r"[A-Za-z0-9]{16,255}"),  # names of functions begin so, too
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


def has_start_of_key(text: str) -> bool:
    """Whether a text has the prefix of a key or a token, other than ``ya29.`` and ``dapi``."""
    return bool(
        ("-" in text and ("PRIVATE KEY" in text or _KEYS_WITH_MARK["-"].search(text)))
        or ("_" in text and _KEYS_WITH_MARK["_"].search(text))
        or ("A" in text and _AFTER_A.search(text))
        or ("J" in text and "eyJ" in text)
        or ("G" in text and "SG." in text)
    )


def keys(lowered: Lowered, data: bytes, digits: int) -> Iterator[Iterator[Finding]]:
    """The candidates for keys with a prefix.

    Args:
        lowered: The text in lower case.
        data: The text as `hilt.privacy.number_forms.normalized` makes it.
        digits: How many digits it has.
    """
    text = lowered.given
    has_a = "A" in text and _AFTER_A.search(text) is not None
    if has_a or digits or "G" in text:
        for letters in lowered.possible(_BY_LETTERS):
            start = _BY_LETTERS[letters]
            if lowered.only_letters and letters not in lowered.words:
                continue
            if (has_a or start[0] != "A") and start in text:
                found = _OTHER_KEYS[start].finditer(text)
                yield (Finding(*each.span(), "api_key") for each in found)
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


def web_tokens(text: str) -> Iterator[Finding]:
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
        encrypted = None if is_token else _ENCRYPTED_TOKEN.match(text, start)
        if encrypted is not None:  # RFC 7516
            end = ends[-1] = encrypted.end()
        yield Finding(start, end, "token" if is_token or encrypted else "")
        start = text.find("eyJ", max(ends[-1], start + 3))


def keys_of_pem(text: str) -> Iterator[Iterator[Finding]]:
    """The candidates for private keys, whole ones and those whose beginning is missing."""
    yield (Finding(*each.span(), "api_key") for each in _PEM.finditer(text))
    yield _ends_of_keys(text)


def _ends_of_keys(text: str) -> Iterator[Finding]:
    """Private keys whose beginning is missing."""
    for end in _PEM_END.finditer(text):
        before = _PEM_BEFORE.match(text[max(0, end.start() - _LONGEST_PEM) : end.start()][::-1])
        start = end.start() - (before.end() if before else 0)
        yield Finding(start, end.start(), "api_key" if before else "")
