"""The forms of numbers that identify a person: phones, cards, national ids.

One regular expression covers all of them. It is a tree that branches by the length of each group of
digits, so that a number of no known form fails after a few steps, and a table of numbers takes no
longer than prose. It begins with the character before a number, so that the digits within a group
are skipped at once, and it only looks ahead, so that numbers which overlap are all found.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from string import ascii_letters
from typing import Any

from hilt.privacy.long_search import LongSearch

__all__ = [
    "FORMS",
    "LONG_NUMBERS",
    "NO_LETTERS",
    "NO_LETTERS_OR_DIGITS",
    "NUMBER",
    "NUMBER_OR_LETTERS",
    "ORDINALS",
    "OTHER_DIGITS",
    "is_letter",
    "normalized",
    "outline_of",
]

_END = r"(?![0-9A-Za-z_%]|[.-][0-9])"
_END_BEFORE_TIME = r"(?![0-9A-Za-z_%]|[.-][0-9]|(?<![0-9]{3}):[0-5][0-9](?![0-9]))"
"""After a form with any number of groups: a time is no group, as in ``030 1234567 10:30``."""
_S = "[ .-]"


class _Marks:
    """Names the end of each form by an empty group; one form may end in several places."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, form: str, end: str = _END) -> str:
        self._count += 1
        return f"(?P<{form}__{self._count}>){end}"


