"""One table for all emitters: where each fact of a call stands, in order of preference.

`canonical` translates a record's attributes into the names of the OpenTelemetry conventions, and
everything else reads only those. A source is an attribute's name, or a name and a path into the
JSON that it holds.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from hilt import semconv
from hilt.genai.coerce import count_or_none, number_or_none
from hilt.genai.json_values import get_path, json_or_text
from hilt_otel_exporters.dialects.parameters import INVOCATION_PARAMETERS, add_parameters
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["FACTS", "MARKS", "SCOPES", "canonical", "fact", "find", "is_genai"]

Source = str | tuple[str | int, ...]

_META = "traceloop.association.properties"
_SMITH = "langsmith.metadata"
_PARAMETERS = INVOCATION_PARAMETERS
_DETAILS = "langfuse.observation.usage_details"
_MLFLOW_USAGE = "mlflow.chat.tokenUsage"
_RUN_USAGE = "langsmith.metadata.usage_metadata"
_GEMINI = "gcp.vertex.agent.llm_response"
_RAW = semconv.OTHER_USAGE_RAW

FACTS: dict[str, tuple[Source, ...]] = {
    semconv.PROVIDER_NAME: (
        semconv.PROVIDER_NAME,
        semconv.OLD_SYSTEM,
        "llm.provider",
        "llm.system",
        "ai.model.provider",
        f"{_META}.ls_provider",
        "mlflow.llm.provider",
        f"{_SMITH}.ls_provider",
        ("metadata", "ls_provider"),
    ),
    semconv.REQUEST_MODEL: (
        semconv.REQUEST_MODEL,
        "llm.request.model_name",
        (_PARAMETERS, "model"),
        ("embedding.invocation_parameters", "model"),
        ("input.value", "model"),
        "embedding.model_name",
        "ai.model.id",
        f"{_SMITH}.ls_model_name",
        ("mlflow.spanInputs", "model"),
        ("request_data", "model"),
        ("gcp.vertex.agent.llm_request", "model"),
        "model_name",
    ),
    semconv.RESPONSE_MODEL: (
        semconv.RESPONSE_MODEL,
        "llm.response.model_name",
        "llm.model_name",
        "langfuse.observation.model.name",
        "mlflow.llm.model",
        "ai.response.model",
        ("mlflow.spanOutputs", "model"),
        (_GEMINI, "model_version"),
    ),
    semconv.RESPONSE_ID: (
        semconv.RESPONSE_ID,
        "ai.response.id",
        ("output.value", "id"),
        ("output.value", "llm_output", "id"),
        ("mlflow.spanOutputs", "id"),
        (semconv.OLD_COMPLETION, "id"),
        (_GEMINI, "response_id"),
    ),
    semconv.CONVERSATION_ID: (
        semconv.CONVERSATION_ID,
        "session.id",
        "gcp.vertex.agent.session_id",
        f"{_META}.session_id",
        f"{_META}.thread_id",
        f"{_META}.conversation_id",
        "ai.telemetry.metadata.sessionId",
        f"{_SMITH}.session_id",
        f"{_SMITH}.thread_id",
        "mlflow.trace.session",
    ),
    semconv.USER_ID: (
        semconv.USER_ID,
        "enduser.id",
        semconv.OTHER_REQUEST_USER,
        semconv.OTHER_USER,
        "llm.user",
        f"{_META}.user_id",
        "ai.telemetry.metadata.userId",
        f"{_SMITH}.user_id",
        ("mlflow.spanInputs", "user"),
        ("request_data", "user"),
        ("request_data", "metadata", "user_id"),
        (semconv.OLD_PROMPT, "user"),
        (_PARAMETERS, "user"),
        (_PARAMETERS, "metadata", "user_id"),
    ),
    semconv.REQUEST_PREVIOUS_RESPONSE_ID: (semconv.REQUEST_PREVIOUS_RESPONSE_ID,),
    semconv.REQUEST_STREAM: (
        semconv.REQUEST_STREAM,
        semconv.OTHER_IS_STREAMING,
        "llm.is_streaming",
        "langsmith.request.streaming",
        (_PARAMETERS, "stream"),
        ("mlflow.spanInputs", "stream"),
        ("request_data", "stream"),
        "stream",
    ),
    semconv.RESPONSE_FINISH_REASONS: (
        semconv.RESPONSE_FINISH_REASONS,
        semconv.OTHER_RESPONSE_FINISH_REASON,
        "llm.finish_reason",
        semconv.OTHER_COMPLETION_FINISH_REASON,
        "ai.response.finishReason",
        "anthropic.message.stop_reason",
        "langfuse.observation.metadata.finish_reason",
        ("mlflow.spanOutputs", "choices", 0, "finish_reason"),
        ("mlflow.spanOutputs", "status"),
        (_GEMINI, "finish_reason"),
    ),
    semconv.SERVER_ADDRESS: (semconv.SERVER_ADDRESS, semconv.OTHER_OPENAI_API_BASE),
    semconv.SERVER_PORT: (semconv.SERVER_PORT,),
    semconv.USAGE_INPUT_TOKENS: (
        semconv.USAGE_INPUT_TOKENS,
        semconv.OLD_USAGE_PROMPT_TOKENS,
        "llm.token_count.prompt",
        "ai.usage.inputTokens",
        "ai.usage.promptTokens",
        "ai.usage.tokens",
        (_DETAILS, "prompt_tokens"),
        (_DETAILS, "input_tokens"),
        (_DETAILS, "input"),
        (_MLFLOW_USAGE, "input_tokens"),
        ("mlflow.spanOutputs", "usage", "prompt_tokens"),
    ),
    semconv.USAGE_OUTPUT_TOKENS: (
        semconv.USAGE_OUTPUT_TOKENS,
        semconv.OLD_USAGE_COMPLETION_TOKENS,
        "llm.token_count.completion",
        "ai.usage.outputTokens",
        "ai.usage.completionTokens",
        (_DETAILS, "completion_tokens"),
        (_DETAILS, "output_tokens"),
        (_DETAILS, "output"),
        (_MLFLOW_USAGE, "output_tokens"),
        ("mlflow.spanOutputs", "usage", "completion_tokens"),
    ),
    semconv.USAGE_CACHE_READ_INPUT_TOKENS: (
        semconv.USAGE_CACHE_READ_INPUT_TOKENS,
        semconv.OTHER_USAGE_CACHE_READ_INPUT_TOKENS,
        "llm.token_count.prompt_details.cache_read",
        "ai.usage.cachedInputTokens",
        "ai.usage.inputTokenDetails.cacheReadTokens",
        (_DETAILS, "prompt_tokens_details", "cached_tokens"),
        (_DETAILS, "input_tokens_details", "cached_tokens"),
        (_DETAILS, "input_cached_tokens"),
        (_MLFLOW_USAGE, "cache_read_input_tokens"),
        (_RUN_USAGE, "input_token_details", "cache_read"),
        (semconv.OTHER_USAGE_INPUT_TOKEN_DETAILS, "cache_read"),
        (_RAW, "prompt_tokens_details", "cached_tokens"),
        (_RAW, "input_tokens_details", "cached_tokens"),
        (_RAW, "cache_read_input_tokens"),
        (_GEMINI, "usage_metadata", "cached_content_token_count"),
    ),
    semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: (
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS,
        semconv.OLD_USAGE_CACHE_CREATION_INPUT_TOKENS,
        semconv.OTHER_USAGE_CACHE_CREATION_INPUT_TOKENS,
        semconv.OTHER_USAGE_CACHE_WRITE_INPUT_TOKENS,
        "llm.token_count.prompt_details.cache_write",
        "ai.usage.inputTokenDetails.cacheWriteTokens",
        (_DETAILS, "cache_creation_input_tokens"),
        (_MLFLOW_USAGE, "cache_creation_input_tokens"),
        (_RUN_USAGE, "input_token_details", "cache_creation"),
        (_RAW, "cache_creation_input_tokens"),
    ),
    semconv.USAGE_REASONING_OUTPUT_TOKENS: (
        semconv.USAGE_REASONING_OUTPUT_TOKENS,
        semconv.OTHER_USAGE_REASONING_TOKENS,
        "llm.usage.reasoning_tokens",
        "llm.token_count.completion_details.reasoning",
        "ai.usage.reasoningTokens",
        semconv.OTHER_USAGE_DETAILS_REASONING_TOKENS,
        (_DETAILS, "completion_tokens_details", "reasoning_tokens"),
        (_DETAILS, "output_tokens_details", "reasoning_tokens"),
        (_RUN_USAGE, "output_token_details", "reasoning"),
        (semconv.OTHER_USAGE_OUTPUT_TOKEN_DETAILS, "reasoning"),
        (_RAW, "completion_tokens_details", "reasoning_tokens"),
        (_RAW, "output_tokens_details", "reasoning_tokens"),
        ("mlflow.spanOutputs", "usage", "completion_tokens_details", "reasoning_tokens"),
        ("mlflow.spanOutputs", "usage", "output_tokens_details", "reasoning_tokens"),
        (_GEMINI, "usage_metadata", "thoughts_token_count"),
    ),
    semconv.USAGE_AUDIO_INPUT_TOKENS: (
        semconv.USAGE_AUDIO_INPUT_TOKENS,
        "llm.token_count.prompt_details.audio",
        semconv.OTHER_USAGE_DETAILS_INPUT_AUDIO_TOKENS,
        (_DETAILS, "prompt_tokens_details", "audio_tokens"),
        (_RUN_USAGE, "input_token_details", "audio"),
        (_RAW, "prompt_tokens_details", "audio_tokens"),
    ),
    semconv.USAGE_AUDIO_OUTPUT_TOKENS: (
        semconv.USAGE_AUDIO_OUTPUT_TOKENS,
        "llm.token_count.completion_details.audio",
        semconv.OTHER_USAGE_DETAILS_OUTPUT_AUDIO_TOKENS,
        (_DETAILS, "completion_tokens_details", "audio_tokens"),
        (_RUN_USAGE, "output_token_details", "audio"),
        (_RAW, "completion_tokens_details", "audio_tokens"),
    ),
    semconv.OPENAI_RESPONSE_SERVICE_TIER: (
        semconv.OPENAI_RESPONSE_SERVICE_TIER,
        semconv.OLD_OPENAI_RESPONSE_SERVICE_TIER,
        semconv.OTHER_RESPONSE_SERVICE_TIER,
        "anthropic.response.service_tier",
        ("mlflow.spanOutputs", "service_tier"),
        ("output.value", "service_tier"),
        (_RAW, "service_tier"),
    ),
    semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT: (
        semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT,
        semconv.OLD_OPENAI_RESPONSE_SYSTEM_FINGERPRINT,
        semconv.OTHER_OPENAI_SYSTEM_FINGERPRINT,
        semconv.OTHER_RESPONSE_SYSTEM_FINGERPRINT,
        ("mlflow.spanOutputs", "system_fingerprint"),
        ("output.value", "system_fingerprint"),
    ),
    semconv.RESPONSE_TIME_TO_FIRST_CHUNK: (
        semconv.RESPONSE_TIME_TO_FIRST_CHUNK,
        semconv.METRIC_TIME_TO_FIRST_CHUNK,
    ),
    semconv.EMBEDDINGS_DIMENSION_COUNT: (
        semconv.EMBEDDINGS_DIMENSION_COUNT,
        ("langfuse.observation.output", "dimensions"),
    ),
    semconv.ERROR_TYPE: (semconv.ERROR_TYPE,),
    semconv.AGENT_NAME: (semconv.AGENT_NAME, "agent_name", "agent.name", semconv.WORKFLOW_NAME),
    semconv.TOOL_NAME: (semconv.TOOL_NAME, "tool.name", "ai.toolCall.name"),
    semconv.TOOL_CALL_ID: (semconv.TOOL_CALL_ID, "tool_call.id", "ai.toolCall.id"),
}
"""By the conventions' name: every place where some emitter puts the fact, the best first."""

