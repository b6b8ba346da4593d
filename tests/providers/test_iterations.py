"""What other models took in an answer of Anthropic's."""

from __future__ import annotations

import pytest

from hilt.genai.values import Usage
from hilt.providers._iterations import (
    iterations_of,
    own_iterations,
    take_out_other_models,
    usage_by_model,
)

OWN = {"type": "message", "input_tokens": 1, "output_tokens": 2}
ADVISOR = {"type": "advisor_message", "model": "m", "input_tokens": 10, "output_tokens": 20,
           "cache_read_input_tokens": 5}  # fmt: skip


def test_counts_of_another_model() -> None:
    """Those of one model are added up, with what was cached in the input."""
    usage = {"iterations": [OWN, ADVISOR, ADVISOR]}

    assert own_iterations(usage) == [OWN]
    assert usage_by_model(usage) == {"m": Usage(30, 40, cache_read_tokens=10)}


CACHING = {"input_tokens": 100, "output_tokens": 7, "cache_read_input_tokens": 10,
           "cache_creation_input_tokens": 30,
           "cache_creation": {"ephemeral_1h_input_tokens": 20}}  # fmt: skip


def test_counts_of_several_models() -> None:
    """Each has its own, by the name that it has, else by what it did; nothing counted is none."""
    usage = {
        "iterations": (
            {**CACHING, "type": "advisor_message", "model": "m"},
            {"type": "fallback_message", "output_tokens": 3},
            {"type": "fallback_message", "output_tokens": 4},
            {"type": "compaction", "input_tokens": 5},
            {"input_tokens": 6},
        )
    }

    assert usage_by_model(usage) == {
        "m": Usage(140, 7, cache_read_tokens=10, cache_write_tokens=30, cache_write_1h_tokens=20),
        "fallback_message": Usage(None, 7),
    }
    assert own_iterations(usage) == list(usage["iterations"][3:])
    assert iterations_of(usage) == list(usage["iterations"])


def test_counts_of_another_model_are_taken_out() -> None:
    """All of those of the model that answered are its own, so that each is priced as it should be."""
    own = {**CACHING, "type": "message"}
    advisor = {**CACHING, "type": "advisor_message", "model": "m"}
    both = Usage(280, 14, 294, cache_read_tokens=20, cache_write_tokens=60,
                 cache_write_1h_tokens=40, reasoning_tokens=1)  # fmt: skip
    take_out_other_models(both, {"iterations": [own, advisor]})
    each = Usage(140, 7, cache_read_tokens=10, cache_write_tokens=30, cache_write_1h_tokens=20)

    assert both == Usage(140, 7, 147, cache_read_tokens=10, cache_write_tokens=30,
                         cache_write_1h_tokens=20, reasoning_tokens=1,
                         by_model={"m": each})  # fmt: skip


@pytest.mark.parametrize("counts", [{"iterations": [OWN]}, {}, None])
def test_counts_of_one_model_stay(counts: object) -> None:
    """What a gateway has counted is not counted again."""
    usage = Usage(280, 14, 294, cache_read_tokens=20)
    take_out_other_models(usage, counts)

    assert usage == Usage(280, 14, 294, cache_read_tokens=20)


def test_no_other_model() -> None:
    """None, and no empty map."""
    assert [usage_by_model(each) for each in ({}, {"iterations": [OWN]}, {"iterations": 3})] == [
        None
    ] * 3
