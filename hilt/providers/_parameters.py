"""Parameters of requests as ``gen_ai.request.*`` attributes, by tables of names.

Each API has its own name for a parameter, and its own place for it. What is done with the value is
the same for all, and stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, count_or_none, number_or_none, str_or_empty, to_text
from hilt.genai.json_values import get_path

__all__ = [
    "Attributes",
    "ParameterTable",
    "add_choice_count",
    "add_output_type",
    "add_stop_sequences",
    "count_attribute",
    "number_attributes",
]

Attributes = dict[str, Any]
"""Span attributes by name."""

ParameterTable = Iterable[tuple[str, str]]
"""Rows of a parameter's name in an API and the attribute that holds it."""

_OUTPUT_TYPES = {"json_object": "json", "json_schema": "json", "text": "text"}


def number_attributes(
    parameters: object,
    table: ParameterTable,
    get: Callable[[Any, str], object] = get_path,
) -> Attributes:
    """The attributes of the parameters that are there and are numbers.

    Args:
        parameters: What holds them: the body, or a part of it.
        table: The names to look for. Of two names of one attribute, the later one wins.
        get: What reads a parameter by its name.
    """
    attributes: Attributes = {}
    for name, attribute in table:
        value = number_or_none(get(parameters, name))
        if value is not None:
            attributes[attribute] = value
    return attributes


def count_attribute(attribute: str, value: object) -> Attributes:
    """One attribute that is a count, such as the dimensions of an embedding; none of another."""
    count = count_or_none(value)
    return {} if count is None else {attribute: count}


def add_stop_sequences(attributes: Attributes, stop: object) -> None:
    """Add the texts that end an answer; APIs take one by itself, or a list of them."""
    if stop:
        attributes[semconv.REQUEST_STOP_SEQUENCES] = [to_text(each) for each in as_list(stop)]


def add_choice_count(attributes: Attributes, value: object) -> None:
    """Add the number of requested choices, if it is not one, as the conventions require."""
    count = count_or_none(value)
    if count is not None and count != 1:
        attributes[semconv.REQUEST_CHOICE_COUNT] = count


def add_output_type(attributes: Attributes, kind: object) -> None:
    """Add the type of the output by the ``type`` of a response format, as OpenAI names them."""
    output = _OUTPUT_TYPES.get(str_or_empty(kind))
    if output:
        attributes[semconv.OUTPUT_TYPE] = output
