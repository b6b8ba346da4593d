"""Texts with escapes, as in a URL, in JSON or in HTML: they are searched as if they had none."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from hilt.privacy.candidates import BLOCK
from hilt.privacy.finding import Finding
from hilt.privacy.number_patterns import PHONE_SIGNS

__all__ = [
    "ALL_ESCAPES",
    "FILLED",
    "FILLERS",
    "GAPS_IN_JSON",
    "IN_URLS",
    "LETTER",
    "Escapes",
    "find_escaped",
    "unescaped",
    "without_escapes",
]


class Escapes(NamedTuple):
    """One way to escape characters, and how to decode it."""

    marks: Sequence[str]
    """Each escape begins with one of these."""
    pattern: re.Pattern[str]
    """Finds one escape, or several in a row that have the same length."""
    decoded: Callable[[str], str]
    """Decodes what `pattern` found."""
    near: int
    """How many characters before and after an escape are searched together with it."""
    blank: str = ""
    """A character that also stands for a blank."""
    sign: re.Pattern[str] | None = None
    """What a text has that is escaped in this way, if `pattern` also finds other things."""

    def are_in(self, text: str) -> bool:
        """Whether there is anything to decode in a text."""
        for mark in self.marks:
            if mark in text:
                is_there = self.pattern.search(text) is not None
                return is_there and (self.sign is None or self.sign.search(text) is not None)
        return False


_ESCAPED = {f"%{code:{case}}": chr(code) for code in range(0x20, 0x80) for case in ("x", "X")}
_WIDE_SIGNS = {0xFF20: "@", 0xFF0E: "."}
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_MOST_DECODED = 60_000


@lru_cache(maxsize=1_024)
def _of_url(escaped: str) -> str:
    return _ESCAPED.get(escaped) or bytes.fromhex(escaped.replace("%", "")).decode(errors="replace")


@lru_cache(maxsize=1_024)
def _of_json(escaped: str) -> str:
    if escaped[-1] == "/":
        return "/"
    character = chr(int(escaped[-2 if "x" in escaped else -4 :], base=16))
    return "" if character in _INVISIBLE else _WIDE_SIGNS.get(ord(character), character)


_ENTITIES = {
    **dict.fromkeys(
        ("nbsp", "ensp", "emsp", "thinsp", "#160", "#xa0", "#8239", "#32", "#x20"), " "
    ),
    **dict.fromkeys(("#45", "#x2d", "#8209", "#8211", "ndash", "hyphen"), "-"),
    **dict.fromkeys(("commat", "#64", "#x40"), "@"),
    **dict.fromkeys(("plus", "#43", "#x2b"), "+"),
    **dict.fromkeys(("period", "#46", "#x2e"), "."),
    **dict.fromkeys(("lpar", "#40", "#x28"), "("),
    **dict.fromkeys(("rpar", "#41", "#x29"), ")"),
    **dict.fromkeys(("apos", "#39", "#x27"), "'"),
    **dict.fromkeys(("shy", "zwj", "zwnj", "#173", "#xad", "#8203", "#x200b"), ""),
}
_ZEROS = re.compile("#(x?)0+")


@lru_cache(maxsize=1_024)
def _of_html(escaped: str) -> str:
    name = escaped.removeprefix("&").removeprefix("amp;").removesuffix(";").lower()
    return _ENTITIES[_ZEROS.sub(r"#\1", name)]


_BYTE = "%[89abAB][0-9A-Fa-f]"
# The first character of each pattern is one, which is found much faster than one of several.
IN_URLS = Escapes(
    "%",
    re.compile(
        "%(?:[2-7][0-9A-Fa-f](?:%[2-7][0-9A-Fa-f]){0,99}|0[9aAdD]"
        rf"|[c-fC-F][0-9A-Fa-f]{_BYTE}"  # one character in UTF-8
        rf"(?:(?<=[c-dC-D].{{4}})|{_BYTE}(?:(?<=[eE].{{7}})|{_BYTE})))"
    ),
    _of_url,
    near=100,
    blank="+",
)
"""As in ``4111%201111%201111%201111``."""
# Amounts have such gaps, too, so there may be many.
_NEXT = "(?=[(+]?[0-9]|[A-Z](?:[A-Z]{3})?(?![A-Za-z]))"
_SIGN = "(?=[0-9A-Za-z])"
_IN_JSON = (
    rf"x(?:(?:40|2[bBdDeE]){_SIGN}|[aA]0{_NEXT}|[cC]2\\{{1,64}}x[aA]0{_NEXT})"
    rf"|u(?:00(?:[aA](?:0{_NEXT}|[dD]{_SIGN})|(?:2[bBdDeE]|40){_SIGN})"
    rf"|20(?:0(?:[2-9aA]{_NEXT}|[bBcCdD]{_SIGN})|(?:1[0-3]|2[fF]){_NEXT}|60{_SIGN})"
    rf"|3000{_NEXT}|[fF](?:[eE][fF]{{2}}|[fF](?:20|0[eE])){_SIGN})"
    "|/(?=[0-9 ])"
)
GAPS_IN_JSON = Escapes(
    "\\",
    # The whole row of backslashes, from the first one.
    re.compile(rf"\\(?<!\\\\)(?:{_IN_JSON}|\\{{1,63}}(?:{_IN_JSON}))"),
    _of_json,
    near=30,
)
"""Blanks and dashes within numbers, as in ``4111\\u00a01111\\u00a01111\\u00a01111``."""
_ADDRESS = r"(?=[\w.+-]{1,40}(?:@|&(?:amp;)?(?:#0{0,4}64|#x0{0,4}40|commat);))"
_AS_NUMBER = (
    r"#(?=[0-8x][0-9a-fA-F]{1,8};)"
    rf"(?:0{{0,4}}(?:(?:160|8239|32|8209|8211);{_NEXT}|(?:64|4[01356]|173|8203);|39;{_ADDRESS})"
    rf"|x0{{0,4}}(?:(?:[aA]0|20);{_NEXT}|(?:40|2[89bBdDeE]|[aA][dD]|200[bB]);|27;{_ADDRESS}))"
)
_AS_NAME = (
    rf"(?:nbsp|e[nm]sp|thinsp|ndash|hyphen);{_NEXT}|apos;{_ADDRESS}"
    "|(?:commat|plus|period|lpar|rpar|shy|zwj|zwnj);"
)
IN_HTML = Escapes(
    "&",
    re.compile(
        rf"&(?:{_AS_NUMBER}|(?=[acehlnprstz])(?:{_AS_NAME}|amp;(?:{_AS_NUMBER}|{_AS_NAME})))"
    ),
    _of_html,
    near=40,
)
"""As in ``ann&#64;example.com`` and ``4111&nbsp;1111&nbsp;1111&nbsp;1111``."""
INVISIBLE = Escapes(
    _INVISIBLE,
    re.compile(f"[{_INVISIBLE}](?<=[ -~].)[{_INVISIBLE}]{{0,8}}(?=[ -~])"),
    lambda _: "",
    near=40,
)
"""Invisible characters within a number or an address, such as soft hyphens."""
_WORDS = (
    "\u041f\u0430\u0440\u043e\u043b\u044c",
    "\u043f\u0430\u0440\u043e\u043b\u044c",
    "\u30d1\u30b9\u30ef\u30fc\u30c9",
    "\ube44\ubc00\ubc88\ud638",
    "\u0643\u0644\u0645\u0629 \u0627\u0644\u0645\u0631\u0648\u0631",
    "\u0643\u0644\u0645\u0629 \u0627\u0644\u0633\u0631",
    *("\u5bc6\u7801", "\u5bc6\u78bc"),
    *PHONE_SIGNS,
)
"""What precedes passwords and phone numbers in scripts that JSON may escape as a whole."""


