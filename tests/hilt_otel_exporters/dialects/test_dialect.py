"""Tests for how a span of any emitter is read."""

from __future__ import annotations

from typing import Any

import pytest

from hilt_otel_exporters.dialects import conventions, is_genai
from hilt_otel_exporters.dialects import read_span as read
from hilt_otel_exporters.dialects.all_dialects import FIELDS, MARKS
from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import chat, record


def test_unknown_emitter_that_follows_the_conventions_is_read() -> None:
    """The conventions are enough; nobody needs to be known."""
    seen = read(record(chat(), scope="somebody.new"))

    assert seen.call is not None
    assert seen.dialect == "conventions"
    assert seen.call.request.model == "gpt-4o-mini"
    assert seen.call.response is not None
    assert seen.call.response.usage is not None
    assert seen.call.response.usage.input_tokens == 9


@pytest.mark.parametrize(
    ("attributes", "provider"),
    [
        ({"gen_ai.provider.name": "openai"}, "openai"),
        ({"gen_ai.system": "gemini"}, "gcp.gemini"),
        ({"gen_ai.system": "az.ai.openai"}, "azure.ai.openai"),
        ({"gen_ai.system": "Anthropic"}, "anthropic"),
        ({"gen_ai.system": "openai.chat"}, "openai"),
        ({"gen_ai.system": "strands-agents", "gen_ai.request.model": "gpt-4o"}, "openai"),
        ({"gen_ai.system": "langchain", "server.address": "api.anthropic.com"}, "anthropic"),
        ({"gen_ai.system": "langgraph", "gen_ai.request.model": "house-model"}, "unknown"),
    ],
)
def test_provider_is_said_in_one_way(attributes: dict[str, Any], provider: str) -> None:
    """Spellings are unified, and a framework is no provider."""
    seen = read(record({"gen_ai.operation.name": "chat", **attributes}))

    assert seen.call is not None
    assert seen.call.request.provider == provider


@pytest.mark.parametrize(
    ("attributes", "raised", "text", "expected"),
    [
        ({"error.type": "429"}, None, "", ("rate_limit", 429, "429")),
        ({"error.type": "openai.RateLimitError"}, None, "Error code: 429 - x", ("rate_limit", 429, "openai.RateLimitError")),
        ({"error.type": "RateLimitError"}, "openai.RateLimitError", "", ("rate_limit", None, "openai.RateLimitError")),
        ({}, "Exception", "TimeoutError('too slow')", ("timeout", None, "TimeoutError")),
        ({"error.type": "<class 'a.b.ServiceError'>"}, None, "", ("unknown", None, "a.b.ServiceError")),
        ({"error.type": "rate_limit_error", "http.response.status_code": 529}, None, "", ("overloaded", 529, "rate_limit_error")),
        ({}, "asyncio.CancelledError", "", ("cancelled", None, "asyncio.CancelledError")),
    ],
)  # fmt: skip
def test_failure_is_read_from_wherever_it_is_said(
    attributes: dict[str, Any], raised: str | None, text: str, expected: tuple[str, int | None, str]
) -> None:
    """Error types qualified, bare, printed or missing give a code, a status and a class."""
    event = {"exception.type": raised, "exception.message": text} if raised else {}
    seen = read(
        record(
            {"gen_ai.operation.name": "chat", **attributes},
            status="ERROR",
            status_text="" if raised else text,
            events=[SpanEvent("exception", 0, event)] if raised else [],
        )
    )

    assert seen.call is not None
    failure = seen.call.failure
    assert failure is not None
    assert (failure.error_code, failure.status_code, failure.error_type) == expected


def test_secret_in_an_error_is_removed() -> None:
    """A key that an error message quotes does not get into the log."""
    seen = read(record(chat(), status="ERROR", status_text="bad key sk-abcdefghij0123456789"))

    assert seen.call is not None
    assert seen.call.failure is not None
    assert "abcdefghij" not in seen.call.failure.message


def test_success_with_a_status_of_unset_is_no_failure() -> None:
    """Most emitters leave the status alone where a call succeeds."""
    seen = read(record(chat()))

    assert seen.call is not None
    assert (seen.call.failure, seen.call.status_code) == (None, 200)


def test_content_that_was_cut_off_is_said() -> None:
    """JSON that a limit broke off is noted, and no message is made of it."""
    span = record(chat(**{"gen_ai.input.messages": '[{"role":"user","parts":[{"type":"te'}))
    seen = read(span)

    assert seen.call is not None
    assert list(seen.call.request.messages) == []
    assert span.cut == ["gen_ai.input.messages"]


def test_structured_attributes_are_read_as_well() -> None:
    """Newer APIs carry messages as lists and maps rather than JSON in a string."""
    messages = ({"role": "user", "parts": ({"type": "text", "content": "Hi"},)},)
    seen = read(record(chat(**{"gen_ai.input.messages": messages})))

    assert seen.call is not None
    assert seen.call.request.messages[0]["parts"][0]["content"] == "Hi"


@pytest.mark.parametrize("mark", sorted(MARKS))
def test_every_mark_makes_a_span_one_about_genai(mark: str) -> None:
    """One look-up tells spans about GenAI from others."""
    assert is_genai({mark: "x"}, "any")
    assert not is_genai({"http.method": "GET"}, "requests")


def test_fields_go_by_the_conventions_names() -> None:
    """The first source of a usage or request field is the conventions' own name."""
    for name in conventions.DIALECT.fields:
        if name.startswith(("gen_ai.usage.", "gen_ai.request.", "gen_ai.response.")):
            assert FIELDS[name][0] == name


def test_time_to_the_first_chunk_is_in_milliseconds() -> None:
    """Emitters say seconds, milliseconds or a moment; events say milliseconds."""
    seconds = read(record(chat(**{"gen_ai.response.time_to_first_chunk": 0.25})))
    millis = read(
        record(
            {"ai.operationId": "ai.streamText.doStream", "ai.response.msToFirstChunk": 250.0},
            scope="ai",
        )
    )

    assert seconds.call is not None
    assert millis.call is not None
    assert seconds.call.first_chunk_ms == millis.call.first_chunk_ms == 250.0


@pytest.mark.parametrize("duration", ["", "long", None, -1, float("nan"), float("inf"), (1,)])
def test_length_of_a_stream_that_is_no_number(told: Any, duration: Any) -> None:
    """Logfire's second span of a stream is a call like any other, if it does not say how long."""
    attributes = chat(**{"logfire.span_type": "log", "duration": duration})
    prompt, completion = told(record(attributes, scope="logfire.openai"))

    assert (prompt["content"]["text"], completion["content"]["text"]) == ("Hi", "Hello")
    assert completion["extensions"]["latency_ms"] == 100
