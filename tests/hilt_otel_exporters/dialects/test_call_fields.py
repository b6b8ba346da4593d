"""Tests for the fields of a call, from the attributes of any emitter."""

from __future__ import annotations

from typing import Any

import pytest

from hilt import semconv
from hilt.genai.attributes import (
    USAGE_ATTRIBUTES,
    ending_attributes,
    ending_content,
    request_attributes,
    request_content,
    usage_attributes,
)
from hilt.genai.observation import Observation
from hilt.genai.values import Request, Response, Usage
from hilt_otel_exporters.dialects import DIALECTS, read_span
from hilt_otel_exporters.dialects.all_dialects import FIELDS
from hilt_otel_exporters.dialects.call_fields import call_fields, request_of, usage_of, value_of
from hilt_otel_exporters.dialects.conventions import DIALECT as CONVENTIONS
from hilt_otel_exporters.dialects.dialect import Dialect
from tests.hilt_otel_exporters.conftest import chat, plain_events_of, record

MESSAGES = [
    {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
    {
        "role": "assistant",
        "parts": [{"type": "tool_call", "id": "c", "name": "f", "arguments": {}}],
    },
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "response": "14"}]},
]
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object"}}


def fields_of(attributes: dict[str, Any], *dialects: Dialect) -> dict[str, Any]:
    """What some attributes give."""
    return call_fields(record(attributes), dialects)


def test_the_conventions_own_name_is_the_best_source() -> None:
    """Of each of their fields, whatever else an emitter writes."""
    assert {name for name in CONVENTIONS.fields if FIELDS[name][0] != name} == set()


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"ai.response.id": "b", "gen_ai.response.id": "a"}, "a"),
        ({"gen_ai.response.id": "", "ai.response.id": "b"}, "b"),
        ({"gen_ai.response.id": None, "output.value": '{"id": "c"}'}, "c"),
        ({"gen_ai.response.id": True, "output.value": '{"id": "c"}'}, "c"),
        ({"output.value": '{"id": "c"}', "ai.response.id": "b"}, "c"),
        ({"output.value": "no JSON", "gen_ai.completion": '{"id": "d"}'}, "d"),
    ],
)
def test_best_source_that_has_a_sensible_value_wins(
    attributes: dict[str, Any], expected: str
) -> None:
    """Empty text is none, nor is what the field cannot be; a path leads into JSON."""
    assert fields_of(attributes) == {"gen_ai.response.id": expected}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("gen_ai.usage.input_tokens", 0, 0),
        ("gen_ai.usage.input_tokens", "12", 12),
        ("gen_ai.usage.input_tokens", "many", None),
        ("gen_ai.usage.input_tokens", True, None),
        ("server.port", 8080, 8080),
        ("server.port", -1, None),
        ("server.address", "https://api.openai.com/v1/", "api.openai.com"),
        ("server.address", "api.openai.com", "api.openai.com"),
        ("gen_ai.request.model", "unknown", None),
        ("gen_ai.request.model", "None", None),
        ("gen_ai.request.model", 5, "5"),
        ("gen_ai.request.stream", "False", None),
        ("gen_ai.request.stream", '"true"', True),
        ("gen_ai.request.stream", False, None),
        ("gen_ai.response.finish_reasons", ("stop",), ["stop"]),
        ("gen_ai.response.finish_reasons", '["stop"]', ["stop"]),
        ("gen_ai.response.finish_reasons", "FinishReason.STOP", ["stop"]),
        ("gen_ai.response.finish_reasons", '"stop"', ["stop"]),
        ("gen_ai.response.finish_reasons", (), None),
        ("gen_ai.response.time_to_first_chunk", "soon", None),
        ("gen_ai.conversation.id", ("a",), None),
        ("gen_ai.usage.raw", '{"tokens": 5}', {"tokens": 5}),
        ("gen_ai.usage.raw", "[5]", None),
        ("gen_ai.provider.name", "Anthropic", "anthropic"),
        ("gen_ai.provider.name", "langchain", None),
        ("gen_ai.provider.name", 5, None),
    ],
)
def test_value_is_read_as_what_the_field_is(name: str, value: Any, expected: Any) -> None:
    """Counts are numbers from 0 up, names are text, hosts have no scheme."""
    assert fields_of({name: value}).get(name) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("gen_ai.request.temperature", 0.5, 0.5),
        ("gen_ai.request.of_somebody", "new", "new"),
        ("gen_ai.request.stop_sequences", '["a"]', ["a"]),
        ("gen_ai.request.stop_sequences", ("a",), ["a"]),
        ("gen_ai.request.choice.count", 2, 2),
        ("gen_ai.request.choice.count", 1, None),
        ("gen_ai.request.top_k", "", None),
    ],
)
def test_parameters_of_the_conventions_are_taken_as_they_are(
    name: str, value: Any, expected: Any
) -> None:
    """Known or not; what is empty, or what everybody gets, says nothing."""
    assert fields_of({name: value}).get(name) == expected


def test_dialect_may_prefer_its_own_sources() -> None:
    """The earliest of several has the last word; a field of steps is none of a call."""
    name = "gen_ai.request.model"
    first = Dialect("first", prefer={name: ("one", "two")})
    second = Dialect("second", prefer={name: ("three",), "gen_ai.output.messages": ("three",)})
    attributes = {name: "official", "two": "b", "three": "c"}

    assert fields_of(attributes) == {name: "official"}
    assert fields_of(attributes, second) == {name: "c"}
    assert fields_of(attributes, first, second) == {name: "b"}