def _escaped(word: str) -> str:
    """Finds a word that is escaped, from its first ``u`` on."""
    units = (" " if each == " " else rf"\\{{1,64}}u{ord(each):04x}" for each in word)
    rest = "".join(units).removeprefix(r"\\{1,64}u")
    return re.sub("[a-f]", lambda each: f"[{each[0]}{each[0].upper()}]", rest)


_UNIT = re.compile(r"\\{0,64}u([0-9A-Fa-f]{4})")
WORDS_IN_JSON = Escapes(
    "\\",
    # With the colon, the bracket or the particle that may follow.
    re.compile(rf"u(?:{'|'.join(map(_escaped, _WORDS))})(?:\\{{1,64}}u[0-9A-Fa-f]{{4}}){{0,3}}"),
    lambda escaped: _UNIT.sub(lambda each: chr(int(each[1], base=16)), escaped),
    near=100,
)
IN_FORMS = Escapes(
    "+",
    re.compile(r"\+(?<=[0-9]{2}\+)(?=[0-9]{2})"),
    lambda _: " ",
    near=40,
    sign=re.compile(r"=\+?(?:[0-9]{2,5}|[A-Z]{2}[0-9]{2})\+[0-9]"),
)
"""As in ``card=4111+1111+1111+1111``: forms of web pages have a plus for a blank."""
_BREAK = r"(?:\r?\n|(?:\\{1,8}r)?\\{1,8}n)"
IN_MAILS = Escapes(
    "=",
    re.compile(rf"=(?=[\r\n\\4])(?:(?<=[\w@.+-]=){_BREAK}(?=[\w@.+])|40(?=[\w-]{{1,63}}\.\w))"),
    lambda escaped: "@" if escaped == "=40" else "",
    near=80,
    sign=re.compile(rf"=(?:{_BREAK}|3D|[C-F][0-9A-F]=[89AB]|\?[\w-]{{1,40}}\?[Qq]\?)"),
)
"""Quoted-printable (RFC 2045), and encoded words (RFC 2047): ``ann=40example.com``, and lines that
are broken anywhere."""
ALL_ESCAPES = (IN_URLS, IN_FORMS, IN_MAILS, GAPS_IN_JSON, IN_HTML, INVISIBLE, WORDS_IN_JSON)
_ANY_IN_JSON = re.compile(r"\\{1,64}u([0-9A-Fa-f]{4})")


