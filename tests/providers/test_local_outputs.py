"""Outputs of models in the program's own process, as their libraries document them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hilt.integrations import log_response
from tests.conftest import Log


@dataclass
class CompletionOutput:
    """As in ``vllm.outputs``."""

    index: int
    text: str
    token_ids: list[int]
    finish_reason: str | None = "stop"


@dataclass
class RequestOutput:
    """As in ``vllm.outputs``."""

    request_id: str
    prompt: str | None
    prompt_token_ids: list[int] | None
    outputs: list[CompletionOutput] = field(default_factory=list)
    num_cached_tokens: int | None = None


def test_output_of_vllm() -> None:
    """Each output is a choice; tokens are counted, and nobody is paid for them."""
    outputs = [CompletionOutput(0, "Blue.", [1, 2]), CompletionOutput(1, "Gr", [3], "length")]
    log = Log()
    output = RequestOutput("7", None, [1, 2, 3, 4], outputs, num_cached_tokens=3)
    log_response(log.session, output, user_message="Which colour?", model="Qwen/Qwen3-8B")

    ending = log.ending
    assert log.one("prompt")["content"]["text"] == "Which colour?"
    assert ending["content"]["text"] == "Blue."
    assert ending["metrics"] == {"tokens": {"prompt": 4, "completion": 3, "total": 7, "cached": 3}}
    assert ending["provenance"]["provider"] == "vllm"
    assert ending["provenance"]["response_id"] == "7"
    assert ending["extensions"]["model"] == "Qwen/Qwen3-8B"
    assert ending["extensions"]["cost_unknown"] == (
        "the model runs in the program's own process: nobody sells it"
    )
    assert ending["extensions"]["finish_reason"] == "stop"


def test_output_of_a_pipeline() -> None:
    """Of a chat, the answer is the last message; without one, it is the text."""
    chat = [
        {"role": "user", "content": "Which colour?"},
        {"role": "assistant", "content": "Blue."},
    ]
    whole: list[Any] = [[{"generated_text": chat}], [{"generated_text": "Blue."}]]
    for output in whole:
        log = Log()
        log_response(log.session, output, user_message="Which colour?", model="gpt2")

        assert log.actions == ["prompt", "completion"]
        assert log.ending["content"]["text"] == "Blue."
        assert log.ending["provenance"]["provider"] == "transformers"
        assert "metrics" not in log.ending
        assert log.ending["extensions"]["cost_unknown"]
