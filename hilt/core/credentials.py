"""Credentials, kept out of everything that HILT writes: error messages, addresses, warnings.

A known credential (the key of the client that made the call) is replaced wherever it occurs; others
are recognised by the forms that providers and protocols document. Every pattern is linear in the
length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

__all__ = [
    "REDACTED",
    "REMEMBERED",
    "header_credentials",
    "is_credential_name",
    "query_credentials",
    "without_credentials",
    "without_credentials_in",
]

REDACTED: Final = "[redacted]"
"""What replaces a credential."""

REMEMBERED: dict[str, None] = {}
"""The credentials of clients whose calls failed; `note_credentials` fills it."""

_SHORTEST = 6
_LONGEST_TEXT = 65_536
_OPAQUE = r"[-_.~+/=*A-Za-z0-9]"

# Keys by the prefixes that their issuers document. `(?<![A-Za-z0-9])` leaves "task-list" alone.
_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:sk|pk|rk|csk|esk|pplx|xai|nvapi|glpat|fal|lsv2|jina|pa|rpa)[-_][-_*A-Za-z0-9]{12,}"
    r"|(?:gsk|hf|fw|r8|tgp|ghp|gho|ghs|ghu|ghr|github_pat|whsec|shpat|api_org)_[-_*A-Za-z0-9]{12,}"
    r"|xox[abeprs]-[-A-Za-z0-9]{10,}"
    r"|AIza[-_A-Za-z0-9*]{16,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{12,}"
    r"|ya29\.[-_.A-Za-z0-9]{12,}"
    r"|AQ\.[-_A-Za-z0-9]{20,}"
    r"|SG\.[-_.A-Za-z0-9]{16,}"
    r"|dapi[0-9a-f]{16,}"
    r"|eyJ[-_A-Za-z0-9]{6,}\.[-_A-Za-z0-9]{6,}(?:\.[-_A-Za-z0-9]*)?"
    r")"
)
_ONE_PIECE = re.compile(r"[A-Za-z0-9]{16}")
# A scheme of RFC 7235 and what follows it; many programs add it twice.
_SCHEME = re.compile(
    r"\b((?:(?:bearer|basic|token|apikey|api-key|negotiate|digest)(?:\s*:)?\s+){0,3}"
    rf"(?:bearer|basic|token|apikey|api-key|negotiate|digest))(\s+)({_OPAQUE}{{4,}})",
    re.IGNORECASE,
)
# ``name=value`` and ``name: value``, with or without quotes.
_NAMED = re.compile(
    r"\b((?:[a-z0-9]{1,16}[-_ ]){0,3}"
    r"(?:api[-_ ]?key|access[-_ ]?key|secret[-_ ]?key|private[-_ ]?key|subscription[-_ ]?key"
    r"|access[-_ ]?token|refresh[-_ ]?token|auth[-_ ]?token|id[-_ ]?token|session[-_ ]?token"
    r"|bot[-_ ]?token|authorization|client[-_ ]?secret|secret|passwords?|passwd|pwd|passphrase"
    r"|credentials?|signature|token|sig|cookie))"
    r"([\"'`]?\s{0,3}(?:[=:]|provided:|is)\s{0,3}[\"'`]?)([^\s\"'`,;&<>(){}\[\]]{4,})",
    re.IGNORECASE,
)
_QUERY = re.compile(
    r"([?&](?:[-_a-z0-9]{0,32}(?:key|token|secret|password|pwd|sig|signature|credential|auth)"
    r"|code|sas)=)[^&\s\"'<>#]+",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"\b([a-z][a-z0-9+.-]{1,20}://)[^\s/@\"'<>]{1,512}@", re.IGNORECASE)
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]{3,40}-----[^-]{0,16384}(?:-----END [A-Z0-9 ]{3,40}-----)?")
_CREDENTIAL_NAME = re.compile(
    r"key|token|secret|passw|pwd|auth|credential|cookie|signature|^sig$|^sas$|bearer|session",
    re.IGNORECASE,
)
_NOT_CREDENTIALS = frozenset({
    "anthropic-beta",
    "authority",
    "idempotency-key",
    "max_tokens",
    "sec-websocket-key",
    "session_id",
    "stainless-idempotency-key",
    "x-idempotency-key",
})  # fmt: skip


def without_credentials(text: str, known: Iterable[str] = ()) -> str:
    """A text without credentials: each is replaced by ``[redacted]``. Never raises.

    Args:
        text: An error message, an address, a warning.
        known: Credentials in use, which are replaced wherever they occur, also percent-encoded;
            so are those of clients whose calls failed.
    """
    for credential in sorted({*known, *REMEMBERED}, key=len, reverse=True):
        if len(credential) >= _SHORTEST:
            text = text.replace(credential, REDACTED)
            encoded = quote(credential, safe="")
            if encoded != credential:
                text = text.replace(encoded, REDACTED)
    text = text[:_LONGEST_TEXT]  # nobody reads a longer message, and the caller waits for it
    text = _PEM.sub(REDACTED, text)
    text = _USERINFO.sub(rf"\1{REDACTED}@", text)
    text = _QUERY.sub(rf"\1{REDACTED}", text)
    text = _SCHEME.sub(_scheme, text)
    text = _PREFIXED.sub(_prefixed, text)
    return _NAMED.sub(_named, text)


def without_credentials_in(value: object) -> object:
    """A JSON value with credentials replaced in all of its texts by `without_credentials`."""
    if isinstance(value, str):
        return without_credentials(value)
    if isinstance(value, list):
        return [without_credentials_in(each) for each in value]
    if isinstance(value, dict):
        return {name: without_credentials_in(each) for name, each in value.items()}
    return value


def is_credential_name(name: str) -> bool:
    """Whether a header, a query parameter or a field of this name holds a credential."""
    lower = name.lower()
    return lower not in _NOT_CREDENTIALS and _CREDENTIAL_NAME.search(lower) is not None


def header_credentials(headers: Mapping[str, str]) -> list[str]:
    """The credentials in the headers of a request, each both whole and without its scheme."""
    found = []
    for name, value in headers.items():
        if isinstance(value, str) and is_credential_name(name):
            found.append(value)
            scheme, _, rest = value.partition(" ")
            if rest and scheme.isalpha():
                found.append(rest.strip())
    return found


def query_credentials(url: str) -> list[str]:
    """The credentials in a URL: in its query, and before its host."""
    try:
        parts = urlsplit(url)
        found = [value for name, value in parse_qsl(parts.query) if is_credential_name(name)]
        return [*found, *(each for each in (parts.password, parts.username) if each)]
    except ValueError:
        return []


def _scheme(match: re.Match[str]) -> str:
    scheme, space, value = match.groups()
    # "bearer authentication" is prose: a credential has a digit, a capital or a dot within.
    return f"{scheme}{space}{REDACTED}" if _is_opaque(value) else match.group()


def _prefixed(match: re.Match[str]) -> str:
    value = match.group()
    # "sk-" with many letters in one piece is a key, not a name made of words.
    return REDACTED if _is_opaque(value) or _ONE_PIECE.search(value) else value


def _named(match: re.Match[str]) -> str:
    name, separator, value = match.groups()
    tail = value[len(value.rstrip(".:!?")) :]
    certain = "=" in separator and not name.lower().endswith(("token", "secret", "credentials"))
    if certain or _is_opaque(value):
        return f"{name}{separator}{REDACTED}{tail}"
    return match.group()


def _is_opaque(value: str) -> bool:
    """Whether a value is no ordinary word: it has digits or dots, or capitals within."""
    value = value.rstrip(".:!?")
    return any(each.isdigit() or each in "*=." for each in value) or not (
        value.islower() or value.isupper() or value.istitle()
    )
