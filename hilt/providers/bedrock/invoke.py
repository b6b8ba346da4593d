"""Bedrock's invoke: bodies in the words of whoever made the model, told by what is in them.

A model's id may be an ARN that says nothing, so a body is known by its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, count_or_none, number_or_none, texts_of, to_text
from hilt.genai.json_values import decode_json, get_path, to_plain_json
from hilt.genai.media import blob_of_base64
from hilt.genai.values import Delta, Part, Request, Response, Surface, Usage
from hilt.providers import _chat_completions
from hilt.providers.anthropic import messages
from hilt.providers.bedrock import converse
from hilt.providers.bedrock.answers import Answer
from hilt.providers.bedrock.texts import Embedded, Pictures, Texts
from hilt.providers.cohere import adapter as cohere
from hilt.providers.cohere import chat_v1, chat_v2

__all__ = ["Invoked", "invoke_request"]

_PARAMETERS = (
    ("max_gen_len", semconv.REQUEST_MAX_TOKENS),
    ("maxTokenCount", semconv.REQUEST_MAX_TOKENS),
    ("max_tokens_to_sample", semconv.REQUEST_MAX_TOKENS),
    ("maxTokens", semconv.REQUEST_MAX_TOKENS),
    ("max_tokens", semconv.REQUEST_MAX_TOKENS),
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("topP", semconv.REQUEST_TOP_P),
    ("top_p", semconv.REQUEST_TOP_P),
    ("top_k", semconv.REQUEST_TOP_K),
    ("dimensions", semconv.EMBEDDINGS_DIMENSION_COUNT),
)
_STOPS = ("stop", "stop_sequences", "stopSequences")
_METRICS = "amazon-bedrock-invocationMetrics"
_Names = tuple[tuple[str, str], ...]
_HEADERS: _Names = (
    ("input_tokens", "x-amzn-bedrock-input-token-count"),
    ("output_tokens", "x-amzn-bedrock-output-token-count"),
)
_NAMES: _Names = (("input_tokens", "inputTokenCount"), ("output_tokens", "outputTokenCount"))


# -- requests ---------------------------------------------------------------------------------


def invoke_request(model: str, body: Any) -> Request:
    """What ``invoke_model`` asks for; a body that is no JSON says nothing."""
    if body is None:
        return Request("chat", "aws.bedrock")
    if not isinstance(body, Mapping):
        body = {"body": body}
    read = next((read for tell, read in _REQUESTS if tell(body, model)), _unknown)
    found = read(body)
    found.provider = "aws.bedrock"
    return found


def _is_converse(body: Mapping[str, Any], _model: str) -> bool:
    """Whether the messages are Nova's, whose blocks have no type."""
    if "messages" not in body or "anthropic_version" in body:
        return False
    content = get_path(body, "messages", 0, "content")
    return "schemaVersion" in body or (
        isinstance(content, list) and bool(content) and get_path(content, 0, "type") is None
    )


def _anthropic(body: Mapping[str, Any]) -> Request:
    return Request(
        "chat",
        "",
        messages=as_list(body.get("messages")),
        read=messages.message_of,
        instructions=messages.instructions_of(body.get("system")),
        attributes=messages.request_parameters(body),
        tools=body.get("tools") or None,
    )


def _chat(body: Mapping[str, Any]) -> Request:
    return Request(
        "chat",
        "",
        messages=as_list(body.get("messages")),
        read=_chat_completions.message_of,
        attributes=_chat_completions.request_parameters(body),
        tools=body.get("tools") or None,
    )


def _prompt(body: Mapping[str, Any]) -> Request:
    parts: list[Part] = [_text(body.get("prompt") or body.get("inputText"))]
    parts += [blob_of_base64(each, modality="image") for each in as_list(body.get("images"))]
    config = body.get("textGenerationConfig")
    return Request(
        "text_completion",
        "",
        messages=[{"role": "user", "parts": parts}],
        attributes=_parameters({**body, **(config if isinstance(config, Mapping) else {})}),
    )


def _text(given: Any) -> Part:
    return {"type": "text", "content": to_text(given)}


def _titan_embedding(body: Mapping[str, Any]) -> Request:
    parts = [_text(body["inputText"])] if body.get("inputText") else []
    if body.get("inputImage"):
        parts.append(blob_of_base64(body["inputImage"], modality="image"))
    return Request(
        "embeddings",
        "",
        messages=[{"role": "user", "parts": parts}],
        attributes=_parameters(body),
    )


def _picture(body: Mapping[str, Any]) -> Request:
    text = get_path(body, "textToImageParams", "text")
    text = text or "\n".join(texts_of(body.get("text_prompts")))
    return Request("generate_content", "", messages=[{"role": "user", "parts": [_text(text)]}])


def _unknown(body: Mapping[str, Any]) -> Request:
    parts = [{"type": "json", "content": to_plain_json(body)}]
    return Request("chat", "", messages=[{"role": "user", "parts": parts}])


def _parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, attribute in _PARAMETERS:
        value = number_or_none(body.get(name))
        if value is not None:
            found[attribute] = value
    stop = next((body[name] for name in _STOPS if body.get(name)), None)
    if stop:
        found[semconv.REQUEST_STOP_SEQUENCES] = (
            [stop] if isinstance(stop, str) else to_plain_json(stop)
        )
    return found


