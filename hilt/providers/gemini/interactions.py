"""Gemini's interactions: requests, whole answers, and the events of their streams."""

from __future__ import annotations

from collections.abc import Mapping

from hilt import semconv
from hilt.genai.coerce import as_list, count_or_none, list_or_empty, text_or_none, to_text
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.outcome import error_code_of_status
from hilt.genai.values import (
    BinaryPiece,
    Delta,
    Failure,
    Message,
    Request,
    Response,
    Surface,
    ToolCallDelta,
    Usage,
)
from hilt.providers._counts import sum_of_counts
from hilt.providers._message_parts import index_of, text_part
from hilt.providers._parameters import Attributes, add_stop_sequences, number_attributes
from hilt.providers.gemini.searches import interaction_units
from hilt.providers.gemini.steps import MEDIA, messages_of, part_of, parts_of_step, role_of_step

__all__ = ["Interactions", "interaction_request"]

_PARAMETERS = (
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("top_p", semconv.REQUEST_TOP_P),
    ("max_output_tokens", semconv.REQUEST_MAX_TOKENS),
    ("seed", semconv.REQUEST_SEED),
)
_UNFINISHED = ("in_progress", "queued")
_COMPLETED = ("interaction.completed", "interaction.complete")
_WITHOUT_CONTENT = ("thought_signature", "text_annotation", "text_annotation_delta")


# -- requests ---------------------------------------------------------------------------------


def interaction_request(body: Mapping[str, object]) -> Request:
    """A request of ``interactions.create``, to a model or to an agent."""
    agent = body.get("agent")
    system = body.get("system_instruction")
    attributes = _request_parameters(body.get("generation_config"))
    if agent:
        attributes[semconv.AGENT_NAME] = str(agent)
    return Request(
        "invoke_agent" if agent else "generate_content",
        "",
        model=text_or_none(body.get("model") or agent),
        messages=messages_of(body.get("input")),
        instructions=[text_part(system)] if system else None,
        attributes=attributes,
        tools=as_list(body.get("tools")) or None,
        stream=body.get("stream") is True,
        previous_response=text_or_none(body.get("previous_interaction_id")),
    )


def _request_parameters(config: object) -> Attributes:
    attributes = number_attributes(config, _PARAMETERS)
    add_stop_sequences(attributes, get_path(config, "stop_sequences"))
    level = get_path(config, "thinking_level")
    if isinstance(level, str):
        attributes[semconv.REQUEST_REASONING_LEVEL] = level
    return attributes


# -- answers ----------------------------------------------------------------------------------


def usage_of(usage: object, model: object = None) -> Usage | None:
    """Token counts; thoughts and the results of tools are counted apart."""
    if not usage:
        return None
    thoughts = get_path(usage, "total_thought_tokens")
    rare = {
        "input_video_tokens": _count_of_modality(usage, "input", "video"),
        "output_video_tokens": _count_of_modality(usage, "output", "video"),
        "cache_image_read_tokens": _count_of_modality(usage, "cached", "image"),
        **interaction_units(get_path(usage, "grounding_tool_count"), model),
    }
    return Usage(
        input_tokens=sum_of_counts(
            get_path(usage, "total_input_tokens"), get_path(usage, "total_tool_use_tokens")
        ),
        output_tokens=sum_of_counts(get_path(usage, "total_output_tokens"), thoughts),
        total_tokens=count_or_none(get_path(usage, "total_tokens")),
        cache_read_tokens=count_or_none(get_path(usage, "total_cached_tokens")),
        reasoning_tokens=count_or_none(thoughts),
        input_audio_tokens=_count_of_modality(usage, "input", "audio"),
        output_audio_tokens=_count_of_modality(usage, "output", "audio"),
        input_image_tokens=_count_of_modality(usage, "input", "image"),
        output_image_tokens=_count_of_modality(usage, "output", "image")
        or (0 if get_path(usage, "output_tokens_by_modality") else None),
        cache_read_audio_tokens=_count_of_modality(usage, "cached", "audio")
        or (0 if get_path(usage, "cached_tokens_by_modality") else None),
        units={name: count for name, count in rare.items() if count},
    )


def _count_of_modality(usage: object, kind: str, modality: str) -> int | None:
    """The tokens of one modality; a row without a count has none of it."""
    rows = list_or_empty(get_path(usage, f"{kind}_tokens_by_modality"))
    return sum_of_counts(
        *(get_path(row, "tokens") or 0 for row in rows if get_path(row, "modality") == modality)
    )


