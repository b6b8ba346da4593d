"""Bedrock's converse, and the messages of Amazon Nova, which have the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.core.plain_json import to_sent_json
from hilt.genai.coerce import (
    as_list,
    count_or_none,
    list_or_empty,
    role_of,
    text_or_parts,
    texts_of,
    to_text,
)
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob_of_base64
from hilt.genai.values import (
    BinaryPiece,
    Delta,
    Message,
    Part,
    Request,
    Response,
    Surface,
    ToolCallDelta,
    Usage,
)
from hilt.providers._counts import first_count, sum_of_counts
from hilt.providers._message_parts import server_tool_call, text_part, tool_call, tool_response
from hilt.providers._parameters import Attributes, add_stop_sequences, number_attributes

__all__ = ["Converse", "converse_request", "message_of", "part_of", "usage_of"]

_PARAMETERS = (
    ("maxTokens", semconv.REQUEST_MAX_TOKENS),
    ("max_new_tokens", semconv.REQUEST_MAX_TOKENS),
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("topP", semconv.REQUEST_TOP_P),
    ("topK", semconv.REQUEST_TOP_K),
)
_MODALITIES = ("image", "video", "audio", "document")
_SERVER_TOOL = "server_tool_use"  #: the type of a call of a tool that Bedrock runs itself
_REDACTED: Part = {"type": "reasoning", "content": "", "redacted": True}


def converse_request(body: Mapping[str, object]) -> Request:
    """A request of ``converse``."""
    return Request(
        "chat",
        "aws.bedrock",
        messages=as_list(body.get("messages")),
        read=message_of,
        instructions=[part_of(block) for block in as_list(body.get("system"))] or None,
        attributes=_request_parameters(body.get("inferenceConfig")),
        tools=as_list(get_path(body, "toolConfig", "tools")) or None,
    )


def _request_parameters(config: object) -> Attributes:
    attributes = number_attributes(config, _PARAMETERS)
    add_stop_sequences(attributes, get_path(config, "stopSequences"))
    return attributes


# -- messages ---------------------------------------------------------------------------------


def message_of(raw: object) -> Message:
    """A message of a request or an answer."""
    parts = [part_of(block) for block in as_list(get_path(raw, "content"))]
    return {"role": role_of(raw, "user"), "parts": parts}


def part_of(block: object) -> Part:
    """A content block; binary content becomes a blob."""
    if isinstance(block, str):
        return {"type": "text", "content": block}
    text = get_path(block, "text")
    if text is not None:
        return text_part(text)
    for name, read in _BLOCKS.items():
        value = get_path(block, name)
        if value is not None:
            return read(value)
    for modality in _MODALITIES:
        value = get_path(block, modality)
        if value is not None:
            return _media_part(value, modality)
    plain = to_sent_json(block)
    if not isinstance(plain, dict):
        return {"type": "unknown", "content": plain}
    kind = next(iter(plain), "unknown")
    return {"type": kind, "content": plain.get(kind)}


def _tool_call_part(use: object) -> Part:
    if get_path(use, "type") == _SERVER_TOOL:
        name = to_text(get_path(use, "name"))
        details = {"type": name, "arguments": to_plain_json(get_path(use, "input"))}
        return server_tool_call(get_path(use, "toolUseId"), name, details)
    return tool_call(get_path(use, "toolUseId"), get_path(use, "name"), get_path(use, "input"))


def _tool_response_part(result: object) -> Part:
    content = as_list(get_path(result, "content"))
    if len(content) == 1 and get_path(content, 0, "json") is not None:
        response = to_plain_json(get_path(content, 0, "json"))
    else:
        response = text_or_parts([part_of(each) for each in content])
    return _result_part(result, response)


def _result_part(result: object, response: object) -> Part:
    """What a tool gave; one that has a type is a tool that the provider ran."""
    part = tool_response(get_path(result, "toolUseId"), response)
    kind = get_path(result, "type")
    if kind:
        part["type"], part["server_tool_call_response"] = (
            "server_tool_call_response",
            {"type": to_text(kind)},
        )
    return {**part, "is_error": True} if get_path(result, "status") == "error" else part


def _guarded_part(content: object) -> Part:
    """What a guardrail has to look at; the model reads it like the rest."""
    text = get_path(content, "text")
    if text is None:
        return _media_part(get_path(content, "image"), "image")
    part = text_part(get_path(text, "text"))
    qualifiers = get_path(text, "qualifiers")
    return {**part, "qualifiers": to_sent_json(qualifiers)} if qualifiers else part


def _reasoning_part(content: object) -> Part:
    text = get_path(content, "reasoningText", "text")
    part: Part = {"type": "reasoning", "content": to_text(text)}
    return part if text is not None else dict(_REDACTED)


def _cited_text_part(content: object) -> Part:
    part = text_part("".join(texts_of(get_path(content, "content"))))
    return {**part, "citations": to_sent_json(as_list(get_path(content, "citations")))}


def _media_part(value: object, modality: str) -> Part:
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
    "toolUse": _tool_call_part,
    "toolResult": _tool_response_part,
    "reasoningContent": _reasoning_part,
    "guardContent": _guarded_part,
    "citationsContent": _cited_text_part,
}


# -- answers ----------------------------------------------------------------------------------


def usage_of(usage: object) -> tuple[Usage | None, Any]:
    """The counts, and the same as Bedrock sent them. It counts cached tokens apart."""
    if not usage:
        return None, None
    raw = to_plain_json(usage)
    if not isinstance(raw, dict):
        return None, raw
    raw = {name: value for name, value in raw.items() if value != {}}
    cache_read = first_count(raw.get("cacheReadInputTokens"), raw.get("cacheReadInputTokenCount"))
    cache_write = first_count(
        raw.get("cacheWriteInputTokens"), raw.get("cacheWriteInputTokenCount")
    )
    uncached = count_or_none(raw.get("inputTokens"))
    counts = Usage(
        input_tokens=None if uncached is None else sum_of_counts(uncached, cache_read, cache_write),
        output_tokens=count_or_none(raw.get("outputTokens")),
        total_tokens=count_or_none(raw.get("totalTokens")),
        cache_read_tokens=cache_read,
        cache_write_tokens=cache_write,
        cache_write_1h_tokens=_cache_write_1h_tokens(raw.get("cacheDetails")),
    )
    return counts, raw


def _cache_write_1h_tokens(details: object) -> int | None:
    rows = [row for row in list_or_empty(details) if get_path(row, "ttl") == "1h"]
    return sum_of_counts(*(get_path(row, "inputTokens") or 0 for row in rows))


class Converse(Surface):
    """Answers of ``converse`` and ``converse_stream``, and of Nova where it is invoked."""

    name = "converse"

    def response(self, body: object) -> Response:
        """The whole answer."""
        message = get_path(body, "output", "message")
        # botocore makes an empty answer of a body that it cannot read.
        response = _response_fields(body)
        response.partial = message is None
        response.add_choice(
            message_of(message or {"role": "assistant"}), get_path(body, "stopReason")
        )
        return response

    def text(self, chunk: Any) -> str | None:
        """The text of a chunk that holds nothing else."""
        try:
            text = chunk["contentBlockDelta"]["delta"]["text"]
        except (KeyError, TypeError):
            return None
        return text if type(text) is str and text else None

    def delta(self, chunk: object) -> Delta | None:
        """What an event adds."""
        for name, read in _EVENTS.items():
            event = get_path(chunk, name)
            if event is not None:
                return read(event)
        return None


def _response_fields(body: object) -> Response:
    """What an answer, or the last event of a stream, says beside the content."""
    usage, raw_usage = usage_of(get_path(body, "usage"))
    return Response(
        usage=usage,
        raw_usage=raw_usage,
        service_tier=get_path(body, "serviceTier", "type") or _latency_of(body),
        model=get_path(body, "trace", "promptRouter", "invokedModelId") or None,
    )


def _latency_of(body: object) -> str | None:
    """The answer's latency, if it is the one that has a price of its own."""
    return "optimized" if get_path(body, "performanceConfig", "latency") == "optimized" else None


