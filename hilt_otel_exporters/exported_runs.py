"""Observations of Langfuse and runs of LangSmith, as both export them, to spans.

They become spans with the attributes that the SDKs of both give to OpenTelemetry, so that what
reads those reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import get_path
from hilt_otel_exporters.iso_times import nanos_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["is_observation", "is_run", "record_of_observation", "record_of_run"]

_LANGFUSE = "langfuse.observation"
_LANGSMITH = "langsmith.metadata"
_TYPES = frozenset((
    "GENERATION", "SPAN", "EVENT", "TOOL", "AGENT", "CHAIN", "RETRIEVER", "EMBEDDING", "EVALUATOR",
    "GUARDRAIL",
))  # fmt: skip
_CACHED = ("input_cached_tokens", "cache_read_input_tokens", "input_cache_read")
_WRITTEN = ("cache_creation_input_tokens", "input_cache_creation")
_REASONING = ("output_reasoning_tokens", "output_reasoning")


# -- Langfuse -----------------------------------------------------------------------------------


def is_observation(value: Mapping[str, Any]) -> bool:
    """Whether a value is an observation: of its API, its page, or a bucket that it exports to."""
    return (
        value.get("type") in _TYPES
        and "id" in value
        and _either(value, "traceId") is not None
        and _either(value, "startTime") is not None
    )


def record_of_observation(value: Mapping[str, Any]) -> SpanRecord:
    """An observation of Langfuse, with names in camel case or in snake case."""
    level = value.get("level")
    started = nanos_of(_either(value, "startTime"))
    attributes = {
        f"{_LANGFUSE}.type": str(value["type"]).lower(),
        f"{_LANGFUSE}.input": value.get("input"),
        f"{_LANGFUSE}.output": value.get("output"),
        f"{_LANGFUSE}.level": level,
        f"{_LANGFUSE}.status_message": _either(value, "statusMessage"),
        f"{_LANGFUSE}.model.name": value.get("model") or _either(value, "providedModelName"),
        f"{_LANGFUSE}.model.parameters": _either(value, "modelParameters"),
        f"{_LANGFUSE}.completion_start_time": _either(value, "completionStartTime"),
        f"{_LANGFUSE}.cost_details": _either(value, "costDetails"),
        semconv.CONVERSATION_ID: _either(value, "sessionId"),
        semconv.USER_ID: _either(value, "userId"),
        **_counts_of_buckets(_either(value, "usageDetails") or value.get("usage")),
    }
    return SpanRecord(
        name=str(value.get("name") or ""),
        trace_id=str(_either(value, "traceId")),
        span_id=str(value["id"]),
        parent_span_id=_text(_either(value, "parentObservationId")),
        started=started,
        ended=nanos_of(_either(value, "endTime")) or started,
        status="ERROR" if level == "ERROR" else "UNSET",
        status_text=str(_either(value, "statusMessage") or ""),
        attributes=_without_none(attributes),
        scope="langfuse-sdk",
        resource=_resource_of(value.get("environment")),
    )


def _resource_of(environment: object) -> dict[str, object]:
    """Langfuse's own ``default`` stands for an environment that nobody named."""
    return {} if environment == "default" else {"deployment.environment.name": environment}


def _counts_of_buckets(counts: Any) -> dict[str, Any]:
    """The counts of an observation; those of the parts of the input are not in the input's.

    Where they are, the total says so.
    """
    if not isinstance(counts, Mapping):
        return {}
    given, answered = count_or_none(counts.get("input")), count_or_none(counts.get("output"))
    if given is None and answered is None:
        return {f"{_LANGFUSE}.usage_details": dict(counts)}  # in the words of a provider
    cached, written = _first(counts, _CACHED), _first(counts, _WRITTEN)
    reasoning = _first(counts, _REASONING)
    if count_or_none(counts.get("total")) != (given or 0) + (answered or 0):
        given = (given or 0) + (cached or 0) + (written or 0)
        answered = (answered or 0) + (reasoning or 0)
    return {
        semconv.USAGE_INPUT_TOKENS: given,
        semconv.USAGE_OUTPUT_TOKENS: answered,
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: cached,
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: written,
        semconv.USAGE_REASONING_OUTPUT_TOKENS: reasoning,
        semconv.OTHER_USAGE_RAW: dict(counts),
    }


