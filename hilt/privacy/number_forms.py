"""The forms of numbers that identify a person: phones, cards, national ids.

One regular expression knows all of them. It is a tree that is gone down by the length of each group
of digits, so that a number of no form fails after a few steps, and a table of numbers takes no
longer than prose. It begins with the character before a number, so that the digits within a group
are passed over at once, and it only looks ahead, so that numbers which overlap are all seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["NUMBER", "NUMBER_OR_LETTERS", "OTHER_DIGITS", "form_of", "normalized", "outline_of"]

_END = r"(?![0-9A-Za-z_%]|[.-][0-9])"
_END_BEFORE_TIME = r"(?![0-9A-Za-z_%]|[.-][0-9]|(?<![0-9]{3}):[0-5][0-9](?![0-9]))"
"""After what may have any number of groups: an hour is none, as in ``030 1234567 10:30``."""
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
        return rf"{_S}?\d{{1,4}}(?:{_S}?\d{{1,3}})?{mark('card')}"

    def national() -> str:
        return rf"(?:[ /.-]{{1,3}}\d{{2,8}}){{1,5}}{mark('national', _END_BEFORE_TIME)}"

    def international() -> str:
        return rf"[1-9](?:[ ./()-]{{0,3}}\d){{6,14}}{mark('intl', _END_BEFORE_TIME)}"

    def nanp() -> str:
        return rf"\d{{3}}[ .-]?\d{{4}}(?:x\d{{1,5}})?{mark('nanp')}"

    def russian() -> str:
        return rf"\d{{3}}[ -]?\d\d[ -]?\d\d{mark('pairs')}"

    def french() -> str:
        return rf"(?:0[1-9]|1[0-2]|[2-9]\d)[ ]?\d\d[ ]?\d{{3}}[ ]?\d{{3}}[ ]?\d\d{mark('fr_nir')}"

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
    four = rf"""
      [ .-](?:
          (?<=[2-9]....)\d{{4}}{_S}?\d{{4}}(?:{card()}|{mark("in_uid")})
        | (?<=3....)\d{{6}}{_S}?\d{{4,5}}{mark("card")}
        | (?<=1[2-9]...){nanp()}
        | (?<=8...[ -]){russian()})"""
    five = rf"(?<=[6-9]....)[ -]\d{{5}}{mark('pairs')}"

    def six() -> str:
        return rf"""
      [-+](?:
          \d{{7}}{mark("kr_rrn")}
        | \d{{4}}{mark("nordic")}
        | \d{{3}}[A-Y]{mark("letters")})
    | A\d{{3}}[0-9A-Y]{mark("letters")}"""

    eight = rf"""
      [ .-](?:
          (?<=[2-6]........)\d{{4}}{card()}
        | (?<=(?:19|20)......-)\d{{4}}{mark("nordic")})
    | [A-Z]{mark("letters")}
    | -[A-Z]{mark("letters")}"""
    ten = rf"(?<=3.........)[ .-]\d{{4,5}}{mark('card')}"
    twelve = rf"""
      (?<=[2-6]...........)[ .-]\d{{1,4}}(?:{_S}?\d{{1,3}})?{mark("card")}"""
    # 20 digits and more are nobody's number.
    more = rf"""
      (?!\d{{8}})(?:
          (?<=[2-8]...........)\d{{1,7}}(?:{_S}\d{{1,3}})?[Xx]?{mark("long")}
        | (?<=[2-8]...........)\d{{1,7}}[Xx]?{mark("long")}
        | (?<=[1278]...........)\d(?:\d\d|[ ]?\d\d){mark("long")}
        | (?<=1...........)\d{{5}}[0-9Xx]{mark("long")})"""
    zero = rf"""
          \d\d-\d\d-\d{{4}}{mark("us_ssn")}
        | \d\d\.\d{{3}}\.\d{{3}}-\d\d{mark("br_cpf")}
        | \d\.\d\d\.\d\d-\d{{3}}\.\d\d{mark("be_nn")}
        | \d{{5}}(?:{six()}|\d\d-?[A-Z]{mark("letters")})
        | \d{{10}}{mark("eleven")}
        | 0(?=[1-9]\d?[ ./(-]){international()}
        | 0[1-9]\d{{9,12}}{mark("intl")}
        | [1-9](?:
              \d{{8}}{mark("plain0")}
            | (?=\d{{0,4}}\)?[ /.-]{{1,3}}\d\d)(?=(?:[^0-9]{{0,3}}\d){{7}})
                \d{{0,4}}\)?{national()})"""
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
          0[1-9]\d{{0,4}}\)(?=[ /.-]{{1,3}}\d\d){national()}
        | [2-9]\d\d\)[ -]?{nanp()}
        | [1-9]{{2}}\)[ ]?9?\d{{4}}-\d{{4}}{mark("pairs")})"""
    return rf"{digits}|0(?:{zero})|\+{international()}|{parentheses}"


