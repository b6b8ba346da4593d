"""Tests for messages that are events, as the conventions had it up to 1.36."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hilt_otel_exporters.dialects.message_events import DIALECT
from hilt_otel_exporters.span_record import LogRecord, SpanEvent
from tests.hilt_otel_exporters.conftest import plain_events_of, record

EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("gen_ai.system.message", {"content": "Be terse."}),
    ("gen_ai.user.message", {"content": "Hi"}),
    ("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": {"content": "Hello"}}),
]
INPUTS = [
    {"role": "system", "parts": [{"type": "text", "content": "Be terse."}]},
    {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
]
OUTPUT = {
    "role": "assistant",
    "parts": [{"type": "text", "content": "Hello"}],
    "finish_reason": "stop",
}


def span_event(name: str, body: dict[str, Any]) -> SpanEvent:
    """A span event with its body as JSON in one attribute."""
    return SpanEvent(name, 0, {"gen_ai.event.content": json.dumps(body)})


def log_record(name: str, body: Any) -> LogRecord:
    """A log record with its body."""
    return LogRecord(name, "", "", {}, body)


@pytest.mark.parametrize(
    "carried",
    [
        {"logs": [log_record(*each) for each in EVENTS]},
        {"logs": [log_record(name, json.dumps(body)) for name, body in EVENTS]},
        {"events": [span_event(*each) for each in EVENTS]},
        {"attributes": {"events": json.dumps([{"event.name": n, **b} for n, b in EVENTS])}},
    ],
)
def test_messages_are_read_however_they_are_carried(carried: dict[str, Any]) -> None:
    """In log records, in span events or in an attribute."""
    content = DIALECT.content(record(carried.pop("attributes", {}), **carried))

    assert (content.inputs, content.outputs) == (INPUTS, [OUTPUT])


def test_body_of_a_span_event_may_be_its_attributes() -> None:
    """Values that are lists are JSON in a string."""
    events = [SpanEvent("gen_ai.user.message", 0, {"content": '[{"text": "Hi"}]'})]

    assert DIALECT.content(record({}, events=events)).inputs == INPUTS[1:]


def test_pieces_of_an_answer_are_joined() -> None:
    """A stream may have several choice events of one index."""
    pieces = [
        ("gen_ai.choice", {"index": 0, "message": {"content": "Hel"}}),
        ("gen_ai.choice", {"index": 1, "message": {"content": "Hey"}}),
        ("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": {"content": "lo"}}),
    ]
    content = DIALECT.content(record({}, logs=[log_record(*each) for each in pieces]))

    assert content.outputs is not None
    assert [each["parts"][0]["content"] for each in content.outputs] == ["Hello", "Hey"]
    assert content.outputs[0] == OUTPUT


def test_last_message_of_an_assistant_is_the_answer_where_no_choice_is() -> None:
    """Some emitters have no choice events."""
    events = [*EVENTS[:2], ("gen_ai.assistant.message", {"content": "Hello"})]
    content = DIALECT.content(record({}, logs=[log_record(*each) for each in events]))

    assert content.inputs == INPUTS
    assert content.outputs == [{"role": "assistant", "parts": OUTPUT["parts"]}]


def test_result_of_a_tool_names_its_call() -> None:
    """By an id that only the event's own attribute has."""
    events = [log_record("gen_ai.tool.message", {"id": "c1", "content": "14"})]

    assert DIALECT.content(record({}, logs=events)).inputs == [
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "c1", "response": "14"}],
        }
    ]


@pytest.mark.parametrize("body", [None, 5, "text", [], {"message": 5}, {"index": "x"}])
def test_choice_of_an_odd_shape_is_no_error(body: Any) -> None:
    """It is passed over, or read as text."""
    content = DIALECT.content(record({}, logs=[log_record("gen_ai.choice", body)]))

    assert isinstance(content.outputs, list)


def test_other_events_are_passed_over() -> None:
    """An exception is no message."""
    content = DIALECT.content(record({}, events=[SpanEvent("exception", 0, {"content": "x"})]))

    assert (content.inputs, content.outputs) == ([], [])


def test_input_and_output_of_a_tool_are_events_too() -> None:
    """Where no attribute has them."""
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "f"}
    events = [
        SpanEvent("gen_ai.tool.message", 0, {"content": '{"a": 1}'}),
        SpanEvent("gen_ai.choice", 0, {"message": "14"}),
    ]
    call, result = plain_events_of(record(attributes, events=events))
    own = {"gen_ai.tool.call.arguments": '{"a": 2}', "gen_ai.tool.call.result": "15"}
    other_call, other_result = plain_events_of(record({**attributes, **own}, events=events))

    assert (call["content"]["tool"]["arguments"], result["content"]["text"]) == ({"a": 1}, "14")
    assert other_call["content"]["tool"]["arguments"] == {"a": 2}
    assert other_result["content"]["text"] == "15"


def test_answer_that_is_a_list_by_a_schema() -> None:
    """It is what was said; only blocks of messages are read."""
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    events = [
        SpanEvent("gen_ai.user.message", 0, {"content": '["Lima"]'}),
        SpanEvent("gen_ai.choice", 0, {"message": '[{"city": "Paris"}]'}),
    ]
    prompt, ending = plain_events_of(record(attributes, events=events))

    assert prompt["content"]["text"] == '["Lima"]'
    assert ending["content"]["text"] == '[{"city": "Paris"}]'
