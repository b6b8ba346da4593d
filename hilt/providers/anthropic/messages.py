"""Anthropic's messages API, as Anthropic, Bedrock, Vertex AI and Foundry serve it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, count_or_none, text_or_parts, to_text, unknown_part
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob, blob_of_base64, blob_of_url
from hilt.genai.values import Delta, Message, Part, Response, Surface, ToolCallDelta
from hilt.providers.anthropic.usage import is_fast, usage_of

__all__ = [
    "Messages",
    "instructions_of",
    "message_of",
    "part_of",
    "request_parameters",
]

_PARAMETERS = (
    ("max_tokens", semconv.REQUEST_MAX_TOKENS),
    ("max_tokens_to_sample", semconv.REQUEST_MAX_TOKENS),
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("top_p", semconv.REQUEST_TOP_P),
    ("top_k", semconv.REQUEST_TOP_K),
)
_NESTED_PARAMETERS = (
    (("output_config", "effort"), semconv.REQUEST_REASONING_LEVEL),
    (("service_tier",), "anthropic.request.service_tier"),
    (("thinking", "type"), "anthropic.thinking.type"),
    (("thinking", "budget_tokens"), "anthropic.thinking.budget_tokens"),
)
_MODALITIES = {"image": "image", "document": "document"}


def request_parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    """``gen_ai.request.*`` for the parameters that stand in a request's body.

    What has no name there has the one that Anthropic's SDK gives it on its own spans.
    """
    found: dict[str, Any] = {}
    for name, attribute in _PARAMETERS:
        value = body.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            found[attribute] = value
    for path, attribute in _NESTED_PARAMETERS:
        value = get_path(body, *path)
        if isinstance(value, (str, int)):
            found[attribute] = value
    stop = body.get("stop_sequences")
    if isinstance(stop, (list, tuple)) and stop:
        found[semconv.REQUEST_STOP_SEQUENCES] = [str(each) for each in stop]
    output = get_path(body, "output_config", "format") or body.get("output_format")
    if get_path(output, "type") == "json_schema":
        found[semconv.OUTPUT_TYPE] = "json"
    return found


def instructions_of(system: Any) -> list[Part] | None:
    """System instructions as parts: a text, or a list of text blocks."""
    if isinstance(system, str):
        return [{"type": "text", "content": system}] if system else None
    return [part_of(block) for block in as_list(system)] or None


def message_of(raw: Any) -> Message:
    """A message of the messages API in our shape."""
    return {
        "role": str(get_path(raw, "role") or "user"),
        "parts": _parts_of(get_path(raw, "content")),
    }


def _parts_of(content: Any) -> list[Part]:
    if isinstance(content, str):
        return [{"type": "text", "content": content}]
    return [part_of(block) for block in as_list(content)]


def part_of(block: Any) -> Part:
    """A content block in our shape; binary content becomes a blob."""
    kind = get_path(block, "type")
    if kind == "text":
        return _text(block)
    if type(kind) is not str:
        return {"type": "text", "content": block} if isinstance(block, str) else unknown_part(block)
    if kind == "thinking":
        return {"type": "reasoning", "content": to_text(get_path(block, "thinking"))}
    if kind == "redacted_thinking":
        return {"type": "reasoning", "content": "", "redacted": True}
    if kind == "tool_use":
        arguments = to_plain_json(get_path(block, "input"))
        return {**_named("tool_call", block), "arguments": {} if arguments is None else arguments}
    if kind == "tool_result":
        return _tool_response(block)
    if kind in _MODALITIES:
        return _source(block, kind)
    if kind in ("container_upload", "file"):
        return {"type": "file", "modality": "document", "file_id": get_path(block, "file_id") or ""}
    if kind.endswith("tool_use"):  # the provider runs it
        call = {"type": kind, "arguments": to_plain_json(get_path(block, "input")) or {}}
        return {**_named("server_tool_call", block), "server_tool_call": call}
    if kind.endswith("tool_result"):
        return _server_response(block, kind)
    found: Part = _told(block)
    return {name.rstrip("_"): value for name, value in found.items()}  # the SDK says ``from_``


def _told(value: Any) -> Any:
    """Plain JSON without nulls: an SDK's object of a block has more of them than the wire."""
    return _without_nulls(to_plain_json(value))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def _text(block: Any) -> Part:
    text = get_path(block, "text")
    part: Part = {"type": "text", "content": text if type(text) is str else to_text(text)}
    citations = get_path(block, "citations")
    if isinstance(citations, (list, tuple)) and citations:
        part["citations"] = to_plain_json(citations)
    return part


def _named(kind: str, block: Any) -> Part:
    part: Part = {"type": kind}
    if get_path(block, "id"):
        part["id"] = get_path(block, "id")
    part["name"] = get_path(block, "name") or ""
    return part


def _tool_response(block: Any) -> Part:
    part: Part = {"type": "tool_call_response"}
    if get_path(block, "tool_use_id"):
        part["id"] = get_path(block, "tool_use_id")
    content = get_path(block, "content")
    if isinstance(content, (list, tuple)):
        part["response"] = text_or_parts([part_of(each) for each in content])
    else:
        part["response"] = to_plain_json(content) or ""
    if get_path(block, "is_error"):
        part["is_error"] = True
    return part


