"""Anthropic's messages API, as Anthropic, Bedrock, Vertex AI and Foundry serve it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.providers.anthropic_usage import is_fast, usage_of
from hilt.genai.reading import blob, blob_of_base64, blob_of_url, integer, pick, plain
from hilt.genai.shapes import several, text_or_parts, unknown, wording
from hilt.genai.values import Delta, Message, Part, Response, ToolCallDelta

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
        value = pick(body, *path)
        if isinstance(value, (str, int)):
            found[attribute] = value
    stop = body.get("stop_sequences")
    if isinstance(stop, (list, tuple)) and stop:
        found[semconv.REQUEST_STOP_SEQUENCES] = [str(each) for each in stop]
    output = pick(body, "output_config", "format") or body.get("output_format")
    if pick(output, "type") == "json_schema":
        found[semconv.OUTPUT_TYPE] = "json"
    return found


def instructions_of(system: Any) -> list[Part] | None:
    """System instructions as parts: a text, or a list of text blocks."""
    if isinstance(system, str):
        return [{"type": "text", "content": system}] if system else None
    return [part_of(block) for block in several(system)] or None


def message_of(raw: Any) -> Message:
    """A message of the messages API in our shape."""
    return {"role": str(pick(raw, "role") or "user"), "parts": _parts_of(pick(raw, "content"))}


def _parts_of(content: Any) -> list[Part]:
    if isinstance(content, str):
        return [{"type": "text", "content": content}]
    return [part_of(block) for block in several(content)]


def part_of(block: Any) -> Part:
    """A content block in our shape; binary content becomes a blob."""
    kind = pick(block, "type")
    if kind == "text":
        return _text(block)
    if type(kind) is not str:
        return {"type": "text", "content": block} if isinstance(block, str) else unknown(block)
    if kind == "thinking":
        return {"type": "reasoning", "content": wording(pick(block, "thinking"))}
    if kind == "redacted_thinking":
        return {"type": "reasoning", "content": "", "redacted": True}
    if kind == "tool_use":
        arguments = plain(pick(block, "input"))
        return {**_named("tool_call", block), "arguments": {} if arguments is None else arguments}
    if kind == "tool_result":
        return _tool_response(block)
    if kind in _MODALITIES:
        return _source(block, kind)
    if kind in ("container_upload", "file"):
        return {"type": "file", "modality": "document", "file_id": pick(block, "file_id") or ""}
    if kind.endswith("tool_use"):  # the provider runs it
        call = {"type": kind, "arguments": plain(pick(block, "input")) or {}}
        return {**_named("server_tool_call", block), "server_tool_call": call}
    if kind.endswith("tool_result"):
        return _server_response(block, kind)
    found: Part = _told(block)
    return {name.rstrip("_"): value for name, value in found.items()}  # the SDK says ``from_``


def _told(value: Any) -> Any:
    """Plain JSON without nulls: an SDK's object of a block has more of them than the wire."""
    return _without_nulls(plain(value))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def _text(block: Any) -> Part:
    text = pick(block, "text")
    part: Part = {"type": "text", "content": text if type(text) is str else wording(text)}
    citations = pick(block, "citations")
    if isinstance(citations, (list, tuple)) and citations:
        part["citations"] = plain(citations)
    return part


def _named(kind: str, block: Any) -> Part:
    part: Part = {"type": kind}
    if pick(block, "id"):
        part["id"] = pick(block, "id")
    part["name"] = pick(block, "name") or ""
    return part


def _tool_response(block: Any) -> Part:
    part: Part = {"type": "tool_call_response"}
    if pick(block, "tool_use_id"):
        part["id"] = pick(block, "tool_use_id")
    content = pick(block, "content")
    if isinstance(content, (list, tuple)):
        part["response"] = text_or_parts([part_of(each) for each in content])
    else:
        part["response"] = plain(content) or ""
    if pick(block, "is_error"):
        part["is_error"] = True
    return part


def _server_response(block: Any, kind: str) -> Part:
    content = _told(pick(block, "content"))
    part: Part = {"type": "server_tool_call_response"}
    if pick(block, "tool_use_id"):
        part["id"] = pick(block, "tool_use_id")
    part["server_tool_call_response"] = {"type": kind, "content": content}
    return part