def unescaped(value: str) -> str:
    """A value that was found in a text, as it would be without escapes."""
    for escapes in ALL_ESCAPES:
        if escapes is not IN_FORMS and any(each in value for each in escapes.marks):
            value = escapes.pattern.sub(partial(_decoded_match, escapes), value)
    if "\\" in value:
        value = _ANY_IN_JSON.sub(lambda each: chr(int(each[1], base=16)), value)
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def _decoded_match(escapes: Escapes, match: re.Match[str]) -> str:
    return escapes.decoded(match.group())


def find_escaped(
    text: str, find: Callable[[str], list[Finding]], escapes: Escapes
) -> list[Finding]:
    """The findings near the escapes of a text, with their places in the text itself.

    If there is no time to decode all of it, the last one is a ``block``.

    Args:
        text: The text.
        find: Finds what is in a decoded text.
        escapes: What to decode.
    """
    decoded, places, end = _decoded(text, escapes)
    begins = [begin for begin, *_ in places]

    def at(place: int, *, past: int = 0) -> int:
        begin, origin, width = places[bisect_right(begins, place) - 1]
        return origin + (place - begin + past) * width

    found = [Finding(at(each.start), at(each.end - 1, past=1), each.kind) for each in find(decoded)]
    if end < len(text):
        is_cut = found and found[-1].kind == BLOCK
        found.append(Finding(found.pop().start if is_cut else end, len(text), BLOCK))
    return found


