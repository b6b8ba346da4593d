"""Bedrock's invoke: bodies as the model's maker defines them, recognised by their fields.

A model's id may be an ARN that says nothing, so it decides only where the fields do not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, count_or_none, texts_of
from hilt.genai.json_values import decode_json, get_path, to_plain_json
from hilt.genai.media import blob_of_base64, without_binary
from hilt.genai.values import Delta, Part, Request, Response, Surface, Usage
from hilt.providers import _chat_completions, _chat_messages, _completions
from hilt.providers._message_parts import text_part
from hilt.providers._parameters import Attributes, add_stop_sequences, number_attributes
from hilt.providers.anthropic import blocks, messages
from hilt.providers.bedrock import converse
from hilt.providers.bedrock.answers import Answer
from hilt.providers.bedrock.texts import Images, Texts, TitanEmbeddings
from hilt.providers.cohere import chat_v1, chat_v2, embeddings, rerank

__all__ = ["InvokedModel", "invoke_request"]

Body = Mapping[str, object]
BodyTest = Callable[[Body, str], bool]
"""Whether a body, sent to a model of this id, is of one kind."""
CountNames = tuple[tuple[str, str], ...]
"""The fields of a `Usage`, and the names that Bedrock gives them."""

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
_HEADER_COUNTS: CountNames = (
    ("input_tokens", "x-amzn-bedrock-input-token-count"),
    ("output_tokens", "x-amzn-bedrock-output-token-count"),
)
_METRIC_COUNTS: CountNames = (
    ("input_tokens", "inputTokenCount"),
    ("output_tokens", "outputTokenCount"),
)


# -- requests ---------------------------------------------------------------------------------


def invoke_request(model: str, body: Any) -> Request:
    """A request of ``invoke_model``; a body that is not JSON is not read."""
    if body is None:
        return Request("chat", "aws.bedrock")
    fields: Body = body if isinstance(body, Mapping) else {"body": body}
    read = next((read for is_kind, read in _REQUESTS if is_kind(fields, model)), _unknown_request)
    request = read(fields)
    request.provider = "aws.bedrock"
    return request


def _is_converse(body: Body, _model: str) -> bool:
    """Whether the messages are Nova's, whose blocks have no type."""
    if "messages" not in body or "anthropic_version" in body:
        return False
    content = get_path(body, "messages", 0, "content")
    return "schemaVersion" in body or (
        isinstance(content, list) and bool(content) and get_path(content, 0, "type") is None
    )


def _anthropic_request(body: Body) -> Request:
    return Request(
        "chat",
        "",
        messages=as_list(body.get("messages")),
        read=blocks.message_of,
        instructions=blocks.instructions_of(body.get("system")),
        attributes=messages.request_parameters(body),
        tools=as_list(body.get("tools")) or None,
    )


def _chat_request(body: Body) -> Request:
    return Request(
        "chat",
        "",
        messages=as_list(body.get("messages")),
        read=_chat_messages.message_of,
        attributes=_chat_completions.request_parameters(body),
        tools=as_list(body.get("tools")) or None,
    )


def _prompt_request(body: Body) -> Request:
    parts = [text_part(body.get("prompt") or body.get("inputText"))]
    parts += [blob_of_base64(each, modality="image") for each in as_list(body.get("images"))]
    config = body.get("textGenerationConfig")
    return Request(
        "text_completion",
        "",
        messages=[{"role": "user", "parts": parts}],
        attributes=_request_parameters({**body, **(config if isinstance(config, Mapping) else {})}),
    )


def _titan_embeddings_request(body: Body) -> Request:
    parts = [text_part(body["inputText"])] if body.get("inputText") else []
    if body.get("inputImage"):
        parts.append(blob_of_base64(body["inputImage"], modality="image"))
    return Request(
        "embeddings",
        "",
        messages=[{"role": "user", "parts": parts}],
        attributes=_request_parameters(body),
    )


_EMBEDDING_PARAMS = ("singleEmbeddingParams", "segmentedEmbeddingParams")
_MEDIA_KINDS = ("image", "video", "audio")


def _nova_embeddings_request(body: Body) -> Request:
    """Nova's multimodal embeddings: one text, image, film or sound."""
    params = next((body[name] for name in _EMBEDDING_PARAMS if body.get(name)), None)
    parts = [
        converse.part_of({kind: get_path(params, kind)})
        for kind in _MEDIA_KINDS
        if get_path(params, kind) is not None
    ]
    text = get_path(params, "text", "value")
    if text is not None:
        parts.insert(0, text_part(text))
    return Request("embeddings", "", messages=[{"role": "user", "parts": parts}])


