"""Logging an answer that the program has already, whichever SDK it came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

from hilt.core.exceptions import ConfigurationError
from hilt.genai.providers.chat_completions import message_of
from hilt.genai.reading import pick
from hilt.genai.values import Request, Surface
from hilt.integrations.manual import ManualCall, plain_messages

__all__ = ["log_response"]


class _Shape(NamedTuple):
    """A kind of answer: how it is known, who gives it, and what reads it."""

    name: str
    provider: str
    reader: str
    is_one: Callable[[Any], bool]


_SHAPES = (
    _Shape(
        "OpenAI response",
        "openai",
        "openai_responses:Responses",
        lambda body: pick(body, "object") == "response",
    ),
    _Shape(
        "chat completion",
        "openai",
        "chat_completions:ChatCompletions",
        lambda body: pick(body, "choices") is not None,
    ),
    _Shape(
        "Anthropic message",
        "anthropic",
        "anthropic_messages:Messages",
        lambda body: pick(body, "type") == "message" and pick(body, "content") is not None,
    ),
    _Shape(
        "Gemini content",
        "gcp.gemini",
        "gemini_content:GenerateContent",
        lambda body: pick(body, "candidates") is not None,
    ),
    _Shape(
        "Ollama answer",
        "ollama",
        "ollama:Chat",
        lambda body: pick(body, "done") is not None and pick(body, "message") is not None,
    ),
)
# Who gives a chat completion, by the package that its class comes from.
_PACKAGES = {
    "groq": "groq",
    "together": "together",
    "mistralai": "mistral_ai",
    "writerai": "writer",
    "cerebras": "cerebras",
    "ai21": "ai21",
    "litellm": "litellm",
}


def log_response(
    session: Any,
    response: Any,
    *,
    user_message: str,
    provider: str | None = None,
    model: str | None = None,
    system_prompt: str | None = None,
    session_id: str | None = None,
    latency_ms: float | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Log a prompt and the answer to it, with tokens, cost and tool calls.

    >>> log_response(session, answer, user_message="Hello")  # doctest: +SKIP

    Args:
        session: An open `hilt.Session`.
        response: What a supported SDK returned, or its JSON as a dict.
        user_message: What the user said.
        provider: Who answered, as ``gen_ai.provider.name``; found out from the answer if None.
        model: The model asked for; the one that answered if None.
        system_prompt: Instructions that stood before it.
        session_id: The conversation; a simple id becomes ``conv_`` and 16 hex.
        latency_ms: How long the answer took, if known.
        provenance: Further facts about where it comes from.

    Raises:
        ConfigurationError: If the answer is of no known kind, or an argument is wrong.
        SessionError: If ``session`` is not one.
    """
    shape = _shape_of(response)
    answer = _reader(shape.reader).response(response)
    package = type(response).__module__.partition(".")[0]
    request = Request(
        "generate_content" if shape.provider == "gcp.gemini" else "chat",
        provider or _PACKAGES.get(package) or shape.provider,
        model=model or answer.model,
        messages=plain_messages(user_message, system_prompt),
        read=message_of,
    )
    call = ManualCall(session, request, session_id=session_id, provenance=provenance)
    if latency_ms is None:
        # What was not measured is not said: the answer was there before it was logged.
        call.unmeasured()
    call.begin()
    call.complete(answer, latency_ms)


def _shape_of(response: Any) -> _Shape:
    for shape in _SHAPES:
        if shape.is_one(response):
            return shape
    known = ", ".join(shape.name for shape in _SHAPES)
    raise ConfigurationError(
        f"response: a {type(response).__name__} is not an answer of a known kind; expected one of "
        f"{known}"
    )


def _reader(path: str) -> Surface:
    module, _, name = path.partition(":")
    reader: Surface = getattr(import_module(f"hilt.genai.providers.{module}"), name)()
    return reader