def test_every_source_of_every_dialect_is_read() -> None:
    """A count that stands only there is found, under the field that the dialect names."""
    for dialect in DIALECTS:
        for field in ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"):
            for source in dialect.fields.get(field, ()):
                attribute, *path = (source,) if isinstance(source, str) else source
                value: Any = 7
                for step in reversed(path):
                    value = [value] if step == 0 else {step: value}
                assert fields_of({str(attribute): value})[field] == 7, (dialect.name, source)


def test_value_of_the_first_source_that_has_one() -> None:
    """Zero and False are values."""
    span = record({"a": "", "b": '{"c": 0}', "d": False})

    assert value_of(span, ("a", ("b", "c"), "d")) == 0
    assert value_of(span, ("missing", ("missing", "c"), "d")) is False
    assert value_of(span, ("a", ("b", "x"))) is None


# -- what they say of a call ------------------------------------------------------------------


def test_request_comes_back_from_its_attributes() -> None:
    """What is written of a request is read as the same request."""
    request = Request(
        "chat",
        "openai",
        model="gpt-4o-mini",
        messages=MESSAGES,
        instructions=[{"type": "text", "content": "Be brief."}],
        attributes={semconv.REQUEST_TEMPERATURE: 0.2},
        tools=[TOOL],
        stream=True,
        conversation="conv-1",
        previous_response="resp-0",
        server_address="api.openai.com",
        server_port=8443,
    )

    reading = read_span(record(request_attributes(request) | request_content(request)))

    assert reading.call is not None
    assert reading.conversation == request.conversation
    request.conversation = None  # a call may take that of the agent around it
    assert reading.call.request == request


def test_address_with_its_port_is_the_host() -> None:
    """Mistral's instrumentation writes the port twice."""
    fields = {semconv.SERVER_ADDRESS: "127.0.0.1:8000", semconv.SERVER_PORT: 8000}
    request = request_of(fields)

    assert (request.server_address, request.server_port) == ("127.0.0.1", 8000)


def test_other_parameters_come_back() -> None:
    """Those whose names are no request's, too."""
    attributes = {semconv.OUTPUT_TYPE: "json", "openai.request.service_tier": "flex"}

    assert request_of(attributes | {semconv.REQUEST_MODEL: "m"}).attributes == attributes


def test_answer_comes_back_from_its_attributes() -> None:
    """What is written of an answer is read as the same answer."""
    response = Response(
        id="resp-1",
        model="gpt-4o-mini-2024-07-18",
        messages=[
            {
                "role": "assistant",
                "parts": [{"type": "text", "content": "Hello"}],
                "finish_reason": "stop",
            }
        ],
        finish_reasons=["stop"],
        usage=Usage(input_tokens=9, output_tokens=3, cache_read_tokens=4, reasoning_tokens=2),
        service_tier="default",
        attributes={semconv.OPENAI_RESPONSE_SERVICE_TIER: "default"},
    )
    call = Observation(Request("chat", "openai"), started=0, response=response)

    attributes = {**ending_attributes(call), **ending_content(response)}
    reading = read_span(record({semconv.OPERATION_NAME: "chat", **attributes}))

    assert reading.call is not None
    assert reading.call.response == response


@pytest.mark.parametrize(("name", "field"), USAGE_ATTRIBUTES)
def test_every_count_comes_back(name: str, field: str) -> None:
    """Each kind of token is read from the attribute that it is written to."""
    usage = Usage(**{field: 7})

    assert usage_attributes(usage) == {name: 7}
    assert usage_of(record({}), {name: 7}) == usage


def test_no_counts_are_no_usage() -> None:
    """Attributes without a count give no usage, and not one of zeros."""
    assert usage_of(record({}), {"gen_ai.request.model": "m"}) is None


def test_content_that_was_cut_off_is_no_message() -> None:
    """JSON that a limit broke off is passed over."""
    call = read_span(record({**chat(), semconv.INPUT_MESSAGES: '[{"role": "us'})).call

    assert call is not None
    assert call.request.messages == ()


# -- numbers as texts -------------------------------------------------------------------------

SAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "the conventions": (
        "some.instrumentation",
        {"gen_ai.request.temperature": 0.2, "gen_ai.request.max_tokens": 100,
         "gen_ai.request.choice.count": 1, "gen_ai.usage.total_tokens": 12,
         "gen_ai.response.time_to_first_chunk": 0.04},
    ),
    "counts that do not add up": ("some.instrumentation", {"llm.usage.total_tokens": 20}),
    "openlit": (
        "openlit.instrumentation.openai",
        {"gen_ai.request.seed": 0, "gen_ai.request.temperature": 1.0, "gen_ai.request.stream": True,
         "gen_ai.server.time_to_first_token": 0.04},
    ),
    "strands": ("strands.telemetry.tracer", {"gen_ai.server.time_to_first_token": 40}),
    "vercel": ("ai", {"ai.operationId": "ai.streamText.doStream", "ai.response.msToFirstChunk": 40.5}),
}  # fmt: skip


@pytest.mark.parametrize("emitter", SAMPLES)
def test_numbers_may_be_texts(emitter: str) -> None:
    """As stores give them that keep every attribute as a text."""
    scope, more = SAMPLES[emitter]
    attributes = chat(**more)
    texts = {
        name: str(value) if type(value) in (int, float) else value
        for name, value in attributes.items()
    }

    plain = plain_events_of(record(attributes, scope=scope))

    assert plain_events_of(record(texts, scope=scope)) == plain


def test_text_of_a_parameter_that_is_no_number_stays() -> None:
    """What an emitter says is kept."""
    assert fields_of({"gen_ai.request.temperature": "hot"}) == {"gen_ai.request.temperature": "hot"}