MARKS = frozenset(
    {
        semconv.OPERATION_NAME,
        semconv.PROVIDER_NAME,
        semconv.OLD_SYSTEM,
        semconv.REQUEST_MODEL,
        "openinference.span.kind",
        "langfuse.observation.type",
        "langsmith.span.kind",
        "mlflow.spanType",
        "mlflow.spanInputs",
        "ai.operationId",
        "traceloop.span.kind",
        "llm.request.type",
        "gcp.vertex.agent.llm_request",
        "pydantic_ai.all_messages",
        "all_messages_events",
    }
)
"""Attributes of which every GenAI span has one."""

SCOPES = frozenset({"gcp.vertex.agent", "langsmith", "langfuse-sdk"})
"""Scopes whose spans are about GenAI even where they have no attributes."""


def is_genai(attributes: Mapping[str, Any] | None, scope: str | None) -> bool:
    """Whether a span is about GenAI at all, at the cost of one look-up.

    HILT's own spans of tools are not: the calls around them tell what was asked and said.
    """
    if scope is not None and scope.startswith("hilt.instrumentation."):
        return attributes is not None and attributes.get(semconv.OPERATION_NAME) != "execute_tool"
    return (attributes is not None and not MARKS.isdisjoint(attributes)) or scope in SCOPES


