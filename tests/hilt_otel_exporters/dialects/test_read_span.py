"""Tests for how a span of any emitter is read."""

from __future__ import annotations

from typing import Any

import pytest

from hilt_otel_exporters.dialects import awaits_more, call_start_of, is_genai, read_span
from hilt_otel_exporters.dialects.all_dialects import MARKS
from hilt_otel_exporters.span_record import LogRecord
from tests.hilt_otel_exporters.conftest import chat, plain_events_of, record
from tests.hilt_otel_exporters.expected import call_events


def test_unknown_emitter_that_follows_the_conventions_is_read() -> None:
    """The conventions are enough; nobody needs to be known."""
    span = record(chat(), scope="somebody.new", scope_version="2.0")

    assert plain_events_of(span) == call_events("conventions", "somebody.new 2.0")


def test_emitter_that_only_borrows_names_is_read() -> None:
    """A field is read from the names of any emitter, also where none is recognised."""
    attributes = chat(**{"llm.token_count.prompt_details.cache_read": 4, "session.id": "s-1"})
    prompt, ending = plain_events_of(record(attributes, scope="somebody.new"))

    assert (prompt["provenance"]["dialect"], prompt["session_id"]) == ("conventions", "s-1")
    assert ending["metrics"]["tokens"]["cached"] == 4


def test_first_dialect_reads_and_later_ones_fill_gaps() -> None:
    """A span in two dialects has the messages of the first, and the tools of the second."""
    attributes = chat(
        **{
            "langfuse.observation.type": "generation",
            "langfuse.observation.output": "Hello from Langfuse",
            "gen_ai.tool.definitions": '[{"type": "function", "name": "weather"}]',
        }
    )
    prompt, ending = plain_events_of(record(attributes))

    assert ending["provenance"]["dialect"] == "langfuse"
    assert ending["content"]["text"] == "Hello from Langfuse"
    assert prompt["content"]["text"] == "Hi"
    assert prompt["content"]["tools"] == [{"type": "function", "name": "weather"}]


@pytest.mark.parametrize("mark", sorted(MARKS))
def test_every_mark_makes_a_span_one_about_genai(mark: str) -> None:
    """One look-up tells spans about GenAI from others."""
    assert is_genai({mark: "x"}, "any")


@pytest.mark.parametrize(
    ("attributes", "scope", "expected"),
    [
        ({"http.method": "GET"}, "requests", False),
        ({"traceloop.workflow.name": "w"}, "requests", False),
        ({}, "langsmith", True),
        (None, "langfuse-sdk", True),
        (None, None, False),
    ],
)
def test_span_about_genai_by_its_scope(
    attributes: dict[str, Any] | None, scope: str | None, expected: bool
) -> None:
    """Some emitters have spans without attributes; hints alone are in spans of others, too."""
    assert is_genai(attributes, scope) is expected


def test_span_that_is_no_call_and_no_step_is_plumbing() -> None:
    """It is read, for its conversation, and becomes no event."""
    reading = read_span(record({"gen_ai.operation.name": "execute_task", "session.id": "s-1"}))

    assert (reading.kind, reading.call, reading.step) == ("step", None, None)
    assert reading.conversation == "s-1"
    assert plain_events_of(reading.record) == []


def test_call_without_an_operation_is_a_chat() -> None:
    """A span that names a model is a call of it."""
    attributes = {name: value for name, value in chat().items() if "operation" not in name}

    assert plain_events_of(record(attributes)) == call_events("conventions")


@pytest.mark.parametrize(
    ("operation", "action"),
    [("embeddings", "embedding"), ("rerank", "rerank"), ("text_completion", "completion")],
)
def test_operation_decides_the_action(operation: str, action: str) -> None:
    """Calls of models that are no chats."""
    _, ending = plain_events_of(record(chat(**{"gen_ai.operation.name": operation})))

    assert (ending["action"], ending["provenance"]["operation"]) == (action, operation)


def test_success_with_a_status_of_unset_is_no_failure() -> None:
    """Most emitters leave the status alone where a call succeeds."""
    reading = read_span(record(chat()))

    assert reading.call is not None
    assert (reading.call.failure, reading.call.status_code) == (None, 200)


def test_failed_call_without_an_answer_has_none() -> None:
    """A model's name alone is no answer."""
    asked = {name: value for name, value in chat().items() if "output" not in name}
    del asked["gen_ai.response.id"], asked["gen_ai.usage.input_tokens"]
    reading = read_span(record(asked, status="ERROR", status_text="Error code: 503 - down"))

    assert reading.call is not None
    assert reading.call.response is None
    assert (reading.call.outcome, reading.call.status_code) == ("failed", 503)


def test_content_that_was_cut_off_is_no_message() -> None:
    """JSON that a limit broke off is in the event as truncated."""
    cut = chat(**{"gen_ai.input.messages": '[{"role":"user","parts":[{"type":"te'})
    prompt, _ = plain_events_of(record(cut))

    assert prompt["content"] == {"text": ""}
    assert prompt["extensions"]["truncated"] == ["gen_ai.input.messages"]


def test_time_to_the_first_chunk_is_in_milliseconds() -> None:
    """The conventions have seconds."""
    span = record(chat(**{"gen_ai.response.time_to_first_chunk": 0.25}))

    assert plain_events_of(span) == call_events(
        "conventions", ending={"extensions": {"time_to_first_chunk_ms": 250.0}}
    )


def test_answer_that_is_fetched_again_is_of_an_earlier_call() -> None:
    """Its response id is not that of a call of its own."""
    reading = read_span(record(chat(**{"gen_ai.operation.name": "fetch_response"})))

    assert reading.call is not None
    assert (reading.response_id, reading.call.request.fetched_response) == (None, "resp-1")


def test_log_records_are_part_of_a_span() -> None:
    """Messages in log records are recognised by the records' names."""
    attributes = {name: value for name, value in chat().items() if "messages" not in name}
    ids = (f"{1:032x}", f"{1:016x}")
    logs = [
        LogRecord("gen_ai.user.message", *ids, {}, {"content": "Hi"}),
        LogRecord("gen_ai.choice", *ids, {}, {"index": 0, "message": {"content": "Hello"}}),
    ]

    assert plain_events_of(*logs, record(attributes)) == call_events("message-events")


def test_call_of_most_spans_is_whole() -> None:
    """Neither is its end still to come, nor its start elsewhere."""
    span = record(chat())

    assert (awaits_more(span), call_start_of(span)) == (False, None)
