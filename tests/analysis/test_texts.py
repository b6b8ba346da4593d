"""Searching texts."""

from __future__ import annotations

import json
import re

import pytest

from hilt.analysis.texts import TextQuery, normalized, texts_of


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("refund", "The REFUND is due"),
        ("größe", "GRÖSSE"),
        ("STRASSE", "Straße"),
        ("caf\u00e9", "cafe\u0301"),
        ("cafe\u0301", "CAF\u00c9"),
        ("طلبي", "أين طلبي من فضلك؟"),
        ("订单", "我的订单在哪里"),
        ("file", "\ufb01le"),
        ("kelvin", "\u212aelvin"),
        ("order ready", "Ready is your order"),
        ('"order 42"', "my order  42 please"),
        ("مرحبا hello", "hello مرحبا"),
        ("straße", "STRASSE"),
        ("?", "why?"),
    ],
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_texts_with_the_words(words, text, ascii_only):
    """In any case and script, however composed, and however the JSON is escaped."""
    line = json.dumps({"text": text}, ensure_ascii=ascii_only).encode()
    query = TextQuery(words)

    assert query.may_match(line)
    assert query.matches([text])


@pytest.mark.parametrize(
    ("words", "text"), [("refund", "fund"), ('"order 42"', "42 order"), ("订单", "订")]
)
def test_texts_without_them(words, text):
    """Part of the words is not enough."""
    assert not TextQuery(words).matches([text])


def test_most_lines_need_no_decoding():
    """A line that certainly does not have a word is passed over by its bytes."""
    line = json.dumps({"text": "Hello"}).encode()

    assert not TextQuery("refund").may_match(line)
    assert not TextQuery("订单").may_match(line)


def test_every_character_that_is_equal_to_ascii_may_match():
    """Whatever Unicode composes of letters and digits, a line that has it is decoded."""
    query = TextQuery("zz")
    missed = [
        character
        for character in map(chr, [*range(0x80, 0xD800), *range(0xE000, 0x20000)])
        if re.search("[a-z0-9]", normalized(character)) and not query.may_match(character.encode())
    ]

    assert missed == []


def test_few_first_bytes_and_many_give_the_same_places():
    """Characters that begin as those that are equal to ASCII are many in some scripts."""
    kana = "\u304b" * 5000
    query = TextQuery("kg")

    assert not query.may_match(kana.encode())
    assert query.may_match(f"{kana}\u338f{kana}".encode())


def test_texts_of_json():
    """Names of members are no texts."""
    assert sorted(texts_of({"a": ["x", {"b": "y"}], "c": 1})) == ["x", "y"]
