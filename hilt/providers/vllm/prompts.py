"""What ``vllm.LLM`` is given: prompts as texts, tokens or dicts, chats, and how to sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import count_or_none, length_or_none, number_or_none, str_or_none
from hilt.genai.json_values import get_path
from hilt.genai.values import Message, Part
from hilt.providers._embeddings import input_message
from hilt.providers._message_parts import text_message
from hilt.providers._parameters import Attributes, add_choice_count, add_stop_sequences

__all__ = [
    "chats_of",
    "model_of",
    "parameters_of",
    "prompt_message",
    "prompts_of",
    "sampling_attributes",
]

_PARAMETERS: tuple[tuple[str, str, float | None], ...] = (
    ("temperature", semconv.REQUEST_TEMPERATURE, None),
    ("max_tokens", semconv.REQUEST_MAX_TOKENS, None),
    ("seed", semconv.REQUEST_SEED, None),
    ("top_p", semconv.REQUEST_TOP_P, 1),
    ("presence_penalty", semconv.REQUEST_PRESENCE_PENALTY, 0),
    ("frequency_penalty", semconv.REQUEST_FREQUENCY_PENALTY, 0),
)
"""Names, attributes, and what stands there where nothing was said."""


def prompts_of(value: Any) -> list[Any]:
    """The prompts one by one, of a single one or of many; none of what is read only once."""
    if isinstance(value, (str, bytes, Mapping)):
        return [value]
    prompts = _items(value)
    return [prompts] if prompts and isinstance(prompts[0], int) else prompts


def chats_of(value: Any) -> list[list[Any]]:
    """The chats one by one, each a list of messages."""
    messages = _items(value)
    if messages and not isinstance(messages[0], (list, tuple)):
        return [messages]
    return [_items(each) for each in messages]


def _items(value: Any) -> list[Any]:
    """The items of a sequence, or of what is like one; none of an iterator, which stays unread."""
    return list(value) if hasattr(value, "__len__") and hasattr(value, "__getitem__") else []


def prompt_message(prompt: Any) -> Message:
    """A prompt as the message of a user; of one that has no text, how long it is."""
    if not isinstance(prompt, Mapping):
        return input_message(list(prompt) if isinstance(prompt, tuple) else prompt)
    if prompt.get("encoder_prompt") is not None:
        return prompt_message(prompt["encoder_prompt"])
    message = text_message("user", _text_of(prompt))
    message["parts"] += _media(prompt.get("multi_modal_data"))
    return message


def _text_of(prompt: Mapping[str, Any]) -> Any:
    text, count = prompt.get("prompt"), length_or_none(prompt.get("prompt_token_ids"))
    if text is not None:
        return text
    if count is not None:
        return f"[{count} tokens]"
    return "[embeddings]" if prompt.get("prompt_embeds") is not None else ""


def _media(data: Any) -> list[Part]:
    """Pictures, sounds and films, which are objects of other libraries: what each is."""
    if not isinstance(data, Mapping):
        return []
    return [
        {"type": "blob", "modality": str(modality)}
        for modality, value in data.items()
        for _ in (value if isinstance(value, list) else [value])
    ]


def parameters_of(value: Any, count: int) -> list[Any]:
    """The sampling parameters of each prompt, of one for all or one for each."""
    return list(value) if isinstance(value, (list, tuple)) else [value] * count


def sampling_attributes(parameters: Any) -> Attributes:
    """``gen_ai.request.*`` of ``SamplingParams`` or ``BeamSearchParams``."""
    attributes: Attributes = {}
    for name, attribute, unsaid in _PARAMETERS:
        value = number_or_none(get_path(parameters, name))
        if value is not None and value != unsaid:
            attributes[attribute] = value
    top_k = count_or_none(get_path(parameters, "top_k"))
    if top_k:  # 0 or -1 is all
        attributes[semconv.REQUEST_TOP_K] = top_k
    add_stop_sequences(attributes, get_path(parameters, "stop"))
    add_choice_count(attributes, get_path(parameters, "n") or get_path(parameters, "beam_width"))
    return attributes


def model_of(llm: Any) -> str | None:
    """The name or path of the model; older releases have it only below the engine."""
    for path in (("model_config", "model"), ("llm_engine", "model_config", "model")):
        name = str_or_none(get_path(llm, *path))
        if name:
            return name
    return None
