"""What the provider answers when nothing was scripted."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from hilt.testing.provider.defaults import example_of


class City(BaseModel):
    """An answer with structure."""

    name: str
    twins: list[str]
    mayor: Person | None = None


class Person(BaseModel):
    """Part of that answer."""

    age: int


City.model_rebuild()


def test_structured_output_can_be_parsed(client):
    """An answer that must be of a pydantic type is."""
    answer = client.chat.completions.parse(
        model="gpt-4o", messages=[{"role": "user", "content": "Paris"}], response_format=City
    )

    city = answer.choices[0].message.parsed
    assert (city.name, city.twins) == ("text", ["text"])


def test_required_tool_is_called(client):
    """Where any tool must be called, the first one is."""
    tool = {"type": "function", "function": {"name": "now"}}

    answer = client.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": "Time?"}],
        tools=[tool],
        tool_choice="required",
    )

    assert answer.choices[0].message.tool_calls[0].function.name == "now"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "enum": ["b", "a"]}, "b"),
        ({"const": 3}, 3),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, None),
        ({"type": ["number", "null"]}, 1.5),
        ({"type": "array", "items": {"type": "boolean"}}, [True]),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"type": "integer"}}}, 1),
    ],
)
def test_examples_follow_the_schema(schema, value):
    """Each kind of schema has an example."""
    assert example_of(schema, schema) == value