def _has(*names: str) -> Callable[[Mapping[str, Any], str], bool]:
    return lambda body, _: all(name in body for name in names)


_REQUESTS: tuple[
    tuple[Callable[[Mapping[str, Any], str], bool], Callable[[Mapping[str, Any]], Request]], ...
] = (
    (_is_converse, converse.converse_request),
    (_has("messages", "anthropic_version"), _anthropic),
    (lambda body, model: "messages" in body and "cohere." in model, chat_v2.chat_request),
    (_has("messages"), _chat),
    (_has("query", "documents"), cohere.rerank_request),
    (_has("input_type"), cohere.embed_request),
    (_has("texts"), cohere.embed_request),
    (_has("message"), chat_v1.chat_request),
    (_has("taskType"), _picture),
    (_has("text_prompts"), _picture),
    (lambda body, model: "inputText" in body and "embed" in model, _titan_embedding),
    (_has("inputImage"), _titan_embedding),
    (_has("inputText"), _prompt),
    (_has("prompt"), _prompt),
)
"""How a request is told, and how it is read: the first that fits."""


# -- answers ----------------------------------------------------------------------------------


class Invoked(Surface):
    """Answers of ``invoke_model``. One object reads one call."""

    name = "invoke_model"
    sends_finish_reason = False  #: some models' streams have no finish reason

    def __init__(self) -> None:
        self._reader: Surface | None = None
        self._counted: set[str] = set()

    def response(self, body: Any) -> Response:
        """The whole answer."""
        answer: Answer = body
        try:
            decoded = decode_json(answer.body)
        except ValueError:
            return self._complete(Response(), answer.headers, _HEADERS)
        found = self._complete(self._read(decoded).response(decoded), answer.headers, _HEADERS)
        return _guarded(found, decoded)

    def delta(self, chunk: Any) -> Delta | None:
        """What a chunk adds, and what Bedrock adds to the last chunk of every model."""
        data = get_path(chunk, "chunk", "bytes")
        if not data or not isinstance(data, (bytes, str)):
            return None
        event = decode_json(data)
        delta = self._read(event).delta(event) or Delta()
        found = delta.response or Response()
        told = get_path(event, _METRICS)
        told = told if type(told) is dict else {}
        delta.response = _guarded(self._complete(found, told, _NAMES), event)
        return delta

    def _complete(self, found: Response, told: Mapping[str, Any], names: _Names) -> Response:
        """Add Bedrock's counts where the model says nothing; its own counts stand."""
        usage = found.usage or Usage()
        raw: dict[str, int] = {}
        for field, name in names:
            count = _count(told.get(name))
            if getattr(usage, field) is not None:
                self._counted.add(field)
            elif count is not None and field not in self._counted:
                setattr(usage, field, count)
                raw[name] = count
        if raw:
            found.usage = usage
            sent = found.raw_usage if isinstance(found.raw_usage, dict) else {}
            found.raw_usage = {**sent, **raw}
        return found

    def _read(self, body: Any) -> Surface:
        """What reads this kind of body; a stream keeps to one kind."""
        if self._reader is None:
            shape = body if isinstance(body, Mapping) else {}
            make = next((make for tell, make in _ANSWERS if tell(shape, "")), Texts)
            self._reader = make()
        return self._reader


def _count(given: Any) -> int | None:
    return int(given) if isinstance(given, str) and given.isdecimal() else count_or_none(given)


def _guarded(found: Response, body: Any) -> Response:
    """Say that a guardrail stepped in, whatever reason the model gave for its end."""
    if get_path(body, "amazon-bedrock-guardrailAction") == "INTERVENED":
        found.outcome = "filtered"
    return found


class _Choices(_chat_completions.ChatCompletions):
    """Chat completions, or the completions of a text, as models that are brought along give."""

    def response(self, body: Any) -> Response:
        """The whole answer."""
        if get_path(body, "choices", 0, "text") is not None:
            return _chat_completions.Completions().response(body)
        return super().response(body)


_ANSWERS: tuple[tuple[Callable[[Mapping[str, Any], str], bool], Callable[[], Surface]], ...] = (
    (_has("choices"), _Choices),
    (_has("output"), converse.Converse),
    (lambda body, _: any(key.startswith(("messageSt", "contentBl")) for key in body),
     converse.Converse),
    (_has("embedding"), Embedded),
    (_has("embeddingsByType"), Embedded),
    (_has("embeddings"), cohere.Embed),
    (lambda body, _: get_path(body, "results", 0, "relevance_score") is not None, cohere.Rerank),
    (_has("images"), Pictures),
    (_has("artifacts"), Pictures),
    (_has("generations"), chat_v1.GenerateV1),
    (_has("event_type"), chat_v1.ChatV1),
    (_has("response_id"), chat_v1.ChatV1),
    (lambda body, _: isinstance(body.get("message"), Mapping) and "finish_reason" in body,
     chat_v2.ChatV2),
    (lambda body, _: str(body.get("type")).startswith(("message-", "content-", "tool-")),
     chat_v2.ChatV2),
    (_has("type"), messages.Messages),
)  # fmt: skip
"""How an answer is told, or the first chunk of one, and what reads it: the first that fits."""
