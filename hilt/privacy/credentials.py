"""Credentials: API keys, tokens, passwords, cookies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hilt.privacy.api_keys import keys, keys_of_pem, web_tokens
from hilt.privacy.finding import Finding
from hilt.privacy.lowered import Lowered
from hilt.privacy.passwords import after_names, has_name, passwords
from hilt.privacy.placeholders import is_placeholder
from hilt.privacy.shell_commands import has_option, passwords_of_commands

__all__ = ["credentials", "has_name_of_secret"]

_URL_PASSWORD = re.compile(
    r"://[^\s/:\"'<>]{0,256}(?<!@):([^\s/@\"'<>]{1,256}(?:@[^\s/@\"'<>?#&=,;|]{1,256}){0,3})@"
)
"""The last ``@`` ends it; there may be others in the user's name, but not at its end, where a
regular expression for addresses has one, and in the password."""
_HASH = re.compile(
    r"\$(?:[156y]|2[abxy]|apr1|argon2(?:id|[id])|scrypt|pbkdf2-sha\d{1,3})\$"
    r"(?:[\w./+=,-]{0,40}\$){0,4}[\w./+]{16,128}"
)
"""A hash of a password, as in ``/etc/shadow``."""
_PAIR = re.compile(
    r"auth=\(\s?\\{0,7}[\"'][^\"'\\\n]{1,64}\\{0,7}[\"'],\s?\\{0,7}[\"']"
    r"(?=[^\s'\"]{0,64}[\d!$%&*+?#@^~])([^\s'\"\\]{6,100})(?=\\{0,7}[\"'])"
)
_SIGNS_IN_HASH = 3
_BRACKET = re.compile(r"\((?:(?<=@tcp\()|(?<=auth=\())")
"""The one after which, or before which, the next two find a password."""
_OF_GO = re.compile(r":([^\s:@/\"'`]{4,100})@(?=tcp\()")
"""The password in a data source name of Go's driver for MySQL."""
_AUTHORIZATION_VALUE = re.compile(
    r"(?:(?:\\{0,7}[\"'])?\s?[:=]\s{0,2}(?:\\{0,7}[\"'])?"
    r"|\\{0,7}[\"'],\s{0,20}\\{0,7}[\"']value\\{0,7}[\"']\s?:\s?\\{0,7}[\"'])(?!(?i:aws4))(?:[A-Za-z][\w-]{1,30} {1,2})?"
    r"(?=[^\s\d\"']{0,64}\d[^\s\d\"']{0,64}\d)(?=[^\sa-zA-Z\"']{0,64}[a-zA-Z])"
    r"([-\w.~+/=]{16,4096})(?=[\s\"',;\\]|\Z)"
)
"""What follows the header's name, and its scheme, if it has one."""
_BEARER = re.compile(r"bearer[\s\\]|basic[\s\\]")
_BEARER_TOKEN = re.compile(
    r"[\s\\\0]{0,2}((?=[-_.~+/=A-Za-z0-9]{0,40}[0-9A-Z=])[-_.~+/A-Za-z0-9]{16,4096}={0,2})"
)
_AUTHORIZATION = re.compile(
    "basic (?:" + "|".join(f"(?<=authorization[^a-z]{{{gap}}}basic )" for gap in range(1, 9)) + ")"
)
_AUTHORIZATION_NAME = re.compile("authorization")
_BASIC_TOKEN = re.compile(
    r"\s{0,2}((?=[+/a-z]{0,15}[0-9A-Z=])[+/A-Za-z0-9]{4,15}={0,2}(?![+/=A-Za-z0-9]))"
)
"""A user's name and a password in base64, which may be short."""


def has_name_of_secret(text: str, lower: str, digits: int, *, has_signs: bool) -> bool:
    """Whether a text has the name of a token, a cookie or a password, or an option for one.

    Args:
        text: The text.
        lower: The text in lower case.
        digits: How many digits it has.
        has_signs: Whether it has digits or signs, as every password does.
    """
    if "bearer" in lower or "basic" in lower or (digits and _has_option_or_header(text, lower)):
        return True
    return has_name(text, lower, has_signs=has_signs)


def _has_option_or_header(text: str, lower: str) -> bool:
    return (
        ("z" in lower and "uthorization" in lower)
        or ("(" in text and _BRACKET.search(text) is not None)
        or ("-" in text and has_option(text))
    )


def credentials(
    lowered: Lowered, data: bytes, signs: bytes, digits: int, *, has_signs: bool
) -> Iterator[Iterator[Finding]]:
    """The candidates for keys, tokens and passwords: one iterator for each search.

    Args:
        lowered: The text in lower case.
        data: The text as `hilt.privacy.number_forms.normalized` makes it.
        signs: Its digits and signs.
        digits: How many digits it has.
        has_signs: Whether it has digits or signs, as every password does.
    """
    text, words = lowered.given, lowered.words
    if "@" in text and "://" in text:
        yield _passwords_of_urls(text)
    if "J" in text and "eyJ" in text:
        yield web_tokens(text)
    if "-" in text and "PRIVATE KEY" in text:
        yield from keys_of_pem(text)
    yield from keys(lowered, data, digits)
    if "bearer" in words or "basic" in words:
        yield after_names(_BEARER, lowered.text, _BEARER_TOKEN, text, "token")
        yield after_names(_AUTHORIZATION, lowered.text, _BASIC_TOKEN, text, "token")
    if signs.count(b"$") >= _SIGNS_IN_HASH:
        yield (Finding(*each.span(), "password") for each in _HASH.finditer(text))
    if digits:
        if "(" in text and _BRACKET.search(text):
            for pattern in (_OF_GO, _PAIR):
                yield (Finding(*each.span(1), "password") for each in pattern.finditer(text))
        if "z" in words and "uthorization" in words:
            yield after_names(
                _AUTHORIZATION_NAME, lowered.text, _AUTHORIZATION_VALUE, text, "token"
            )
        if "-" in text:
            yield passwords_of_commands(text)
    if has_signs:
        yield from passwords(lowered)


def _passwords_of_urls(text: str) -> Iterator[Finding]:
    for each in _URL_PASSWORD.finditer(text):
        start, end = each.span(1)
        yield Finding(start, end, "" if is_placeholder(text, start, end) else "password")
