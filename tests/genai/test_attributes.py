"""Tests for values on spans: written and read by one table."""

from __future__ import annotations

from typing import Any

import pytest

from hilt import semconv
from hilt.genai.attributes import (
    USAGE_ATTRIBUTES,
    ending_attributes,
    ending_content,
    request_attributes,
    request_content,
    request_of,
    response_of,
    tool_definition,
    usage_attributes,
    usage_of,
)
from hilt.genai.observation import Observation
from hilt.genai.values import Request, Response, Usage

MESSAGES = [
    {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
    {
        "role": "assistant",
        "parts": [{"type": "tool_call", "id": "c", "name": "f", "arguments": {}}],
    },
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "response": "14"}]},
]
TOOL = {
    "type": "function",
    "name": "f",
    "description": "Does it.",
    "parameters": {"type": "object"},
}


def test_request_comes_back_from_its_attributes() -> None:
    """What is written of a request is read as the same request."""
    request = Request(
        "chat",
        "openai",
        model="gpt-4o-mini",
        messages=MESSAGES,
        instructions=[{"type": "text", "content": "Be brief."}],
        attributes={semconv.REQUEST_TEMPERATURE: 0.2, semconv.OUTPUT_TYPE: "json"},
        tools=[TOOL],
        stream=True,
        conversation="conv-1",
        previous_response="resp-0",
        server_address="api.openai.com",
        server_port=8443,
    )

    assert request_of(request_attributes(request) | request_content(request)) == request


def test_answer_comes_back_from_its_attributes() -> None:
    """What is written of an answer is read as the same answer."""
    response = Response(
        id="resp-1",
        model="gpt-4o-mini-2024-07-18",
        messages=[
            {
                "role": "assistant",
                "parts": [{"type": "text", "content": "Hello"}],
                "finish_reason": "stop",
            }
        ],
        finish_reasons=["stop"],
        usage=Usage(input_tokens=9, output_tokens=3, cache_read_tokens=4, reasoning_tokens=2),
        service_tier="default",
        attributes={semconv.OPENAI_RESPONSE_SERVICE_TIER: "default"},
    )
    call = Observation(Request("chat", "openai"), started=0, response=response)

    assert response_of(ending_attributes(call) | ending_content(response)) == response


def test_how_a_call_ended() -> None:
    """What is not known has no attribute, and one attempt is no news."""
    call = Observation(Request("chat", "openai"), started=0)
    call.attempts = 1
    assert ending_attributes(call) == {}

    call.first_chunk_ms, call.status_code, call.cost_usd = 250.0, 200, 0.0
    call.outcome, call.attempts = "abandoned", 2
    assert ending_attributes(call) == {
        semconv.ERROR_TYPE: "_OTHER",
        semconv.RESPONSE_TIME_TO_FIRST_CHUNK: 0.25,
        semconv.HILT_STATUS_CODE: 200,
        semconv.HILT_COST_USD: 0.0,
        semconv.HILT_OUTCOME: "abandoned",
        semconv.HILT_ATTEMPTS: 2,
    }


@pytest.mark.parametrize(("name", "field"), USAGE_ATTRIBUTES)
def test_every_count_comes_back(name: str, field: str) -> None:
    """Each kind of token is read from the attribute that it is written to."""
    usage = Usage(**{field: 7})

    assert usage_attributes(usage) == {name: 7}
    assert usage_of({name: 7}) == usage


def test_no_counts_are_no_usage() -> None:
    """Attributes without a count give no usage, and not one of zeros."""
    assert usage_of({"gen_ai.request.model": "m"}) is None


def test_content_that_was_cut_off_is_no_message() -> None:
    """JSON that a limit broke off is passed over."""
    assert request_of({semconv.INPUT_MESSAGES: '[{"role": "us'}).messages == ()


@pytest.mark.parametrize(
    "raw",
    [
        TOOL,
        {"type": "function", "function": {key: TOOL[key] for key in TOOL if key != "type"}},
        {"name": "f", "description": "Does it.", "input_schema": {"type": "object"}},
        {
            "type": "function",
            "name": "f",
            "description": "Does it.",
            "inputSchema": {"type": "object"},
        },
    ],
)
def test_tool_definitions_are_written_in_one_form(raw: dict[str, Any]) -> None:
    """Whichever API a tool is defined for, the span has the conventions' form."""
    assert tool_definition(raw) == TOOL


def test_tools_of_the_provider_keep_their_type() -> None:
    """A tool without a schema of its own is not called a function."""
    assert tool_definition({"type": "web_search_20250305", "name": "web_search"}) == {
        "type": "web_search_20250305",
        "name": "web_search",
    }
