"""Tests of `hilt.instrumentation.private_tracer`."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from hilt.instrumentation.private_tracer import PrivateTracer


def test_spans_of_their_own_have_ids_of_their_own():
    """Each is the root of a trace, and no two are alike."""
    tracer = PrivateTracer()

    spans = [tracer.start_span("execute_tool").get_span_context() for _ in range(100)]

    assert all(each.is_valid for each in spans)
    assert len({each.span_id for each in spans}) == 100
    assert len({each.trace_id for each in spans}) == 100


def test_a_span_within_the_programs_is_of_its_trace():
    """And so are the ids for a call, which name the program's span as their parent."""
    tracer = PrivateTracer()
    with TracerProvider().get_tracer(__name__).start_as_current_span("work") as work:
        parent = work.get_span_context()
        span = tracer.start_span("execute_tool").get_span_context()
        ids = tracer.new_ids()

    assert span.trace_id == parent.trace_id
    assert span.span_id != parent.span_id
    assert (ids[0], ids[2]) == (
        trace.format_trace_id(parent.trace_id),
        trace.format_span_id(parent.span_id),
    )


def test_ids_without_a_span_are_hexadecimal():
    """32 digits for a trace, 16 for a span, and no parent."""
    tracer = PrivateTracer()

    ids = [tracer.new_ids() for _ in range(100)]

    assert {(len(trace_id), len(span_id), parent) for trace_id, span_id, parent in ids} == {
        (32, 16, None)
    }
    assert len({each[0] for each in ids}) == len({each[1] for each in ids}) == 100
