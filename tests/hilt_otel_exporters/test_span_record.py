"""Tests for a span as plain data."""

from __future__ import annotations

import copy
import enum
import pickle
from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from hilt.instrumentation.spans import CallId
from hilt_otel_exporters.span_record import (
    LogRecord,
    SpanEvent,
    SpanRecord,
    call_of,
    record_of_span,
)
from tests.hilt_otel_exporters.conftest import record

EVENT_ID = f"evt_{0:032x}"


def tracer(**limits: int) -> Any:
    """A tracer of the SDK."""
    provider = TracerProvider(
        span_limits=SpanLimits(**limits),
        shutdown_on_exit=False,
        resource=Resource({"service.name": "shop"}),
    )
    return provider.get_tracer("some.scope", "1.2")


def test_span_of_the_sdk_is_a_record() -> None:
    """With everything that an event is made of."""
    parent = SpanContext(7, 8, is_remote=True, trace_flags=TraceFlags(1))
    span = tracer().start_span(
        "chat",
        context=set_span_in_context(NonRecordingSpan(parent)),
        kind=SpanKind.CLIENT,
        attributes={"a": 1},
        start_time=5,
    )
    span.add_event("e", {"b": 2}, 6)
    span.set_status(Status(StatusCode.ERROR, "broken"))
    span.end(9)

    assert record_of_span(span) == SpanRecord(
        "chat",
        f"{7:032x}",
        f"{span.context.span_id:016x}",
        parent_span_id=f"{8:016x}",
        remote_parent=True,
        kind="CLIENT",
        started=5,
        ended=9,
        status="ERROR",
        status_text="broken",
        attributes={"a": 1},
        events=[SpanEvent("e", 6, {"b": 2})],
        scope="some.scope",
        scope_version="1.2",
        resource={"service.name": "shop"},
    )


def test_span_that_goes_on_ends_where_it_started_for_now() -> None:
    """A processor reads it as it starts."""
    found = record_of_span(tracer().start_span("chat", start_time=5))

    assert (found.started, found.ended, found.parent_span_id) == (5, 5, None)


def test_what_limits_dropped_is_counted() -> None:
    """Of attributes and of events."""
    span = tracer(max_attributes=1, max_events=1).start_span("chat", attributes={"a": 1, "b": 2})
    for _ in range(3):
        span.add_event("e")

    assert record_of_span(span).dropped == {"attributes": 1, "events": 2}


DEEP = "[" * 50_000 + "]" * 50_000


@pytest.mark.parametrize(
    ("value", "decoded", "is_cut"),
    [
        ('{"a": [1]}', {"a": [1]}, False),
        ("12", 12, False),
        ("plain text", "plain text", False),
        ("[text in brackets]", "[text in brackets]", False),
        ('[{"role":"us', '[{"role":"us', True),
        ('{"a"', '{"a"', True),
        ("[", "[", True),
        pytest.param(DEEP, DEEP, False, id="deep"),
        (("a", 1), ["a", 1], False),
        (5, 5, False),
        (None, None, False),
    ],
)
def test_value_is_decoded_where_it_is_json(value: Any, decoded: Any, is_cut: bool) -> None:
    """Text that begins as JSON and breaks off was cut by a limit, and is noted once."""
    span = record({"x": value})

    assert span.json("x") == span.json("x") == decoded
    assert span.cut == (["x"] if is_cut else [])


def test_missing_value_is_none() -> None:
    """And not cut."""
    span = record({})

    assert span.json("x") is None
    assert span.cut == []


def test_events_and_logs_are_listed_together() -> None:
    """Some emitters use the one, some the other."""
    event, log = SpanEvent("e", 0, {}), LogRecord("l", "", "", {})

    assert record({}, events=[event], logs=[log]).events_and_logs() == [event, log]


def test_span_brings_its_live_call_along() -> None:
    """Whatever a limit on the length of attributes leaves of the id."""
    call: Any = object()

    for length in (1_000, 36, 20):
        attributes = {"hilt.event_id": CallId(EVENT_ID, call)}
        span = tracer(max_attribute_length=length).start_span("chat", attributes=attributes)
        assert call_of(span) is call
        assert span.attributes["hilt.event_id"] == EVENT_ID[:length]


def test_other_spans_bring_none() -> None:
    """Text is text."""
    assert call_of(tracer().start_span("chat")) is None
    assert call_of(tracer().start_span("chat", attributes={"hilt.event_id": EVENT_ID})) is None


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_copy_of_the_id_is_plain_text(copied: Any) -> None:
    """An exporter may copy attributes, or send them to another process."""
    found = copied(CallId(EVENT_ID, lambda: None))  # type: ignore[arg-type]  # cannot be pickled

    assert type(found) is str
    assert found == EVENT_ID


def test_attributes_are_plain_values() -> None:
    """Members of enumerations are their values, as they would be in a file; lists of them, too."""

    class Kind(str, enum.Enum):
        CHAT = "chat"

    class Count(enum.IntEnum):
        NINE = 9

    class Seconds(float):
        pass

    attributes = {"kind": Kind.CHAT, "kinds": (Kind.CHAT,), "n": Count.NINE, "s": Seconds(0.5)}
    span = ReadableSpan("chat", SpanContext(1, 2, is_remote=False), attributes=attributes)
    read = record_of_span(span).attributes

    assert read == {"kind": "chat", "kinds": ("chat",), "n": 9, "s": 0.5}
    assert [type(each) for each in read.values()] == [str, tuple, int, float]
    assert type(read["kinds"][0]) is str
