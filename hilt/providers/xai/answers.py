"""xAI's answers: messages of protocol buffers, whole and in chunks.

Where the model uses tools that run at xAI, each step of it is an output of its own: a call, what
came of it, and the text in the end. All of them together are one answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from hilt import semconv
from hilt.genai.json_values import get_path, json_or_text
from hilt.genai.media import blob_of_url
from hilt.genai.values import Delta, Part, Response, Surface, ToolCallDelta, Usage
from hilt.providers._message_parts import (
    file_part,
    server_tool_call,
    server_tool_response,
    text_part,
    tool_call,
)
from hilt.providers._server_tools import server_tool_units

__all__ = ["Chat", "results_of", "tool_call_part"]

_TOOL = 5  #: of ``MessageRole``
_REASONS = ("", "length", "length", "stop", "tool_calls", "length")
"""By the numbers of ``FinishReason``: the last one is a limit of time."""
_OWN_TOOL = 1  #: the ``ToolCallType`` of tools that the caller runs; 0 is not set
_PAID_TOOLS = {
    "WEB_SEARCH": "web_search_calls",
    "X_SEARCH": "x_search_calls",
    "CODE_EXECUTION": "code_interpreter_calls",
    "COLLECTIONS_SEARCH": "collections_search_calls",
    "ATTACHMENT_SEARCH": "document_search_calls",
    "IMAGE_GENERATION": "image_generation",
    # These cost the tokens that they take, and nothing else.
    "MCP": "mcp_calls",
    "VIEW_IMAGE": "mcp_calls",
    "VIEW_X_VIDEO": "mcp_calls",
}
"""Names of ``ServerSideTool``, and those of xAI's other APIs for the same."""


class Chat(Surface):
    """Answers of a chat."""

    name = "chat"

    def response(self, body: Any) -> Response:
        """The whole answer, of a ``Response``, of several of one call, or of one with a value."""
        first = body[0] if isinstance(body, (list, tuple)) and body else body
        response, outputs = _response_fields(first.proto), list(first.proto.outputs)
        if _is_one(first):
            parts = [part for each in outputs for part in _parts_of(each.message)]
            reasons = [reason for each in outputs if (reason := _reason_of(each))]
            response.add_choice({"role": "assistant", "parts": parts}, (reasons or [""])[-1])
        else:
            for output in outputs:
                if output.message.role != _TOOL:
                    parts = _parts_of(output.message)
                    response.add_choice({"role": "assistant", "parts": parts}, _reason_of(output))
        for message in response.messages[:1]:
            message["parts"] = message["parts"] or [text_part("")]
            _add_citations(message["parts"], list(_urls_of(first.proto)))
            message["parts"] += _file_parts(first.proto).values()
        return response

    def delta(self, chunk: Any) -> Delta | None:
        """What a chunk adds; the SDK gives it beside the answer so far."""
        latest = chunk[1]
        proto, is_one = (latest[0] if isinstance(latest, (list, tuple)) else latest).proto, False
        if not isinstance(chunk[0], (list, tuple)):
            is_one = _is_one(chunk[0])
        delta = Delta(response=_response_fields(proto))
        keyed: dict[str, Part] = _file_parts(proto)
        citations: list[dict[str, Any]] = []
        for output in proto.outputs:
            choice = 0 if is_one else output.index
            if output.delta.role == _TOOL:
                if is_one:
                    keyed.update(_results_in(output.delta))
                continue
            _add_delta(delta, output, choice)
            if choice:
                delta.add_other(choice, _other_delta(output.delta))
                continue
            keyed.update(_server_calls_of(output.delta))
            citations += _citations_of(output.delta)
        delta.keyed_parts = keyed or None
        citations += _urls_of(proto)
        if citations:
            delta.details = {"citations": citations}
        return delta


def _is_one(response: object) -> bool:
    """Whether all outputs are one answer: the SDK gives such a response no index."""
    return getattr(response, "_index", 0) is None


def _other_delta(added: Any) -> Delta:
    """What a chunk adds to a choice after the first besides text and tool calls."""
    citations = _citations_of(added)
    return Delta(
        reasoning=added.reasoning_content or None,
        keyed_parts=_server_calls_of(added) or None,
        details={"citations": citations} if citations else None,
    )


def _add_delta(delta: Delta, output: Any, choice: int) -> None:
    """Add what an output of the model adds to one choice."""
    delta.add_text(output.delta.content, choice)
    if output.delta.reasoning_content and not choice:
        delta.reasoning = (delta.reasoning or "") + output.delta.reasoning_content
    delta.add_tool_calls([
        ToolCallDelta(
            index=each.id or position,
            id=each.id or None,
            name=each.function.name or None,
            arguments=each.function.arguments,
            choice=choice,
        )
        for position, each in enumerate(output.delta.tool_calls)
        if each.type <= _OWN_TOOL
    ])  # fmt: skip
    delta.add_finish_reason(_reason_of(output), choice)


# -- parts ------------------------------------------------------------------------------------


def _parts_of(message: Any) -> list[Part]:
    if message.role == _TOOL:
        return list(_results_in(message).values())
    parts: list[Part] = []
    if message.reasoning_content:
        parts.append({"type": "reasoning", "content": message.reasoning_content})
    if message.content:
        parts.append(text_part(message.content))
        _add_citations(parts, _citations_of(message))
    return [*parts, *map(tool_call_part, message.tool_calls)]