def _first(counts: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    return next((count_or_none(counts[name]) for name in names if name in counts), None)


# -- LangSmith ----------------------------------------------------------------------------------


def is_run(value: Mapping[str, Any]) -> bool:
    """Whether a value is a run, as LangSmith's API and its exports have it."""
    return isinstance(value.get("run_type"), str) and "id" in value and "start_time" in value


def record_of_run(value: Mapping[str, Any]) -> SpanRecord:
    """A run of LangSmith."""
    started, error = nanos_of(value.get("start_time")), value.get("error")
    metadata = get_path(value, "extra", "metadata") or {}
    attributes = {
        **{f"{_LANGSMITH}.{name}": each for name, each in metadata.items()},
        "langsmith.span.kind": value["run_type"],
        semconv.OLD_PROMPT: value.get("inputs"),
        semconv.OLD_COMPLETION: value.get("outputs"),
        semconv.REQUEST_MODEL: _model_of(value, metadata),
        semconv.RESPONSE_MODEL: get_path(_answer_of(value), "response_metadata", "model_name"),
        semconv.CONVERSATION_ID: next(
            (metadata[name] for name in _CONVERSATION if metadata.get(name)), None
        ),
        semconv.RESPONSE_TIME_TO_FIRST_CHUNK: _seconds_since(
            started, value.get("first_token_time")
        ),
        **_counts_of_run(value, metadata),
    }
    return SpanRecord(
        name=str(value.get("name") or ""),
        trace_id=str(value.get("trace_id") or value["id"]),
        span_id=str(value["id"]),
        parent_span_id=_text(value.get("parent_run_id")),
        started=started,
        ended=nanos_of(value.get("end_time")) or started,
        status="ERROR" if error else "UNSET",
        status_text=str(error or ""),
        attributes=_without_none(attributes),
        scope="langsmith",
    )


_CONVERSATION = ("session_id", "thread_id", "conversation_id")


def _model_of(value: Mapping[str, Any], metadata: Mapping[str, Any]) -> str | None:
    parameters = get_path(value, "extra", "invocation_params")
    return _text(
        metadata.get("ls_model_name")
        or get_path(parameters, "model")
        or get_path(parameters, "model_name")
    )


def _answer_of(value: Mapping[str, Any]) -> Any:
    """The fields of the first message that LangChain has generated."""
    generated = get_path(value, "outputs", "generations", 0)
    first = generated[0] if isinstance(generated, list) and generated else generated
    message = get_path(first, "message")
    return get_path(message, "kwargs") or message


def _counts_of_run(value: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The counts of a run: LangChain's, a provider's own, or the two that LangSmith shows."""
    counts = (
        get_path(value, "outputs", "usage_metadata")
        or get_path(_answer_of(value), "usage_metadata")
        or metadata.get("usage_metadata")
    )
    sent = get_path(value, "outputs", "usage")
    if not isinstance(counts, Mapping):
        counts = sent if isinstance(sent, Mapping) else value
    given, answered = (
        next((count_or_none(counts.get(name)) for name in names if counts.get(name)), None)
        for names in (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens"))
    )
    return {
        semconv.USAGE_INPUT_TOKENS: given,
        semconv.USAGE_OUTPUT_TOKENS: answered,
        f"{_LANGSMITH}.usage_metadata": dict(counts) if counts is not value else None,
    }


# -- both ---------------------------------------------------------------------------------------


def _seconds_since(started: int, moment: object) -> float | None:
    return max((nanos_of(moment) - started) / 1e9, 0.0) if isinstance(moment, str) else None


def _either(value: Mapping[str, Any], camel: str) -> Any:
    """A field under its name in camel case, or in snake case."""
    found = value.get(camel)
    if found is not None:
        return found
    return value.get("".join(f"_{each.lower()}" if each.isupper() else each for each in camel))


def _text(value: object) -> str | None:
    return str(value) if value else None


def _without_none(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}
