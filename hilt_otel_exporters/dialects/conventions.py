"""OpenTelemetry's GenAI conventions, of today and before, and every emitter that follows them."""

from __future__ import annotations

from hilt import semconv
from hilt.genai.values import Message, Part
from hilt_otel_exporters.dialects.dialect import PLUMBING, Content, Dialect
from hilt_otel_exporters.dialects.grouped_messages import take_in_grouped_messages
from hilt_otel_exporters.dialects.messages import (
    message_of,
    parts_of,
    recorded_messages,
    tools_of,
)
from hilt_otel_exporters.dialects.recorded_bodies import content_of_values, value_of
from hilt_otel_exporters.dialects.text_values import messages_in_text
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT", "MODEL_OPERATIONS", "OPERATIONS", "operation_of"]

MODEL_OPERATIONS = {
    "model": "chat",
    "embedding": "embeddings",
    "rerank": "rerank",
}
"""Kinds that are calls of a model, and the operation of one that names none."""

_OPERATIONS = {
    **MODEL_OPERATIONS,
    "retrieval": "retrieval",
    "tool": "execute_tool",
    "agent": "invoke_agent",
    "workflow": "invoke_workflow",
    "chain": "chain",
}
_KINDS = {
    **dict.fromkeys(
        (
            "chat",
            "text_completion",
            "generate_content",
            "fetch_response",
            "completion",
            "responses",
        ),
        "model",
    ),
    **dict.fromkeys(("embeddings", "embedding", "embed"), "embedding"),
    "rerank": "rerank",
    **dict.fromkeys(("retrieval", "vector_db_retrieve", "search_memory"), "retrieval"),
    "execute_tool": "tool",
    **dict.fromkeys(("invoke_agent", "create_agent"), "agent"),
    "invoke_workflow": "workflow",
    "chain": "chain",
    "image_generation": "model",
}
_ALIASES = frozenset({"completion", "responses", "embedding", "embed"})
OPERATIONS = frozenset(_KINDS) | {"chat", "tools/call", "agent_run"}
"""Words with which the name of a span begins, before the name of what ran."""

_BARE_SESSIONS = ("session_id", "conversation_id", "thread_id")  # as programs set them by hand
_MESSAGE = frozenset({"role", "parts", "name", "finish_reason"})
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
_TOOL_CALL = {"type", "id", "name", "arguments"}
_TOOL_RESPONSE = {"type", "id", "response"}


def _kind(record: SpanRecord) -> str:
    """The kind of an operation; a span that names none but a model is a call of that."""
    attributes = record.attributes
    operation = attributes.get(semconv.OPERATION_NAME)
    if operation is not None:
        return _KINDS.get(str(operation)) or _kind_of_counts(record)
    requested = attributes.get(semconv.OTHER_REQUEST_TYPE)
    if requested is not None:
        return _KINDS.get(str(requested), "model")
    if semconv.REQUEST_MODEL in attributes or semconv.RESPONSE_MODEL in attributes:
        return "model"
    return PLUMBING


def _kind_of_counts(record: SpanRecord) -> str:
    """The kind of an operation with a name of its own: a model that counts tokens was called."""
    attributes = record.attributes
    has_model = semconv.REQUEST_MODEL in attributes or semconv.RESPONSE_MODEL in attributes
    return "model" if has_model and semconv.USAGE_OUTPUT_TOKENS in attributes else PLUMBING


def operation_of(record: SpanRecord, kind: str) -> str:
    """The operation of a span of this kind, in the conventions' words."""
    operation = record.attributes.get(semconv.OPERATION_NAME)
    if isinstance(operation, str) and _KINDS.get(operation) == kind:
        return operation if operation not in _ALIASES else _OPERATIONS[kind]
    return _OPERATIONS.get(kind, "")


_WHOLE = (
    (semconv.OLD_PROMPT, semconv.OLD_COMPLETION),
    (semconv.OTHER_PROMPT_JSON, semconv.OTHER_COMPLETION_JSON),
)


def _content(record: SpanRecord) -> Content:
    content = _content_of(record)
    for names in _WHOLE:
        if any(name in record.attributes for name in names):
            prompt, completion = (value_of(record, name) for name in names)
            _fill(content, content_of_values(prompt, completion))
    if record.events or record.logs:
        for event in record.events_and_logs():
            if event.name == semconv.INFERENCE_DETAILS_EVENT:
                details = SpanRecord(event.name, "", "", attributes=event.attributes)
                _fill(content, _content_of(details))
    if content.inputs and content.instructions:
        first = content.inputs[0]
        if first["role"] == "system" and first["parts"] == content.instructions:
            content.instructions = None  # some give it twice: as a message, and apart from them
    return content


