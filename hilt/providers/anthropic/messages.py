"""Anthropic's messages API, as Anthropic, Bedrock, Vertex AI and Foundry serve it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hilt import semconv
from hilt.core.plain_json import to_sent_json
from hilt.genai.coerce import str_or_none, to_text
from hilt.genai.fold import merge_counts
from hilt.genai.json_values import field_getter, get_path, to_plain_json
from hilt.genai.values import Delta, Message, Part, Response, Surface, ToolCallDelta
from hilt.providers._message_parts import index_of
from hilt.providers._parameters import Attributes, add_stop_sequences, number_attributes
from hilt.providers.anthropic.blocks import part_of, parts_of
from hilt.providers.anthropic.errors import failure_of_error
from hilt.providers.anthropic.usage import is_fast, region_of, usage_of

__all__ = ["Messages", "request_parameters"]

_PARAMETERS = (
    ("max_tokens", semconv.REQUEST_MAX_TOKENS),
    ("max_tokens_to_sample", semconv.REQUEST_MAX_TOKENS),
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("top_p", semconv.REQUEST_TOP_P),
    ("top_k", semconv.REQUEST_TOP_K),
)
_OTHER_PARAMETERS = (
    ("output_config", "effort", semconv.REQUEST_REASONING_LEVEL),
    ("service_tier", None, "anthropic.request.service_tier"),
    ("thinking", "type", "anthropic.thinking.type"),
    ("thinking", "budget_tokens", "anthropic.thinking.budget_tokens"),
)


def request_parameters(body: Mapping[str, object]) -> Attributes:
    """``gen_ai.request.*`` for the parameters of a request's body.

    What has no name there has the one that Anthropic's SDK gives it on its own spans.
    """
    get = body.get
    attributes = number_attributes(body, _PARAMETERS, type(body).get)
    for name, inner, attribute in _OTHER_PARAMETERS:
        value = get(name)
        if value is not None and inner is not None:
            value = get_path(value, inner)
        if isinstance(value, (str, int)):
            attributes[attribute] = value
    add_stop_sequences(attributes, get("stop_sequences"))
    output = get_path(get("output_config"), "format") or get("output_format")
    if output and get_path(output, "type") == "json_schema":
        attributes[semconv.OUTPUT_TYPE] = "json"
    return attributes


class Messages(Surface):
    """Answers of ``messages``. One object reads one call: a stream sends its usage in pieces."""

    name = "messages"
    json = True

    def __init__(self) -> None:
        self._usage: dict[str, object] = {}
        self._fallback: object = None  #: the model that took over; the last event has its usage

    def response(self, body: object) -> Response:
        """The whole answer."""
        response = self._response_fields(body)
        if get_path(body, "type") == "error" or get_path(body, "error"):  # with status 200
            response.failure = failure_of_error(body)
            return response
        parts = [*parts_of(get_path(body, "content")), *_refusal_parts(body)]
        message: Message = {"role": "assistant", "parts": parts}
        response.add_choice(message, get_path(body, "stop_reason"))
        return response

    def text(self, chunk: Any) -> str | None:
        """The text of a chunk that holds nothing else."""
        try:
            delta = chunk.delta
            if chunk.type != "content_block_delta" or delta.type != "text_delta":
                return None
            text = delta.text
        except AttributeError:
            return None
        return text if type(text) is str and text else None

    def delta(self, chunk: object) -> Delta | None:
        """What a chunk adds."""
        kind = get_path(chunk, "type")
        if kind == "content_block_delta":
            return _block_delta(get_path(chunk, "delta"), index_of(chunk))
        if kind == "content_block_start":
            block = get_path(chunk, "content_block")
            if get_path(block, "type") == "fallback":
                self._fallback = get_path(block, "to", "model")
            return _block_begin_delta(block, index_of(chunk))
        if kind == "content_block_stop":
            return Delta(ends_part=True)
        if kind == "message_start":
            return Delta(response=self._response_fields(get_path(chunk, "message")))
        if kind == "error":  # the SDK raises; a raw response has the event
            return Delta(response=Response(failure=failure_of_error(chunk)))
        return self._message_delta(chunk) if kind == "message_delta" else None

    def _message_delta(self, chunk: object) -> Delta:
        delta = Delta(
            response=self._response_fields(
                {"usage": to_plain_json(get_path(chunk, "usage")), "model": self._fallback}
            )
        )
        delta.add_finish_reason(get_path(chunk, "delta", "stop_reason"))
        delta.parts = _refusal_parts(get_path(chunk, "delta")) or None
        return delta

    def _response_fields(self, body: object) -> Response:
        """What an answer says beside its content, with all the usage that came so far."""
        get = field_getter(body)
        usage = get("usage")
        if type(usage) is not dict or type(body) is not dict:
            usage = to_plain_json(usage)  # else it is JSON that was decoded, and plain already
        if isinstance(usage, dict):
            sent = {name: value for name, value in usage.items() if value is not None}
            self._usage = merge_counts(self._usage, sent) if self._usage else sent
        tier: Any = self._usage.get("service_tier")
        return Response(
            id=get("id") or None,
            model=get("model") or None,
            usage=usage_of(self._usage),
            raw_usage=dict(self._usage) or usage or None,
            service_tier="fast" if is_fast(self._usage) else tier,
            region=region_of(self._usage),
            attributes={"anthropic.response.service_tier": tier} if tier else {},
        )


def _refusal_parts(ending: object) -> list[Part]:
    """Why the model refused, where the answer says it: the policy, and what it is about."""
    details = get_path(ending, "stop_details")
    category = str_or_none(get_path(details, "category"))
    text = str_or_none(get_path(details, "explanation")) or category
    if text is None or get_path(details, "type") != "refusal":
        return []
    part: Part = {"type": "refusal", "content": text}
    return [{**part, "category": category} if category else part]


# -- content blocks in a stream ---------------------------------------------------------------


def _block_begin_delta(block: object, index: int) -> Delta | None:
    """What a block has when it begins: most often nothing but its kind, id and name."""
    part = part_of(block)
    kind = part["type"]
    if kind == "text":
        details = {"citations": part["citations"]} if "citations" in part else None
        return Delta(text=part["content"] or None, details=details)
    if kind == "reasoning" and not part.get("redacted"):
        return Delta(reasoning=to_text(part.get("content")) or None)
    if kind in ("tool_call", "server_tool_call"):
        is_server = kind == "server_tool_call"
        details = part[kind] if is_server else part
        call = ToolCallDelta(
            index,
            part.get("id"),
            part.get("name"),
            get_path(details, "arguments") or None,
            server=get_path(details, "type") or kind if is_server else None,
        )
        return Delta(tool_calls=[call])
    if kind == "compaction" and not part.get("content"):
        return None  # its delta brings it
    return Delta(parts=[part])


def _block_delta(delta: object, index: int) -> Delta | None:
    kind = get_path(delta, "type")
    if kind == "input_json_delta":
        return Delta(tool_calls=[ToolCallDelta(index, arguments=get_path(delta, "partial_json"))])
    read = _BLOCK_DELTAS.get(kind) if type(kind) is str else None
    return read(delta) if read is not None else None  # a signature, or what is not known yet


def _text_delta(delta: object) -> Delta:
    return Delta(text=to_text(get_path(delta, "text")))


def _reasoning_delta(delta: object) -> Delta:
    return Delta(reasoning=to_text(get_path(delta, "thinking")))


def _citation_delta(delta: object) -> Delta:
    return Delta(details={"citations": [to_sent_json(get_path(delta, "citation"))]})


def _compaction_delta(delta: object) -> Delta:
    return Delta(parts=[{"type": "compaction", "content": get_path(delta, "content") or ""}])


_BLOCK_DELTAS: dict[str, Callable[[object], Delta]] = {
    "text_delta": _text_delta,
    "thinking_delta": _reasoning_delta,
    "citations_delta": _citation_delta,
    "compaction_delta": _compaction_delta,
}
