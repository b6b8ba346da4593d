"""Bedrock's converse, and the messages of Amazon Nova, which have the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import (
    as_list,
    count_or_none,
    list_or_empty,
    number_or_none,
    text_or_parts,
    texts_of,
    to_text,
)
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob_of_base64
from hilt.genai.values import Delta, Message, Part, Request, Response, Surface, ToolCallDelta, Usage

__all__ = ["Converse", "converse_request", "message_of", "usage_of"]

_PARAMETERS = (
    ("maxTokens", semconv.REQUEST_MAX_TOKENS),
    ("max_new_tokens", semconv.REQUEST_MAX_TOKENS),
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("topP", semconv.REQUEST_TOP_P),
    ("topK", semconv.REQUEST_TOP_K),
)
_MEDIA = ("image", "video", "audio", "document")


def converse_request(body: Mapping[str, Any]) -> Request:
    """What ``converse`` asks for."""
    messages = body.get("messages")
    system = [part_of(block) for block in as_list(body.get("system"))]
    return Request(
        "chat",
        "aws.bedrock",
        messages=as_list(messages),
        read=message_of,
        instructions=system or None,
        attributes=_parameters(body.get("inferenceConfig")),
        tools=get_path(body, "toolConfig", "tools") or None,
    )


def _parameters(given: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, attribute in _PARAMETERS:
        value = number_or_none(get_path(given, name))
        if value is not None:
            found[attribute] = value
    stop = get_path(given, "stopSequences")
    if stop:
        found[semconv.REQUEST_STOP_SEQUENCES] = to_plain_json(stop)
    return found


# -- messages ---------------------------------------------------------------------------------


def message_of(raw: Any) -> Message:
    """A message in our shape."""
    parts = [part_of(block) for block in as_list(get_path(raw, "content"))]
    return {"role": str(get_path(raw, "role") or "user"), "parts": parts}


def part_of(block: Any) -> Part:
    """A content block in our shape; binary content becomes a blob."""
    if isinstance(block, str):
        return {"type": "text", "content": block}
    text = get_path(block, "text")
    if text is not None:
        return {"type": "text", "content": to_text(text)}
    for name, read in _BLOCKS.items():
        value = get_path(block, name)
        if value is not None:
            return read(value)
    for modality in _MEDIA:
        value = get_path(block, modality)
        if value is not None:
            return _media(value, modality)
    found = to_plain_json(block)
    kind = next(iter(found), "unknown") if isinstance(found, dict) else "unknown"
    return {"type": kind, "content": found.get(kind) if isinstance(found, dict) else found}


def _call(use: Any) -> Part:
    part: Part = {"type": "tool_call"}
    if get_path(use, "toolUseId"):
        part["id"] = get_path(use, "toolUseId")
    part["name"] = get_path(use, "name") or ""
    part["arguments"] = to_plain_json(get_path(use, "input")) or {}
    return part


def _result(result: Any) -> Part:
    part: Part = {"type": "tool_call_response"}
    if get_path(result, "toolUseId"):
        part["id"] = get_path(result, "toolUseId")
    given = as_list(get_path(result, "content"))
    if len(given) == 1 and get_path(given, 0, "json") is not None:
        part["response"] = to_plain_json(get_path(given, 0, "json"))
    else:
        part["response"] = text_or_parts([part_of(each) for each in given])
    if get_path(result, "status") == "error":
        part["is_error"] = True
    return part


def _guarded(content: Any) -> Part:
    """What a guardrail shall look at; the model reads it like the rest."""
    text = get_path(content, "text")
    if text is None:
        return _media(get_path(content, "image"), "image")
    part: Part = {"type": "text", "content": to_text(get_path(text, "text"))}
    qualifiers = get_path(text, "qualifiers")
    return {**part, "qualifiers": to_plain_json(qualifiers)} if qualifiers else part


def _reasoning(content: Any) -> Part:
    text = get_path(content, "reasoningText", "text")
    part: Part = {"type": "reasoning", "content": to_text(text)}
    return part if text is not None else {**part, "redacted": True}


def _cited(content: Any) -> Part:
    part: Part = {"type": "text", "content": "".join(texts_of(get_path(content, "content")))}
    return {**part, "citations": to_plain_json(as_list(get_path(content, "citations")))}


def _media(value: Any, modality: str) -> Part:
    """An image, a film, a sound or a document: its bytes, or where it is in S3."""
    source, form = get_path(value, "source"), get_path(value, "format")
    kind = f"{modality if modality != 'document' else 'application'}/{form}" if form else None
    uri = get_path(source, "s3Location", "uri")
    if uri:
        return {"type": "uri", "modality": modality, "mime_type": kind, "uri": str(uri)}
    text = get_path(source, "text")
    if isinstance(text, str):
        return {"type": "document", "title": get_path(value, "name") or "", "content": text}
    return blob_of_base64(get_path(source, "bytes") or b"", kind, modality)


_BLOCKS = {
    "toolUse": _call,
    "toolResult": _result,
    "reasoningContent": _reasoning,
    "guardContent": _guarded,
    "citationsContent": _cited,
}


# -- answers ----------------------------------------------------------------------------------


def usage_of(usage: Any) -> tuple[Usage | None, Any]:
    """The counts, and the same as Bedrock sent them. It counts cached tokens apart."""
    if not usage:
        return None, None
    raw = to_plain_json(usage)
    if not isinstance(raw, dict):
        return None, raw
    raw = {name: value for name, value in raw.items() if value != {}}
    read = _either(usage, "cacheReadInputTokens", "cacheReadInputTokenCount")
    written = _either(usage, "cacheWriteInputTokens", "cacheWriteInputTokenCount")
    sent = count_or_none(get_path(usage, "inputTokens"))
    found = Usage(
        input_tokens=None if sent is None else sent + (read or 0) + (written or 0),
        output_tokens=count_or_none(get_path(usage, "outputTokens")),
        total_tokens=count_or_none(get_path(usage, "totalTokens")),
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=_kept_for_an_hour(usage),
    )
    return found, raw


def _either(usage: Any, *names: str) -> int | None:
    return next(
        (n for name in names if (n := count_or_none(get_path(usage, name))) is not None), None
    )


def _kept_for_an_hour(usage: Any) -> int | None:
    counts = [
        count_or_none(get_path(each, "inputTokens")) or 0
        for each in list_or_empty(get_path(usage, "cacheDetails"))
        if get_path(each, "ttl") == "1h"
    ]
    return sum(counts) if counts else None


class Converse(Surface):
    """Answers of ``converse`` and ``converse_stream``, and of Nova where it is invoked."""

    name = "converse"

    def response(self, body: Any) -> Response:
        """The whole answer."""
        said = get_path(body, "output", "message")
        message = message_of(said or {"role": "assistant"})
        # botocore makes an empty answer of a body that it cannot read.
        found = Response(messages=[message], partial=said is None)
        reason = get_path(body, "stopReason")
        if reason:
            message["finish_reason"] = str(reason)
            found.finish_reasons.append(str(reason))
        found.usage, found.raw_usage = usage_of(get_path(body, "usage"))
        found.service_tier = get_path(body, "serviceTier", "type") or None
        found.model = get_path(body, "trace", "promptRouter", "invokedModelId") or None
        return found

    def text(self, chunk: Any) -> str | None:
        """The text of a chunk that brings nothing else."""
        try:
            text = chunk["contentBlockDelta"]["delta"]["text"]
        except (KeyError, TypeError):
            return None
        return text if type(text) is str and text else None

    def delta(self, chunk: Any) -> Delta | None:
        """What an event adds."""
        begun = get_path(chunk, "contentBlockStart")
        if begun is not None:
            return _started(begun)
        added = get_path(chunk, "contentBlockDelta")
        if added is not None:
            return _added(get_path(added, "delta"), _index(added))
        reason = get_path(chunk, "messageStop", "stopReason")
        if reason:
            return Delta(finish_reasons={0: str(reason)})
        ended = get_path(chunk, "metadata")
        if ended is None:
            return None
        usage, raw = usage_of(get_path(ended, "usage"))
        return Delta(
            response=Response(
                usage=usage,
                raw_usage=raw,
                service_tier=get_path(ended, "serviceTier", "type") or None,
                model=get_path(ended, "trace", "promptRouter", "invokedModelId") or None,
            )
        )


def _index(event: Any) -> int:
    return count_or_none(get_path(event, "contentBlockIndex")) or 0


def _started(begun: Any) -> Delta | None:
    use = get_path(begun, "start", "toolUse")
    if use is None:
        return None
    call = ToolCallDelta(_index(begun), id=get_path(use, "toolUseId"), name=get_path(use, "name"))
    return Delta(tool_calls=[call])


def _added(delta: Any, index: int) -> Delta | None:
    use = get_path(delta, "toolUse")
    if use is not None:
        given = get_path(use, "input")
        return Delta(tool_calls=[ToolCallDelta(index, arguments=given)])
    citation = get_path(delta, "citation")
    return Delta(
        text=to_text(get_path(delta, "text")) or None,
        reasoning=to_text(get_path(delta, "reasoningContent", "text")) or None,
        details={"citations": [to_plain_json(citation)]} if citation is not None else None,
    )
