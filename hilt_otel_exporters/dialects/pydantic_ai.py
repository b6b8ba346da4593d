"""Pydantic AI: official names; before its version 2, message events in an attribute."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import messages_of

__all__ = ["DIALECT"]

_ALL = ("pydantic_ai.all_messages", "all_messages_events")


def _amend(reading: SpanReading) -> None:
    """An agent's span has the whole exchange: its input is the newest user's message."""
    step = reading.step
    if step is None or step.kind != "agent" or step.input_text is not None:
        return
    for name in _ALL:
        for message in reversed(messages_of(reading.record.json(name))):
            texts = [part["content"] for part in message["parts"] if part["type"] == "text"]
            if message["role"] == "user" and texts:
                step.input_text = "".join(texts)
                return


DIALECT = Dialect(
    "pydantic-ai",
    scopes=("pydantic-ai",),
    marks=frozenset(_ALL),
    fields={
        semconv.REQUEST_MODEL: ("model_name",),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: (
            semconv.OTHER_USAGE_DETAILS_CACHE_READ_TOKENS,
            semconv.OTHER_USAGE_DETAILS_CACHE_READ,
            semconv.OTHER_USAGE_DETAILS_CACHED_TOKENS,
            semconv.OTHER_USAGE_DETAILS_CACHED_CONTENT_TOKENS,
        ),
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: (
            semconv.OTHER_USAGE_DETAILS_CACHE_WRITE_TOKENS,
            semconv.OTHER_USAGE_DETAILS_CACHE_CREATION,
        ),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: (
            semconv.OTHER_USAGE_DETAILS_REASONING_TOKENS,
            semconv.OTHER_USAGE_DETAILS_THOUGHTS_TOKENS,
        ),
        semconv.USAGE_AUDIO_CACHE_READ_INPUT_TOKENS: (
            semconv.OTHER_USAGE_DETAILS_CACHE_AUDIO_READ_TOKENS,
        ),
        semconv.USAGE_AUDIO_INPUT_TOKENS: (semconv.OTHER_USAGE_DETAILS_INPUT_AUDIO_TOKENS,),
        semconv.USAGE_AUDIO_OUTPUT_TOKENS: (semconv.OTHER_USAGE_DETAILS_OUTPUT_AUDIO_TOKENS,),
        semconv.AGENT_NAME: ("agent_name",),
    },
    prefer={semconv.OUTPUT_MESSAGES: ("final_result",)},
    step_fields={
        semconv.TOOL_CALL_ARGUMENTS: ("tool_arguments",),
        semconv.TOOL_CALL_RESULT: ("tool_response",),
    },
    reported_cost=("operation.cost",),
    amend=_amend,
)