def _content_of(record: SpanRecord) -> Content:
    instructions = record.json(semconv.SYSTEM_INSTRUCTIONS)
    tools = record.json(semconv.TOOL_DEFINITIONS)
    return Content(
        _messages(record, semconv.INPUT_MESSAGES, "user"),
        _messages(record, semconv.OUTPUT_MESSAGES, "assistant"),
        _instructions(instructions) if instructions else None,
        tools_of(tools) if tools else None,
    )


def _fill(content: Content, other: Content) -> None:
    content.inputs = content.inputs or other.inputs
    content.outputs = content.outputs or other.outputs
    content.instructions = content.instructions or other.instructions
    content.tools = content.tools or other.tools


def _messages(record: SpanRecord, name: str, role: str) -> list[Message]:
    """Messages, or a text that holds none; what was cut off is no message."""
    value = record.json(name)
    if isinstance(value, str) and value:
        held = messages_in_text(value)
        if held is None:
            return [] if name in record.cut else [message_of(value, role)]
        value = held
    recorded = record.attributes.get(name)
    if not isinstance(value, (list, tuple)):
        return (
            recorded_messages(recorded, value, role) if isinstance(recorded, str) and value else []
        )
    if all(map(_is_message, value)):
        return [
            {"role": each["role"], "parts": each["parts"], "finish_reason": each["finish_reason"]}
            if each.get("finish_reason")
            else {"role": each["role"], "parts": each["parts"]}
            for each in value
        ]
    return recorded_messages(recorded, list(value), role)


def _instructions(value: object) -> list[Part] | None:
    if isinstance(value, list) and all(map(_is_part, value)):
        return value or None
    return parts_of(list(value) if isinstance(value, tuple) else value) or None


def _is_message(value: object) -> bool:
    """Whether a message is as the conventions have it, which is as events have it, too."""
    if type(value) is not dict or not _MESSAGE.issuperset(value):
        return False
    parts, role = value.get("parts"), value.get("role")
    if type(role) is not str or role not in _ROLES:
        return False
    return type(parts) is list and all(map(_is_part, parts))


def _is_part(value: object) -> bool:
    """Whether a part of the usual kinds is as the conventions have it."""
    if type(value) is not dict:
        return False
    kind = value.get("type")
    if kind == "text":
        return len(value) == 2 and _is_text(value.get("content"))  # noqa: PLR2004 # with the type
    if kind == "tool_call":
        return (
            value.keys() == _TOOL_CALL
            and _is_text(value["id"])
            and _is_text(value["name"])
            and type(value["arguments"]) is dict
        )
    return (
        kind == "tool_call_response"
        and value.keys() == _TOOL_RESPONSE
        and _is_text(value["id"])
        and type(value["response"]) is str
    )


def _is_text(value: object) -> bool:
    return type(value) is str and value != ""


def _prepare(record: SpanRecord) -> None:
    if record.logs:
        take_in_grouped_messages(record)


