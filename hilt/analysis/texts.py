"""Searching texts in any case and script, however characters are composed and escaped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from hilt.core.exceptions import ConfigurationError

__all__ = ["TextQuery", "normalized", "texts_of"]

_MOST_TEXTS = 100_000
_MOST_FIRST_BYTES = 1000
_PARTS = re.compile(r'"([^"]+)"|(\S+)')
_ASCII_RUN = re.compile(r"[a-z0-9]{2,}")
_BACKSLASH = b"\\"
_ESCAPE = re.compile(rb"\\u")
# Characters that are equal to ASCII letters and digits when texts are compared, by their first
# byte: full-width ones, ligatures, superscripts, circled and mathematical ones, the Kelvin sign,
# the sharp s, the Turkish I, and so on.
_LIKE_ASCII = tuple(
    (first, re.compile(first + rest))
    for first, rest in (
        (b"\xc2", rb"[\xaa\xb2\xb3\xb9\xba\xbc-\xbe]"),
        (b"\xc3", rb"\x9f"),
        (b"\xc4", rb"[\xb0\xb2\xb3\xbf]"),
        (b"\xc5", rb"[\x80\x89\xbf]"),
        (b"\xc7", rb"[\x84-\x8c\xb1-\xb3]"),
        (b"\xca", rb"[\xb0\xb2\xb3\xb7\xb8]"),
        (b"\xcb", rb"[\xa1-\xa3]"),
        (b"\xe1", rb"[\xb4-\xb6]|\xe1\xba[\x9a\x9e]"),
        (b"\xe2", rb"[\x81\x82\x84-\x86\x91-\x93\xb1]"),
        (b"\xe3", rb"[\x89-\x8b\x8d-\x8f]"),
        (b"\xea", rb"\x9f"),
        (b"\xef", rb"\xac[\x80-\x86]|\xef\xbc[\x90-\x99\xa1-\xba]|\xef\xbd[\x81-\x9a]"),
        (b"\xf0", rb"\x9d[\x90-\x9f]|\xf0(?:\x9f[\x84-\x86\xaf]|\x90\x9e|\x9c\xb3)"),
    )
)


def normalized(text: str) -> str:
    """A text in the form in which texts are compared: composed, and without case."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", folded)


class TextQuery:
    """Words that texts must have, all of them, in any order; a phrase in quotes counts as one.

    Args:
        words: The words, such as ``refund "order 42"``.

    Raises:
        ConfigurationError: If there is no word.
    """

    def __init__(self, words: str) -> None:
        parts = [phrase or word.replace('"', "") for phrase, word in _PARTS.findall(words)]
        terms = (" ".join(normalized(part).split()) for part in parts)
        self.terms = tuple(term for term in terms if term)
        if not self.terms:
            raise ConfigurationError(f"text: {words!r} has no words to search for")
        self._needles = tuple(needle for term in self.terms if (needle := _needle(term)))
        self._has_case = any(needle.isascii() for needle in self._needles)

    def matches(self, texts: Iterable[str]) -> bool:
        """Whether each word is in at least one of some texts."""
        compared = [" ".join(normalized(text).split()) for text in texts]
        return all(any(term in text for text in compared) for term in self.terms)

    @property
    def needles(self) -> list[str]:
        """The part of each word that a line has as it is; none for one that has no such part."""
        return [needle.decode() for needle in self._needles]

    def may_match(self, line: bytes) -> bool:
        """Whether a line of JSON can have one of the words; False is certain.

        One of them is enough, as the others may be in another event of the same call.
        """
        return any(find(0) >= 0 for find in self.finders(line))

    def finders(self, lines: bytes) -> list[Callable[[int], int]]:
        """Functions that return the next place, from a position on, where a word may be, or -1."""
        if not self._needles:
            return [lambda start: start if start < len(lines) else -1]
        lower = lines.lower() if self._has_case else lines
        finders: list[Callable[[int], int]] = [
            partial(lower.find, needle) for needle in self._needles
        ]
        # A text may also have escapes, or characters that are equal to ASCII ones.
        if _BACKSLASH in lines:
            finders.append(partial(_find, lines, _BACKSLASH, _ESCAPE))
        if self._has_case and not lines.isascii():
            finders += [
                partial(_find, lines, first, pattern)
                for first, pattern in _LIKE_ASCII
                if first in lines
            ]
        return finders


def texts_of(value: Any) -> list[str]:
    """Every text within a JSON value, without the names of members."""
    texts: list[str] = []
    waiting = [value]
    while waiting and len(texts) < _MOST_TEXTS:
        each = waiting.pop()
        if isinstance(each, str):
            texts.append(each)
        elif isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
    return texts


def _find(lines: bytes, first: bytes, pattern: re.Pattern[bytes], start: int) -> int:
    """Where a pattern matches from a position on, or -1.

    To search for its first byte is forty times as fast as to search for the pattern, unless every
    second byte is one.
    """
    for _ in range(_MOST_FIRST_BYTES):
        start = lines.find(first, start)
        if start < 0 or pattern.match(lines, start):
            return start
        start += 1
    found = pattern.search(lines, start)
    return found.start() if found else -1


def _needle(term: str) -> bytes:
    """The longest part of a word that can be written in only one way; empty if there is none."""
    pieces = [] if term.isascii() else [each for each in re.split(r"[\x00-\x7f]+", term) if each]
    stable = [piece for piece in pieces if all(map(_is_stable, piece))]
    if stable:
        return max(stable, key=len).encode()
    # The letter before a non-ASCII character may be composed with it.
    plain = re.sub(r"[a-z0-9]?[^\x00-\x7f]+", " ", term)
    return max(_ASCII_RUN.findall(plain), key=len, default="").encode()


def _is_stable(character: str) -> bool:
    """Whether a character has no case and one form, as in Arabic, Chinese and Hebrew."""
    return (
        character.lower() == character.upper()
        and not unicodedata.combining(character)
        and unicodedata.decomposition(character) == ""
    )
