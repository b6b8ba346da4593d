"""What both versions of Cohere's API have in common: parameters, counts, errors."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Failure, Usage
from hilt.providers.cohere.fields import failure_of_reason, request_parameters, usage_of


def test_parameters() -> None:
    """Cohere's names for them."""
    body = {
        "max_tokens": 9,
        "temperature": 0,
        "p": 0.9,
        "k": 4,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "seed": 7,
        "stop_sequences": ["|"],
        "num_generations": 2,
        "response_format": {"type": "json_object"},
    }

    assert request_parameters(body) == {
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.temperature": 0,
        "gen_ai.request.top_p": 0.9,
        "gen_ai.request.top_k": 4,
        "gen_ai.request.frequency_penalty": 0.1,
        "gen_ai.request.presence_penalty": 0.2,
        "gen_ai.request.seed": 7,
        "gen_ai.request.stop_sequences": ["|"],
        "gen_ai.request.choice.count": 2,
        "gen_ai.output.type": "json",
    }


@pytest.mark.parametrize(
    ("meta", "usage"),
    [
        ({"billed_units": {"input_tokens": 3, "output_tokens": 2},
          "tokens": {"input_tokens": 70, "output_tokens": 2}, "cached_tokens": 64}, Usage(3, 2)),
        ({"billed_units": {"input_tokens": 70, "output_tokens": 2},
          "tokens": {"input_tokens": 70, "output_tokens": 2}, "cached_tokens": 64},
         Usage(70, 2, cache_read_tokens=64)),
        ({"tokens": {"input_tokens": 70, "output_tokens": 2}}, Usage(70, 2)),
        ({"billed_units": {"images": 2, "image_tokens": 30, "input_tokens": 5}},
         Usage(35, input_image_tokens=30, units={"images": 2})),
        ({"billed_units": {"search_units": 1.0}}, Usage(units={"search_units": 1.0})),
    ],
)  # fmt: skip
def test_counts(meta: dict[str, Any], usage: Usage) -> None:
    """What is billed counts; of tokens that are not billed, none is taken for a cached one."""
    assert usage_of({**meta, "api_version": {"version": "2"}}) == (usage, meta)


@pytest.mark.parametrize("meta", [None, {}, {"api_version": {"version": "2"}}, "odd"])
def test_no_counts(meta: Any) -> None:
    """What was not sent is not guessed."""
    assert usage_of(meta) == (None, None)


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("ERROR", Failure("server_error", "ERROR", "Oops", provider_code="ERROR")),
        ("TIMEOUT", Failure("timeout", "TIMEOUT", "Oops", provider_code="TIMEOUT")),
        ("COMPLETE", None),
        (None, None),
    ],
)
def test_error_in_a_finish_reason(reason: Any, failure: Failure | None) -> None:
    """Two reasons are errors."""
    assert failure_of_reason(reason, "Oops") == failure
