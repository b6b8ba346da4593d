"""Searching texts: any case, any script, however the characters are composed and escaped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from hilt.core.exceptions import ConfigurationError

__all__ = ["TextQuery", "normalized", "texts_of"]

_MOST_TEXTS = 100_000
_PARTS = re.compile(r'"([^"]+)"|(\S+)')
_ASCII_RUN = re.compile(r"[a-z0-9]{2,}")
_ESCAPE = b"\\u"
# Characters that are equal to ASCII ones when texts are compared: ligatures, full-width letters,
# the Kelvin sign, the long and the sharp s, the Turkish I.
_LIKE_ASCII = re.compile(
    rb"\xef(?:\xac|\xbc|\xbd)|\xe2\x84|\xc5\xbf|\xc4\xb0|\xc3\x9f|\xe1\xba\x9e"
)


def normalized(text: str) -> str:
    """A text as it is compared: composed in the same way, without case."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", folded)


class TextQuery:
    """Words that texts must have, all of them, in any order; a phrase in quotes as it stands.

    Args:
        words: What is wanted, such as ``refund "order 42"``.

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
        """Whether each word is in one of some texts."""
        compared = [" ".join(normalized(text).split()) for text in texts]
        return all(any(term in text for text in compared) for term in self.terms)

    @property
    def needles(self) -> list[str]:
        """What a line has of each word; of a word that can be written in many ways nothing."""
        return [needle.decode() for needle in self._needles]

    def may_match(self, lines: bytes) -> bool:
        """Whether a line of JSON, or one of several, can have one of the words; False is certain.

        One of them is enough, as the others may be in another event of the same call.
        """
        if not self._needles:
            return True
        lower = lines.lower() if self._has_case else lines
        if any(needle in lower for needle in self._needles):
            return True
        # A text may also be written with escapes, or with characters that are equal to ASCII.
        return _ESCAPE in lines or (
            self._has_case and not lines.isascii() and _LIKE_ASCII.search(lines) is not None
        )


def texts_of(value: Any) -> list[str]:
    """Every text within a value of JSON, without the names of members."""
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


def _needle(term: str) -> bytes:
    """The longest part of a word that is written in one way only; empty if there is none."""
    pieces = [] if term.isascii() else [each for each in re.split(r"[\x00-\x7f]+", term) if each]
    stable = [piece for piece in pieces if all(map(_is_stable, piece))]
    if stable:
        return max(stable, key=len).encode()
    # What stands before a character that is composed may be written with it.
    plain = re.sub(r"[a-z0-9]?[^\x00-\x7f]+", " ", term)
    return max(_ASCII_RUN.findall(plain), key=len, default="").encode()


def _is_stable(character: str) -> bool:
    """Whether a character has no case and one form, as in Arabic, Chinese and Hebrew."""
    return (
        character.lower() == character.upper()
        and not unicodedata.combining(character)
        and unicodedata.decomposition(character) == ""
    )
