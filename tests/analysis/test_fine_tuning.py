"""Examples for fine-tuning."""

from __future__ import annotations

import pytest

from hilt.analysis.fine_tuning import example_of


def test_tools_and_earlier_messages_are_in_an_example(log):
    """In OpenAI's form, with the call before and the results of tools."""
    first = log.call("Weather?", "")
    tool_call = log.tool_call(first, city="Rome")
    result = log.tool_result(tool_call, context=first)
    last = log.answer(result, "Rain")
    log.write(action="feedback", extensions={"reply_to": last, "rating": "good"})

    example = example_of(next(call for call in log.open().calls() if call.id == last))

    arguments = '{"city":"Rome"}'
    function = {"name": "get_weather", "arguments": arguments}
    assert example == {
        "messages": [
            {"role": "user", "content": "Weather?"},
            {
                "role": "assistant",
                "tool_calls": [{"id": "c1", "type": "function", "function": function}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "rain"},
            {"role": "assistant", "content": "Rain"},
        ]
    }


@pytest.mark.parametrize("rating", [None, 0, "bad"])
def test_answer_that_nobody_approved_of_is_no_example(log, rating):
    """Whether it has no rating or a bad one."""
    answer = log.call("Hi", "Hello")
    if rating is not None:
        log.write(action="feedback", extensions={"reply_to": answer, "rating": rating})

    (call,) = log.open().calls()
    assert example_of(call) is None