def _server_response(block: Any, kind: str) -> Part:
    content = _told(get_path(block, "content"))
    part: Part = {"type": "server_tool_call_response"}
    if get_path(block, "tool_use_id"):
        part["id"] = get_path(block, "tool_use_id")
    part["server_tool_call_response"] = {"type": kind, "content": content}
    return part


def _source(block: Any, kind: str) -> Part:
    """An image or a document: in base64, as text, at a URL, or in the files API."""
    source, modality = get_path(block, "source"), _MODALITIES[kind]
    form, mime_type = get_path(source, "type"), get_path(source, "media_type")
    if form == "base64":
        return blob_of_base64(get_path(source, "data") or "", mime_type, modality)
    if form == "url":
        return blob_of_url(get_path(source, "url"), mime_type, modality)
    if form == "file":
        return {"type": "file", "modality": modality, "file_id": get_path(source, "file_id") or ""}
    part: Part = {"type": kind}
    for name in ("title", "context"):
        if get_path(block, name):
            part[name] = get_path(block, name)
    if form == "content":
        part["content"] = _parts_of(get_path(source, "content"))
    elif isinstance(get_path(source, "data"), (bytes, bytearray)):
        return blob(bytes(get_path(source, "data")), mime_type, modality)
    else:
        part["content"] = get_path(source, "data") or ""
    return part


class Messages(Surface):
    """Answers of ``messages``. One object reads one call: a stream tells its usage in pieces."""

    name = "messages"

    def __init__(self) -> None:
        self._usage: dict[str, Any] = {}

    def response(self, body: Any) -> Response:
        """The whole answer."""
        found = self._facts(body)
        message: Message = {"role": "assistant", "parts": _parts_of(get_path(body, "content"))}
        reason = get_path(body, "stop_reason")
        if reason:
            message["finish_reason"] = str(reason)
            found.finish_reasons.append(str(reason))
        found.messages.append(message)
        return found

    def text(self, chunk: Any) -> str | None:
        """The text of a chunk that brings nothing else."""
        try:
            delta = chunk.delta
            if chunk.type != "content_block_delta" or delta.type != "text_delta":
                return None
            text = delta.text
        except AttributeError:
            return None
        return text if type(text) is str and text else None

    def delta(self, chunk: Any) -> Delta | None:
        """What a chunk adds."""
        kind = get_path(chunk, "type")
        if kind == "content_block_delta":
            return _block_delta(
                get_path(chunk, "delta"), count_or_none(get_path(chunk, "index")) or 0
            )
        if kind == "content_block_start":
            return _block_start(
                get_path(chunk, "content_block"), count_or_none(get_path(chunk, "index")) or 0
            )
        if kind == "content_block_stop":
            return Delta(ends_part=True)
        if kind == "message_start":
            return Delta(response=self._facts(get_path(chunk, "message")))
        if kind == "message_delta":
            return self._message_delta(chunk)
        return None

    def _message_delta(self, chunk: Any) -> Delta:
        reason = get_path(chunk, "delta", "stop_reason")
        return Delta(
            finish_reasons={0: str(reason)} if reason else None,
            response=self._facts({"usage": get_path(chunk, "usage")}),
        )

    def _facts(self, body: Any) -> Response:
        usage = get_path(body, "usage")
        if usage:
            usage = to_plain_json(usage)
            told = usage if type(usage) is dict else {}
            self._usage.update({name: value for name, value in told.items() if value is not None})
        tier = get_path(self._usage, "service_tier")
        attributes = {"anthropic.response.service_tier": tier} if tier else {}
        return Response(
            id=get_path(body, "id") or None,
            model=get_path(body, "model") or None,
            usage=usage_of(self._usage),
            raw_usage=dict(self._usage) or usage or None,
            service_tier="fast" if is_fast(self._usage) else tier,
            attributes=attributes,
        )


def _block_start(block: Any, index: int) -> Delta | None:
    part = part_of(block)
    kind = part["type"]
    if kind == "text":
        details = {"citations": part["citations"]} if "citations" in part else None
        return Delta(text=part["content"] or None, details=details)
    if kind == "reasoning" and not part.get("redacted"):
        return Delta(reasoning=to_text(part.get("content")) or None)
    if kind == "tool_call":
        whole = part.get("arguments") or None
        return Delta(tool_calls=[ToolCallDelta(index, part.get("id"), part.get("name"), whole)])
    if kind == "server_tool_call":
        whole = get_path(part, kind, "arguments") or None
        server = get_path(part, kind, "type") or kind
        begun = ToolCallDelta(index, part.get("id"), part.get("name"), whole, server=server)
        return Delta(tool_calls=[begun])
    if kind == "compaction" and not part.get("content"):
        return None  # its delta brings it
    return Delta(parts=[part])


def _block_delta(delta: Any, index: int) -> Delta | None:
    kind = get_path(delta, "type")
    if kind == "text_delta":
        return Delta(text=to_text(get_path(delta, "text")))
    if kind == "input_json_delta":
        return Delta(tool_calls=[ToolCallDelta(index, arguments=get_path(delta, "partial_json"))])
    if kind == "thinking_delta":
        return Delta(reasoning=to_text(get_path(delta, "thinking")))
    if kind == "citations_delta":
        return Delta(details={"citations": [to_plain_json(get_path(delta, "citation"))]})
    if kind == "compaction_delta":
        return Delta(parts=[{"type": "compaction", "content": get_path(delta, "content") or ""}])
    return None  # a signature, or what is not known yet
