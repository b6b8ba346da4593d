"""A finished span as plain data, whoever recorded it and however it arrived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from hilt import semconv
from hilt.genai.json_values import to_plain_json

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from hilt.instrumentation.traced_calls import TracedCall

__all__ = ["LogRecord", "SpanEvent", "SpanRecord", "call_of", "record_of_span"]

_MISSING = object()
_NO_ATTRIBUTES: Mapping[str, Any] = {}
_PLAIN = frozenset({str, bool, int, float})


@dataclass(slots=True)
class SpanEvent:
    """An event on a span."""

    name: str
    time: int  #: nanoseconds since the epoch
    attributes: Mapping[str, Any]


@dataclass(slots=True)
class LogRecord:
    """A log record that was emitted in the context of a span."""

    name: str  #: its event name
    trace_id: str
    span_id: str
    attributes: Mapping[str, Any]
    body: object = None
    time: int = 0


@dataclass(slots=True)
class SpanRecord:
    """A finished span.

    Ids are hexadecimal text without a prefix; times are nanoseconds since the epoch.
    """

    name: str
    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    remote_parent: bool = False
    kind: str = "INTERNAL"
    started: int = 0
    ended: int = 0
    status: str = "UNSET"  #: ``UNSET``, ``OK`` or ``ERROR``
    status_text: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    events: list[SpanEvent] = field(default_factory=list)
    logs: list[LogRecord] = field(default_factory=list)
    scope: str = ""
    scope_version: str = ""
    resource: Mapping[str, Any] = field(default_factory=dict)  #: the attributes of its resource
    dropped: dict[str, int] = field(default_factory=dict)  #: what limits cut: {"attributes": 2}
    call: TracedCall | None = None  #: the live call of a span that HILT made in this process
    cut: list[str] = field(default_factory=list)  #: attributes whose JSON broke off
    _decoded: dict[str, Any] = field(default_factory=dict)

    def json(self, name: str) -> Any:
        """The value of an attribute, decoded if it is JSON in a string; None if it is missing.

        A string that begins as JSON and does not parse was cut off by a limit: it is noted in
        ``cut`` and given as far as it goes, as text. JSON that is nested too deeply is a text, too.
        """
        found = self._decoded.get(name, _MISSING)
        if found is _MISSING:
            found = self._decoded[name] = self._decode(name)
        return found

    def replace(self, attributes: Mapping[str, Any]) -> None:
        """Give some attributes other values."""
        self.attributes = {**self.attributes, **attributes}
        for name in attributes:
            self._decoded.pop(name, None)

    def events_and_logs(self) -> list[SpanEvent | LogRecord]:
        """Its span events, and the log records that belong to it."""
        return [*self.events, *self.logs]

    def _decode(self, name: str) -> Any:
        value = self.attributes.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            return to_plain_json(value)
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            if value[:1] in ("{", "[") and value[1:2] in ("{", "[", '"', "]", "}", ""):
                self.cut.append(name)
            return value
        except RecursionError:
            return value


def call_of(span: ReadableSpan) -> TracedCall | None:
    """The live call that a span of HILT's carries by reference; None for any other span."""
    attributes = span.attributes
    return getattr(attributes.get(semconv.HILT_EVENT_ID), "call", None) if attributes else None


def record_of_span(span: ReadableSpan) -> SpanRecord:
    """A `ReadableSpan` of the OpenTelemetry SDK as a record."""
    context, parent, status, scope = (
        span.context,
        span.parent,
        span.status,
        span.instrumentation_scope,
    )
    events = [
        SpanEvent(each.name, each.timestamp, _plain_attributes(each.attributes))
        for each in span.events
    ]
    return SpanRecord(
        name=span.name,
        trace_id=f"{context.trace_id:032x}",
        span_id=f"{context.span_id:016x}",
        parent_span_id=f"{parent.span_id:016x}" if parent is not None else None,
        remote_parent=parent is not None and parent.is_remote,
        kind=span.kind.name,
        started=span.start_time or 0,
        ended=span.end_time or span.start_time or 0,
        status=status.status_code.name,
        status_text=status.description or "",
        attributes=_plain_attributes(span.attributes),
        events=events,
        scope=(scope.name or "") if scope is not None else "",
        scope_version=(scope.version or "") if scope is not None else "",
        resource=getattr(span.resource, "attributes", None) or _NO_ATTRIBUTES,
        dropped=_dropped(span),
        call=call_of(span),
    )


def _plain_attributes(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    """Attributes as a file would have them: a member of an enumeration is its value."""
    return {
        name: value if type(value) in _PLAIN else _plain(value)
        for name, value in (attributes or _NO_ATTRIBUTES).items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return str.__str__(value)  # not str(value), which prints the member's name
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (tuple, list)):
        return tuple([each if type(each) in _PLAIN else _plain(each) for each in value])
    return value


def _dropped(span: ReadableSpan) -> dict[str, int]:
    counts = {
        name: getattr(span, f"dropped_{name}", 0) or 0 for name in ("attributes", "events", "links")
    }
    return {name: count for name, count in counts.items() if count}
