"""Tests for the fields of a call, from the attributes of any emitter."""

from __future__ import annotations

from typing import Any

import pytest

from hilt_otel_exporters.dialects import DIALECTS
from hilt_otel_exporters.dialects.all_dialects import FIELDS
from hilt_otel_exporters.dialects.call_fields import call_fields, value_of
from hilt_otel_exporters.dialects.conventions import DIALECT as CONVENTIONS
from hilt_otel_exporters.dialects.dialect import Dialect
from tests.hilt_otel_exporters.conftest import record


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
