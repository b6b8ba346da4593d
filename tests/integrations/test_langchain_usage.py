"""Token counts of LangChain's models."""

from __future__ import annotations

from hilt.genai.values import Usage
from hilt.integrations.langchain_usage import tier_of, usage_of


def test_counts_named_after_the_tier() -> None:
    """langchain-openai puts the tier before the names of what is priced by it."""
    usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15,
             "input_token_details": {"priority": 6, "priority_cache_read": 4},
             "output_token_details": {"priority_reasoning": 2}}  # fmt: skip

    assert usage_of(usage, None) == Usage(10, 5, 15, 4, reasoning_tokens=2)
    assert tier_of(usage) == "priority"


def test_writes_by_their_lifetime() -> None:
    """Their sum is what was written, although the count of all is zero beside them."""
    details = {"cache_creation": 0, "ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 2}
    usage = {"input_tokens": 3, "output_tokens": 1, "input_token_details": details}

    assert usage_of(usage, None) == Usage(3, 1, None, None, 3, 2)


def test_what_anthropic_sent() -> None:
    """Its own counts have searches, which LangChain's have not."""
    raw = {"input_tokens": 1, "output_tokens": 2, "server_tool_use": {"web_search_requests": 3}}

    assert usage_of({"input_tokens": 1}, raw) == Usage(1, 2, units={"web_searches": 3})


def test_no_metadata() -> None:
    """The provider's counts in OpenAI's form, or none."""
    assert usage_of(None, {"prompt_tokens": 1, "completion_tokens": 2}) == Usage(1, 2)
    assert usage_of(None, "odd") == Usage()
