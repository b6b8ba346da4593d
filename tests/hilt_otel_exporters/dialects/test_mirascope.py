"""Tests for spans as Mirascope writes them."""

from __future__ import annotations

from tests.hilt_otel_exporters.conftest import chat, events_of, record


def test_call_belongs_to_the_session_of_the_function_around_it() -> None:
    """The traced function is a step with its arguments; the model asked for is none that answers."""
    model = {"gen_ai.request.model": "openai/gpt-4o-mini"}
    attributes = chat(
        **model,
        **{
            "gen_ai.response.model": "openai/gpt-4o-mini",
            "mirascope.response.usage": '{"cache_read_tokens": 4, "reasoning_tokens": 2}',
        },
    )
    function = {
        "mirascope.type": "trace",
        "mirascope.ops.session.id": "session-77",
        "mirascope.trace.arg_values": '{"q": "Hi"}',
        "mirascope.trace.output": "Hello",
    }
    events = events_of(
        record(attributes, span=2, parent=1, at=(1, 9), scope="mirascope.llm"),
        record(function, span=1, at=(0, 10), scope="mirascope.ops"),
    )

    assert [(each["action"], each["content"]["text"]) for each in events] == [
        ("system", "Hi"),
        ("prompt", "Hi"),
        ("completion", "Hello"),
        ("system", "Hello"),
    ]
    assert {event["session_id"] for event in events} == {"session-77"}
    ending = events[2]
    assert "response_model" not in ending["provenance"]
    assert ending["metrics"]["tokens"]["cached"] == 4
    assert ending["metrics"]["cost_usd"] > 0
