"""Passwords and cookies that are options of commands, as in ``curl -u ann:secret``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hilt.privacy.finding import Finding
from hilt.privacy.placeholders import is_placeholder

__all__ = ["has_option", "passwords_of_commands"]

_VALUE = (
    r"(?![$<{%]|[0-9:.]{1,100}(?:[\s'\"]|\Z))(?=[^\s'\"]{0,64}[\d!$%&*+?#@^~])"
    r"([^\s'\"`\\\0]{6,256})"
)
"""Neither the port that ``-p`` may mean, nor what stands for a value."""
_GAP = r"(?: |\\{0,7}[\"'],\s{0,2})?"
"""A blank, or what is between two texts of a list in JSON or in a program."""
_OPTION = re.compile(
    r"-(?=[uUapPwb-])(?<=[\s\"']-)(?:"
    rf"(?:[uUa]{_GAP}|-user(?:=|{_GAP})|-proxy-user(?:=|{_GAP}))\\{{0,7}}['\"]?[^\s:'\"]{{1,64}}:{_VALUE}"
    rf"|[pPaw]{_GAP}\\{{0,7}}['\"]?{_VALUE}"
    r"|b[ ]\\{0,7}\^?[\"'](?=[^\r\n\"'\\\0]{0,300}\d)([\w.%-]{1,60}=[^\r\n\"'\\\0]{8,16384})"
    r")"
)
_PASSWORD, _SECOND_PASSWORD, _COOKIE = 1, 2, 3
"""The groups of `_OPTION`: after a user's name, alone, and the cookies."""
_COMMANDS = {
    option: re.compile(rf"(?<![\w.-])(?:{names})(?:\.exe)?[\s\"'\\]")
    for option, names in {
        "a": "redis-cli|https?|xh",
        "p": r"mysql\w*|mariadb(?:-\w+)?|sshpass|7z\w?|mongo\w*|cqlsh|(?:docker|podman|nerdctl"
        r"|buildah|skopeo|crane|oras|helm registry|az|oc|argocd)[\s\"',\\]+login",
        "P": r"sqlcmd|bcp|isql|tsql|zip|unzip|ssh-keygen|mosquitto_\w+",
        "w": r"ldap\w+",
    }.items()
}
_FAR_BEFORE, _FAR_BEFORE_IN_CURL = 400, 6_000
"""How far before an option the command may be; browsers copy a request with all its headers."""


def has_option(text: str) -> bool:
    """Whether a text has what may be such an option."""
    return _OPTION.search(text) is not None


def passwords_of_commands(text: str) -> Iterator[Finding]:
    """The candidates for passwords and cookies in commands; the rest has no kind."""
    for option in _OPTION.finditer(text):
        group = option.lastindex or 0
        start, end = option.span(group)
        if not _is_of_command(text, option.start(), group) or is_placeholder(text, start, end):
            yield Finding(option.start(), option.start(), "")
        else:
            yield Finding(start, end, "token" if group == _COOKIE else "password")


def _is_of_command(text: str, start: int, group: int) -> bool:
    """Whether the command before an option is one that takes a password or cookies there."""
    if group != _SECOND_PASSWORD:
        curl = text.rfind("curl", max(0, start - _FAR_BEFORE_IN_CURL), start)
        if curl >= 0 and "\n\n" not in text[curl:start]:
            return True
    names = _COMMANDS.get(text[start + 1])
    if names is None or group == _COOKIE:
        return False
    line = text[max(0, start - _FAR_BEFORE) : start]
    line = line[max(map(line.rfind, "\n\0|;")) + 1 :]
    return names.search(line) is not None