# National ids and bank accounts that begin with letters.
_LETTERS = r"""
    [A-Za-z](?:
        [A-Za-z](?:
            \d\d(?:[ ]?\d\d[ ]?\d\d[ ]?[A-D]|[ -]?[A-Za-z0-9]{4})
          | [ ]\d\d[ ]?\d\d[ ]?\d\d[ ]?[A-D]
          | (?<=[A-Z]{2})[A-Z][A-Z](?:
                \d{6}[HM]
              | [A-Z](?:\d{4}[A-Z]|[A-Z][0-9L-V]{2}[A-EHLMPRST][0-9L-V]{2}[A-Z])))
      | (?<=[XYZ])-?\d{7}-?[A-Z])"""


def _compiled(tree: str) -> re.Pattern[bytes]:
    before = "[^0-9A-Za-z_+.$%-]"
    return re.compile(f"{before}(?={tree})".replace(r"\d", "[0-9]").encode(), re.VERBOSE)


NUMBER = _compiled(_tree(_Marks()))
"""Finds the place before each number that has a form; `form_of` says which. For `normalized`."""

NUMBER_OR_LETTERS = _compiled(f"{_tree(_Marks())}|{_LETTERS}")
"""As `NUMBER`, and each place where an id may begin with letters."""

_FORMS = {index: name.partition("__")[0] for name, index in NUMBER.groupindex.items()}


def form_of(index: int | None) -> str:
    """The name of a number's form, as in `hilt.privacy.check_digits.CHECKS`, or ``letters``.

    Args:
        index: The ``lastindex`` of what was found.
    """
    return _FORMS.get(index or 0, "letters")


_SEPARATORS = {"\u202f": " ", "\u2009": " ", "\u2010": "-", "\u2011": "-", "\u2013": "-"}
_SIGNS = {"\u20ac": "$", "\uff0b": "+"}
OTHER_DIGITS = re.compile("[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\uff10-\uff19]")
"""Arabic, Persian, Hindi, Bengali and full-width digits."""
_OTHER_ZEROS = (0x660, 0x6F0, 0x966, 0x9E6, 0xFF10)
_LATIN = bytes(
    each
    if each < 128  # noqa: PLR2004 # ASCII
    else ord({"\u00a0": " ", "\u00a3": "$"}.get(chr(each), "z" if chr(each).isalnum() else "?"))
    for each in range(256)
)


def normalized(text: str) -> bytes:
    """A text with one byte for each character, and one byte before all, for `NUMBER`.

    Letters stay letters as far as they are Latin, other characters are question marks; blanks,
    dashes and digits of all kinds are the usual ones.
    """
    if text.isascii():
        return b"\n" + text.encode()
    try:
        return b"\n" + text.encode("latin-1").translate(_LATIN)
    except UnicodeEncodeError:
        pass
    for each, usual in (_SEPARATORS | _SIGNS).items():
        text = text.replace(each, usual)
    if OTHER_DIGITS.search(text):
        for zero in _OTHER_ZEROS:
            for digit in range(10):
                text = text.replace(chr(zero + digit), str(digit))
    return b"\n" + text.encode("latin-1", "replace").translate(_LATIN)


_OUTLINE = bytes(
    ord("0" if chr(each).isdigit() else "A" if chr(each).isupper() else "a")
    if chr(each).isalnum() and each < 128  # noqa: PLR2004 # ASCII
    else each
    for each in range(256)
)


def outline_of(data: bytes) -> bytes:
    """What `normalized` made, with ``0`` for each digit, and ``A`` and ``a`` for each letter.

    One byte is found faster in a text than one of several.
    """
    return data.translate(_OUTLINE)
