"""Gemini's interactions: requests, whole answers, and the events of their streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.outcome import error_code_of_status
from hilt.genai.reading import (
    blob_of_base64,
    integer,
    json_or_text,
    number,
    pick,
    plain,
    text_or_none,
)
from hilt.genai.shapes import listed, several, texts_of, unknown, wording
from hilt.genai.values import (
    Delta,
    Failure,
    Message,
    Part,
    Request,
    Response,
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
        instructions=[{"type": "text", "content": wording(system)}] if system else None,
        attributes=attributes,
        tools=body.get("tools") or None,
        stream=body.get("stream") is True,
        previous_response=body.get("previous_interaction_id"),
    )


def _parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    config = body.get("generation_config")
    found: dict[str, Any] = {}
    for name, attribute in _PARAMETERS:
        value = number(pick(config, name))
        if value is not None:
            found[attribute] = value
    stop = pick(config, "stop_sequences")
    if stop:
        found[semconv.REQUEST_STOP_SEQUENCES] = plain(stop)
    level = pick(config, "thinking_level")
    if isinstance(level, str):
        found[semconv.REQUEST_REASONING_LEVEL] = level
    return found


def _messages(given: Any) -> list[Message]:
    """Messages of an input: a text, contents, turns or steps."""
    found: list[Message] = []
    for each in several(given):
        role, parts = _step(each)
        if found and found[-1]["role"] == role and pick(each, "role") is None:
            found[-1]["parts"] += parts
        else:
            found.append({"role": role, "parts": parts})
    return found


def _step(step: Any) -> tuple[str, list[Part]]:
    """Who speaks in a step, a turn or a bare content, and what is said."""
    if isinstance(step, str):
        return "user", [{"type": "text", "content": step}]
    role, kind = pick(step, "role"), str(pick(step, "type") or "")
    if role:
        return ("assistant" if role == "model" else str(role)), _contents(pick(step, "content"))
    if kind in ("user_input", "model_output"):
        speaker = "user" if kind == "user_input" else "assistant"
        return speaker, _contents(pick(step, "content"))
    is_ours = kind in ("text", "function_result", *_MEDIA)
    return ("user" if is_ours else "assistant"), _some(part_of(step))


def _contents(content: Any) -> list[Part]:
    if isinstance(content, str):
        return [{"type": "text", "content": content}]
    return [part for each in several(content) for part in _some(part_of(each))]


def _some(part: Part | None) -> list[Part]:
    return [] if part is None else [part]


def part_of(content: Any) -> Part | None:
    """A content or step in our shape; None for what says nothing, such as a signature."""
    if isinstance(content, str):
        return {"type": "text", "content": content}
    kind = str(pick(content, "type") or "")
    if kind == "text":
        return {"type": "text", "content": wording(pick(content, "text"))}
    if kind in _MEDIA:
        return _media(content, kind)
    if kind == "thought":
        summary = "".join(texts_of(pick(content, "summary")))
        return {"type": "reasoning", "content": summary} if summary else None
    if kind == "function_call":
        return _call(content)
    if kind == "function_result":
        return _result(content)
    if kind.endswith("_call"):
        return _server_part("server_tool_call", kind, content)
    if kind.endswith("_result"):
        return _server_part("server_tool_call_response", kind, content)
    found = plain(content)
    sound = isinstance(found, dict) and isinstance(found.get("type"), str)
    return found if sound else unknown(found)


def _media(content: Any, kind: str) -> Part:
    mime_type = pick(content, "mime_type")
    data = pick(content, "data")
    if data:
        return blob_of_base64(data, mime_type, kind)
    part: Part = {"type": "uri", "modality": kind, "uri": str(pick(content, "uri") or "")}
    if mime_type:
        part["mime_type"] = mime_type
    return part


def _call(content: Any) -> Part:
    part: Part = {"type": "tool_call"}
    if pick(content, "id"):
        part["id"] = pick(content, "id")
    part["name"] = pick(content, "name") or ""
    arguments = pick(content, "arguments")
    part["arguments"] = json_or_text(arguments) if arguments else {}
    return part


def _result(content: Any) -> Part:
    part: Part = {"type": "tool_call_response"}
    if pick(content, "call_id"):
        part["id"] = pick(content, "call_id")
    if pick(content, "name"):
        part["name"] = pick(content, "name")
    result = pick(content, "result")
    if isinstance(result, list):  # contents, which may be images
        result = [found for each in result if (found := part_of(each)) is not None]
    part["response"] = plain(result)
    return part


def _server_part(part_type: str, kind: str, content: Any) -> Part:
    """A call of a tool that the provider runs itself, or its result."""
    part: Part = {"type": part_type}
    call_id = pick(content, "id") or pick(content, "call_id")
    if call_id:
        part["id"] = call_id
    if part_type == "server_tool_call":
        part["name"] = pick(content, "name") or kind.removesuffix("_call")
    details = plain(content)
    details.pop("signature", None)
    part[part_type] = {**details, "type": kind}
    return part


# -- answers ----------------------------------------------------------------------------------


def usage_of(usage: Any) -> Usage | None:
    """Token counts; thoughts and the results of tools are counted apart."""
    if not usage:
        return None
    sent, made = pick(usage, "input_tokens_by_modality"), pick(usage, "output_tokens_by_modality")
    thoughts = integer(pick(usage, "total_thought_tokens"))
    return Usage(
        input_tokens=_sum(usage, "total_input_tokens", "total_tool_use_tokens"),
        output_tokens=_sum(usage, "total_output_tokens", "total_thought_tokens"),
        total_tokens=integer(pick(usage, "total_tokens")),
        cache_read_tokens=integer(pick(usage, "total_cached_tokens")),
        reasoning_tokens=thoughts,
        input_audio_tokens=_of_modality(sent, "audio"),
        output_audio_tokens=_of_modality(made, "audio"),
        input_image_tokens=_of_modality(sent, "image"),
        output_image_tokens=_of_modality(made, "image"),
        cache_read_audio_tokens=_of_modality(pick(usage, "cached_tokens_by_modality"), "audio"),
    )


def _sum(usage: Any, *names: str) -> int | None:
    counts = [count for name in names if (count := integer(pick(usage, name))) is not None]
    return sum(counts) if counts else None


def _of_modality(rows: Any, modality: str) -> int | None:
    counts = [
        integer(pick(row, "tokens")) or 0
        for row in listed(rows)
        if pick(row, "modality") == modality
    ]
    return sum(counts) if counts else None


class Interactions:
    """Answers of ``interactions.create`` and ``interactions.get``."""

    name = "interactions"

    def response(self, body: Any) -> Response:
        """The whole answer: every step is a part of one message."""
        found = _facts(body)
        parts: list[Part] = []
        for step in several(pick(body, "steps") or pick(body, "outputs")):
            role, said = _step(step)
            # The first versions of the API gave the contents of the answer, and no steps.
            if role == "assistant" or pick(step, "type") in ("text", *_MEDIA):
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
        kind = str(pick(chunk, "event_type") or "")
        interaction = pick(chunk, "interaction")
        usage = pick(chunk, "metadata", "usage")
        facts = _facts(interaction) if interaction else Response()
        facts.pending = False  # whoever leaves a stream ends it
        if usage and facts.usage is None:
            facts.usage, facts.raw_usage = usage_of(usage), plain(usage)
        found = Delta(response=facts)
        if kind.endswith(".delta"):
            _add_delta(found, pick(chunk, "delta"), integer(pick(chunk, "index")) or 0)
        elif kind == "step.start":
            _add_step(found, pick(chunk, "step"), integer(pick(chunk, "index")) or 0)
        elif kind in _COMPLETED:
            status = str(pick(interaction, "status") or "completed")
            found.finish_reasons = {0: status}
        elif kind == "error":
            found.response = Response(failure=_failure(pick(chunk, "error")))
        return found


def _facts(body: Any) -> Response:
    usage, status = pick(body, "usage"), pick(body, "status")
    tier = pick(body, "service_tier")
    found = Response(
        id=text_or_none(pick(body, "id")),
        model=pick(body, "model") or None,
        usage=usage_of(usage),
        raw_usage=plain(usage) if usage else None,
        service_tier=str(tier) if tier else None,
        status=str(status) if status else None,
        pending=status in _UNFINISHED,
    )
    if status in ("failed", "cancelled"):
        found.failure = _failure(pick(body, "error"), cancelled=status == "cancelled")
    return found


def _failure(error: Any, *, cancelled: bool = False) -> Failure:
    code = pick(error, "code")
    status = integer(code)
    if cancelled:
        return Failure("cancelled", "cancelled", "the interaction was cancelled", 499, "cancelled")
    return Failure(
        error_code_of_status(status) if status else "server_error",
        str(code or "failed"),
        str(pick(error, "message") or "the interaction failed"),
        status,
        provider_code=str(code) if code else None,
    )


def _add_delta(found: Delta, delta: Any, index: int) -> None:
    kind = pick(delta, "type")
    if kind == "text":
        found.text = wording(pick(delta, "text")) or None
    elif kind == "thought_summary":
        found.reasoning = wording(pick(delta, "content", "text")) or None
    elif kind in ("arguments_delta", "function_call"):
        found.tool_calls = [
            ToolCallDelta(
                index,
                pick(delta, "id"),
                pick(delta, "name"),
                pick(delta, "arguments"),
            )
        ]
    elif kind not in ("thought_signature", "text_annotation", "text_annotation_delta"):
        found.parts = _some(part_of(delta)) or None


def _add_step(found: Delta, step: Any, index: int) -> None:
    if pick(step, "type") != "function_call":
        return
    arguments = pick(step, "arguments")
    found.tool_calls = [
        ToolCallDelta(index, pick(step, "id"), pick(step, "name"), arguments or None)
    ]
