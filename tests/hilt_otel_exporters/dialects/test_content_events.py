"""Tests for prompts and completions that are span events."""

from __future__ import annotations

from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import events_of, record


def test_text_that_is_no_json_is_the_message() -> None:
    """The last event of a name counts: a stream may send several."""
    events = [
        SpanEvent("gen_ai.content.prompt", 0, {"gen_ai.prompt": "Hi"}),
        SpanEvent("gen_ai.content.completion", 1, {"gen_ai.completion": "Hel"}),
        SpanEvent("gen_ai.content.completion", 2, {"gen_ai.completion": "Hello"}),
    ]
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    prompt, ending = events_of(record(attributes, events=events))

    assert (prompt["content"]["text"], ending["content"]["text"]) == ("Hi", "Hello")


def test_texts_that_are_json_are_what_was_said() -> None:
    """A question and an answer by a schema are no messages."""
    events = [
        SpanEvent("gen_ai.content.prompt", 0, {"gen_ai.prompt": '{"city": "?"}'}),
        SpanEvent("gen_ai.content.completion", 1, {"gen_ai.completion": '[{"city": "Paris"}]'}),
    ]
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    prompt, ending = events_of(record(attributes, events=events))

    assert prompt["content"]["text"] == '{"city": "?"}'
    assert ending["content"]["text"] == '[{"city": "Paris"}]'
