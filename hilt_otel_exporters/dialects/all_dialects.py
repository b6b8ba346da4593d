"""All dialects, and their tables put together."""

from __future__ import annotations

from hilt_otel_exporters.dialects import (
    agentops,
    anthropic_sdk,
    azure_foundry,
    braintrust,
    claude_code,
    content_events,
    conventions,
    gemini_cli,
    genkit,
    google_adk,
    haystack,
    hilt_spans,
    laminar,
    langfuse,
    langsmith,
    langtrace,
    langwatch,
    litellm_spans,
    logfire,
    mastra,
    message_events,
    mirascope,
    mlflow,
    netra,
    nvidia_nat,
    openinference,
    openinference_haystack,
    openlit,
    openllmetry,
    openrouter_broadcast,
    otel_bedrock,
    pipecat,
    pydantic_ai,
    sentry,
    spring_ai,
    strands,
    traceai,
    vector_databases,
    vercel,
    xai_sdk,
)
from hilt_otel_exporters.dialects.dialect import Dialect, Source

__all__ = ["DIALECTS", "FIELDS", "MARKS", "REPORTED_COST", "STEP_FIELDS"]

DIALECTS: tuple[Dialect, ...] = (
    hilt_spans.DIALECT,
    openinference_haystack.DIALECT,
    openinference.DIALECT,
    langfuse.DIALECT,
    langsmith.DIALECT,
    mlflow.DIALECT,
    langwatch.DIALECT,
    langtrace.DIALECT,
    mirascope.DIALECT,
    laminar.DIALECT,
    traceai.DIALECT,
    netra.DIALECT,
    haystack.DIALECT,
    vercel.DIALECT,
    gemini_cli.DIALECT,
    genkit.DIALECT,
    google_adk.DIALECT,
    spring_ai.DIALECT,
    litellm_spans.DIALECT,
    mastra.DIALECT,
    nvidia_nat.DIALECT,
    openrouter_broadcast.DIALECT,
    pipecat.DIALECT,
    sentry.DIALECT,
    logfire.DIALECT,
    pydantic_ai.DIALECT,
    anthropic_sdk.DIALECT,
    azure_foundry.DIALECT,
    braintrust.DIALECT,
    claude_code.DIALECT,
    xai_sdk.DIALECT,
    openlit.DIALECT,
    strands.DIALECT,
    agentops.DIALECT,
    otel_bedrock.DIALECT,
    vector_databases.DIALECT,
    openllmetry.DIALECT,
    content_events.DIALECT,
    message_events.DIALECT,
    conventions.DIALECT,
)
"""In the order in which they read a span: the more a dialect is one emitter's own, the earlier.

The last one reads every span.
"""

_BY_PREFERENCE = (DIALECTS[-1], *DIALECTS[:-1])  # the conventions' own names come first


def _merged(name: str) -> dict[str, tuple[Source, ...]]:
    """The sources of all dialects, by field."""
    merged: dict[str, tuple[Source, ...]] = {}
    for dialect in _BY_PREFERENCE:
        for field, sources in getattr(dialect, name).items():
            merged[field] = (*merged.get(field, ()), *sources)
    return merged


FIELDS = _merged("fields")
"""By the conventions' name: every place where some emitter puts the field of a call."""

STEP_FIELDS = _merged("step_fields")
"""The same for the fields of steps."""

REPORTED_COST: tuple[Source, ...] = tuple(
    source for dialect in _BY_PREFERENCE for source in dialect.reported_cost
)
"""Every place where some emitter says what a call cost."""

MARKS = frozenset().union(*(dialect.marks for dialect in DIALECTS))
"""Attributes of which every span about GenAI has one, where its scope does not say that it is."""
