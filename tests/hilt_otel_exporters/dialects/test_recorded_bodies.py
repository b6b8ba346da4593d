"""Tests for requests and responses that an emitter records whole."""

from __future__ import annotations

from typing import Any

import pytest

from hilt_otel_exporters.dialects.dialect import Content
from hilt_otel_exporters.dialects.recorded_bodies import (
    answers_of_body,
    content_of_body,
    content_of_values,
)

HI = {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}
HELLO = {"role": "assistant", "parts": [{"type": "text", "content": "Hello"}]}
TERSE = {"type": "text", "content": "Be terse."}


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ({"messages": [{"role": "user", "content": "Hi"}]}, Content(inputs=[HI])),
        ({"input": "Hi", "instructions": "Be terse."}, Content([HI], None, [TERSE])),
        ({"messages": [], "system": [{"text": "Be terse."}]}, Content([], None, [TERSE])),
        (
            {"input": "Hi", "tools": [{"type": "function", "function": {"name": "f"}}]},
            Content([HI], None, None, [{"type": "function", "name": "f"}]),
        ),
        ("Hi", Content(inputs=[HI])),
        (None, Content(inputs=[])),
    ],
)
def test_content_of_a_request(body: Any, content: Content) -> None:
    """Messages or an input, instructions apart from them, tools."""
    assert content_of_body(body) == content


@pytest.mark.parametrize(
    ("body", "answers"),
    [
        ({"choices": [{"message": {"content": "Hello"}}]}, [HELLO]),
        (
            {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]},
            [{**HELLO, "finish_reason": "stop"}],
        ),
        (
            {
                "output": [
                    {"type": "message", "content": [{"type": "output_text", "text": "Hel"}]},
                    {"type": "message", "content": [{"type": "output_text", "text": "lo"}]},
                ]
            },
            [
                {
                    "role": "assistant",
                    "parts": [
                        {"type": "text", "content": "Hel"},
                        {"type": "text", "content": "lo"},
                    ],
                }
            ],
        ),
        ({"content": [{"type": "text", "text": "Hello"}]}, [HELLO]),
        ({"output": "Hello"}, [HELLO]),
        ({"output": []}, []),
        ({"choices": [{"message": "Hello"}]}, [HELLO]),
        ({"choices": ["odd"]}, [{"role": "assistant", "parts": []}]),
        ({"id": "resp-1"}, []),
        ("Hello", []),
        (None, []),
    ],
)
def test_answers_of_a_response(body: Any, answers: list[Any]) -> None:
    """Choices, the pieces of one answer, blocks, or text; odd choices are no error."""
    assert answers_of_body(body) == answers


@pytest.mark.parametrize(
    "body",
    [
        {"generations": [[{"text": "Hello"}]]},
        {"generations": [{"message": {"content": "Hello", "type": "ai"}}]},
        {
            "generations": [
                [
                    {
                        "text": "",
                        "message": {
                            "lc": 1,
                            "type": "constructor",
                            "id": ["langchain", "schema", "messages", "AIMessage"],
                            "kwargs": {"content": "Hello", "type": "ai"},
                        },
                    }
                ]
            ]
        },
    ],
)
def test_answers_of_langchain(body: Any) -> None:
    """Generations by prompt, with the message serialised or not, or with its text only."""
    (message,) = answers_of_body(body)
    assert {name: message[name] for name in ("role", "parts")} == HELLO


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("Hi", "Hello"),
        ({"messages": [{"role": "user", "content": "Hi"}]}, {"choices": [{"message": "Hello"}]}),
        ([{"role": "user", "content": "Hi"}], {"role": "assistant", "content": "Hello"}),
        ({"model": "m", "prompt": "Hi"}, {"output": "Hello"}),
    ],
)
def test_values_of_a_span_that_is_made_by_hand(asked: Any, answered: Any) -> None:
    """Texts, messages, or bodies of an API."""
    assert content_of_values(asked, answered) == Content([HI], [HELLO])


@pytest.mark.parametrize(
    "asked",
    [
        ["Hi"],
        [[{"type": "human", "content": "Hi"}]],
        [{"type": "human", "content": "Hi"}],
        [{"role": "user", "parts": [{"text": "Hi"}]}],
    ],
)
def test_prompts_of_langchain_that_mlflow_traces(asked: Any) -> None:
    """Prompts are lists of texts, messages are lists for each prompt."""
    assert content_of_values(asked, None).inputs == [HI]


def test_values_of_a_function_are_what_was_said() -> None:
    """Arguments by their names, and an answer by a schema."""
    content = content_of_values({"question": "Hi"}, {"city": "Paris"})
    said = [*(content.inputs or ()), *(content.outputs or ())]
    texts = [each["parts"][0]["content"] for each in said]

    assert texts == ['{"question":"Hi"}', '{"city":"Paris"}']


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        (False, "false"),
        ({"id": "A-1", "data": [1]}, '{"id":"A-1","data":[1]}'),
        ({"title": "Hi", "content": "Hello"}, '{"title":"Hi","content":"Hello"}'),
        ({"choices": ["a", "b"]}, '{"choices":["a","b"]}'),
        ({"model": "T", "doors": 3}, '{"model":"T","doors":3}'),
    ],
)
def test_answer_by_a_schema_of_the_program(value: Any, text: str) -> None:
    """Its fields may have the names that those of an API's answers have."""
    (message,) = content_of_values(None, value).outputs or ()
    assert message["parts"] == [{"type": "text", "content": text}]


def test_arguments_of_a_function_that_takes_the_model() -> None:
    """They are no request without a text; that of an API is one."""
    (message,) = content_of_values({"question": "Hi", "model": "m"}, None).inputs or ()

    assert message["parts"] == [{"type": "text", "content": '{"question":"Hi","model":"m"}'}]
    assert content_of_values({"model": "m", "stream": True}, None).inputs == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        {},
        [1, 2],
        [[0.5, 0.25]],
        [{"id": "c1", "object": "chat.completion.chunk"}],
        {"output": None},
        {"id": "r1", "model": "m"},
        "__REDACTED__",
        "<groq.Stream object at 0x7f843ddb1250>",
        "<coroutine object AsyncAPIResponse.parse at 0x7f3710f1e6b0>",
    ],
)
def test_values_that_say_nothing(value: Any) -> None:
    """What is masked, an object that was printed, a body without a text."""
    assert content_of_values(value, value) == Content([], [])
