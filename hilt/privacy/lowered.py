"""A text in lower case, and faster ways to tell which words may be in it."""

from __future__ import annotations

from collections.abc import Iterable
from string import ascii_lowercase

from hilt.privacy.candidates import LONG_TEXT
from hilt.privacy.number_forms import normalized

__all__ = ["Lowered", "as_searched"]

_LENGTHENED = "\u0130"
"""The one letter whose length differs in lower case, which would shift what follows."""
_LIKE_ASCII = (_LENGTHENED, "\u212a")
"""Letters beyond ASCII that become ASCII letters in lower case."""
_NOT_LETTERS = bytes(each for each in range(256) if not chr(each).islower() or each > 127)  # noqa: PLR2004


def as_searched(word: str) -> str:
    """What to search `Lowered.words` for, to see whether a word may be in the text."""
    return normalized(word)[1:].decode("latin-1")


class Lowered:
    """A text in lower case.

    Args:
        text: The text.
        data: The text as `hilt.privacy.number_forms.normalized` makes it.
        only_letters: Whether it is faster to search for words in its letters alone.
    """

    __slots__ = ("_absent", "_lower", "data", "given", "only_letters", "words")

    def __init__(self, text: str, data: bytes, *, only_letters: bool) -> None:
        self.given = text
        """The text as it is."""
        self.only_letters = only_letters
        """Whether `words` has letters alone, and so takes less time to search than the text."""
        self._lower: str | None = None
        if text.isascii():
            self.data = self._lower = text.lower()
        elif any(each in text for each in _LIKE_ASCII):
            self.data = normalized(self.text)[1:].decode("latin-1")
        else:
            self.data = data[1:].lower().decode("latin-1")
        """The text in lower case, as one Latin-1 character for each of its characters."""
        self.words = self.data
        """A word that is not in this is not in the text; see `as_searched`."""
        if only_letters:
            self.words = self.data.encode("latin-1").translate(None, _NOT_LETTERS).decode("latin-1")

        self._absent: frozenset[str] = frozenset()
        if len(text) > LONG_TEXT:
            self._absent = frozenset(each for each in ascii_lowercase if each not in self.words)

    def possible(self, words: Iterable[str]) -> Iterable[str]:
        """The words whose letters all occur in a long text; all of them for a short one.

        A search for a letter takes much less time than one for a word.
        """
        if not self._absent:
            return words
        return [each for each in words if self._absent.isdisjoint(each)]

    @property
    def text(self) -> str:
        """The text in lower case; made only when it is asked for, after a word was found."""
        if self._lower is None:
            self._lower = self.given.replace(_LENGTHENED, "i").lower()
        return self._lower