def find(record: SpanRecord, *sources: Source) -> Any:
    """The first source that has a value; zero and False are values, empty text is none."""
    attributes = record.attributes
    for source in sources:
        if isinstance(source, str):
            value = attributes.get(source)
        elif source[0] in attributes:
            value = get_path(_mapping(record, str(source[0])), *source[1:])
        else:
            continue
        if value is not None and value != "":
            return value
    return None


def fact(record: SpanRecord, name: str) -> Any:
    """A fact by the conventions' name."""
    value = find(record, *FACTS[name])
    read = _READERS.get(name)
    return value if value is None or read is None else read(value)


def _mapping(record: SpanRecord, name: str) -> Any:
    value = record.json(name)
    if isinstance(value, str) and value.startswith("{'"):  # LangSmith writes Python, not JSON
        try:
            return ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return None
    return value


def canonical(
    record: SpanRecord, prefer: Mapping[str, tuple[Source, ...]] | None = None
) -> dict[str, Any]:
    """A record's attributes by the conventions' names.

    Args:
        record: A span.
        prefer: Sources that a dialect knows to be better than the table's.
    """
    found: dict[str, Any] = {}
    for name, ranked in _candidates(record).items():
        ranked.sort(key=_rank)
        _put(found, name, find(record, *[source for _, source in ranked]))
    for name, sources in (prefer or {}).items():
        _put(found, name, find(record, *sources))
    add_parameters(record, found)
    return found


