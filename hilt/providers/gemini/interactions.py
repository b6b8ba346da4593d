"""Gemini's interactions: requests, whole answers, and the events of their streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import (
    as_list,
    count_or_none,
    list_or_empty,
    number_or_none,
    text_or_none,
    texts_of,
    to_text,
    unknown_part,
)
from hilt.genai.json_values import get_path, json_or_text, to_plain_json
from hilt.genai.media import blob_of_base64
from hilt.genai.outcome import error_code_of_status
from hilt.genai.values import (
    Delta,
    Failure,
    Message,
    Part,
    Request,
    Response,
    Surface,
    ToolCallDelta,
    Usage,
)

__all__ = ["Interactions", "interaction_request"]

_PARAMETERS = (
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("top_p", semconv.REQUEST_TOP_P),
    ("max_output_tokens", semconv.REQUEST_MAX_TOKENS),
    ("seed", semconv.REQUEST_SEED),
)
_MEDIA = ("image", "audio", "video", "document")
_UNFINISHED = ("in_progress", "queued")
_COMPLETED = ("interaction.completed", "interaction.complete")


# -- requests ---------------------------------------------------------------------------------


def interaction_request(body: Mapping[str, Any]) -> Request:
    """What ``interactions.create`` asks for, of a model or of an agent."""
    agent = body.get("agent")
    system = body.get("system_instruction")
    attributes = _parameters(body)
    if agent:
        attributes[semconv.AGENT_NAME] = str(agent)
    return Request(
        "invoke_agent" if agent else "generate_content",
        "",
        model=body.get("model") or agent,
        messages=_messages(body.get("input")),
        instructions=[{"type": "text", "content": to_text(system)}] if system else None,
        attributes=attributes,
        tools=body.get("tools") or None,
        stream=body.get("stream") is True,
        previous_response=body.get("previous_interaction_id"),
    )


def _parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    config = body.get("generation_config")
    found: dict[str, Any] = {}
    for name, attribute in _PARAMETERS:
        value = number_or_none(get_path(config, name))
        if value is not None:
            found[attribute] = value
    stop = get_path(config, "stop_sequences")
    if stop:
        found[semconv.REQUEST_STOP_SEQUENCES] = to_plain_json(stop)
    level = get_path(config, "thinking_level")
    if isinstance(level, str):
        found[semconv.REQUEST_REASONING_LEVEL] = level
    return found


def _messages(given: Any) -> list[Message]:
    """Messages of an input: a text, contents, turns or steps."""
    found: list[Message] = []
    for each in as_list(given):
        role, parts = _step(each)
        if found and found[-1]["role"] == role and get_path(each, "role") is None:
            found[-1]["parts"] += parts
        else:
            found.append({"role": role, "parts": parts})
    return found


def _step(step: Any) -> tuple[str, list[Part]]:
    """Who speaks in a step, a turn or a bare content, and what is said."""
    if isinstance(step, str):
        return "user", [{"type": "text", "content": step}]
    role, kind = get_path(step, "role"), str(get_path(step, "type") or "")
    if role:
        return ("assistant" if role == "model" else str(role)), _contents(get_path(step, "content"))
    if kind in ("user_input", "model_output"):
        speaker = "user" if kind == "user_input" else "assistant"
        return speaker, _contents(get_path(step, "content"))
    is_ours = kind in ("text", "function_result", *_MEDIA)
    return ("user" if is_ours else "assistant"), _some(part_of(step))


def _contents(content: Any) -> list[Part]:
    if isinstance(content, str):
        return [{"type": "text", "content": content}]
    return [part for each in as_list(content) for part in _some(part_of(each))]


def _some(part: Part | None) -> list[Part]:
    return [] if part is None else [part]


def part_of(content: Any) -> Part | None:
    """A content or step in our shape; None for what says nothing, such as a signature."""
    if isinstance(content, str):
        return {"type": "text", "content": content}
    kind = str(get_path(content, "type") or "")
    if kind == "text":
        return {"type": "text", "content": to_text(get_path(content, "text"))}
    if kind in _MEDIA:
        return _media(content, kind)
    if kind == "thought":
        summary = "".join(texts_of(get_path(content, "summary")))
        return {"type": "reasoning", "content": summary} if summary else None
    if kind == "function_call":
        return _call(content)
    if kind == "function_result":
        return _result(content)
    if kind.endswith("_call"):
        return _server_part("server_tool_call", kind, content)
    if kind.endswith("_result"):
        return _server_part("server_tool_call_response", kind, content)
    found = to_plain_json(content)
    sound = isinstance(found, dict) and isinstance(found.get("type"), str)
    return found if sound else unknown_part(found)


def _media(content: Any, kind: str) -> Part:
    mime_type = get_path(content, "mime_type")
    data = get_path(content, "data")
    if data:
        return blob_of_base64(data, mime_type, kind)
    part: Part = {"type": "uri", "modality": kind, "uri": str(get_path(content, "uri") or "")}
    if mime_type:
        part["mime_type"] = mime_type
    return part


def _call(content: Any) -> Part:
    part: Part = {"type": "tool_call"}
    if get_path(content, "id"):
        part["id"] = get_path(content, "id")
    part["name"] = get_path(content, "name") or ""
    arguments = get_path(content, "arguments")
    part["arguments"] = json_or_text(arguments) if arguments else {}
    return part


def _result(content: Any) -> Part:
    part: Part = {"type": "tool_call_response"}
    if get_path(content, "call_id"):
        part["id"] = get_path(content, "call_id")
    if get_path(content, "name"):
        part["name"] = get_path(content, "name")
    result = get_path(content, "result")
    if isinstance(result, list):  # contents, which may be images
        result = [found for each in result if (found := part_of(each)) is not None]
    part["response"] = to_plain_json(result)
    return part


def _server_part(part_type: str, kind: str, content: Any) -> Part:
    """A call of a tool that the provider runs itself, or its result."""
    part: Part = {"type": part_type}
    call_id = get_path(content, "id") or get_path(content, "call_id")
    if call_id:
        part["id"] = call_id
    if part_type == "server_tool_call":
        part["name"] = get_path(content, "name") or kind.removesuffix("_call")
    details = to_plain_json(content)
    details.pop("signature", None)
    part[part_type] = {**details, "type": kind}
    return part


# -- answers ----------------------------------------------------------------------------------


def usage_of(usage: Any) -> Usage | None:
    """Token counts; thoughts and the results of tools are counted apart."""
    if not usage:
        return None
    sent, made = (
        get_path(usage, "input_tokens_by_modality"),
        get_path(usage, "output_tokens_by_modality"),
    )
    thoughts = count_or_none(get_path(usage, "total_thought_tokens"))
    return Usage(
        input_tokens=_sum(usage, "total_input_tokens", "total_tool_use_tokens"),
        output_tokens=_sum(usage, "total_output_tokens", "total_thought_tokens"),
        total_tokens=count_or_none(get_path(usage, "total_tokens")),
        cache_read_tokens=count_or_none(get_path(usage, "total_cached_tokens")),
        reasoning_tokens=thoughts,
        input_audio_tokens=_of_modality(sent, "audio"),
        output_audio_tokens=_of_modality(made, "audio"),
        input_image_tokens=_of_modality(sent, "image"),
        output_image_tokens=_of_modality(made, "image"),
        cache_read_audio_tokens=_of_modality(get_path(usage, "cached_tokens_by_modality"), "audio"),
    )


def _sum(usage: Any, *names: str) -> int | None:
    counts = [
        count for name in names if (count := count_or_none(get_path(usage, name))) is not None
    ]
    return sum(counts) if counts else None


def _of_modality(rows: Any, modality: str) -> int | None:
    counts = [
        count_or_none(get_path(row, "tokens")) or 0
        for row in list_or_empty(rows)
        if get_path(row, "modality") == modality
    ]
    return sum(counts) if counts else None


class Interactions(Surface):
    """Answers of ``interactions.create`` and ``interactions.get``."""

    name = "interactions"

    def response(self, body: Any) -> Response:
        """The whole answer: every step is a part of one message."""
        found = _facts(body)
        parts: list[Part] = []
        for step in as_list(get_path(body, "steps") or get_path(body, "outputs")):
            role, said = _step(step)
            # The first versions of the API gave the contents of the answer, and no steps.
            if role == "assistant" or get_path(step, "type") in ("text", *_MEDIA):
                parts += said
        if parts:
            message: Message = {"role": "assistant", "parts": parts}
            if found.status:
                message["finish_reason"] = found.status
            found.messages.append(message)
        if found.status and not found.pending:
            found.finish_reasons = [found.status]
        return found

    def text(self, chunk: Any) -> str | None:
        """The text of an event that brings nothing else."""
        if type(chunk) is not dict or "metadata" in chunk:
            return None
        delta = chunk.get("delta")
        if type(delta) is dict and delta.get("type") == "text":
            text = delta.get("text")
            return text if type(text) is str and text else None
        return None

    def delta(self, chunk: Any) -> Delta | None:
        """What an event of a stream adds."""
        kind = str(get_path(chunk, "event_type") or "")
        interaction = get_path(chunk, "interaction")
        usage = get_path(chunk, "metadata", "usage")
        facts = _facts(interaction) if interaction else Response()
        facts.pending = False  # whoever leaves a stream ends it
        if usage and facts.usage is None:
            facts.usage, facts.raw_usage = usage_of(usage), to_plain_json(usage)
        found = Delta(response=facts)
        if kind.endswith(".delta"):
            _add_delta(
                found, get_path(chunk, "delta"), count_or_none(get_path(chunk, "index")) or 0
            )
        elif kind == "step.start":
            _add_step(found, get_path(chunk, "step"), count_or_none(get_path(chunk, "index")) or 0)
        elif kind in _COMPLETED:
            status = str(get_path(interaction, "status") or "completed")
            found.finish_reasons = {0: status}
        elif kind == "error":
            found.response = Response(failure=_failure(get_path(chunk, "error")))
        return found


def _facts(body: Any) -> Response:
    usage, status = get_path(body, "usage"), get_path(body, "status")
    tier = get_path(body, "service_tier")
    found = Response(
        id=text_or_none(get_path(body, "id")),
        model=get_path(body, "model") or None,
        usage=usage_of(usage),
        raw_usage=to_plain_json(usage) if usage else None,
        service_tier=str(tier) if tier else None,
        status=str(status) if status else None,
        pending=status in _UNFINISHED,
    )
    if status in ("failed", "cancelled"):
        found.failure = _failure(get_path(body, "error"), cancelled=status == "cancelled")
    return found


def _failure(error: Any, *, cancelled: bool = False) -> Failure:
    code = get_path(error, "code")
    status = count_or_none(code)
    if cancelled:
        return Failure("cancelled", "cancelled", "the interaction was cancelled", 499, "cancelled")
    return Failure(
        error_code_of_status(status) if status else "server_error",
        str(code or "failed"),
        str(get_path(error, "message") or "the interaction failed"),
        status,
        provider_code=str(code) if code else None,
    )


def _add_delta(found: Delta, delta: Any, index: int) -> None:
    kind = get_path(delta, "type")
    if kind == "text":
        found.text = to_text(get_path(delta, "text")) or None
    elif kind == "thought_summary":
        found.reasoning = to_text(get_path(delta, "content", "text")) or None
    elif kind in ("arguments_delta", "function_call"):
        found.tool_calls = [
            ToolCallDelta(
                index,
                get_path(delta, "id"),
                get_path(delta, "name"),
                get_path(delta, "arguments"),
            )
        ]
    elif kind not in ("thought_signature", "text_annotation", "text_annotation_delta"):
        found.parts = _some(part_of(delta)) or None


def _add_step(found: Delta, step: Any, index: int) -> None:
    if get_path(step, "type") != "function_call":
        return
    arguments = get_path(step, "arguments")
    found.tool_calls = [
        ToolCallDelta(index, get_path(step, "id"), get_path(step, "name"), arguments or None)
    ]
