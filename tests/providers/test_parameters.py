"""Parameters of requests, by tables of names."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.providers._parameters import (
    add_choice_count,
    add_output_type,
    add_stop_sequences,
    count_attribute,
    number_attributes,
)

TABLE = (("max", "gen_ai.request.max_tokens"), ("temperature", "gen_ai.request.temperature"))


def test_numbers_are_attributes() -> None:
    """Zero is a parameter; what is no number is none, and other names are left alone."""
    body = {"max": 9, "temperature": 0.0, "model": 3}

    assert number_attributes(body, TABLE) == {
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.temperature": 0.0,
    }
    assert number_attributes({"max": "9", "temperature": True}, TABLE) == {}
    assert number_attributes(None, TABLE) == {}


def test_later_name_of_an_attribute_wins() -> None:
    """Where an API has two names for one parameter, the table's order decides."""
    table = (("max", "gen_ai.request.max_tokens"), ("max_new", "gen_ai.request.max_tokens"))

    assert number_attributes({"max_new": 2, "max": 1}, table) == {"gen_ai.request.max_tokens": 2}


def test_numbers_are_read_as_the_caller_says() -> None:
    """An API with names of its own brings what reads them."""
    found = number_attributes("body", TABLE, lambda value, name: len(name) if value else None)

    assert found == {"gen_ai.request.max_tokens": 3, "gen_ai.request.temperature": 11}


@pytest.mark.parametrize(("value", "found"), [(5, {"n": 5}), (0, {"n": 0}), ("5", {}), (None, {})])
def test_count_attribute(value: Any, found: dict[str, int]) -> None:
    """A count is an attribute, and nothing else is."""
    assert count_attribute("n", value) == found


@pytest.mark.parametrize(
    ("stop", "sequences"),
    [("END", ["END"]), (["a", "b"], ["a", "b"]), (("a",), ["a"]), ([1], ["1"]), ("", None),
     (None, None), ([], None)],
)  # fmt: skip
def test_stop_sequences(stop: Any, sequences: Any) -> None:
    """One text or a list of them is a list of texts; none is no attribute."""
    attributes: dict[str, Any] = {}
    add_stop_sequences(attributes, stop)

    assert attributes.get("gen_ai.request.stop_sequences") == sequences


@pytest.mark.parametrize(("value", "count"), [(3, 3), (1, None), (None, None), ("3", None)])
def test_choice_count(value: Any, count: int | None) -> None:
    """One choice is the default, and has no attribute."""
    attributes: dict[str, Any] = {}
    add_choice_count(attributes, value)

    assert attributes.get("gen_ai.request.choice.count") == count


@pytest.mark.parametrize(
    ("kind", "output"),
    [("json_object", "json"), ("json_schema", "json"), ("text", "text"), ("grammar", None),
     (None, None), (["text"], None)],
)  # fmt: skip
def test_output_type(kind: Any, output: str | None) -> None:
    """The type of a response format in the conventions' terms."""
    attributes: dict[str, Any] = {}
    add_output_type(attributes, kind)

    assert attributes.get("gen_ai.output.type") == output
