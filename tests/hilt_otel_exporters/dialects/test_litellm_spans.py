"""Tests for spans as LiteLLM writes them."""

from __future__ import annotations

from tests.hilt_otel_exporters.conftest import chat, events_of, record


def test_tools_are_numbered_and_the_cost_is_reported() -> None:
    """A model without a known price costs what LiteLLM says."""
    attributes = chat(
        **{
            "litellm.cost.total": 0.5,
            "litellm.tools.declared": 1,
            "gen_ai.tool.0.name": "sky",
            "gen_ai.tool.0.parameters": '{"type": "object"}',
        }
    )
    prompt, ending = events_of(record(attributes, scope="litellm"))

    tool = {"type": "function", "name": "sky", "parameters": {"type": "object"}}
    assert prompt["content"]["tools"] == [tool]
    assert ending["metrics"]["cost_usd"] == 0.5
