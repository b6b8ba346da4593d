"""Tests for spans as Claude Code writes them."""

from __future__ import annotations

from typing import Any

from hilt_otel_exporters.span_record import SpanEvent, SpanRecord
from tests.hilt_otel_exporters.conftest import actions, events_of, record

SCOPE = "com.anthropic.claude_code.tracing"


def span(kind: str, **more: Any) -> SpanRecord:
    """A span of a kind."""
    places = {name: more.pop(name) for name in ("span", "parent", "at") if name in more}
    rest = {name: more.pop(name) for name in ("events", "status", "status_text") if name in more}
    attributes = {"span.type": kind, "session.id": "session-77", **more}
    return record(attributes, scope=SCOPE, **places, **rest)


def request(**more: Any) -> SpanRecord:
    """A request to the model."""
    model = {"model": "claude-opus-4-5", "gen_ai.system": "anthropic"}
    return span("llm_request", **{**model, "gen_ai.request.model": "claude-opus-4-5", **more})


def test_input_has_what_was_cached() -> None:
    """Its counts are those of Anthropic's API, which counts what was cached apart."""
    counts = {"input_tokens": 2, "output_tokens": 12, "cache_read_tokens": 80}
    _, ending = events_of(
        request(
            **counts,
            cache_creation_tokens=8,
            stop_reason="end_turn",
            request_id="req_1",
            ttft_ms=900,
            attempt=2,
        )
    )

    assert ending["metrics"]["tokens"] == {
        "prompt": 90,
        "completion": 12,
        "total": 102,
        "cached": 80,
        "cache_write": 8,
    }
    assert ending["provenance"]["request_id"] == "req_1"
    said = ending["extensions"]
    assert (said["finish_reason"], said["time_to_first_chunk_ms"], said["attempts"]) == (
        "end_turn",
        900,
        2,
    )


def test_prompt_tools_and_answers_of_a_turn() -> None:
    """The texts are there where its detailed tracing is on; a waiting for permission is no event."""
    output = SpanEvent("tool.output", 0, {"bash_command": "ls", "output": "a.txt"})
    events = events_of(
        span("tool.blocked_on_user", span=5, parent=4, at=(4, 5)),
        span("tool.execution", span=6, parent=4, at=(5, 6), success=True),
        span(
            "tool",
            span=4,
            parent=1,
            at=(4, 6),
            tool_name="Bash",
            tool_use_id="toolu_1",
            tool_input='[TOOL INPUT: Bash]\n{"command": "ls"}',
            events=[output],
        ),
        request(
            span=2,
            parent=1,
            at=(1, 3),
            new_context="[USER]\nWhat is here?",
            **{"response.model_output": "I look.", "user_system_prompt": "Be brief."},
        ),
        request(
            span=3,
            parent=1,
            at=(7, 8),
            new_context="[TOOL RESULT: toolu_1]\na.txt",
            **{"response.model_output": "A file."},
        ),
        span("interaction", span=1, at=(0, 9), user_prompt="What is here?"),
    )

    assert actions(events) == [
        *("system", "prompt", "completion", "tool_call", "tool_result", "completion", "system")
    ]
    assert {event["session_id"] for event in events} == {"session-77"}
    assert (events[0]["actor"]["id"], events[0]["content"]["text"]) == (
        "claude-code",
        "What is here?",
    )
    assert [part["content"] for part in events[1]["content"]["messages"][0]["parts"]] == [
        "Be brief."
    ]
    assert events[1]["content"]["text"] == "What is here?"
    assert (events[2]["content"]["text"], events[5]["content"]["text"]) == ("I look.", "A file.")
    tool = {"name": "Bash", "call_id": "toolu_1", "arguments": {"command": "ls"}}
    assert events[3]["content"]["tool"] == tool
    assert events[4]["content"]["text"] == "a.txt"


def test_what_its_settings_hide_is_no_text() -> None:
    """Without content it writes a mark, and of tools what else it knows."""
    begin, *_ = events_of(span("interaction", user_prompt="<REDACTED>"))
    call, _ = events_of(span("tool", tool_name="Read", file_path="notes.md"))

    assert "text" not in begin.get("content", {})
    assert call["content"]["tool"] == {"name": "Read", "arguments": {"file_path": "notes.md"}}


def test_failure_has_the_status_of_the_answer() -> None:
    """It sets the status of the span, or not: that it failed stands in an attribute."""
    _, ending = events_of(request(success=False, status_code=429, error="slow down", attempt=3))

    said = ending["extensions"]
    assert (said["error_code"], said["status_code"], said["attempts"]) == ("rate_limit", 429, 3)
    assert ending["content"]["text"] == "slow down"
