"""The forms that a name may have in a text: as it is, spelt out, or escaped (JSON, URLs, HTML)."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from html.entities import html5

__all__ = ["is_possible_in", "name_in_lines", "name_in_texts", "parts_of"]

_ESCAPES_BEFORE = r"(?<=\\[abfnrtv])|(?<=%[0-9A-F]{2})|(?<=\\x[0-9A-F]{2})|(?<=\\u[0-9A-F]{4})"
"""Escapes that end in a letter or a digit, which is no part of a longer name."""
_EMPHASIS_BEFORE = "|".join(
    rf"(?<=(?<![\w.+-]){lines})(?=\S{{1,300}}{lines}(?!\w))" for lines in ("_", "__", "___")
)
"""Markdown's underscores, which are on both sides of a name; on one side, they may be its own."""
_BEYOND_LATIN, _WITHOUT_BLANKS = "\u0370", "\u0e00"
"""The first characters of Greek, and of the scripts that have no blanks between words."""
_BACKSLASH = r"\\{1,64}"
"""JSON within JSON has several."""
_SPELT = {
    "@": rf"\s?[(\[{{] ?at ?[)\]}}]\s?|=40|{_BACKSLASH}uff20|" + "\uff20",
    ".": rf"\s?[(\[{{] ?dot ?[)\]}}]\s?|{_BACKSLASH}uff0e|" + "\uff0e",
    " ": r"\+",  # in a URL's query
}


def name_in_texts(name: str) -> re.Pattern[str]:
    """Finds a name in a text, in any case, and not within a longer one."""
    before, after = _letters_beside(name[0]), _letters_beside(name[-1])
    begins = rf"(?:(?<!{before})(?<![_.+-])|{_ESCAPES_BEFORE}|{_EMPHASIS_BEFORE})"
    more = "" if "@" in name else r"|_(?!_{0,2}(?!\w))"  # a domain ends before a "_"
    ends = rf"(?!{after}|-|\.{after}{more})"
    return re.compile(f"{begins}{_any_form(name)}{ends}", re.IGNORECASE)


def _letters_beside(character: str) -> str:
    """Finds letters that, beside a name's first or last character, make it part of a longer name.

    Chinese, Thai and others have no blanks between words, nor need there be any between letters of
    two alphabets.
    """
    if character >= _WITHOUT_BLANKS:
        return r"[^\s\S]"
    last = _BEYOND_LATIN if character < _BEYOND_LATIN else _WITHOUT_BLANKS
    # Case-sensitive, or the kelvin sign would make "k" a letter beyond Latin.
    return rf"(?-i:[^\W_{last}-\U0010ffff])"


def name_in_lines(name: str) -> re.Pattern[bytes]:
    """Finds a name in lines of a log whose ASCII letters are in lower case; in longer names, too.

    The texts in lines are escaped once more. In lower case, `re` has a fast search for a word.
    """
    return re.compile(_any_form(name).encode().lower())


def parts_of(name: str) -> list[tuple[bytes, ...]]:
    """What to look for first: a line with the name, in lower case, has one of each of these.

    They are the name's words of ASCII letters and digits; or, if it has none, the forms of its
    first character.
    """
    composed = _composed(name)
    words = re.findall("[0-9A-Za-z]+", composed)
    if words:
        return [(each.lower().encode(),) for each in words]
    forms: set[str] = set()
    for each in _cases(composed[0]):
        code, first = ord(each), f"{each.encode()[0]:x}"
        forms |= {each, unicodedata.normalize("NFD", each)[0], f"%{first}", f"%25{first}"}
        forms |= {f"x{first}", f"x{code:x}", f"u{each.encode('utf-16-be').hex()[:4]}", f"{code};"}
        forms |= {f"&{entity.lower()}" for entity in _entities().get(each, ())}
    return [tuple(form.encode() for form in forms)]


def is_possible_in(line: bytes, parts: list[tuple[bytes, ...]]) -> bool:
    """Whether a line, in lower case, has one of each of some parts."""
    return all(any(each in line for each in part) for part in parts)


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _any_form(name: str) -> str:
    return "".join(map(_forms_of, _composed(name)))


def _forms_of(character: str) -> str:
    """Finds a character, as it is or escaped, once or several times over."""
    if character.isascii() and character.isalnum():
        return character
    forms = [_SPELT[character]] if character in _SPELT else []
    for each in _cases(character):
        first, *marks = list(unicodedata.normalize("NFD", each))
        forms += [re.escape(each), *_escaped(each)]
        if marks:
            forms.append("".join(map(_forms_of, (first, *marks))))
    return f"(?:{'|'.join(forms)})"


def _cases(character: str) -> list[str]:
    cases = {character, character.lower(), character.upper()}
    return sorted(each for each in cases if len(each) == 1)


def _escaped(character: str) -> list[str]:
    """The escapes of a character, as patterns for `re.IGNORECASE`."""
    code, in_utf_8 = ord(character), character.encode()
    units = re.findall("....", character.encode("utf-16-be").hex())
    entities = "".join(f"|{entity}" for entity in _entities().get(character, ()))
    return [
        "".join(f"{_BACKSLASH}u{unit}" for unit in units),
        *([f"{_BACKSLASH}x{code:02x}"] if code < 256 else [f"{_BACKSLASH}U{code:08x}"]),  # noqa: PLR2004
        "".join(f"{_BACKSLASH}x{byte:02x}" for byte in in_utf_8),
        "".join(f"%(?:25){{0,3}}{byte:02x}" for byte in in_utf_8),
        rf"(?:&|{_BACKSLASH}u0026)(?:amp;)?(?:\#0{{0,5}}{code}|\#x0{{0,5}}{code:x}{entities});",
    ]


@cache
def _entities() -> dict[str, list[str]]:
    """The names of characters in HTML, without the semicolon, by character."""
    names: dict[str, list[str]] = {}
    for name, characters in html5.items():
        if name.endswith(";") and len(characters) == 1:
            names.setdefault(characters, []).append(name[:-1])
    return names
