"""Values that are escaped as in a URL."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from hilt.privacy.candidates import BLOCK
from hilt.privacy.patterns import find


@pytest.mark.parametrize(
    "value",
    [
        "4111 1111 1111 1111",
        "+49 30 90182 4711",
        "DE89 3704 0044 0532 0130 00",
        "2001:db8:85a3::8a2e:370:7334",
        "ann(at)example.com",
        "https://ann:hunter2canary@db.example.org/x",
        "ann+x@example.com",
    ],
)
@pytest.mark.parametrize("quoted", [quote, quote_plus])
def test_values_that_are_escaped_in_a_url(value: str, quoted: Callable[[str], str]) -> None:
    """As in the query of a file's address; what is beside them stays."""
    text = f"See https://x.example.org/a%20b?q={quoted(value)}&size=100%25 and 50% of it"
    (found,) = find(text)
    shown = text[: found.start] + text[found.end :]
    assert quoted(value) in text[found.start : found.end] or "hunter2" in value
    assert not {"hunter2canary", quoted(value)} & set(shown.split("="))
    assert shown.endswith("size=100%25 and 50% of it")


def test_a_text_of_escapes_is_looked_through_as_far_as_there_is_time() -> None:
    """And hidden from there on."""
    text = "%41" * 100_000
    (block,) = find(text)
    assert (block.kind, block.end) == ("block", len(text))
    assert find("%41%20" * 1_000) == []


def test_what_follows_a_block_of_escapes_is_hidden() -> None:
    """The escapes that there is time for are decoded, and no finding before is lost."""
    text = f"4111%201111%201111%201111 ann@example.com {'%41b' * 100_000} ann@example.com"
    found = find(text)
    assert [each.kind for each in found] == ["card", "email", BLOCK]
    assert (found[0].end, found[-1].end) == (25, len(text))