# -- events of a stream -----------------------------------------------------------------------


def _block_begin_delta(event: object) -> Delta | None:
    use, result = get_path(event, "start", "toolUse"), get_path(event, "start", "toolResult")
    image = get_path(event, "start", "image")
    if image is not None:
        kind = f"image/{get_path(image, 'format') or 'png'}"
        return Delta(binary=[BinaryPiece(f"image {_index_of(event)}", b"", kind, "image")])
    if result is not None:
        begun = _result_part(result, "")
        return Delta(keyed_parts={f"tool result {_index_of(event)}": begun})
    if use is None:
        return None
    call_id, name = get_path(use, "toolUseId"), get_path(use, "name")
    server = to_text(name) if get_path(use, "type") == _SERVER_TOOL else None
    call = ToolCallDelta(_index_of(event), id=call_id, name=name, server=server)
    return Delta(tool_calls=[call])


def _block_delta(event: object) -> Delta | None:
    delta = get_path(event, "delta")
    use, citation = get_path(delta, "toolUse"), get_path(delta, "citation")
    if use is not None:
        arguments = get_path(use, "input")
        return Delta(tool_calls=[ToolCallDelta(_index_of(event), arguments=arguments)])
    image = get_path(delta, "image")
    if image is not None:
        key, data = f"image {_index_of(event)}", get_path(image, "source", "bytes")
        if data:
            return Delta(binary=[BinaryPiece(key, data, None, "image")])
        return Delta(keyed_parts={key: _media_part(image, "image")})
    redacted = get_path(delta, "reasoningContent", "redactedContent")
    if redacted is not None:
        return Delta(keyed_parts={f"redacted {_index_of(event)}": dict(_REDACTED)})
    results = get_path(delta, "toolResult")
    if results is not None:
        response = [part_of(each) for each in as_list(results)]
        part = {"response": text_or_parts(response)}
        return Delta(keyed_parts={f"tool result {_index_of(event)}": part})
    return Delta(
        text=to_text(get_path(delta, "text")) or None,
        reasoning=to_text(get_path(delta, "reasoningContent", "text")) or None,
        details={"citations": [to_sent_json(citation)]} if citation is not None else None,
    )


def _message_end_delta(event: object) -> Delta | None:
    delta = Delta()
    delta.add_finish_reason(get_path(event, "stopReason"))
    return delta


def _metadata_delta(event: object) -> Delta | None:
    return Delta(response=_response_fields(event))


def _index_of(event: object) -> int:
    return count_or_none(get_path(event, "contentBlockIndex")) or 0


def _block_end_delta(_event: object) -> Delta:
    return Delta(ends_part=True)


_EVENTS = {
    "contentBlockStart": _block_begin_delta,
    "contentBlockDelta": _block_delta,
    "contentBlockStop": _block_end_delta,
    "messageStop": _message_end_delta,
    "metadata": _metadata_delta,
}