class Interactions(Surface):
    """Answers of ``interactions.create`` and ``interactions.get``."""

    name = "interactions"
    json = True

    def response(self, body: object) -> Response:
        """The whole answer: every step is a part of one message."""
        response = _response_fields(body)
        message: Message = {"role": "assistant", "parts": []}
        for step in as_list(get_path(body, "steps") or get_path(body, "outputs")):
            # The first versions of the API gave the contents of the answer, and no steps.
            if role_of_step(step) == "assistant" or get_path(step, "type") in ("text", *MEDIA):
                message["parts"] += parts_of_step(step)
        if message["parts"]:
            response.messages.append(message)
            if response.status:
                message["finish_reason"] = response.status
        if response.status and not response.pending:
            response.finish_reasons = [response.status]
        return response

    def text(self, chunk: object) -> str | None:
        """The text of an event that holds nothing else."""
        if type(chunk) is not dict or "metadata" in chunk:
            return None
        delta = chunk.get("delta")
        if type(delta) is dict and delta.get("type") == "text":
            text = delta.get("text")
            return text if type(text) is str and text else None
        return None

    def delta(self, chunk: object) -> Delta | None:
        """What an event of a stream adds."""
        kind = str(get_path(chunk, "event_type") or "")
        delta = Delta(response=_response_fields_of_event(chunk))
        if kind.endswith(".delta"):
            _add_delta(delta, get_path(chunk, "delta"), index_of(chunk))
        elif kind == "step.start":
            _add_step(delta, get_path(chunk, "step"), index_of(chunk))
        elif kind in _COMPLETED:
            status = get_path(chunk, "interaction", "status")
            delta.add_finish_reason(status or "completed")
        elif kind == "error":
            delta.response = Response(failure=_failure_of(get_path(chunk, "error")))
        return delta


def _response_fields(body: object) -> Response:
    usage, status = get_path(body, "usage"), get_path(body, "status")
    tier = get_path(body, "service_tier")
    response = Response(
        id=text_or_none(get_path(body, "id")),
        model=get_path(body, "model") or None,
        usage=usage_of(usage, get_path(body, "model")),
        raw_usage=to_plain_json(usage) if usage else None,
        service_tier=str(tier) if tier else None,
        status=str(status) if status else None,
        pending=status in _UNFINISHED,
    )
    if status == "cancelled":
        response.failure = _cancelled()
    elif status == "failed":
        response.failure = _failure_of(get_path(body, "error"))
    return response


def _response_fields_of_event(chunk: object) -> Response:
    interaction = get_path(chunk, "interaction")
    usage = get_path(chunk, "metadata", "usage")
    response = _response_fields(interaction) if interaction else Response()
    response.pending = False  # a stream that is left early has ended
    if usage and response.usage is None:
        response.usage, response.raw_usage = usage_of(usage), to_plain_json(usage)
    return response


def _cancelled() -> Failure:
    return Failure("cancelled", "cancelled", "the interaction was cancelled", 499, "cancelled")


def _failure_of(error: object) -> Failure:
    code = get_path(error, "code")
    status = count_or_none(code)
    return Failure(
        error_code_of_status(status) if status else "server_error",
        str(code or "failed"),
        str(get_path(error, "message") or "the interaction failed"),
        status,
        provider_code=str(code) if code else None,
    )


def _add_delta(delta: Delta, added: object, index: int) -> None:
    kind = get_path(added, "type")
    if kind == "text":
        delta.text = to_text(get_path(added, "text")) or None
    elif kind == "thought_summary":
        delta.reasoning = to_text(get_path(added, "content", "text")) or None
    elif kind in ("arguments_delta", "function_call"):
        delta.tool_calls = [_tool_call_delta(added, index)]
    elif kind == "audio" and get_path(added, "data"):
        kind = text_or_none(get_path(added, "mime_type"))
        delta.binary = [BinaryPiece(f"sound {index}", get_path(added, "data"), kind)]
    elif kind not in _WITHOUT_CONTENT and (part := part_of(added)) is not None:
        delta.parts = [part]


def _add_step(delta: Delta, step: object, index: int) -> None:
    if get_path(step, "type") == "function_call":
        delta.tool_calls = [_tool_call_delta(step, index)]


def _tool_call_delta(call: object, index: int) -> ToolCallDelta:
    return ToolCallDelta(
        index,
        get_path(call, "id"),
        get_path(call, "name"),
        get_path(call, "arguments") or None,
    )
