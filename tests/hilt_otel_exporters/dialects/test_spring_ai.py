"""Tests for spans as Spring AI writes them."""

from __future__ import annotations

from typing import Any

from tests.hilt_otel_exporters.conftest import actions, events_of, record

SCOPE = "org.springframework.boot"
FRAMEWORK = {"gen_ai.operation.name": "framework", "gen_ai.system": "spring_ai"}


def test_conversation_and_tools_of_a_client() -> None:
    """The client around the calls names the conversation; every value is a text."""
    client: dict[str, Any] = {
        **FRAMEWORK,
        "spring.ai.kind": "chat_client",
        "spring.ai.chat.client.conversation.id": "order-42",
    }
    chat = {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.finish_reasons": '["TOOL_CALLS"]',
        "gen_ai.usage.input_tokens": "62",
        "gen_ai.usage.output_tokens": "17",
    }
    tool = {
        **FRAMEWORK,
        "spring.ai.kind": "tool_call",
        "spring.ai.tool.definition.name": "sky",
        "spring.ai.tool.call.arguments": '{"city": "Lima"}',
        "spring.ai.tool.call.result": '"fog"',
    }
    events = events_of(
        record(chat, span=2, parent=1, at=(1, 2), scope=SCOPE),
        record(tool, span=3, parent=1, at=(3, 4), scope=SCOPE),
        record(client, span=1, at=(0, 5), scope=SCOPE),
    )

    assert actions(events) == ["prompt", "completion", "tool_call", "tool_result"]
    assert {event["session_id"] for event in events} == {"order-42"}
    assert events[1]["metrics"]["tokens"] == {"prompt": 62, "completion": 17, "total": 79}
    assert events[2]["content"]["tool"] == {"name": "sky", "arguments": {"city": "Lima"}}
    assert events[3]["content"]["text"] == "fog"


def test_query_of_a_vector_store_is_a_retrieval() -> None:
    """What is added to one is none."""
    store = {"spring.ai.kind": "vector_store", "db.system": "pg_vector"}
    query = {
        **store,
        "db.operation.name": "query",
        "db.collection.name": "docs",
        "db.vector.query.content": "What is fog?",
        "db.vector.query.response.documents": '["Water.", "Air."]',
    }
    (event,) = events_of(
        record(query, scope=SCOPE), record({**store, "db.operation.name": "add"}, span=2)
    )

    assert (event["action"], event["actor"]["id"]) == ("retrieval", "docs")
    assert event["content"]["text"] == "What is fog?"
    assert event["content"]["documents"] == [{"text": "Water."}, {"text": "Air."}]
