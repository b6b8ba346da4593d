"""Texts in their normal form: what storing and sending them again may change is made alike."""

from __future__ import annotations

from unicodedata import normalize

__all__ = ["exact_text", "normal_text", "trimmed"]

_LONGEST_COMPOSED = 10_000  # characters: a longer text that is not ASCII is compared as it is


def exact_text(text: str) -> str:
    """A text as a ``str``, also if a template has made it: those escape what is added to them."""
    return text if type(text) is str else str.__str__(text)


def normal_text(text: str) -> str:
    """A text without the spaces at its ends, with line feeds as line ends, and composed (NFC)."""
    if not text.isascii() and len(text) <= _LONGEST_COMPOSED:
        text = normalize("NFC", text)
    return trimmed(text) if "\r" in text else text.strip()


def trimmed(text: str) -> str:
    """A text without the spaces at its ends, and with line feeds as line ends."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip()
