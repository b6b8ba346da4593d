"""What goes in and what comes out."""

from dataclasses import dataclass, field
from types import SimpleNamespace


@dataclass
class SamplingParams:
    """How to sample."""

    n: int = 1
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int | None = None
    stop: str | list[str] | None = None
    max_tokens: int | None = 16


@dataclass
class CompletionOutput:
    """One answer."""

    index: int
    text: str
    token_ids: list[int]
    cumulative_logprob: float | None = None
    logprobs: object = None
    finish_reason: str | None = None
    stop_reason: int | str | None = None


class RequestOutput:
    """The answers to one prompt."""

    def __init__(self, request_id, prompt, prompt_token_ids, outputs, metrics=None):
        self.request_id = request_id
        self.prompt = prompt
        self.prompt_token_ids = prompt_token_ids
        self.prompt_logprobs = None
        self.outputs = outputs
        self.finished = True
        self.metrics = metrics
        self.num_cached_tokens = 0


@dataclass
class EmbeddingOutput:
    """One vector."""

    embedding: list[float]


@dataclass
class PoolingRequestOutput:
    """What was pooled of one prompt."""

    request_id: str
    outputs: object
    prompt_token_ids: list[int]
    error: object = None
    finished: bool = True


@dataclass
class BeamSearchSequence:
    """One beam, whose tokens begin with the prompt's."""

    orig_prompt: dict
    tokens: list[int]
    text: str | None = None
    finish_reason: str | None = None


@dataclass
class BeamSearchOutput:
    """The best beams."""

    sequences: list = field(default_factory=list)


def answer_of(request_id, prompt, params, has_metrics):
    """What the engine makes of a prompt: it says ``blue``, once for each answer."""
    is_long = params.max_tokens is not None and params.max_tokens < 4
    text = "blue"[: params.max_tokens] if is_long else "blue"
    outputs = [
        CompletionOutput(index, text, list(range(len(text))),
                         finish_reason="length" if is_long else "stop")
        for index in range(params.n)
    ]  # fmt: skip
    begun = 100.0 + int(request_id)
    metrics = SimpleNamespace(queued_ts=begun, last_token_ts=begun + 0.25) if has_metrics else None
    text = prompt if isinstance(prompt, str) else None
    tokens = prompt if isinstance(prompt, list) else list(range(len(prompt or "")))
    return RequestOutput(request_id, text, tokens, outputs, metrics)
