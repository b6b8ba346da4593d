"""A text in lower case, and what tells in less time which words are in it."""

from __future__ import annotations

from functools import cached_property

from hilt.privacy.number_forms import normalized

__all__ = ["Lowered", "as_searched"]

_LENGTHENED = "\u0130"
"""The one letter that has another length in lower case: places would differ."""
_LIKE_ASCII = (_LENGTHENED, "\u212a")
"""Letters beyond ASCII that are one of it in lower case."""
_NOT_LETTERS = bytes(each for each in range(256) if not chr(each).islower() or each > 127)  # noqa: PLR2004


def as_searched(word: str) -> bytes:
    """What is searched for in `Lowered.words`, to see whether a word may be in the text."""
    return normalized(word)[1:]


class Lowered:
    """A text in lower case.

    Args:
        text: The text.
        data: The text as `hilt.privacy.number_forms.normalized` makes it.
        only_letters: Whether words are faster to look for among its letters alone.
    """

    def __init__(self, text: str, data: bytes, *, only_letters: bool) -> None:
        self.given = text
        """The text as it is."""
        if not text.isascii() and any(each in text for each in _LIKE_ASCII):
            data = normalized(self.text)
        self.data = data.lower()
        """One byte for each character."""
        self.words = self.data.translate(None, _NOT_LETTERS) if only_letters else self.data
        """Where a word is not in it, it is not in the text."""

    @cached_property
    def text(self) -> str:
        """The text itself; it is only made where a word is in it."""
        return self.given.replace(_LENGTHENED, "i").lower()
