"""What stands for a password where none is written: variables, references, templates and masks."""

from __future__ import annotations

import re

__all__ = ["is_placeholder"]

_BEHIND = r"(?:&[\w.-]{1,64}=\S{0,300}|@[\w.:-]{1,100}(?:/\S{0,300})?)?[.:`]?"
"""What may follow in the same word: other parameters, or the host of a URL."""
_PLACEHOLDER = re.compile(
    rf"""(?:
      # ${{DB_PASSWORD}}, ${{DB_PASSWORD:-}}, {{password}}, {{{{ anything }}}}
      \$?\{{\s?[\w.]{{1,64}}(?::?[-?=+]|![rsa])?\s?\}} | \$?\{{\{{[^{{}}]{{1,200}}\}}\}}
      # $DB_PASSWORD, ann:$PASSWORD, %PASSWORD%, %(password)s
    | (?:[\w.-]{{1,64}}:)?\$[A-Z_][A-Z0-9_]{{0,63}} | %[A-Z_][A-Z0-9_]{{0,63}}% | %\(\w{{1,64}}\)s
    | %[sdvq]
      # <your password>, your-api-key-1
    | <[\w\ .:/-]{{1,64}}> | (?i:your)[-_][\w-]{{1,64}}
      # $_POST["password"], $request->password
    | \$\w{{1,40}}(?:\[|(?:->\w{{1,40}}){{1,4}})
      # What is said of it
    | (?i:required|invalid|incorrect|wrong|weak|missing|expired|changed|updated|mandatory)[!?]
    | \w{{2,12}}-(?:hashed|encoded|encrypted|signed|salted|based|protected)
      # String!, !vault, required|min:8
    | (?:[Ss]tring|Str|Text|ID|Int|Bytes|Data)[?!]
    | !(?:vault|secret|GetAtt|ImportValue|env_var|reference)
    | (?:required|nullable|sometimes|string|bail)\|[\w|:.,]{{1,100}}
    | (?:min|max|size|between|digits):[\d,]{{1,20}}
      # Where a secret is kept
    | arn:aws[\w-]{{0,10}}:\S{{1,200}} | op://\S{{1,200}}
    | (?:os\.environ/|env:|vault:)[\w/.\#-]{{1,100}} | projects/[\w-]{{1,64}}/secrets/\S{{1,100}}
    | ENC\[[\w,:+/=\[\]]{{1,200}}
      # ********
    | ([*\u2022.xX])\1{{5,100}} | (?:\\{{1,7}}u2022){{6,100}}
    ){_BEHIND}""",
    re.VERBOSE,
)
_REFERENCE = re.compile(
    rf"""(?:
      # $password, &password, @password, *password, :password
      [$&@*:][A-Za-z_]{{1,64}}
      # csrfToken!, Password*
    | [a-z]{{1,40}}(?:[A-Z][a-z]{{1,40}}){{1,4}}! | [A-Za-z]{{1,40}}[?*]
      # process.env.API_KEY!, user?.password
    | [$@]?(?:[A-Za-z_]\w{{0,40}}[?!]{{0,2}}\.){{1,6}}[A-Za-z_]\w{{0,60}}[?!]{{0,2}};?
    ){_BEHIND}""",
    re.VERBOSE,
)
"""What is one only if it names what it stands for."""
_NAMES = ("pass", "pwd", "secret", "token", "key", "auth", "cred")


def is_placeholder(text: str, start: int, end: int) -> bool:
    """Whether a part of a text only stands for a password."""
    if _PLACEHOLDER.fullmatch(text, start, end):
        return True
    if not _REFERENCE.fullmatch(text, start, end):
        return False
    value = text[start:end].lower()
    return any(each in value for each in _NAMES)
