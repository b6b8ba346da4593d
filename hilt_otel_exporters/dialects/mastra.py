"""Mastra: official names, with inputs and outputs of agents and workflows named by kind."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import Dialect

__all__ = ["DIALECT"]

_STEPS = ("agent_run", "workflow_run")

DIALECT = Dialect(
    "mastra",
    hints=frozenset({"mastra.span.type"}),
    fields={
        semconv.USAGE_AUDIO_INPUT_TOKENS: (semconv.OTHER_USAGE_AUDIO_INPUT_TOKENS,),
        semconv.USAGE_AUDIO_OUTPUT_TOKENS: (semconv.OTHER_USAGE_AUDIO_OUTPUT_TOKENS,),
    },
    step_fields={
        semconv.INPUT_MESSAGES: tuple(f"mastra.{step}.input" for step in _STEPS),
        semconv.OUTPUT_MESSAGES: tuple(f"mastra.{step}.output" for step in _STEPS),
    },
)
