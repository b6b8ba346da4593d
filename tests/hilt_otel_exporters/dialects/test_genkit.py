"""Tests for spans as Genkit writes them."""

from __future__ import annotations

import json
from typing import Any

from tests.hilt_otel_exporters.conftest import actions, events_of, record

SCOPE = "genkit-tracer"


def action(kind: str, name: str, asked: Any, answer: Any) -> dict[str, Any]:
    """The attributes of an action."""
    return {
        "genkit:type": "action",
        "genkit:metadata:subtype": kind,
        "genkit:name": name,
        "genkit:input": json.dumps(asked),
        "genkit:output": json.dumps(answer),
    }


def test_flow_with_a_model_and_a_tool() -> None:
    """The model's name begins with its provider; Gemini counts thoughts apart."""
    media = {"media": {"url": "data:image/png;base64,aGVsbG8=", "contentType": "image/png"}}
    earlier = {"toolRequest": {"name": "sky", "input": {"city": "Quito"}, "ref": "0"}}
    result = {"toolResponse": {"name": "sky", "output": "sun", "ref": "0"}}
    asked = {
        "messages": [
            {"role": "system", "content": [{"text": "Brief"}]},
            {"role": "user", "content": [{"text": "Quito, then Lima?"}, media]},
            {"role": "model", "content": [earlier]},
            {"role": "tool", "content": [result]},
        ],
        "config": {"temperature": 0.3, "maxOutputTokens": 9},
        "tools": [{"name": "sky", "description": "d"}],
    }
    request = {"toolRequest": {"name": "sky", "input": {"city": "Lima"}, "ref": "1"}}
    usage = {"inputTokens": 40, "outputTokens": 7, "totalTokens": 60, "thoughtsTokens": 13}
    answer = {
        "message": {"role": "model", "content": [{"reasoning": "Hm."}, request]},
        "finishReason": "stop",
        "usage": {**usage, "cachedContentTokens": 5},
    }
    model = action("model", "googleai/gemini-2.5-flash", asked, answer)
    events = events_of(
        record(model, span=3, parent=2, at=(1, 2), scope=SCOPE),
        record(
            action("tool.v2", "sky", {"city": "Lima"}, "fog"),
            span=4,
            parent=2,
            at=(3, 4),
            scope=SCOPE,
        ),
        record({"genkit:type": "util", "genkit:name": "generate"}, span=2, parent=1, scope=SCOPE),
        record(action("flow", "chat", "Lima?", "Fog."), span=1, at=(0, 9), scope=SCOPE),
    )

    assert actions(events) == [
        *("system", "tool_result", "prompt", "completion", "tool_call", "tool_result", "system")
    ]
    prompt, answered = events[2], events[3]
    assert (prompt["content"]["text"], prompt["content"]["media"][0]["size"]) == (
        "Quito, then Lima?",
        5,
    )
    assert prompt["extensions"]["parameters"] == {"temperature": 0.3, "max_tokens": 9}
    assert prompt["content"]["tools"] == [{"type": "function", "name": "sky", "description": "d"}]
    assert (answered["actor"]["id"], answered["extensions"]["model"]) == (
        "gcp.gemini",
        "gemini-2.5-flash",
    )
    assert answered["content"]["reasoning"] == "Hm."
    assert answered["metrics"]["tokens"] == {
        "prompt": 40,
        "completion": 20,
        "total": 60,
        "cached": 5,
        "reasoning": 13,
    }
    assert events[5]["content"]["text"] == "fog"
    assert [events[at]["content"]["text"] for at in (0, 6)] == ["Lima?", "Fog."]


def test_embedder_has_the_documents() -> None:
    """They are no messages, and have no role."""
    asked = {"input": [{"content": [{"text": "Lima"}]}]}
    span = action("embedder", "vertexai/text-embedding-005", asked, {"embeddings": []})
    prompt, ending = events_of(record(span, scope=SCOPE))

    assert (prompt["content"]["text"], ending["action"]) == ("Lima", "embedding")
    assert ending["actor"]["id"] == "gcp.vertex_ai"


def test_number_to_embed() -> None:
    """It is no list of documents, and the call is logged."""
    span = action("embedder", "vertexai/text-embedding-005", {"input": 5}, {"embeddings": []})

    assert actions(events_of(record(span, scope=SCOPE))) == ["prompt", "embedding"]
