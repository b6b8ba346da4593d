"""NVIDIA's NeMo Agent Toolkit: OpenInference, with the model as the name of what was run."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import Dialect, SpanReading

__all__ = ["DIALECT"]

_NAMES = ("nat.subspan.name", "aiq.subspan.name")
_CONVERSATION = "nat.conversation.id"


def _amend(reading: SpanReading) -> None:
    """A run outside of any conversation has a word for an id."""
    if reading.conversation == "unknown":
        reading.conversation = None


DIALECT = Dialect(
    "nvidia-nat",
    hints=frozenset(_NAMES),
    fields={semconv.REQUEST_MODEL: _NAMES, semconv.CONVERSATION_ID: (_CONVERSATION,)},
    amend=_amend,
)