def tool_call_part(call: Any) -> Part:
    """A tool call: of the caller's tools, or of one that runs at xAI."""
    if call.type > _OWN_TOOL:
        details = {"type": "function", "arguments": json_or_text(call.function.arguments)}
        return server_tool_call(call.id, call.function.name, details)
    return tool_call(call.id, call.function.name, call.function.arguments)


def _server_calls_of(message: Any) -> dict[str, Part]:
    """The calls of tools that run at xAI, by keys."""
    calls = [each for each in message.tool_calls if each.type > _OWN_TOOL]
    return {f"call {each.id}": tool_call_part(each) for each in calls}


def _results_in(message: Any) -> dict[str, Part]:
    return results_of(next(iter(message.tool_calls), None), message.content)


def results_of(call: Any, text: str) -> dict[str, Part]:
    """What a tool gave that ran at xAI, by keys, as far as the request asked for it.

    Args:
        call: Its call, if that is with it.
        text: What it gave.
    """
    call_id, error = getattr(call, "id", None), getattr(call, "error_message", None)
    details: dict[str, Any] = {"type": "function"}
    parts: dict[str, Part] = {}
    content = json_or_text(text)
    image = get_path(content, "result") if isinstance(content, dict) else None
    if isinstance(image, str) and image.startswith("data:"):
        parts[f"image {call_id}"] = blob_of_url(image)
        content = {name: value for name, value in content.items() if name != "result"}
    if content:
        details["content"] = content
    if error:
        details["error"] = error
    if len(details) > 1:
        response = server_tool_response(call_id, details)
        parts = {f"response {call_id}": response, **parts}
    return parts


def _file_parts(proto: Any) -> dict[str, Part]:
    """Files that tools at xAI have made, by keys."""
    files = getattr(proto, "output_files", ())  # not in every release
    return {
        f"file {each.file_id}": {**file_part(each.file_id), "name": each.name} for each in files
    }


def _add_citations(parts: list[Part], citations: list[dict[str, Any]]) -> None:
    """Add citations to the text that they are about, the last one."""
    text = next((part for part in reversed(parts) if part["type"] == "text"), None)
    if text is not None and citations:
        text["citations"] = [*text.get("citations", ()), *citations]


def _citations_of(message: Any) -> list[dict[str, Any]]:
    """Where in the text which source is cited."""
    return [_plain(each) for each in getattr(message, "citations", ())]


def _urls_of(proto: Any) -> Iterator[dict[str, Any]]:
    """All sources of an answer."""
    yield from ({"url": each} for each in getattr(proto, "citations", ()))


def _plain(proto: Any) -> dict[str, Any]:
    """The fields of a message that are set; enumerations by their names."""
    return {field.name: _plain_value(field, value) for field, value in proto.ListFields()}


def _plain_value(field: Any, value: Any) -> Any:
    if hasattr(value, "extend"):
        return [_plain_value(field, each) for each in value]
    if field.enum_type is not None:
        named = field.enum_type.values_by_number.get(value)
        return named.name if named is not None else value
    return _plain(value) if hasattr(value, "ListFields") else value


# -- fields -----------------------------------------------------------------------------------


def _reason_of(output: Any) -> str:
    number = output.finish_reason
    return _REASONS[number] if 0 <= number < len(_REASONS) else ""


def _response_fields(proto: Any) -> Response:
    response = Response(id=proto.id or None, model=proto.model or None)
    if proto.system_fingerprint:
        fingerprint = semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT
        response.attributes[fingerprint] = proto.system_fingerprint
    if proto.HasField("usage"):
        raw = _plain(proto.usage)
        response.raw_usage, response.usage = raw, _usage_of(raw)
    tier = _plain(proto).get("service_tier") if getattr(proto, "service_tier", 0) else None
    if isinstance(tier, str):
        response.service_tier = tier.removeprefix("SERVICE_TIER_").lower()
    return response


def _usage_of(raw: dict[str, Any]) -> Usage:
    """The counts; xAI's ``completion_tokens`` are without its ``reasoning_tokens``."""
    reasoning = raw.get("reasoning_tokens")
    usage = Usage(
        input_tokens=raw.get("prompt_tokens", 0),
        output_tokens=raw.get("completion_tokens", 0) + (reasoning or 0),
        total_tokens=raw.get("total_tokens"),
        cache_read_tokens=raw.get("cached_prompt_text_tokens"),
        reasoning_tokens=reasoning,
        input_image_tokens=raw.get("prompt_image_tokens"),
    )
    if raw.get("num_sources_used"):
        usage.units["sources"] = raw["num_sources_used"]
    usage.units.update(server_tool_units(_tool_counts(raw.get("server_side_tools_used", ()))))
    return usage


def _tool_counts(used: list[object]) -> Counter[str]:
    """How often each tool ran at xAI, which lists one entry for each time."""
    names = (str(each).removeprefix("SERVER_SIDE_TOOL_") for each in used)
    return Counter(_PAID_TOOLS.get(each, each.lower()) for each in names)
