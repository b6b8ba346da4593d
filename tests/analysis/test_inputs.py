"""The exact messages that a call sent."""

from __future__ import annotations

import pytest

from hilt.core.exceptions import ReadError


def text(role: str, content: str) -> dict:
    """A message of text."""
    return {"role": role, "parts": [{"type": "text", "content": content}]}


def last_input(log) -> list[dict]:
    """The input of the call that ended last."""
    return list(log.open().calls())[-1].input()


def test_the_history_is_put_together(log):
    """Along ``context_of``, with the answers between."""
    first = log.call("one", "1")
    second = log.call("two", "2", context=first)
    log.call("branch", "b", context=first)
    log.call("three", "3", context=second)

    assert last_input(log) == [
        text("user", "one"),
        text("assistant", "1"),
        text("user", "two"),
        text("assistant", "2"),
        text("user", "three"),
    ]


def test_tools_are_in_the_history(log):
    """Calls of tools are parts of the answer, and results a message of their own."""
    answer = log.call("Weather?", "", finish_reason="tool_calls")
    call = log.tool_call(answer, city="Paris")
    result = log.tool_result(call, answer)
    log.answer(result)

    assert last_input(log) == [
        text("user", "Weather?"),
        {
            "role": "assistant",
            "parts": [
                {
                    "type": "tool_call",
                    "id": "c1",
                    "name": "get_weather",
                    "arguments": {"city": "Paris"},
                }
            ],
        },
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "c1", "response": "rain"}],
        },
    ]


def test_new_instructions_take_the_place_of_the_old(log):
    """A handoff has other instructions, and they come first."""
    messages = [text("system", "Be kind"), text("user", "one")]
    first = log.answer(log.write(content={"text": "one", "messages": messages}), "1")
    messages = [text("system", "Be brief"), text("user", "two")]
    prompt = log.write(
        content={"text": "two", "messages": messages},
        extensions={"context_of": first, "new_instructions": True},
    )
    log.answer(prompt)

    assert last_input(log) == [
        text("system", "Be brief"),
        text("user", "one"),
        text("assistant", "1"),
        text("user", "two"),
    ]


def test_a_missing_link_is_an_error(log):
    """An input is exact or none."""
    log.call("two", context="evt_elsewhere")

    with pytest.raises(ReadError, match="continues evt_elsewhere, which is not in the log"):
        last_input(log)


def test_reasoning_is_a_part_of_the_answer(log):
    """Before its text, as the conventions order them; other parts come after it."""
    other = {"type": "blob", "modality": "image"}
    content = {"text": "1", "reasoning": "Easy", "parts": [other]}
    first = log.write(
        actor=("agent", "openai"),
        action="completion",
        content=content,
        extensions={"reply_to": log.prompt("one")},
    )
    log.call("two", context=first)

    assert last_input(log)[1] == {
        "role": "assistant",
        "parts": [
            {"type": "reasoning", "content": "Easy"},
            {"type": "text", "content": "1"},
            other,
        ],
    }


def test_a_result_without_its_name_or_call_has_what_it_has(log):
    """What the log has not is left out, and the text stands for a result that is none."""
    first = log.call("Weather?", "")
    result = log.write(
        actor=("tool", "get_weather"),
        action="tool_result",
        content={"text": "rain", "tool": {}},
        extensions={"reply_to": "evt_lost", "context_of": first},
    )
    log.answer(result)

    assert last_input(log)[-1] == {
        "role": "tool",
        "parts": [{"type": "tool_call_response", "response": "rain"}],
    }


def test_new_instructions_alone_take_the_place_of_the_old(log):
    """Where a call has nothing but them before what it asks, and the old are all there was."""
    messages = [text("system", "Be kind"), text("developer", "Be quick")]
    first = log.answer(log.write(content={"messages": messages}), "1")
    messages = [text("system", "Be brief")]
    prompt = log.write(
        content={"messages": messages},
        extensions={"context_of": first, "new_instructions": True},
    )
    log.answer(prompt)

    assert last_input(log) == [text("system", "Be brief"), text("assistant", "1")]
