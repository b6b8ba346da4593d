"""Tests for values on spans; that they are read back, the exporters test."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hilt import semconv
from hilt.genai.attributes import (
    cost_attributes,
    ending_attributes,
    ending_content,
    request_attributes,
    request_content,
    span_name,
    tool_definition,
    usage_attributes,
)
from hilt.genai.observation import Observation
from hilt.genai.values import Failure, Request, Response, Usage

TOOL = {
    "type": "function",
    "name": "f",
    "description": "Does it.",
    "parameters": {"type": "object"},
}


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


@pytest.mark.parametrize(
    ("fields", "added"),
    [
        ({}, {}),
        ({"model": "gpt-4o"}, {semconv.REQUEST_MODEL: "gpt-4o"}),
        ({"server_address": "h"}, {semconv.SERVER_ADDRESS: "h", semconv.SERVER_PORT: 443}),
        (
            {"server_address": "h", "server_port": 8080},
            {semconv.SERVER_ADDRESS: "h", semconv.SERVER_PORT: 8080},
        ),
        ({"server_port": 8080}, {}),
        ({"stream": True}, {semconv.REQUEST_STREAM: True}),
        ({"conversation": "c1"}, {semconv.CONVERSATION_ID: "c1"}),
        ({"previous_response": "r1"}, {semconv.REQUEST_PREVIOUS_RESPONSE_ID: "r1"}),
        ({"attributes": {semconv.REQUEST_MODEL: "own"}}, {semconv.REQUEST_MODEL: "own"}),
    ],
)
def test_what_is_known_when_a_call_starts(fields: dict[str, Any], added: dict[str, Any]) -> None:
    """Each only where the request has it; a server without a port is one of HTTPS."""
    assert request_attributes(Request("chat", "openai", **fields)) == {
        semconv.OPERATION_NAME: "chat", semconv.PROVIDER_NAME: "openai", **added,
    }  # fmt: skip


def test_name_of_a_span() -> None:
    """Operation and model, or the operation alone."""
    assert span_name(Request("chat", "openai", "gpt-4o")) == "chat gpt-4o"
    assert span_name(Request("chat", "openai")) == "chat"


MESSAGES: list[Any] = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]


@pytest.mark.parametrize(
    ("fields", "content"),
    [
        ({}, {}),
        ({"messages": MESSAGES}, {semconv.INPUT_MESSAGES: MESSAGES}),
        ({"messages": MESSAGES, "operation": "embeddings"}, {}),
        (
            {"instructions": MESSAGES[0]["parts"]},
            {semconv.SYSTEM_INSTRUCTIONS: MESSAGES[0]["parts"]},
        ),
        (
            {"tools": [{"name": "f", "api_key": "CANARY"}, json.dumps(TOOL)]},
            {semconv.TOOL_DEFINITIONS: [{"type": "function", "name": "f"}, TOOL]},
        ),
        (
            {"messages": [5], "read": lambda raw: raw["role"]},
            {
                semconv.INPUT_MESSAGES: [
                    {"role": "user", "parts": [{"type": "unknown", "content": 5}]}
                ]
            },
        ),
    ],
)
def test_content_of_a_request(fields: dict[str, Any], content: dict[str, Any]) -> None:
    """As JSON; without what is embedded, and without credentials of tools."""
    found = request_content(Request(**{"operation": "chat", "provider": "openai", **fields}))

    assert {name: json.loads(value) for name, value in found.items()} == content


@pytest.mark.parametrize(
    ("request_fields", "response", "added"),
    [
        ({}, Response(), {}),
        ({}, Response("r1", "m"), {semconv.RESPONSE_ID: "r1", semconv.RESPONSE_MODEL: "m"}),
        (
            {},
            Response(finish_reasons=["end_turn", "max_tokens"]),
            {semconv.RESPONSE_FINISH_REASONS: ["stop", "length"]},
        ),
        ({}, Response(usage=Usage(5)), {semconv.USAGE_INPUT_TOKENS: 5}),
        ({}, Response(status="queued", dimensions=8), {}),
        (
            {"fetched_response": "r1"},
            Response(usage=Usage(5), status="queued"),
            {semconv.RESPONSE_STATUS: "queued"},
        ),
        ({"fetched_response": "r1"}, Response(), {}),
        (
            {"operation": "embeddings"},
            Response(dimensions=8),
            {semconv.EMBEDDINGS_DIMENSION_COUNT: 8},
        ),
        ({"operation": "embeddings"}, Response(), {}),
        ({}, Response(id="r1", attributes={semconv.RESPONSE_ID: "x"}), {semconv.RESPONSE_ID: "x"}),
    ],
)
def test_what_is_known_of_an_answer(
    request_fields: dict[str, Any], response: Response, added: dict[str, Any]
) -> None:
    """Tokens are counted by the call that made the answer, not by one that fetches it."""
    asked = Request(**{"operation": "chat", "provider": "openai", **request_fields})

    assert ending_attributes(Observation(asked, started=0, response=response)) == added


@pytest.mark.parametrize("outcome", ["failed", "abandoned", "completed"])
def test_type_of_an_error(outcome: str) -> None:
    """That of the failure; a stream that nobody read to its end has none of its own."""
    failed = Observation(Request("chat", "openai"), started=0, outcome=outcome)
    failed.failure = Failure("timeout", "acme.Timeout")

    assert ending_attributes(failed) == {
        semconv.ERROR_TYPE: "acme.Timeout", semconv.HILT_OUTCOME: outcome,
    }  # fmt: skip


def test_token_counts() -> None:
    """A zero says something of input and output only, and nothing is said of what is not known."""
    counts = Usage(0, 0, 9, 0, 4, 2, 6, 7, 8, 3, 1, 5)

    assert usage_attributes(counts) == {
        semconv.USAGE_INPUT_TOKENS: 0,
        semconv.USAGE_OUTPUT_TOKENS: 0,
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: 4,
        semconv.USAGE_REASONING_OUTPUT_TOKENS: 6,
        semconv.USAGE_AUDIO_INPUT_TOKENS: 7,
        semconv.USAGE_AUDIO_OUTPUT_TOKENS: 8,
        semconv.USAGE_AUDIO_CACHE_READ_INPUT_TOKENS: 3,
        semconv.USAGE_IMAGE_INPUT_TOKENS: 1,
        semconv.USAGE_IMAGE_OUTPUT_TOKENS: 5,
    }
    assert usage_attributes(Usage()) == {}


def test_content_of_an_answer() -> None:
    """Each choice has its finish reason: its own, else the one at its place, else none."""
    parts = MESSAGES[0]["parts"]
    response = Response(
        messages=[
            {"role": "assistant", "parts": parts},
            {"role": "assistant", "parts": parts, "finish_reason": "max_tokens"},
            {"role": "assistant", "parts": parts},
        ],
        finish_reasons=["end_turn", "end_turn"],
    )

    (content,) = ending_content(response).items()
    assert (content[0], json.loads(content[1])) == (
        semconv.OUTPUT_MESSAGES,
        [
            {"role": "assistant", "parts": parts, "finish_reason": "stop"},
            {"role": "assistant", "parts": parts, "finish_reason": "length"},
            {"role": "assistant", "parts": parts},
        ],
    )
    assert ending_content(Response(finish_reasons=["stop"])) == {}


@pytest.mark.parametrize(
    ("cost", "price_file", "attributes"),
    [
        (None, "own", {}),
        (0.0, None, ("genai-prices", 0.0)),
        (0.5, "own prices 1", ("own prices 1", 0.5)),
    ],
)
def test_cost_on_a_span(cost: float | None, price_file: str | None, attributes: Any) -> None:
    """The amount, the currency, and whose prices they are."""
    call = Observation(Request("chat", "openai"), started=0, cost_usd=cost, price_file=price_file)

    assert cost_attributes(call) == (
        attributes
        and {
            semconv.USAGE_COST_AMOUNT: attributes[1],
            semconv.USAGE_COST_CURRENCY: "USD",
            semconv.USAGE_COST_SOURCE: attributes[0],
        }
    )


@pytest.mark.parametrize(
    ("raw", "definition"),
    [
        ("a tool", "a tool"),
        ([1], [1]),
        ({"type": "mcp", "url": "h"}, {"type": "mcp", "url": "h"}),
        ({"type": "custom", "function": {"description": "d"}},
         {"type": "custom", "function": {"description": "d"}}),
        ({"type": "custom", "function": "f", "name": "g"}, {"type": "custom", "name": "g"}),
        ({"name": "f", "parameters": '{"a":1}'},
         {"type": "function", "name": "f", "parameters": {"a": 1}}),
        ({"name": "f", "parameters": None, "parameters_json_schema": {}},
         {"type": "function", "name": "f", "parameters": {}}),
        ({"name": "f", "description": ""}, {"type": "function", "name": "f"}),
    ],
)  # fmt: skip
def test_tools_that_are_hardly_defined(raw: Any, definition: Any) -> None:
    """What has no name stays as it came, and what is missing is not made up."""
    assert tool_definition(raw) == definition
