"""Counts of tokens that are no attributes of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hilt_otel_exporters.dialects.usage_values import add_usage
from tests.hilt_otel_exporters.conftest import chat, events_of, plain_events_of, record

CHAT = {"prompt_tokens": 9, "completion_tokens": 3}
_LESS = {"prompt_tokens": 9, "completion_tokens": 1}
CACHED = {
    "gen_ai.usage.input_tokens": 4,
    "gen_ai.usage.output_tokens": 3,
    "gen_ai.usage.cache_read.input_tokens": 2,
    "gen_ai.usage.cache_write.input_tokens": 3,
}


def _call(**attributes: Any) -> dict[str, Any]:
    """A call without counts but these."""
    bare = {name: value for name, value in chat().items() if "usage" not in name}
    return {**bare, **attributes}


def _tokens(attributes: dict[str, Any]) -> dict[str, int]:
    events = events_of(record(attributes))
    tokens: dict[str, int] = events[-1].get("metrics", {}).get("tokens", {})
    return {name: tokens[name] for name in tokens if name != "total"}


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.usage": json.dumps(CHAT)},
        {"usage": json.dumps(json.dumps(CHAT))},
        {"usage": repr(CHAT)},
        {"gen_ai.usage.raw": json.dumps(CHAT)},
        {"llm.usage.prompt_tokens": 9, "llm.usage.completion_tokens": "3"},
        {"metadata.usage.prompt_tokens": 9, "metadata.usage.completion_tokens": 3},
        {"metadata": json.dumps({"usage_object": CHAT})},
        {"metadata": json.dumps({"run": 1, "usage": CHAT})},
        {"output.value": json.dumps({"usage": CHAT})},
        {"output.value": json.dumps({"raw": {"usage": CHAT}, "text": "usage"})},
        {"output.value": json.dumps([{"usage": None}, {"usage": CHAT}])},
        {"output.value": json.dumps([{"usage": _LESS}, {"usage": CHAT}])},
        {"output.value": json.dumps([*[{"usage": _LESS}] * 600, {"usage": CHAT}])},
        {"output.value": json.dumps([{"message": {"usage": _LESS}}, {"usage": CHAT}, {}])},
        {"output.value": json.dumps({"usage": CHAT, "last": {"usage": _LESS}})},
        {"output.value": json.dumps({"first": {"usage": _LESS}, "last": {"usage": CHAT}})},
        {"output.value": json.dumps([{"a": {"usage": _LESS}}, {"a": {"usage": CHAT}}])},
        {"output.value": json.dumps({"generations": [[]], "llm_output": {"token_usage": CHAT}})},
        {"output.value": json.dumps({"usage_metadata": {"input_tokens": 9, "output_tokens": 3}})},
        {"output.value": json.dumps({"usage": {"inputTokens": 9, "outputTokens": 3}})},
        {"output.value": json.dumps({"usage": {"promptTokens": 9, "completionTokens": 3}})},
        {"output.value": json.dumps({"usage": {"prompt_eval_count": 9, "eval_count": 3}})},
        {
            "output.value": json.dumps(
                {"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 3}}
            )
        },
    ],
)
def test_counts_are_read_wherever_they_stand(attributes: dict[str, Any]) -> None:
    """In answers, in metadata, and by each provider's names."""
    assert _tokens(_call(**attributes)) == {"prompt": 9, "completion": 3}


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (
            {**CHAT, "prompt_tokens_details": {"cached_tokens": 5}},
            {"prompt": 9, "completion": 3, "cached": 5},
        ),
        (
            {
                "input_tokens": 4,
                "output_tokens": 3,
                "cache_read_input_tokens": 2,
                "cache_creation_input_tokens": 3,
            },
            {"prompt": 9, "completion": 3, "cached": 2, "cache_write": 3},
        ),
        (
            {"inputTokens": 4, "outputTokens": 3, "cacheReadInputTokens": 5},
            {"prompt": 9, "completion": 3, "cached": 5},
        ),
        (
            {
                "input_tokens": 9,
                "output_tokens": 3,
                "input_token_details": {"cache_read": 5},
                "output_token_details": {"reasoning": 1},
            },
            {"prompt": 9, "completion": 3, "cached": 5, "reasoning": 1},
        ),
        (
            {"promptTokenCount": 9, "candidatesTokenCount": 1, "thoughtsTokenCount": 2},
            {"prompt": 9, "completion": 3, "reasoning": 2},
        ),
    ],
)
def test_the_input_has_what_came_out_of_a_cache(
    usage: dict[str, Any], tokens: dict[str, int]
) -> None:
    """Some providers count it apart, and thoughts apart from the answer."""
    assert _tokens(_call(**{"output.value": json.dumps({"usage": usage})})) == tokens


@pytest.mark.parametrize(
    "total", ["gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total"]
)
def test_a_total_says_that_the_input_leaves_out_the_cache(total: str) -> None:
    """Where it is the sum of all of them."""
    tokens = {"prompt": 4, "completion": 3, "cached": 2, "cache_write": 3}

    assert _tokens(_call(**{**CACHED, "gen_ai.usage.input_tokens": 6, total: 9})) == {
        **tokens,
        "prompt": 6,
    }
    assert _tokens(_call(**CACHED, **{total: 12})) == {**tokens, "prompt": 9}


@pytest.mark.parametrize(
    "attributes",
    [
        {"output.value": "usage: 5 tokens"},
        {"output.value": '{"usage": "5"}'},
        {"output.value": '{"usage": {"disk": 5}}'},
        {"metadata": '{"usage": {"prompt_tokens": -1}}'},
        {"usage": "[1, 2]"},
    ],
)
def test_what_counts_no_tokens_is_no_usage(attributes: dict[str, Any]) -> None:
    """Answers and metadata may have anything."""
    fields: dict[str, Any] = {}
    add_usage(record(attributes), fields)
    assert fields == {}


def test_counts_that_are_attributes_come_first() -> None:
    """What an answer says besides is not read."""
    attributes = chat(**{"output.value": '{"usage": {"prompt_tokens": 1}}'})

    assert _tokens(attributes) == {"prompt": 9, "completion": 3}


def test_total_says_that_reasoning_is_outside_the_output() -> None:
    """The provider's total settles what the other counts leave out."""
    usage = {"gen_ai.usage.reasoning_tokens": 5, "gen_ai.usage.total_tokens": 17}
    ending = plain_events_of(record(chat(**usage)))[-1]

    assert ending["metrics"]["tokens"] == {
        "prompt": 9, "completion": 8, "total": 17, "reasoning": 5,
    }  # fmt: skip


def test_total_that_nothing_explains_leaves_no_cost() -> None:
    """The reason has the counts."""
    model = {"gen_ai.request.model": "gpt-4o-mini", "gen_ai.response.model": "gpt-4o-mini"}
    (_, ending) = events_of(record(chat(**model, **{"gen_ai.usage.total_tokens": 99})))

    assert "cost_usd" not in ending["metrics"]
    assert "99 in total" in ending["extensions"]["cost_unknown"]
