"""Texts in their normal form."""

from __future__ import annotations

import pytest

from hilt.genai.normal_text import normal_text, trimmed


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("Hi", "Hi"),
        (" Hi \n", "Hi"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("cafe\u0301", "caf\u00e9"),
        ("caf\u00e9", "caf\u00e9"),
        ("e\u0301" * 10_000, "e\u0301" * 10_000),
        (" \n", ""),
        ("\ud83d", "\ud83d"),
        ("a  b", "a  b"),
        ("a \n b", "a \n b"),
    ],
)
def test_normal_form_of_a_text(sent: str, normal: str) -> None:
    """Ends, line ends and composed characters are alike; what stands within is what was said."""
    assert normal_text(sent) == normal


def test_trimmed_text_keeps_its_characters() -> None:
    """Instructions are long, and come out of a program."""
    assert trimmed(" cafe\u0301\r\n") == "cafe\u0301"