def _tree(mark: Callable[..., str]) -> str:
    def card() -> str:
        return rf"{_S}?{last_of_card()}"

    def last_of_card() -> str:
        one_group = rf"\d{{1,7}}(?![0-9]){mark('card')}"
        return rf"(?!\d{{8}})(?:\d{{1,4}}[ .-]\d{{1,3}}(?![0-9]){mark('card')}|{one_group})"

    def national() -> str:
        return rf"(?:[ /.-]{{1,3}}\d{{2,8}}(?![0-9])){{1,5}}{mark('national', _END_BEFORE_TIME)}"

    def international() -> str:  # another number follows a slash and a zero
        more = r"(?:(?![ ]/[ ]0)[ ./()~-]{0,3}\d)"
        ends = mark("intl", _END_BEFORE_TIME)
        return rf"[1-9](?={more}{{6}})(?:{more}{{6,14}}{ends}|{mark('none', '')})"

    def nanp() -> str:
        return rf"\d{{3}}[ .-]?\d{{4}}(?:x\d{{1,5}})?{mark('nanp')}"

    def russian() -> str:
        return rf"\d{{3}}[ -]?\d\d[ -]?\d\d{mark('pairs')}"

    def french() -> str:
        return rf"(?:0[1-9]|1[0-2]|[2-9]\d)[ ]?\d\d[ ]?\d{{3}}[ ]?\d{{3}}[ ]?\d\d{mark('fr_nir')}"

    def letters() -> str:  # `hilt.privacy.lettered_ids` looks at what follows
        return mark("letters", "(?![0-9A-Za-z_])")

    one = rf"""
      [ .-](?:
          \d\d(?:
              (?<=[2-9].)\d[ .-]{nanp()}
            | (?<=[1278]...)[ ]{french()}
            | \d[ -](?<=8[ -]....){russian()})
        | \((?:
              [2-9]\d\d\)[ -]?{nanp()}
            | \d{{3}}\)(?<=8[ -].....)[ ]?{russian()}))
    | \(\d{{3}}\)(?:
          (?<=8.....)[ ]?{russian()}
        | (?<=[2-9]...)[ -]?{nanp()})"""
    two = rf"""
      [ .)](?:
          \d\d(?:
              \.\d\d-\d{{3}}\.\d\d{mark("be_nn")}
            | \d\.\d{{3}}-?[A-Z]{letters()}
            | \d[ ]\d{{3}}[ ]\d{{3}}{mark("de_spaced")}
            | \d\d-(?<=[1-9][ )].....)\d{{4}}{mark("pairs")}
            | \d\d\d-(?<=[1-9][ )]9.....)\d{{4}}{mark("pairs")})
        | [ ](?<=[1-9]\)[ ])9?\d{{4}}-\d{{4}}{mark("pairs")})"""
    three = rf"""
      [ .-]\d\d(?:
          {_S}(?:
              \d{{4}}{mark("us_ssn")}
            | (?<=[6-9]......)\d\d[ .]\d\d{mark("pairs")}
            | (?<=[1278]......){french()})
        | \d(?:
              [ .-](?:
                  \d{{3}}(?:{mark("nine")}|-\d\d{mark("br_cpf")})
                | (?<=[2-9].......)\d{{4}}(?:x\d{{1,5}})?{mark("nanp")}
                | (?<=9.......)\d\d[ ]\d\d{mark("pairs")})
            | \d(?:
                  (?<=1[3-9]......)[ -]\d{{4}}{mark("pairs")}
                | (?<=756.....){_S}?\d{{4}}{_S}?\d\d{mark("ch_ahv")}
                | (?<=[2-9].......)\d{{3}}{mark("nanp")})))"""
    others = "|".join(rf"{gap}\d{{4}}{gap}\d{{4}}{gap}" for gap in ("/", "_", "~", "[|]", "[?]"))
    four = rf"""
      [ .-](?:
          (?<=[2-9]....)\d{{4}}{_S}?\d{{4}}(?:{card()}|{mark("in_uid")})
        | (?<=3....)\d{{6}}{_S}?\d{{4,5}}{mark("card")}
        | (?<=1[2-9]...){nanp()}
        | (?<=8...[ -]){russian()})
    | (?=[/_~|?]\d{{4}}[/_~|?])(?<=[2-6]...)(?:{others})\d{{4}}(?![0-9]){mark("card")}"""
    five = rf"(?<=[6-9]....)[ -]\d{{5}}{mark('pairs')}"

    def six() -> str:
        return rf"""
      [-+](?:
          \d{{7}}{mark("kr_rrn")}
        | \d{{4}}{mark("nordic")}
        | \d{{3}}[A-Y]{letters()})
    | A\d{{3}}[0-9A-Y]{letters()}"""

    eight = rf"""
      [ .-](?:
          (?<=[2-6]........)\d{{4}}{card()}
        | (?<=(?:19|20)......-)\d{{4}}{mark("nordic")})
    | [A-Z]{letters()}
    | -[A-Z]{letters()}
    | \d-\d\d{mark("br_cpf")}"""
    ten = rf"(?<=3.........)[ .-]\d{{4,5}}{mark('card')}"
    twelve = rf"""
      (?<=[2-6]...........)[ .-]{last_of_card()}"""
    # 20 digits and more are nobody's number.
    more = rf"""
      (?!\d{{8}})(?:
          (?<=[2-8]...........)\d{{1,7}}(?:{_S}\d{{1,3}})?[Xx]?{mark("long")}
        | (?<=[2-8]...........)\d{{1,7}}[Xx]?{mark("long")}
        | (?<=[1278]...........)\d(?:\d\d|[ ]?\d\d){mark("long")}
        | (?<=1...........)\d{{5}}[0-9Xx]{mark("long")})"""
    zero = rf"""
          \d(?:
              \d(?:
                  -\d\d-\d{{4}}{mark("us_ssn")}
                | \.\d{{3}}\.\d{{3}}-\d\d{mark("br_cpf")}
                | \d\d\d(?:{six()}|\d\d(?:-?[A-Z]{letters()}|\d\d\d{mark("eleven")})))
            | \.\d\d\.\d\d-\d{{3}}\.\d\d{mark("be_nn")})
        | 0(?=[1-9])(?:(?=\d\d?[ ./(-]){international()}
            | \d{{10,13}}{mark("intl")})
        | [1-9](?:
              \d{{8}}{mark("plain0")}
            | (?=\d{{0,4}}(?:\)[ /.-]|[ /.-])(?:\d\d|[ /.-]{{1,2}}\d\d))(?=(?:[^0-9]{{0,3}}\d){{7}})
                (?:\d{{0,4}}(?![0-9])\)?{national()}|{mark("none", "")}))
        | [ (](?:
              5\d\d[ ]\d{{3}}[ ]\d\d[ ]?\d\d{mark("pairs")}
            | \(?(?<=\()[1-9]\d\d\)[ ]?\d{{3}}[ -]?\d\d[ -]?\d\d{mark("pairs")})"""
    digits = rf"""
      [1-9](?:
        \d(?:
          \d(?:
            \d(?:
              {four}
            | \d(?:
                {five}
              | \d(?:
                  {six()}
                | \d\d(?:
                    {eight}
                  | \d\d(?:
                      {ten}
                    | \d(?:{mark("eleven")}|\d(?:{twelve}|{more})))))))
          | {three})
        | {two})
      | {one})"""
    parentheses = rf"""
      \((?:
          0[1-9]\d{{0,4}}\)(?=[ /.-](?:\d\d|[ /.-]{{1,2}}\d\d)){national()}
        | [2-9]\d\d\)[ -]?{nanp()}
        | [1-9]{{2}}\)[ ]?9?\d{{4}}-\d{{4}}{mark("pairs")})"""
    return rf"{digits}|0(?:{zero})|\+{international()}|{parentheses}"


