"""Calls as spans in OTLP JSON."""

from __future__ import annotations

import base64
import json

import pytest

import hilt
from hilt.analysis.otlp import _value, requests_of, span_of
from hilt.io.session import Session
from hilt_otel_exporters.importing import import_spans

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def busy(log):
    """A log with calls of several kinds."""
    first = log.call("Hi", "Hello", user="ann", finish_reason="stop", time_to_first_chunk_ms=5.0)
    log.call("Größe? 我", "Gr", session_id="t", user="bob", context=first, outcome="length")
    log.write(
        "s", ("system", "openai"), "system", content={"text": "Too many"},
        provenance={"provider": "openai", "operation": "chat"},
        extensions={"reply_to": log.prompt("No"), "model": "gpt-5", "outcome": "failed",
                    "error_code": "rate_limit", "status_code": 429},
    )  # fmt: skip
    asked = log.answer(log.prompt("Rain?"), "", finish_reason="tool_calls")
    called = log.tool_call(asked, city="Paris")
    log.answer(log.tool_result(called, asked), "Rain")
    log.prompt("Is anybody there?")
    return log


def spans(log):
    """All spans of a log."""
    return [
        span
        for request, _ in requests_of(log.open().calls())
        for scope in request["resourceSpans"][0]["scopeSpans"]
        for span in scope["spans"]
    ]


def test_a_call_is_a_genai_span(log):
    """As OTLP writes JSON: 64-bit integers are texts, enums numbers, ids hexadecimal."""
    prompt = log.prompt("Hi", user="ann")
    log.write(
        "s", ("agent", "openai"), "completion", content={"text": "Hello"},
        metrics={"tokens": {"prompt": 10, "completion": 4}, "cost_usd": 0.5},
        provenance={"provider": "openai", "operation": "chat", "response_model": "gpt-5-2026",
                    "response_id": "resp_1", "trace_id": TRACE, "span_id": SPAN,
                    "server": "api.openai.com"},
        extensions={"reply_to": prompt, "model": "gpt-5", "outcome": "completed",
                    "status_code": 200, "finish_reason": "stop"},
    )  # fmt: skip

    (span,) = spans(log)

    text = {"type": "text", "content": "Hi"}
    answer = {"role": "assistant", "parts": [{"type": "text", "content": "Hello"}],
              "finish_reason": "stop"}  # fmt: skip
    assert {**span, "attributes": {each["key"]: each["value"] for each in span["attributes"]}} == {
        "traceId": TRACE, "spanId": SPAN, "name": "chat gpt-5", "kind": 3,
        "startTimeUnixNano": "1795860001000000000", "endTimeUnixNano": "1795860002000000000",
        "attributes": {
            "gen_ai.operation.name": {"stringValue": "chat"},
            "gen_ai.provider.name": {"stringValue": "openai"},
            "gen_ai.request.model": {"stringValue": "gpt-5"},
            "gen_ai.response.model": {"stringValue": "gpt-5-2026"},
            "gen_ai.conversation.id": {"stringValue": "s"},
            "user.id": {"stringValue": "ann"},
            "gen_ai.response.id": {"stringValue": "resp_1"},
            "server.address": {"stringValue": "api.openai.com"},
            "gen_ai.response.finish_reasons": {"arrayValue": {"values": [{"stringValue": "stop"}]}},
            "gen_ai.usage.input_tokens": {"intValue": "10"},
            "gen_ai.usage.output_tokens": {"intValue": "4"},
            "hilt.event_id": {"stringValue": prompt},
            "hilt.cost_usd": {"doubleValue": 0.5},
            "hilt.status_code": {"intValue": "200"},
            "hilt.outcome": {"stringValue": "completed"},
            "gen_ai.input.messages": {
                "stringValue": json.dumps([{"role": "user", "parts": [text]}],
                                          separators=(",", ":"))},
            "gen_ai.output.messages": {
                "stringValue": json.dumps([answer], separators=(",", ":"))},
        },
    }  # fmt: skip


def test_other_choices_are_messages_too(log):
    """Each answer of several is one."""
    other = {"role": "assistant", "parts": [{"type": "text", "content": "B"}]}
    log.write("s", ("agent", "openai"), "completion", content={"text": "A", "choices": [other]})

    (span,) = spans(log)

    values = {each["key"]: each["value"] for each in span["attributes"]}
    assert json.loads(values["gen_ai.output.messages"]["stringValue"]) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "A"}]}, other,
    ]  # fmt: skip


def test_read_back_they_are_the_same_calls(busy, tmp_path):
    """By ``hilt import``, which computes costs again and gives endings ids of its own."""
    path = tmp_path / "spans.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(
            json.dumps(request) + "\n" for request, _ in requests_of(busy.open().calls())
        )
    with Session(tmp_path / "back.jsonl") as session:
        counts = import_spans([path], session)

    names = ("session_id", "started", "timestamp", "user", "provider", "model", "request_model",
             "operation", "outcome", "error_code", "status_code", "finish_reason", "prompt",
             "answer", "tokens_in", "tokens_out", "tokens_cached")  # fmt: skip
    before, after = (
        sorted(
            ({name: call.to_dict().get(name) for name in names} for call in log.calls()),
            key=lambda each: each["timestamp"],
        )
        for log in (busy.open(), hilt.open_log(tmp_path / "back.jsonl"))
    )
    assert counts.unreadable == 0
    assert after == [each for each in before if each["outcome"] != "unanswered"]


