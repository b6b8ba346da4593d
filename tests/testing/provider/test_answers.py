"""Answers and requests, independent of any provider's API."""

from __future__ import annotations

import pytest

from hilt.testing.provider.answers import Answer, ParsedRequest, Tokens, ToolCall, count_tokens


@pytest.mark.parametrize(
    ("arguments", "json", "value"),
    [
        ({"city": "Oslo"}, '{"city": "Oslo"}', {"city": "Oslo"}),
        ('{"city": "Oslo"}', '{"city": "Oslo"}', {"city": "Oslo"}),
        ("", "", {}),
        ("{broken", "{broken", {"_raw": "{broken"}),
    ],
)
def test_arguments_are_text_or_an_object(arguments, json, value):
    """Arguments are sent as text or as an object, whichever they were given as."""
    call = ToolCall("weather", arguments)

    assert (call.json, call.value) == (json, value)


@pytest.mark.parametrize(
    ("answer", "pieces"),
    [
        (Answer("It rains today."), ["It", " rains", " today."]),
        (Answer("It rains.", chunks=["It r", "ains."]), ["It r", "ains."]),
        (Answer("  "), ["  "]),
        (Answer(""), []),
        (Answer(None), []),
    ],
)
def test_a_stream_sends_words(answer, pieces):
    """Without chunks, the pieces are words; together they are the text."""
    assert answer.pieces == pieces


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer("Hi"), "stop"),
        (Answer(tool_calls=[ToolCall("weather")]), "tool_call"),
        (Answer("Hi", finish_reason="length"), "length"),
    ],
)
def test_finish_reason(answer, reason):
    """It is the given one, else what the answer is."""
    assert answer.reason == reason


def test_an_empty_answer_has_no_choices():
    """Only an answer with some content is a choice; the further choices follow it."""
    other = Answer("Hello")

    assert Answer().all_choices == []
    assert Answer("Hi", choices=[other]).all_choices == [Answer("Hi", choices=[other]), other]
    assert len(Answer("", choices=[other]).all_choices) == 2


def message(role, *parts):
    """A message with parts."""
    return {"role": role, "parts": list(parts)}


def text(content):
    """A part with text."""
    return {"type": "text", "content": content}


def result(response):
    """A part with a tool's result."""
    return {"type": "tool_call_response", "response": response}


def request(*messages, **fields):
    """A request to a chat API."""
    return ParsedRequest("openai.chat", "chat", "gpt-4o", {}, messages=messages, **fields)


def test_text_is_that_of_the_newest_user_message():
    """Messages of others, and user messages without a text, are passed over."""
    asked = request(
        message("user", text("First")),
        message("user", text("Sec"), text("ond")),
        message("assistant", text("Hm")),
        message("user", result(1)),
    )

    assert asked.text == "Second"
    assert request().text == ""


def test_tool_results_are_those_of_the_newest_messages():
    """The results after the last answer count, in their order."""
    asked = request(
        message("tool", result("old")),
        message("assistant", text("Hm")),
        message("tool", result("one"), result("two")),
        message("tool", result("three")),
    )

    assert asked.tool_results == ["one", "two", "three"]


def test_tokens_are_computed_from_the_texts():
    """Counts that the answer does not have come from the texts; given ones are kept."""
    asked = request(message("user", text("What is Python?")), inputs=["One two"])

    assert asked.counted(Answer("A language.")) == Tokens(4 + 4 + 2, 4 + 1)
    assert asked.counted(Answer("Hi", tokens=Tokens(7, 8, 1, 2, 3))) == Tokens(7, 8, 1, 2, 3)
    assert asked.counted(Answer("Hi", tokens=Tokens(cached=5))).prompt == 4 + 4 + 2 + 5


@pytest.mark.parametrize(
    ("content", "tokens"), [("", 0), ("Hi", 1), ("Python?", 2), ("extraordinary", 3), ("漢字", 1)]
)
def test_count_tokens(content, tokens):
    """About a token for six letters or a mark."""
    assert count_tokens(content) == tokens
