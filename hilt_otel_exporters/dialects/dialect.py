"""What a dialect is: how one emitter writes its spans, where that differs from the conventions.

Most of a dialect is data: where its emitter puts which field of a call. Code is for what a table
cannot say. Nothing outside an emitter's own module knows it by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hilt.genai.observation import Observation
from hilt.genai.values import Message, Part
from hilt.recording.step_events import Step
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["PLUMBING", "STEP_NAME", "Content", "Dialect", "Source", "SpanReading", "kind_by"]

Source = str | tuple[str | int, ...]
"""Where a field is: an attribute, or an attribute and a path into the JSON that it holds."""

PLUMBING = "step"
"""The kind of a span that is worth no event."""

STEP_NAME = "name"
"""The field of a step for which the conventions have no attribute: what it is called."""


@dataclass(slots=True)
class Content:
    """The messages of a call, as far as a dialect reads them; None is not known."""

    inputs: list[Message] | None = None
    outputs: list[Message] | None = None
    instructions: list[Part] | None = None
    tools: list[Any] | None = None


@dataclass(slots=True)
class SpanReading:
    """What was read from a span."""

    record: SpanRecord
    kind: str
    dialect: str
    run: str  #: the trace that it belongs to; of traces with a call in common, the first
    call: Observation | None = None  #: of a model, an embedding or a rerank
    step: Step | None = None  #: of anything else that is worth an event
    conversation: str | None = None
    user: str | None = None
    response_id: str | None = None  #: of the response that the call made; None if it fetched one
    reported_cost_usd: float | None = None  #: what the emitter thinks that the call cost
    call_start: int | None = None  #: when the call started, if another span has its start
    is_sdk: bool = False  #: recorded by the SDK itself, which sees what is on the wire
    parent: SpanReading | None = None  #: the span that it stands below, if that was read, too
    begun: bool = False  #: its prompt is in the log already
    merged: list[SpanRecord] = field(default_factory=list)  #: further spans of the same call


def _no_content(record: SpanRecord) -> Content:  # noqa: ARG001 # as a dialect reads it
    return Content()


def _no_kind(record: SpanRecord) -> str | None:  # noqa: ARG001 # as a dialect reads it
    return None


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one emitter writes its spans. Only its name must be given.

    Args:
        name: What it is called in ``provenance.dialect``.
        scopes: How the names of its instrumentation scopes begin.
        marks: Attributes of its own, one of which each of its spans about GenAI has.
        hints: Further attributes that tell a span of its; others may have them, too.
        event_names: Span events and log records that it writes.
        only_genai: Whether all spans of its scopes are about GenAI.
        kind: What a span stands for: ``model``, ``embedding``, ``rerank``, ``retrieval``, ``tool``,
            ``agent``, ``workflow``, ``chain`` or `PLUMBING`; None if others shall say.
        fields: Where it puts the fields of a call, by their names in the conventions, the best
            source first.
        prefer: The same, where its own sources are better than those of the conventions.
        step_fields: Where it puts the fields of a step.
        parameters: Attributes that hold a parameter of a request, and the parameter's usual name.
        parameter_bodies: Attributes that hold many parameters as a JSON object.
        reported_cost: Where it says what a call cost, in US dollars.
        frameworks: Names that it gives for providers, and that name none.
        content: Reads the messages.
        error: The message of an error that attributes of its own tell; None for no error.
        awaits_more: Whether the end of a span's call is still to come, in a span of another trace.
        call_start: When a call started of which the span has only the end; None for a whole call.
        is_sdk: Whether it is an SDK that records itself: it is the nearest to the wire.
        prepare: Makes a record readable, before anything else looks at it.
        amend: Puts right what the emitter gets wrong, once everything is read.
    """

    name: str
    scopes: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()
    hints: frozenset[str] = frozenset()
    event_names: frozenset[str] = frozenset()
    only_genai: bool = False
    kind: Callable[[SpanRecord], str | None] = _no_kind
    fields: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    prefer: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    step_fields: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    parameter_bodies: tuple[str, ...] = ()
    reported_cost: tuple[Source, ...] = ()
    frameworks: frozenset[str] = frozenset()
    content: Callable[[SpanRecord], Content] = _no_content
    error: Callable[[SpanRecord], str | None] | None = None
    awaits_more: Callable[[SpanRecord], bool] | None = None
    call_start: Callable[[SpanRecord], int | None] | None = None
    is_sdk: bool = False
    prepare: Callable[[SpanRecord], None] | None = None
    amend: Callable[[SpanReading], None] | None = None


def kind_by(
    attribute: str, kinds: Mapping[str, str], *, unless: str | None = None
) -> Callable[[SpanRecord], str | None]:
    """What reads the kind of a span from one attribute, in which other values are `PLUMBING`.

    Args:
        attribute: Its name.
        kinds: The kinds by its values, which some emitters write in capitals or as a member of an
            enumeration: ``TOOL``, ``SpanKind.TOOL``.
        unless: An attribute that says more, so that the kind is not read where it is.
    """
    kinds = {value.lower(): kind for value, kind in kinds.items()}

    def kind_of(record: SpanRecord) -> str | None:
        value = record.attributes.get(attribute)
        if value is None or unless in record.attributes:
            return None
        return kinds.get(str(value).rpartition(".")[2].lower(), PLUMBING)

    return kind_of