def _source(block: Any, kind: str) -> Part:
    """An image or a document: in base64, as text, at a URL, or in the files API."""
    source, modality = pick(block, "source"), _MODALITIES[kind]
    form, mime_type = pick(source, "type"), pick(source, "media_type")
    if form == "base64":
        return blob_of_base64(pick(source, "data") or "", mime_type, modality)
    if form == "url":
        return blob_of_url(pick(source, "url"), mime_type, modality)
    if form == "file":
        return {"type": "file", "modality": modality, "file_id": pick(source, "file_id") or ""}
    part: Part = {"type": kind}
    for name in ("title", "context"):
        if pick(block, name):
            part[name] = pick(block, name)
    if form == "content":
        part["content"] = _parts_of(pick(source, "content"))
    elif isinstance(pick(source, "data"), (bytes, bytearray)):
        return blob(bytes(pick(source, "data")), mime_type, modality)
    else:
        part["content"] = pick(source, "data") or ""
    return part


class Messages:
    """Answers of ``messages``. One object reads one call: a stream tells its usage in pieces."""

    name = "messages"

    def __init__(self) -> None:
        self._usage: dict[str, Any] = {}

    def response(self, body: Any) -> Response:
        """The whole answer."""
        found = self._facts(body)
        message: Message = {"role": "assistant", "parts": _parts_of(pick(body, "content"))}
        reason = pick(body, "stop_reason")
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
        kind = pick(chunk, "type")
        if kind == "content_block_delta":
            return _block_delta(pick(chunk, "delta"), integer(pick(chunk, "index")) or 0)
        if kind == "content_block_start":
            return _block_start(pick(chunk, "content_block"), integer(pick(chunk, "index")) or 0)
        if kind == "content_block_stop":
            return Delta(ends_part=True)
        if kind == "message_start":
            return Delta(response=self._facts(pick(chunk, "message")))
        if kind == "message_delta":
            return self._message_delta(chunk)
        return None

    def _message_delta(self, chunk: Any) -> Delta:
        reason = pick(chunk, "delta", "stop_reason")
        return Delta(
            finish_reasons={0: str(reason)} if reason else None,
            response=self._facts({"usage": pick(chunk, "usage")}),
        )

    def _facts(self, body: Any) -> Response:
        usage = pick(body, "usage")
        if usage:
            usage = plain(usage)
            told = usage if type(usage) is dict else {}
            self._usage.update({name: value for name, value in told.items() if value is not None})
        tier = pick(self._usage, "service_tier")
        attributes = {"anthropic.response.service_tier": tier} if tier else {}
        return Response(
            id=pick(body, "id") or None,
            model=pick(body, "model") or None,
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
        return Delta(reasoning=wording(part.get("content")) or None)
    if kind == "tool_call":
        whole = part.get("arguments") or None
        return Delta(tool_calls=[ToolCallDelta(index, part.get("id"), part.get("name"), whole)])
    if kind == "server_tool_call":
        whole = pick(part, kind, "arguments") or None
        server = pick(part, kind, "type") or kind
        begun = ToolCallDelta(index, part.get("id"), part.get("name"), whole, server=server)
        return Delta(tool_calls=[begun])
    if kind == "compaction" and not part.get("content"):
        return None  # its delta brings it
    return Delta(parts=[part])


def _block_delta(delta: Any, index: int) -> Delta | None:
    kind = pick(delta, "type")
    if kind == "text_delta":
        return Delta(text=wording(pick(delta, "text")))
    if kind == "input_json_delta":
        return Delta(tool_calls=[ToolCallDelta(index, arguments=pick(delta, "partial_json"))])
    if kind == "thinking_delta":
        return Delta(reasoning=wording(pick(delta, "thinking")))
    if kind == "citations_delta":
        return Delta(details={"citations": [plain(pick(delta, "citation"))]})
    if kind == "compaction_delta":
        return Delta(parts=[{"type": "compaction", "content": pick(delta, "content") or ""}])
    return None  # a signature, or what is not known yet