DIALECT = Dialect(
    "conventions",
    marks=frozenset(
        {
            semconv.OPERATION_NAME,
            semconv.PROVIDER_NAME,
            semconv.OLD_SYSTEM,
            semconv.REQUEST_MODEL,
        }
    ),
    event_names=frozenset({semconv.INFERENCE_DETAILS_EVENT}),
    kind=_kind,
    fields={
        semconv.PROVIDER_NAME: (
            semconv.PROVIDER_NAME,
            semconv.OLD_SYSTEM,
            semconv.OTHER_MODEL_PROVIDER,
        ),
        semconv.REQUEST_MODEL: (semconv.REQUEST_MODEL,),
        semconv.RESPONSE_MODEL: (semconv.RESPONSE_MODEL, semconv.OTHER_RESPONSE_MODEL_NAME),
        semconv.RESPONSE_ID: (semconv.RESPONSE_ID,),
        semconv.CONVERSATION_ID: (
            semconv.CONVERSATION_ID,
            "session.id",
            semconv.OTHER_SESSION_ID,
            semconv.OTHER_THREAD_ID,
            *_BARE_SESSIONS,
        ),
        semconv.USER_ID: (
            semconv.USER_ID,
            "enduser.id",
            semconv.OTHER_REQUEST_USER,
            semconv.OTHER_USER,
            semconv.OTHER_USER_ID,
        ),
        semconv.REQUEST_PREVIOUS_RESPONSE_ID: (semconv.REQUEST_PREVIOUS_RESPONSE_ID,),
        semconv.REQUEST_STREAM: (semconv.REQUEST_STREAM, "stream"),
        semconv.RESPONSE_FINISH_REASONS: (
            semconv.RESPONSE_FINISH_REASONS,
            semconv.OTHER_RESPONSE_FINISH_REASON,
            semconv.OTHER_RESPONSE_STOP_REASON,
        ),
        semconv.SERVER_ADDRESS: (semconv.SERVER_ADDRESS,),
        semconv.SERVER_PORT: (semconv.SERVER_PORT,),
        semconv.USAGE_INPUT_TOKENS: (
            semconv.USAGE_INPUT_TOKENS,
            semconv.OLD_USAGE_PROMPT_TOKENS,
        ),
        semconv.USAGE_OUTPUT_TOKENS: (
            semconv.USAGE_OUTPUT_TOKENS,
            semconv.OLD_USAGE_COMPLETION_TOKENS,
        ),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: (
            semconv.USAGE_CACHE_READ_INPUT_TOKENS,
            semconv.OTHER_USAGE_CACHE_READ_INPUT_TOKENS,
            semconv.OTHER_USAGE_INPUT_CACHED,
        ),
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: (
            semconv.USAGE_CACHE_WRITE_INPUT_TOKENS,
            semconv.OLD_USAGE_CACHE_CREATION_INPUT_TOKENS,
            semconv.OTHER_USAGE_CACHE_CREATION_INPUT_TOKENS,
            semconv.OTHER_USAGE_CACHE_WRITE_INPUT_TOKENS,
            semconv.OTHER_USAGE_INPUT_CACHE_WRITE,
        ),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: (
            semconv.USAGE_REASONING_OUTPUT_TOKENS,
            semconv.OTHER_USAGE_REASONING_TOKENS,
            semconv.OTHER_USAGE_THINKING_TOKENS,
        ),
        semconv.USAGE_AUDIO_INPUT_TOKENS: (semconv.USAGE_AUDIO_INPUT_TOKENS,),
        semconv.USAGE_AUDIO_OUTPUT_TOKENS: (semconv.USAGE_AUDIO_OUTPUT_TOKENS,),
        semconv.OPENAI_RESPONSE_SERVICE_TIER: (
            semconv.OPENAI_RESPONSE_SERVICE_TIER,
            semconv.OLD_OPENAI_RESPONSE_SERVICE_TIER,
            semconv.OTHER_RESPONSE_SERVICE_TIER,
        ),
        semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT: (
            semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT,
            semconv.OLD_OPENAI_RESPONSE_SYSTEM_FINGERPRINT,
            semconv.OTHER_OPENAI_SYSTEM_FINGERPRINT,
            semconv.OTHER_RESPONSE_SYSTEM_FINGERPRINT,
        ),
        semconv.RESPONSE_TIME_TO_FIRST_CHUNK: (
            semconv.RESPONSE_TIME_TO_FIRST_CHUNK,
            semconv.METRIC_TIME_TO_FIRST_CHUNK,
        ),
        semconv.EMBEDDINGS_DIMENSION_COUNT: (semconv.EMBEDDINGS_DIMENSION_COUNT,),
        semconv.HTTP_RESPONSE_STATUS_CODE: (
            semconv.HTTP_RESPONSE_STATUS_CODE,
            "http.status_code",
            "http.status",
        ),
        semconv.OTHER_RESPONSE_REQUEST_ID: (semconv.OTHER_RESPONSE_REQUEST_ID,),
        semconv.ERROR_TYPE: (semconv.ERROR_TYPE, semconv.OTHER_TOOL_ERROR_TYPE),
        semconv.AGENT_NAME: (semconv.AGENT_NAME, semconv.WORKFLOW_NAME, semconv.AGENT_ID),
        semconv.TOOL_NAME: (semconv.TOOL_NAME,),
        semconv.TOOL_CALL_ID: (semconv.TOOL_CALL_ID,),
    },
    step_fields={
        semconv.INPUT_MESSAGES: (semconv.INPUT_MESSAGES,),
        semconv.OUTPUT_MESSAGES: (semconv.OUTPUT_MESSAGES,),
        semconv.TOOL_CALL_ARGUMENTS: (semconv.TOOL_CALL_ARGUMENTS,),
        semconv.TOOL_CALL_RESULT: (semconv.TOOL_CALL_RESULT,),
        semconv.RETRIEVAL_QUERY_TEXT: (semconv.RETRIEVAL_QUERY_TEXT,),
        semconv.DATA_SOURCE_ID: (semconv.DATA_SOURCE_ID,),
    },
    reported_cost=(semconv.OTHER_COST_TOTAL_COST,),
    content=_content,
    prepare=_prepare,
)
