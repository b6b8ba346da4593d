"""Bedrock's converse: requests, content blocks, counts, answers and events."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Delta, Request, Response, ToolCallDelta, Usage
from hilt.providers.bedrock.converse import (
    Converse,
    converse_request,
    message_of,
    part_of,
    usage_of,
)
from tests.providers.wire import PIXELS, PIXELS_DIGEST, folded

USAGE = {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}


def text(content: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "content": content}


def test_request() -> None:
    """Messages, system, tools and the inference's parameters."""
    messages = [{"role": "user", "content": [{"text": "Hi"}]}]
    body = {
        "messages": messages,
        "system": [{"text": "Be brief."}],
        "inferenceConfig": {
            "maxTokens": 9, "temperature": 0.5, "topP": 0.9, "topK": 4, "stopSequences": ["|"],
        },
        "toolConfig": {"tools": [{"toolSpec": {"name": "f"}}]},
    }  # fmt: skip

    assert converse_request(body) == Request(
        "chat",
        "aws.bedrock",
        messages=messages,
        read=message_of,
        instructions=[text("Be brief.")],
        attributes={
            "gen_ai.request.max_tokens": 9,
            "gen_ai.request.temperature": 0.5,
            "gen_ai.request.top_p": 0.9,
            "gen_ai.request.top_k": 4,
            "gen_ai.request.stop_sequences": ["|"],
        },
        tools=[{"toolSpec": {"name": "f"}}],
    )


@pytest.mark.parametrize(
    ("block", "part"),
    [
        ("Hi", text("Hi")),
        ({"text": "Hi"}, text("Hi")),
        ({"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}},
         {"type": "tool_call", "id": "t1", "name": "f", "arguments": {"a": 1}}),
        ({"toolResult": {"toolUseId": "t1", "content": [{"json": {"rain": True}}]}},
         {"type": "tool_call_response", "id": "t1", "response": {"rain": True}}),
        ({"toolResult": {"toolUseId": "t1", "status": "error",
                         "content": [{"text": "no "}, {"text": "city"}]}},
         {"type": "tool_call_response", "id": "t1", "response": "no city", "is_error": True}),
        ({"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "x"}}},
         {"type": "reasoning", "content": "Hm"}),
        ({"reasoningContent": {"redactedContent": b"x"}},
         {"type": "reasoning", "content": "", "redacted": True}),
        ({"guardContent": {"text": {"text": "Hi", "qualifiers": ["query"]}}},
         {**text("Hi"), "qualifiers": ["query"]}),
        ({"guardContent": {"image": {"format": "png", "source": {"bytes": PIXELS}}}},
         {"type": "blob", "mime_type": "image/png", "modality": "image", **PIXELS_DIGEST}),
        ({"citationsContent": {"content": [{"text": "Oslo "}, {"text": "is wet."}],
                               "citations": [{"title": "A"}]}},
         {**text("Oslo is wet."), "citations": [{"title": "A"}]}),
        ({"image": {"format": "png", "source": {"bytes": PIXELS}}},
         {"type": "blob", "mime_type": "image/png", "modality": "image", **PIXELS_DIGEST}),
        ({"document": {"format": "pdf", "name": "a", "source": {"bytes": PIXELS}}},
         {"type": "blob", "mime_type": "application/pdf", "modality": "document",
          **PIXELS_DIGEST}),
        ({"document": {"name": "Notes", "source": {"text": "One."}}},
         {"type": "document", "title": "Notes", "content": "One."}),
        ({"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://b/a.mp4"}}}},
         {"type": "uri", "modality": "video", "mime_type": "video/mp4", "uri": "s3://b/a.mp4"}),
        ({"cachePoint": {"type": "default"}},
         {"type": "cachePoint", "content": {"type": "default"}}),
        (5, {"type": "unknown", "content": 5}),
    ],
)  # fmt: skip
def test_content_block(block: Any, part: dict[str, Any]) -> None:
    """Each kind of block; binary content by its hash, and new kinds as they came."""
    assert part_of(block) == part


def test_tool_result_with_an_image() -> None:
    """Its parts stay parts."""
    content = [{"text": "See"}, {"image": {"format": "png", "source": {"bytes": PIXELS}}}]
    part = part_of({"toolResult": {"toolUseId": "t1", "content": content}})

    assert [each["type"] for each in part["response"]] == ["text", "blob"]


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        (USAGE, Usage(3, 2, 5)),
        ({**USAGE, "cacheReadInputTokens": 10, "cacheWriteInputTokens": 20},
         Usage(33, 2, 5, cache_read_tokens=10, cache_write_tokens=20)),
        ({**USAGE, "cacheReadInputTokenCount": 10}, Usage(13, 2, 5, cache_read_tokens=10)),
        ({**USAGE, "cacheWriteInputTokens": 20,
          "cacheDetails": [{"ttl": "1h", "inputTokens": 15}, {"ttl": "5m", "inputTokens": 5}]},
         Usage(23, 2, 5, cache_write_tokens=20, cache_write_1h_tokens=15)),
        ({"outputTokens": 2}, Usage(output_tokens=2)),
    ],
)  # fmt: skip
def test_counts(usage: dict[str, Any], counts: Usage) -> None:
    """Bedrock counts cached tokens apart; HILT counts them with the input."""
    assert usage_of(usage) == (counts, usage)