# National ids and bank accounts that begin with letters.
_LETTERS = r"""
    [A-Za-z](?:
        [A-Za-z](?:
            \d\d(?:[ ]?\d\d[ ]?\d\d[ ]?[A-D]|[ \n-]{0,2}[A-Za-z0-9]{4})
          | [ ]\d\d(?:[ ]?\d\d[ ]?\d\d[ ]?[A-D]|[ ][A-Z0-9]{4}[ ]\d)
          | [A-Z][ ][A-Z]{3}[ ]\d[0-9L-V][A-EHLMPRST]
          | (?<=[A-Z]{2})[A-Z][A-Z](?:
                \d{6}[HM]
              | [A-Z](?:\d{4}[A-Z]|[A-Z][0-9L-V]{2}[A-EHLMPRST][0-9L-V]{2}[A-Z])))
      | (?<=[XYZ])-?\d{7}-?[A-Z])"""


_BEFORE = "[^0-9A-Za-z_+.$%-]"


def _compiled(tree: str) -> re.Pattern[bytes]:
    return re.compile(f"{_BEFORE}(?={tree})".replace(r"\d", "[0-9]").encode(), re.VERBOSE)


NUMBER = _compiled(_tree(_Marks()))
"""Finds, in what `normalized` returns, the place before each number of a form; see `FORMS`."""

NUMBER_OR_LETTERS = _compiled(f"{_tree(_Marks())}|{_LETTERS}")
"""Like `NUMBER`, and finds each place where an id may begin with letters, too."""

_NEAR_BEGINNING = {
    **dict.fromkeys("0123456789+", "1"),
    **dict.fromkeys(ascii_letters, "A"),
    **dict.fromkeys("_.$%-", "-"),
}
_BEGINNINGS = "".join(_NEAR_BEGINNING.get(chr(each), " ") for each in range(256)).encode()
"""Turns bytes into what begins a number (``1``) or an id with letters (``A``), what stands before
neither (``-``), and all else (a blank)."""


def _beginnings(part: bytes) -> int:
    outline = part.translate(_BEGINNINGS)
    return outline.count(b" 1") + outline.count(b" A")


LONG_NUMBERS = LongSearch(
    f"{_BEFORE}(?:{_tree(_Marks())}|{_LETTERS})".replace(r"\d", "[0-9]"),
    longest=80,
    beginnings=_beginnings,
    far_apart=14,
)
"""Finds what `NUMBER_OR_LETTERS` does."""

FORMS: Mapping[int | None, str] = {
    None: "letters",
    **{index: name.partition("__")[0] for name, index in NUMBER.groupindex.items()},
}
"""The name of the form by the ``lastindex`` of a match: as in `hilt.privacy.check_digits.CHECKS`;
or ``letters``; or ``none``, for what begins like a number and has no form.
"""