def _decoded(text: str, escapes: Escapes) -> tuple[str, list[tuple[int, int, int]], int]:
    """Decode the parts of a text that are near escapes.

    At most `_MOST_DECODED` characters and a twentieth of the text are decoded, and the longer the
    text is, the fewer escapes.

    Returns:
        The decoded parts as one text; the pieces of that; and how far in the text this got. A piece
        is where it begins there, where it begins in the text, and how many characters of the text
        stand for one of its own.
    """
    most = _MOST_DECODED + len(text) // 20
    most_escapes = max(30_000 - len(text) // 40, 8_000)
    pieces: list[str] = []
    places: list[tuple[int, int, int]] = []
    length = last = end = 0
    blank = escapes.blank

    def plain(upto: int) -> str:
        return text[last:upto].replace(blank, " ") if blank else text[last:upto]

    def add_plain(upto: int, after: str = "") -> None:
        nonlocal length
        pieces.append(plain(upto) + after)
        places.append((length, last, 1))
        length += upto - last + len(after)

    for match in escapes.pattern.finditer(text):
        start, stop = match.span()
        if start > end > 0:
            end = _word_end(text, end)
        if start > end:  # far from the one before
            add_plain(end, "\n\n")
            last = max(end, start - escapes.near)
        if length + start - last > most or len(places) > most_escapes:
            return "".join(pieces), places or [(0, 0, 0)], last
        if start > last:
            pieces.append(plain(start))
            places.append((length, last, 1))
            length += start - last
        # A longer row is cut by the pattern, so that the limit holds for it, too.
        decoded = escapes.decoded(match.group())
        if decoded:
            pieces.append(decoded)
            places.append((length, start, (stop - start) // len(decoded)))
            length += len(decoded)
        last = stop
        end = last + escapes.near
    add_plain(_word_end(text, min(end, len(text))))
    return "".join(pieces), places, len(text)


def _word_end(text: str, place: int) -> int:
    """The end of the word or the key that a place is in."""
    word = _WORD.match(text, place)
    return word.end() if word else place


_WORD = re.compile(r"[-\w.~+/=]{0,300}")


# -- escapes that end in a letter or a digit -------------------------------------------------------

_END = "\0"
"""Ends what replaces an escape, so that it makes no new escape with what follows."""
FILLERS = f"\\{_END}"
"""The characters that replace escapes, other than those of `LETTER`."""
_LAST_IN_JSON = re.compile(r"\\u[0-9A-Fa-f]{4}(?=[0-9A-Za-z(+\[])")
LETTER = "\\" * 5 + "\x1a"
"""Replaces an escaped Latin letter, which an address may contain."""
FILLED = rf"(?:\\{{1,64}}x[0-9a-f]{{2}}){{0,3}}\\{{3,64}}[{LETTER[-1]}{FILLERS[-1]}]"
"""Finds what replaces a letter in a name: `LETTER`, or what replaces its bytes."""
_LATIN_IN_JSON = re.compile(r"\\u0(?:0[c-fC-F]|1[0-9a-fA-F])[0-9A-Fa-f](?=[0-9A-Za-z(+])")
_LAST_OF_BYTES = re.compile(r"\\x[0-9A-Fa-f]{2}(?=[0-9A-Za-z(+])")
_NEXT_IN_URL = re.compile(
    "%[0189A-Fa-f][0-9A-Fa-f](?:(?=[0-9A-Za-z(+])|(?<!%..%..)(?<=[0-9A-Za-z)]%..))"
)
"""Of several escapes in a row, the first and the last are enough."""
_SIGNS_IN_JSON = {
    rf"\u003{each}": sign.rjust(6, "\\")
    for sign, code in (("=", "dD"), (":", "aA"))
    for each in code
}
_QUOTES = {
    entity: quote.rjust(len(entity), "\\")
    for quote, entities in {
        '"': ("&quot;", "&#34;", "&#x22;"),
        "'": ("&apos;", "&#39;", "&#x27;"),
        "=": ("&equals;", "&#61;", "&#x3d;", "&#x3D;"),
        ":": ("&colon;", "&#58;", "&#x3a;", "&#x3A;"),
    }.items()
    for entity in entities
}
_QUOTE_IN_HTML = re.compile(f"&(?:{'|'.join(each[1:] for each in _QUOTES)})")
_ESCAPED_COLOUR = re.compile(r"\[(?:(?<=1[bB]\[)|(?<=033\[)|(?<=\\e\[))")
_ESCAPED_SIGN = re.compile(r"\\[xu/]")
_MOST_COLOURS = 8
_COLOURS = {
    mark: re.compile(rf"{start}(?:\[[0-9;:?]{{0,16}}[A-Za-z]|\([AB0])")
    for mark, start in (("\x1b", "\x1b"), ("\\", r"\\(?:x1[bB]|u001[bB]|033|e)"))
}


def without_escapes(text: str) -> str:
    """A text of the same length in which escapes that end in a letter or digit are replaced.

    In JSON, source code and terminal output, that letter or digit would be taken for a part of the
    number or the word that follows. What replaces it is mostly backslashes, which only passwords
    contain. Quotes of HTML, and the ``://`` of an address in JSON, become what they stand for.
    """
    has_backslash = "\\" in text
    if "\x1b" in text or (has_backslash and "[" in text and _ESCAPED_COLOUR.search(text)):
        for mark, colours in _COLOURS.items():
            if mark in text:
                text = _without_colours(text, colours)
    if has_backslash:
        if _ESCAPED_SIGN.search(text):
            text = _without_signs(text)
        for escape in ("\\n", "\\t", "\\r"):
            text = text.replace(escape, FILLERS)
    if "&" in text and _QUOTE_IN_HTML.search(text):
        for entity, quote in _QUOTES.items():
            text = text.replace(entity, quote)
    if "%" in text:
        text = _NEXT_IN_URL.sub(r"\\\\\\", text)
    return text


def _without_signs(text: str) -> str:
    if "\\x" in text:
        text = _LAST_OF_BYTES.sub(rf"\\\\\\{_END}", text)
    if "\\u" in text:
        for escape, sign in _SIGNS_IN_JSON.items():
            text = text.replace(escape, sign)
        text = _LATIN_IN_JSON.sub(lambda _: LETTER, text)
        text = _LAST_IN_JSON.sub(rf"\\\\\\\\\\{_END}", text)
    if "\\/" in text:
        for backslashes in ("\\", "\\" * 2, "\\" * 3):
            text = text.replace(f":{backslashes}/{backslashes}/", f"{backslashes * 2}://")
    return text


def _without_colours(text: str, colours: re.Pattern[str]) -> str:
    """Replace each colour everywhere at once, for a text repeats a few colours many times."""
    for _ in range(_MOST_COLOURS):
        colour = colours.search(text)
        if colour is None:
            return text
        text = text.replace(colour.group(), _backslashes(colour))
    return colours.sub(_backslashes, text)


def _backslashes(escapes: re.Match[str]) -> str:
    return "\\" * (len(escapes.group()) - 1) + _END