def _candidates(record: SpanRecord) -> dict[str, list[tuple[int, Source]]]:
    """The sources that a record has, by fact: it has few attributes, and the table many."""
    present: dict[str, list[tuple[int, Source]]] = {}
    for attribute in record.attributes:
        for name, rank, source in _INDEX.get(attribute, ()):
            present.setdefault(name, []).append((rank, source))
    return present


def _rank(candidate: tuple[int, Source]) -> int:
    return candidate[0]


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    read = _READERS.get(name)
    value = value if value is None or read is None else read(value)
    if value is not None:
        found[name] = value


def _index() -> dict[str, list[tuple[str, int, Source]]]:
    """The table turned round: by attribute, the facts that it may tell."""
    index: dict[str, list[tuple[str, int, Source]]] = {}
    for name, sources in FACTS.items():
        for rank, source in enumerate(sources):
            attribute = source if isinstance(source, str) else str(source[0])
            index.setdefault(attribute, []).append((name, rank, source))
    return index


_INDEX = _index()


# -- readers of single facts ------------------------------------------------------------------


def _reasons(value: Any) -> list[str] | None:
    decoded = json_or_text(value) if isinstance(value, str) and value[:1] in '["' else value
    listed = decoded if isinstance(decoded, (list, tuple)) else [decoded]
    return [_reason(str(each)) for each in listed if each] or None


def _reason(reason: str) -> str:
    """A finish reason; a printed enumeration, ``FinishReason.STOP``, without its class."""
    printed, _, name = reason.rpartition(".")
    return name.lower() if printed else reason


def _host(value: Any) -> str:
    text = str(value)
    return (urlsplit(text).hostname or text) if "//" in text else text


def _flag(value: Any) -> bool | None:
    if isinstance(value, str):
        value = value.strip('"').lower() == "true"
    return True if value else None


def _whole(value: Any) -> int | None:
    count = count_or_none(json_or_text(value) if isinstance(value, str) else value)
    return count if count is not None and count >= 0 else None


def _known(value: Any) -> str | None:
    return None if value in ("unknown", "None") else _name(value)


def _name(value: Any) -> str | None:
    """Text, or a number that stands for a name; nothing else is one."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value)


_READERS: dict[str, Callable[[Any], Any]] = {
    semconv.RESPONSE_FINISH_REASONS: _reasons,
    semconv.SERVER_ADDRESS: _host,
    semconv.SERVER_PORT: _whole,
    semconv.REQUEST_STREAM: _flag,
    semconv.REQUEST_MODEL: _known,
    semconv.RESPONSE_MODEL: _known,
    **dict.fromkeys(
        (
            semconv.USER_ID,
            semconv.CONVERSATION_ID,
            semconv.RESPONSE_ID,
            semconv.REQUEST_PREVIOUS_RESPONSE_ID,
            semconv.OPENAI_RESPONSE_SERVICE_TIER,
            semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT,
            semconv.ERROR_TYPE,
            semconv.AGENT_NAME,
            semconv.TOOL_NAME,
            semconv.TOOL_CALL_ID,
        ),
        _name,
    ),
    semconv.EMBEDDINGS_DIMENSION_COUNT: _whole,
    semconv.RESPONSE_TIME_TO_FIRST_CHUNK: number_or_none,
    **{name: _whole for name in FACTS if name.startswith(semconv.USAGE_PREFIX)},
}
