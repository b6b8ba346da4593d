"""Values that no release of vLLM has cost nothing but themselves."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from hilt.genai.values import Response
from hilt.providers.vllm.answers import Beams, Completions, Vectors, latency_of
from hilt.providers.vllm.prompts import chats_of, prompt_message, prompts_of, sampling_attributes

ODD: tuple[Any, ...] = (None, 7, -1.5, "", "text", True, [], {}, [None], [[7]], {"a": None}, b"x")
OUTPUT = {
    "request_id": "7",
    "prompt_token_ids": [1, 2],
    "num_cached_tokens": 1,
    "outputs": [{"text": "Blue.", "token_ids": [1, 2], "finish_reason": "stop"}],
    "metrics": {"queued_ts": 1.0, "last_token_ts": 2.0},
}
BEAMS = {"sequences": [{"orig_prompt": {"prompt_token_ids": [1]}, "tokens": [1, 2], "text": "B",
                        "finish_reason": "stop"}]}  # fmt: skip
VECTORS = [{"request_id": "7", "prompt_token_ids": [1], "outputs": {"embedding": [0.5]},
            "error": {"code": "validation_error", "message": "too long"}}]  # fmt: skip
PARAMETERS = {"temperature": 1.0, "max_tokens": 5, "top_k": 3, "stop": ["."], "n": 2, "seed": 1}


def variants(value: Any) -> Iterator[Any]:
    """The value with each of its parts replaced by each odd one in turn."""
    keys = value if isinstance(value, dict) else range(len(value))
    for key in keys:
        parts = (*ODD, *(variants(value[key]) if isinstance(value[key], (dict, list)) else ()))
        for part in parts:
            changed = copy.copy(value)
            changed[key] = part
            yield changed


@pytest.mark.parametrize(
    ("surface", "body"), [(Completions(), OUTPUT), (Beams(), BEAMS), (Vectors(), VECTORS)]
)
def test_answers(surface: Any, body: Any) -> None:
    """Each gives an answer of some kind."""
    for each in (*variants(body), *ODD):
        assert isinstance(surface.response(each), Response)


def test_statistics() -> None:
    """A latency is a number or none."""
    for each in (*variants(OUTPUT), *ODD):
        assert isinstance(latency_of(each), (float, type(None)))


def test_parameters() -> None:
    """Parameters of other types are left out."""
    for each in (*variants(PARAMETERS), *ODD):
        assert isinstance(sampling_attributes(each), dict)


@pytest.mark.parametrize("name", ["prompt", "prompt_token_ids", "encoder_prompt",
                                  "multi_modal_data", "prompt_embeds"])  # fmt: skip
def test_prompts(name: str) -> None:
    """Each prompt is a message."""
    for each in ODD:
        for prompt in ({name: each}, each):
            for one in prompts_of(prompt):
                assert prompt_message(one)["parts"] is not None
            assert isinstance(chats_of(prompt), list)
