"""The kinds of answers that supported SDKs give: how each is known, and what reads it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from hilt.core.exceptions import ConfigurationError
from hilt.genai.json_values import get_path
from hilt.genai.values import Surface

__all__ = ["AnswerKind", "kind_of", "provider_of"]


class AnswerKind(NamedTuple):
    """A kind of answer."""

    name: str
    provider: str  #: who gives it, where nothing tells more
    reader: str  #: the surface that reads it, in `hilt.providers`
    is_one: Callable[[Any], bool]
    operation: str = "chat"

    @property
    def surface(self) -> Surface:
        """What reads it; imported when it is used."""
        module, _, name = self.reader.partition(":")
        found: Surface = getattr(import_module(f"hilt.providers.{module}"), name)()
        return found


def kind_of(response: Any) -> AnswerKind:
    """The kind that an answer is of.

    Raises:
        ConfigurationError: If it is of none.
    """
    kind = _first_kind(response)
    if kind is not None:
        return kind
    first = get_path(response, 0) if isinstance(response, list) else None
    if first is not None and (each := _first_kind(first)) is not None:
        raise ConfigurationError(
            f"response: a list with an item for each prompt; log them one by one, each {each.name} "
            "with the prompt that it answers"
        )
    known = ", ".join(kind.name for kind in _KINDS)
    raise ConfigurationError(
        f"response: a {type(response).__name__} is not an answer of a known kind; expected one of "
        f"{known}"
    )


def _first_kind(response: Any) -> AnswerKind | None:
    return next((kind for kind in _KINDS if kind.is_one(response)), None)


def provider_of(response: Any, kind: AnswerKind) -> str:
    """Who gave an answer: the package of its class tells, or a mark that the provider leaves."""
    package = type(response).__module__
    for prefix, provider in _PACKAGES:
        if package == prefix or package.startswith(f"{prefix}."):
            return provider
    if get_path(response, "x_groq") is not None:
        return "groq"
    return kind.provider


# Who gives an answer of a kind that many have, by the package that its class comes from.
_PACKAGES = (
    ("groq", "groq"),
    ("together", "together"),
    ("mistralai", "mistral_ai"),
    ("writerai", "writer"),
    ("cerebras", "cerebras"),
    ("ai21", "ai21"),
    ("litellm", "litellm"),
    ("ollama", "ollama"),
    ("cohere", "cohere"),
    ("voyageai", "voyage"),
)


def _has(*names: str) -> Callable[[Any], bool]:
    """Every one of these fields is there."""
    return lambda body: all(get_path(body, name) is not None for name in names)


def _says(name: str, value: str) -> Callable[[Any], bool]:
    """The field says just this."""
    return lambda body: get_path(body, name) == value


def _made_by(package: str, name: str) -> Callable[[Any], bool]:
    """The class of the answer comes from this package, and it has the field."""

    def is_one(body: Any) -> bool:
        made = type(body).__module__.startswith(package)
        return made and get_path(body, name) is not None

    return is_one


def _is_gemini(body: Any) -> bool:
    # A prompt that was blocked has no candidates, and its counts all the same.
    names = ("candidates", "promptFeedback", "prompt_feedback", "usageMetadata", "usage_metadata")
    return any(get_path(body, name) is not None for name in names)


def _is_cohere(body: Any) -> bool:
    return (
        get_path(body, "message", "role") == "assistant"
        and get_path(body, "finish_reason") is not None
    )


def _is_cohere_v1(body: Any) -> bool:
    return get_path(body, "text") is not None and (
        get_path(body, "generation_id") is not None or get_path(body, "response_id") is not None
    )


# The first that fits is the one: what is told apart by little stands before what has much.
_KINDS = (
    AnswerKind(
        "OpenAI response", "openai", "openai.responses:Responses", _says("object", "response")
    ),
    AnswerKind(
        "text completion",
        "openai",
        "_completions:Completions",
        lambda body: (
            get_path(body, "choices") is not None
            and get_path(body, "choices", 0, "text") is not None
        ),
        "text_completion",
    ),
    AnswerKind("chat completion", "openai", "_chat_completions:ChatCompletions", _has("choices")),
    AnswerKind(
        "Anthropic message",
        "anthropic",
        "anthropic.messages:Messages",
        lambda body: get_path(body, "type") == "message" and get_path(body, "content") is not None,
    ),
    AnswerKind(
        "Anthropic completion",
        "anthropic",
        "anthropic.completions:Completions",
        _says("type", "completion"),
        "text_completion",
    ),
    AnswerKind(
        "Gemini content of google-generativeai",
        "gcp.gemini",
        "generativeai.adapter:GeneratedContent",
        _made_by("google.generativeai", "candidates"),
        "generate_content",
    ),
    AnswerKind(
        "Gemini content",
        "gcp.gemini",
        "gemini.content:GenerateContent",
        _is_gemini,
        "generate_content",
    ),
    AnswerKind(
        "Gemini interaction",
        "gcp.gemini",
        "gemini.interactions:Interactions",
        _says("object", "interaction"),
    ),
    AnswerKind("Ollama chat", "ollama", "ollama.chat:Chat", _has("done", "message")),
    AnswerKind(
        "Ollama generation",
        "ollama",
        "ollama.chat:Generate",
        _has("done", "response"),
        "text_completion",
    ),
    AnswerKind("Cohere chat", "cohere", "cohere.chat_v2:ChatV2", _is_cohere),
    AnswerKind("Cohere chat of version 1", "cohere", "cohere.chat_v1:ChatV1", _is_cohere_v1),
    AnswerKind(
        "Cohere generation",
        "cohere",
        "cohere.chat_v1:GenerateV1",
        _has("generations"),
        "text_completion",
    ),
    AnswerKind(
        "Bedrock Converse answer",
        "aws.bedrock",
        "bedrock.converse:Converse",
        lambda body: get_path(body, "output", "message") is not None,
    ),
    AnswerKind(
        "Mistral conversation",
        "mistral_ai",
        "mistral.conversations:Conversations",
        _has("conversation_id", "outputs"),
    ),
    AnswerKind(
        "output of vLLM",
        "vllm",
        "local_outputs:RequestOutputs",
        _has("prompt_token_ids", "outputs"),
    ),
    AnswerKind(
        "output of a transformers pipeline",
        "transformers",
        "local_outputs:PipelineOutputs",
        lambda body: get_path(body, 0, "generated_text") is not None,
    ),
    AnswerKind(
        "embeddings",
        "openai",
        "_embeddings:Embeddings",
        lambda body: get_path(body, "data", 0, "embedding") is not None,
        "embeddings",
    ),
    AnswerKind(
        "reranking of Voyage",
        "voyage",
        "voyage.rerank:Rerank",
        lambda body: get_path(body, "data", 0, "relevance_score") is not None,
        "rerank",
    ),
    AnswerKind(
        "reranking of Together",
        "together",
        "together.adapter:TogetherRerank",
        lambda body: (
            get_path(body, "results", 0, "relevance_score") is not None
            and get_path(body, "model") is not None
        ),
        "rerank",
    ),
    AnswerKind(
        "reranking of Cohere",
        "cohere",
        "cohere.rerank:Rerank",
        lambda body: get_path(body, "results", 0, "relevance_score") is not None,
        "rerank",
    ),
    AnswerKind(
        "Ollama embeddings",
        "ollama",
        "ollama.embeddings:Embed",
        _has("embeddings", "total_duration"),
        "embeddings",
    ),
    AnswerKind(
        "Gemini embeddings",
        "gcp.gemini",
        "gemini.embeddings:Embeddings",
        lambda body: get_path(body, "embeddings", 0, "values") is not None,
        "embeddings",
    ),
    AnswerKind(
        "Cohere embeddings", "cohere", "cohere.embeddings:Embed", _has("embeddings"), "embeddings"
    ),
)