def _twelvelabs_part(media: object, modality: str) -> Part:
    """A film, a sound or an image: its bytes, or where it is in S3."""
    source = get_path(media, "mediaSource") or media
    data, uri = get_path(source, "base64String"), get_path(source, "s3Location", "uri")
    if data:
        return blob_of_base64(data, modality=modality)
    return {"type": "uri", "modality": modality, "uri": str(uri or "")}


def _pegasus_request(body: Body) -> Request:
    parts = [text_part(body.get("inputPrompt"))]
    if body.get("mediaSource"):
        parts.append(_twelvelabs_part(body["mediaSource"], "video"))
    attributes = _request_parameters(body)
    return Request("chat", "", messages=[{"role": "user", "parts": parts}], attributes=attributes)


def _marengo_request(body: Body) -> Request:
    texts = [body.get("inputText"), get_path(body, "text", "inputText"),
             get_path(body, "text_image", "inputText")]  # fmt: skip
    parts = [text_part(text) for text in texts if text]
    if body.get("mediaSource"):
        parts.append(_twelvelabs_part(body, str(body.get("inputType") or "video")))
    for kind in (*_MEDIA_KINDS, "text_image"):
        if get_path(body, kind, "mediaSource"):
            modality = "image" if kind == "text_image" else kind
            parts.append(_twelvelabs_part(body[kind], modality))
    return Request("embeddings", "", messages=[{"role": "user", "parts": parts}])


def _image_request(body: Body) -> Request:
    text = get_path(body, "textToImageParams", "text")
    text = text or "\n".join(texts_of(body.get("text_prompts")))
    for name, params in body.items():
        if name.endswith("Params"):
            text = text or get_path(params, "text") or get_path(params, "prompt")
    parts = [text_part(text or "")]
    for params in (body, *body.values()):
        for name in _SENT_IMAGES:
            images = as_list(get_path(params, name)) if isinstance(params, Mapping) else ()
            parts += [blob_of_base64(each, modality="image") for each in images if each]
    return Request("generate_content", "", messages=[{"role": "user", "parts": parts}])


_SENT_IMAGES = (
    "image", "images", "maskImage", "conditionImage", "sourceImage", "referenceImage",
    "init_image", "mask_image", "mask",
)  # fmt: skip


def _unknown_request(body: Body) -> Request:
    parts = [{"type": "json", "content": without_binary(to_plain_json(body))}]
    return Request("chat", "", messages=[{"role": "user", "parts": parts}])


def _request_parameters(body: Body) -> Attributes:
    attributes = number_attributes(body, _PARAMETERS)
    add_stop_sequences(attributes, next((body[name] for name in _STOPS if body.get(name)), None))
    return attributes


def _has(*names: str) -> BodyTest:
    return lambda body, _: all(name in body for name in names)


_REQUESTS: tuple[tuple[BodyTest, Callable[[Body], Request]], ...] = (
    (_is_converse, converse.converse_request),
    (_has("messages", "anthropic_version"), _anthropic_request),
    (lambda body, model: "messages" in body and "cohere." in model, chat_v2.chat_request),
    (_has("messages"), _chat_request),
    (_has("query", "documents"), rerank.rerank_request),
    (_has("input_type"), embeddings.embed_request),
    (_has("texts"), embeddings.embed_request),
    (_has("message"), chat_v1.chat_request),
    (lambda body, _: any(name in body for name in _EMBEDDING_PARAMS), _nova_embeddings_request),
    (_has("taskType"), _image_request),
    (_has("text_prompts"), _image_request),
    (_has("inputPrompt"), _pegasus_request),
    (_has("inputType"), _marengo_request),
    (lambda body, model: "inputText" in body and "embed" in model, _titan_embeddings_request),
    (_has("inputImage"), _titan_embeddings_request),
    (_has("inputText"), _prompt_request),
    (_has("prompt"), _prompt_request),
)
"""How a kind of request is recognised, and what reads it: the first that fits."""


# -- answers ----------------------------------------------------------------------------------


