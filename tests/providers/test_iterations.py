"""What other models took in an answer of Anthropic's."""

from __future__ import annotations

from hilt.genai.values import Usage
from hilt.providers._iterations import own_iterations, usage_by_model

OWN = {"type": "message", "input_tokens": 1, "output_tokens": 2}
ADVISOR = {"type": "advisor_message", "model": "m", "input_tokens": 10, "output_tokens": 20,
           "cache_read_input_tokens": 5}  # fmt: skip


def test_counts_of_another_model() -> None:
    """Those of one model are added up, with what was cached in the input."""
    usage = {"iterations": [OWN, ADVISOR, ADVISOR]}

    assert own_iterations(usage) == [OWN]
    assert usage_by_model(usage) == {"m": Usage(30, 40, cache_read_tokens=10)}


def test_no_other_model() -> None:
    """None, and no empty map."""
    assert [usage_by_model(each) for each in ({}, {"iterations": [OWN]}, {"iterations": 3})] == [
        None
    ] * 3