def test_counts_that_are_none() -> None:
    """Nothing is guessed, and empty objects of nullable fields are left out."""
    assert usage_of(None) == (None, None)
    assert usage_of("many") == (None, "many")
    assert usage_of({**USAGE, "serverToolUsage": {}}) == (Usage(3, 2, 5), USAGE)


# -- answers ----------------------------------------------------------------------------------


def test_whole_answer() -> None:
    """Message, reason, usage, tier, and the model that a router chose."""
    body = {
        "output": {"message": {"role": "assistant", "content": [{"text": "Hello."}]}},
        "stopReason": "end_turn",
        "usage": USAGE,
        "serviceTier": {"type": "priority"},
        "trace": {"promptRouter": {"invokedModelId": "amazon.nova-lite"}},
    }

    assert Converse().response(body) == Response(
        model="amazon.nova-lite",
        messages=[{"role": "assistant", "parts": [text("Hello.")], "finish_reason": "end_turn"}],
        finish_reasons=["end_turn"],
        usage=Usage(3, 2, 5),
        raw_usage=USAGE,
        service_tier="priority",
    )


def test_answer_that_botocore_could_not_read() -> None:
    """It is empty, and says that something is missing."""
    assert Converse().response({}) == Response(
        messages=[{"role": "assistant", "parts": []}], partial=True
    )


def test_text_event() -> None:
    """An event that is text is read at once."""
    surface = Converse()

    assert surface.text({"contentBlockDelta": {"delta": {"text": "Hel"}}}) == "Hel"
    assert surface.text({"contentBlockDelta": {"delta": {"text": ""}}}) is None
    assert surface.text({"contentBlockDelta": {"delta": {"toolUse": {}}}}) is None
    assert surface.text({"messageStop": {}}) is None
    assert surface.text("odd") is None


@pytest.mark.parametrize(
    ("event", "delta"),
    [
        ({"contentBlockStart": {"contentBlockIndex": 1,
                                "start": {"toolUse": {"toolUseId": "t1", "name": "f"}}}},
         Delta(tool_calls=[ToolCallDelta(1, "t1", "f")])),
        ({"contentBlockStart": {"contentBlockIndex": 1, "start": {}}}, None),
        ({"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '{"a'}}}},
         Delta(tool_calls=[ToolCallDelta(1, arguments='{"a')])),
        ({"contentBlockDelta": {"delta": {"reasoningContent": {"text": "Hm"}}}},
         Delta(reasoning="Hm")),
        ({"contentBlockDelta": {"delta": {"citation": {"title": "A"}}}},
         Delta(details={"citations": [{"title": "A"}]})),
        ({"messageStop": {"stopReason": "tool_use"}}, Delta(finish_reasons={0: "tool_use"})),
        ({"metadata": {"usage": USAGE, "serviceTier": {"type": "flex"}}},
         Delta(response=Response(usage=Usage(3, 2, 5), raw_usage=USAGE, service_tier="flex"))),
        ({"messageStart": {"role": "assistant"}}, None),
        ({"contentBlockStop": {"contentBlockIndex": 0}}, Delta(ends_part=True)),
        ("odd", None),
    ],
)  # fmt: skip
def test_event(event: Any, delta: Delta | None) -> None:
    """What each event adds."""
    assert Converse().delta(event) == delta


def test_stream_adds_up() -> None:
    """Text, a tool call and the counts are the answer that would have come whole."""
    events = [
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Look: "}}},
        {"contentBlockStart": {"contentBlockIndex": 1,
                               "start": {"toolUse": {"toolUseId": "t1", "name": "f"}}}},
        {"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '{"a":'}}}},
        {"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"toolUse": {"input": "1}"}}}},
        {"messageStop": {"stopReason": "tool_use"}},
        {"metadata": {"usage": USAGE}},
    ]  # fmt: skip

    assert folded(Converse(), events) == Response(
        messages=[
            {
                "role": "assistant",
                "parts": [
                    text("Look: "),
                    {"type": "tool_call", "id": "t1", "name": "f", "arguments": {"a": 1}},
                ],
                "finish_reason": "tool_use",
            }
        ],
        finish_reasons=["tool_use"],
        usage=Usage(3, 2, 5),
        raw_usage=USAGE,
    )
