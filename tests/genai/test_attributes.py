"""Tests for values on spans; that they are read back, the exporters test."""

from __future__ import annotations

from typing import Any

import pytest

from hilt import semconv
from hilt.genai.attributes import (
    ending_attributes,
    tool_definition,
)
from hilt.genai.observation import Observation
from hilt.genai.values import Request

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
