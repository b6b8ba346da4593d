"""Outputs of models in the program's own process, as their libraries document them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from hilt.core.exceptions import ConfigurationError
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
        "vllm runs on one's own machines: there is no price per token"
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


@pytest.mark.parametrize(
    ("outputs", "name"),
    [
        ([[{"generated_text": "Blue."}], [{"generated_text": "Red."}]], "transformers pipeline"),
        ([RequestOutput("7", None, [1], [CompletionOutput(0, "Blue.", [1])])], "vLLM"),
    ],
)
def test_outputs_of_several_prompts_are_logged_one_by_one(outputs: list[Any], name: str) -> None:
    """A list has no prompt that it answers, so it is refused with what to do."""
    with pytest.raises(ConfigurationError) as caught:
        log_response(Log().session, outputs, user_message="Which colour?")

    assert str(caught.value) == (
        "response: a list with an item for each prompt; log them one by one, each output of "
        f"{'a ' if 'pipeline' in name else ''}{name} with the prompt that it answers"
    )
    for each in outputs:
        log = Log()
        log_response(log.session, each, user_message="Which colour?")
        assert log.actions == ["prompt", "completion"]