ORDINALS = "\u00aa\u00ba"
"""Letters to Unicode, but a number may follow them, as in ``n\u00ba12345678Z``."""
NO_LETTERS = rf"{ORDINALS}\u0e00-\U0010ffff"
"""In a class of characters: letters that may be right beside a value. Thai, Chinese, Japanese and
others, which have no blanks between words, begin at U+0E00."""
NO_LETTERS_OR_DIGITS = rf"{ORDINALS}\u0e00-\uff0f\uff1a-\U0010ffff"
"""Like `NO_LETTERS`, without the full-width digits."""


def is_letter(character: str) -> bool:
    """Whether a character is a letter or a digit that may not be right beside a value.

    Args:
        character: One, or none.
    """
    return character.isalnum() and character < "\u0e00" and character not in ORDINALS


OTHER_DIGITS = re.compile("[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\uff10-\uff19]")
"""Arabic, Persian, Hindi, Bengali and full-width digits."""
_OTHER_ZEROS = (0x660, 0x6F0, 0x966, 0x9E6, 0xFF10)
_USUAL = {
    **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2008\u2009\u202f\u3000", " "),
    **dict.fromkeys("\uff0d\u2212", " "),  # wide dashes; a number may begin behind one
    **dict.fromkeys("\u2010\u2011\u2013", "-"),
    **dict.fromkeys("\u00a3\u20ac", "$"),
    **dict(zip("\uff0b\uff08\uff09", "+()", strict=True)),
    **{chr(zero + digit): str(digit) for zero in _OTHER_ZEROS for digit in range(10)},
}
"""Blanks, dashes, signs and digits beyond ASCII, and what stands for them."""
_LETTERS_OF_LATIN = {each for each in map(chr, range(128, 256)) if each.isalnum()} - {*ORDINALS}
_LATIN = bytes(
    each
    if each < 128  # noqa: PLR2004 # ASCII
    else ord(_USUAL.get(chr(each), "z" if chr(each) in _LETTERS_OF_LATIN else "?"))
    for each in range(256)
)


def _bytes_of_all() -> tuple[Any, bytes]:
    """An encoding of the 256 characters that matter, and a table of what its bytes stand for.

    Any other character becomes a question mark, most control characters among them.
    """
    usual = {chr(each): chr(_LATIN[each]) for each in range(256)} | _USUAL
    others = [each for each in usual if not each.isascii() and usual[each] != "?"]
    ordinary = list(map(chr, range(0x20, 0x80)))
    known = ["\0", "\n", *ordinary, *others]  # NUL has to be the first
    stand_for = "".join(usual.get(each, "?") for each in known).ljust(256, "?")
    return codecs.charmap_build("".join(known).ljust(256, "\ufffe")), stand_for.encode("ascii")


_ENCODING, _USUAL_BYTES = _bytes_of_all()


def normalized(text: str) -> bytes:
    """A line feed and one byte for each character of a text, for `NUMBER`.

    Latin letters stay letters; blanks, dashes and digits of all kinds become those of ASCII; any
    other character beyond ASCII becomes a question mark.
    """
    if text.isascii():
        return b"\n" + text.encode()
    try:
        return b"\n" + text.encode("latin-1").translate(_LATIN)
    except UnicodeEncodeError:
        pass
    return b"\n" + codecs.charmap_encode(text, "replace", _ENCODING)[0].translate(_USUAL_BYTES)


_OUTLINE = bytes(
    ord("0" if chr(each).isdigit() else "A" if chr(each).isupper() else "a")
    if chr(each).isalnum() and each < 128  # noqa: PLR2004 # ASCII
    else each
    for each in range(256)
)


def outline_of(data: bytes) -> bytes:
    """What `normalized` made, with ``0`` for each digit, and ``A`` and ``a`` for each letter.

    It is faster to search for one byte than for one of several.
    """
    return data.translate(_OUTLINE)
