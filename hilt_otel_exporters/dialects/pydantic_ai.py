"""Pydantic AI: official names; before its version 2, message events in an attribute."""

from __future__ import annotations

from hilt_otel_exporters.dialects.dialect import Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import messages_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_ALL = ("pydantic_ai.all_messages", "all_messages_events")


def _amend(seen: SpanReading) -> None:
    """An agent's span has the whole exchange: what it was asked is the newest user's message."""
    step = seen.step
    if step is None or step.kind != "agent" or step.asked is not None:
        return
    for name in _ALL:
        for message in reversed(messages_of(seen.record.json(name))):
            said = [part["content"] for part in message["parts"] if part["type"] == "text"]
            if message["role"] == "user" and said:
                step.asked = "".join(said)
                return


def _recognises(record: SpanRecord) -> bool:
    return record.scope == "pydantic-ai" or any(name in record.attributes for name in _ALL)


DIALECT = Dialect("pydantic-ai", _recognises, amend=_amend)