class InvokedModel(Surface):
    """Answers of ``invoke_model``. One object reads one call."""

    name = "invoke_model"
    sends_finish_reason = False  #: some models' streams have none

    def __init__(self) -> None:
        self._surface: Surface | None = None
        self._counted: set[str] = set()

    def response(self, body: Any) -> Response:
        """The whole answer."""
        answer: Answer = body
        try:
            decoded = decode_json(answer.body)
        except ValueError:
            return self._add_counts(Response(), answer.headers, _HEADER_COUNTS)
        response = self._surface_of(decoded).response(decoded)
        self._add_counts(response, answer.headers, _HEADER_COUNTS)
        return _note_guardrail(response, decoded)

    def delta(self, chunk: object) -> Delta | None:
        """What a chunk adds, and what Bedrock adds to the last chunk of every model."""
        data = get_path(chunk, "chunk", "bytes")
        if not data or not isinstance(data, (bytes, str)):
            return None
        event = decode_json(data)
        delta = self._surface_of(event).delta(event) or Delta()
        metrics = get_path(event, _METRICS)
        response = self._add_counts(
            delta.response or Response(), metrics if type(metrics) is dict else {}, _METRIC_COUNTS
        )
        delta.response = _note_guardrail(response, event)
        return delta

    def _add_counts(self, response: Response, counts: Body, names: CountNames) -> Response:
        """Add Bedrock's counts where the model has none; its own counts stand."""
        usage = response.usage or Usage()
        raw: dict[str, int] = {}
        for field, name in names:
            count = _count_of(counts.get(name))
            if getattr(usage, field) is not None:
                self._counted.add(field)
            elif count is not None and field not in self._counted:
                setattr(usage, field, count)
                raw[name] = count
        if raw:
            response.usage = usage
            sent = response.raw_usage if isinstance(response.raw_usage, dict) else {}
            response.raw_usage = {**sent, **raw}
        return response

    def _surface_of(self, body: object) -> Surface:
        """What reads this kind of body; a stream keeps to one kind."""
        if self._surface is None:
            fields = body if isinstance(body, Mapping) else {}
            make = next((make for is_kind, make in _ANSWERS if is_kind(fields, "")), Texts)
            self._surface = make()
        return self._surface


def _count_of(value: object) -> int | None:
    is_text = isinstance(value, str) and value.isdecimal()
    return int(str(value)) if is_text else count_or_none(value)


def _note_guardrail(response: Response, body: object) -> Response:
    """Note that a guardrail intervened, whatever finish reason the model gave."""
    if get_path(body, "amazon-bedrock-guardrailAction") == "INTERVENED":
        response.outcome = "filtered"
    return response


class _ChatOrTextCompletions(_chat_completions.ChatCompletions):
    """Chat completions, or completions of a text, as imported models and DeepSeek's give."""

    def __init__(self) -> None:
        self._texts = _completions.Completions()

    def response(self, body: object) -> Response:
        """The whole answer."""
        body = _with_finish_reasons(body)
        return self._texts.response(body) if _is_text(body) else super().response(body)

    def delta(self, chunk: object) -> Delta | None:
        """What a chunk adds."""
        chunk = _with_finish_reasons(chunk)
        return self._texts.delta(chunk) if _is_text(chunk) else super().delta(chunk)


def _is_text(body: object) -> bool:
    return get_path(body, "choices", 0, "text") is not None


def _with_finish_reasons(body: object) -> object:
    """The body with the usual name for what Mistral and DeepSeek call ``stop_reason`` here."""
    choices = get_path(body, "choices")
    if not isinstance(body, dict) or get_path(choices, 0, "stop_reason") is None:
        return body
    named = [
        {**choice, "finish_reason": choice.get("finish_reason") or choice.get("stop_reason")}
        if isinstance(choice, dict)
        else choice
        for choice in as_list(choices)
    ]
    return {**body, "choices": named}


_ANSWERS: tuple[tuple[BodyTest, Callable[[], Surface]], ...] = (
    (_has("choices"), _ChatOrTextCompletions),
    (_has("output"), converse.Converse),
    (lambda body, _: any(key.startswith(("messageSt", "contentBl")) for key in body),
     converse.Converse),
    (_has("embedding"), TitanEmbeddings),
    (_has("embeddingsByType"), TitanEmbeddings),
    (lambda body, _: get_path(body, "embeddings", 0, "embedding") is not None, TitanEmbeddings),
    (lambda body, _: get_path(body, "data", 0, "embedding") is not None, TitanEmbeddings),
    (_has("embeddings"), embeddings.Embed),
    (lambda body, _: get_path(body, "results", 0, "relevance_score") is not None, rerank.Rerank),
    (_has("images"), Images),
    (_has("artifacts"), Images),
    (_has("generations"), chat_v1.GenerateV1),
    (_has("event_type"), chat_v1.ChatV1),
    (_has("response_id"), chat_v1.ChatV1),
    (lambda body, _: isinstance(body.get("message"), Mapping) and "finish_reason" in body,
     chat_v2.ChatV2),
    (lambda body, _: str(body.get("type")).startswith(("message-", "content-", "tool-")),
     chat_v2.ChatV2),
    (_has("completion"), Texts),  # Claude 2, whose newer answers have a type, too
    (_has("type"), messages.Messages),
)  # fmt: skip
"""How a kind of answer or chunk is recognised, and what reads it: the first that fits."""