def test_ids_are_the_same_each_time_and_each_is_one_span(log):
    """Those that were logged, or derived ones; a span that made two calls is two."""
    for _ in range(2):
        log.write("s", ("agent", "openai"), "completion", provenance={"span_id": SPAN.upper()})
    log.call()

    ids = [(span["traceId"], span["spanId"]) for span in spans(log)]

    assert ids == [(span["traceId"], span["spanId"]) for span in spans(log)]
    assert len({span_id for _, span_id in ids}) == 3
    assert ids[0][1] == SPAN
    assert all((len(trace), len(span)) == (32, 16) for trace, span in ids)


def test_service_is_the_resource(log):
    """One for each; a call without one has what OpenTelemetry then says, which is no name."""
    shop = {"service": "shop", "service_version": "1.2", "environment": "production"}
    for provenance in ({}, shop, {}):
        log.write(
            "s", ("agent", "openai"), "completion", content={"text": "Hello"},
            provenance={"provider": "openai", **provenance}, extensions={"reply_to": log.prompt()},
        )  # fmt: skip

    ((request, _),) = requests_of(log.open().calls())

    resources = [
        {each["key"]: each["value"]["stringValue"] for each in one["resource"]["attributes"]}
        for one in request["resourceSpans"]
    ]
    counts = [len(one["scopeSpans"][0]["spans"]) for one in request["resourceSpans"]]
    assert counts == [2, 1]
    assert resources == [
        {"service.name": "unknown_service:hilt"},
        {
            "service.name": "shop",
            "service.version": "1.2",
            "deployment.environment.name": "production",
        },
    ]


def test_what_has_no_end_or_no_time_is_no_span(log):
    """A latency beyond all reason is none of a span's."""
    log.prompt()
    odd = "2026-11-28T12:00:00.000000Z"
    log.write("s", ("agent", "openai"), "completion", timestamp=odd)
    log.path.write_text(log.path.read_text().replace(odd, "never"))
    log.answer("evt_lost", cost=None, latency_ms=float("1e308"))

    kept = [span_of(call) for call in log.open().calls()]

    assert [span is not None for span in kept] == [False, True, False]


def test_protobuf_reads_it(busy):
    """By the JSON mapping of opentelemetry-proto, but for ids, which OTLP writes in hexadecimal."""
    service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    from google.protobuf.json_format import ParseDict

    ((request, count),) = requests_of(busy.open().calls())
    for span in request["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        for name in ("traceId", "spanId"):
            span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()

    message = ParseDict(request, service.ExportTraceServiceRequest())

    assert len(message.resource_spans[0].scope_spans[0].spans) == count == 5


def test_a_call_inside_a_span_names_it(log):
    """The parent's id, in lower case, and only if it is one."""
    for parent in (SPAN.upper(), "x"):
        log.write("s", ("agent", "openai"), "completion", provenance={"parent_span_id": parent})

    assert [span.get("parentSpanId") for span in spans(log)] == [SPAN, None]


def test_a_call_without_its_prompt_began_as_long_before_as_it_took(log):
    """With one, it began with that."""
    log.answer("evt_lost", latency_ms=1500.0)
    log.answer(log.prompt(), latency_ms=1500.0)

    times = [int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"]) for span in spans(log)]

    assert times == [1_500_000_000, 1_000_000_000]


def test_instructions_have_an_attribute_of_their_own(log):
    """The parts of system messages alone; other messages are input."""
    part = {"type": "text", "content": "Be kind"}
    asked = {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}
    messages = [{"role": "system", "parts": [part]}, {"role": "system"}, asked]
    log.answer(log.write(content={"messages": messages}))

    (span,) = spans(log)

    values = {each["key"]: each["value"] for each in span["attributes"]}
    assert json.loads(values["gen_ai.system_instructions"]["stringValue"]) == [part]
    assert json.loads(values["gen_ai.input.messages"]["stringValue"]) == [asked]


def test_many_spans_are_several_requests(log, monkeypatch):
    """Each has as many as one line may have, the last the rest, and all know recent ids."""
    monkeypatch.setattr("hilt.analysis.otlp._SPANS_PER_LINE", 2)
    monkeypatch.setattr("hilt.analysis.otlp._RECENT", 1)
    for span in (SPAN, SPAN, "1" * 16, SPAN, "2" * 16):
        log.write("s", ("agent", "openai"), "completion", provenance={"span_id": span})

    requests = list(requests_of(log.open().calls()))
    ids = [
        [span["spanId"] for span in request["resourceSpans"][0]["scopeSpans"][0]["spans"]]
        for request, _ in requests
    ]

    assert [count for _, count in requests] == [len(each) for each in ids] == [2, 2, 1]
    assert ids[0][0] == SPAN != ids[0][1]
    assert ids[1:] == [["1" * 16, SPAN], ["2" * 16]]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, {"boolValue": True}),
        (1, {"intValue": "1"}),
        (0.5, {"doubleValue": 0.5}),
        (float("nan"), None),
        (["a"], {"arrayValue": {"values": [{"stringValue": "a"}]}}),
        ("a", {"stringValue": "a"}),
        (None, None),
    ],
)
def test_a_value_is_written_by_its_type(value, written):
    """As OTLP's AnyValue; what JSON has no number for is left out."""
    assert _value(value) == written
