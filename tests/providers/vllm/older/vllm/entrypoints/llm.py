"""The class for offline inference."""

import functools
from types import SimpleNamespace

from vllm_outputs import (
    BeamSearchOutput,
    BeamSearchSequence,
    EmbeddingOutput,
    PoolingRequestOutput,
    SamplingParams,
    answer_of,
)


def deprecate_kwargs(function):
    """A decorator of vLLM's own."""

    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


class LLM:
    """A model in the program's own process."""

    def __init__(self, model, metrics=False):
        self.llm_engine = SimpleNamespace(model_config=SimpleNamespace(model=model))
        self.error = None
        self.has_metrics = metrics

    @deprecate_kwargs
    def generate(self, prompts=None, sampling_params=None, prompt_token_ids=None, use_tqdm=True):
        """Answers to prompts."""
        if self.error is not None:
            raise self.error
        prompts = prompts if prompts is not None else prompt_token_ids
        if isinstance(prompts, (str, dict)):
            prompts = [prompts]
        params = sampling_params or SamplingParams()
        many = params if isinstance(params, list) else [params] * len(prompts)
        texts = [
            each.get("prompt") or each.get("prompt_token_ids") if isinstance(each, dict) else each
            for each in prompts
        ]
        return [
            answer_of(str(index), text, each, self.has_metrics)
            for index, (text, each) in enumerate(zip(texts, many, strict=True))
        ]

    def chat(self, messages, sampling_params=None, use_tqdm=True, lora_request=None, tools=None):
        """Answers to chats."""
        chats = [messages] if isinstance(messages[0], dict) else messages
        prompts = [{"prompt": each[-1]["content"]} for each in chats]
        return self.generate(prompts, sampling_params=sampling_params or SamplingParams())

    def beam_search(self, prompts, params, use_tqdm=False):
        """The best sequences, a token at a time."""
        outputs = []
        for prompt in prompts:
            self.generate([prompt], SamplingParams(max_tokens=1))
            self.generate([prompt], SamplingParams(max_tokens=1))
            texts = ("blue", "green")[: params.beam_width]
            tokens = list(range(len(prompt["prompt"])))
            outputs.append(
                BeamSearchOutput(
                    [
                        BeamSearchSequence(
                            {"prompt_token_ids": tokens}, [*tokens, 1, 2], each, "length"
                        )
                        for each in texts
                    ]
                )
            )
        return outputs

    def encode(self, prompts, pooling_params=None, use_tqdm=True):
        """What was pooled."""
        if self.error is not None and isinstance(self.error, Exception):
            raise self.error
        prompts = [prompts] if isinstance(prompts, str) else prompts
        return [
            PoolingRequestOutput(str(index), [0.5] * 3, list(range(len(each))), self.error)
            for index, each in enumerate(prompts)
        ]

    def embed(self, prompts, use_tqdm=True):
        """Vectors."""
        outputs = self.encode(prompts)
        for each in outputs:
            each.outputs = EmbeddingOutput(each.outputs)
        return outputs
