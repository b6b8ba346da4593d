"""The JSON Schema of an event."""

from __future__ import annotations

import json

import jsonschema
import pytest

from hilt.core.event import Event
from hilt.core.exceptions import EventError
from hilt.core.schema import SCHEMA_PATH, problems_of, schema, validate_line

RIGHT = {
    "event_id": "evt_1",
    "timestamp": "2026-11-21T10:00:00.123456Z",
    "session_id": "conv_1",
    "actor": {"type": "human", "id": "user"},
    "action": "prompt",
}
WRONG = [
    ({"event_id": ""}, "event_id: is empty"),
    ({"session_id": 7}, "session_id: 7 is not allowed; expected text"),
    ({"timestamp": "2026-11-21T10:00:00"}, "timestamp: '2026-11-21T10:00:00' is not RFC 3339"),
    ({"timestamp": "yesterday"}, "timestamp: 'yesterday' is not RFC 3339"),
    ({"action": "dance"}, "action: 'dance' is not allowed; expected one of prompt, completion"),
    ({"actor": {"type": "robot", "id": "x"}}, "actor.type: 'robot' is not allowed; expected one"),
    ({"actor": {"type": "human"}}, "actor.id: is missing"),
    ({"actor": "user"}, "actor: 'user' is not allowed; expected an object"),
    ({"content": {"text": 1}}, "content.text: 1 is not allowed; expected text"),
    ({"content": {"messages": "Hi"}}, "content.messages: 'Hi' is not allowed; expected a list"),
    ({"metrics": {"tokens": {"prompt": -1}}}, "metrics.tokens.prompt: -1 is not allowed"),
    ({"metrics": {"tokens": {"prompt": True}}}, "metrics.tokens.prompt: True is not allowed"),
    ({"metrics": {"cost_usd": "1"}}, "metrics.cost_usd: '1' is not allowed; expected a number"),
    ({"extensions": []}, "extensions: [] is not allowed; expected an object"),
]


def test_the_published_schema_is_the_generated_one():
    """``python -m hilt.core.schema`` was run after the last change of the structures."""
    assert json.loads(SCHEMA_PATH.read_text(encoding="utf-8")) == schema()


def test_the_schema_is_a_json_schema():
    """The schema itself is right by the rules of JSON Schema 2020-12."""
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(("change", "problem"), WRONG)
def test_a_wrong_event_is_refused_by_name(change, problem):
    """Our check, the JSON Schema library and `Event` refuse the same; ours names the field."""
    value = {**RIGHT, **change}
    checker = jsonschema.Draft202012Validator(
        schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )

    (message,) = problems_of(value)
    assert message.startswith(problem)
    assert not checker.is_valid(value)
    with pytest.raises(EventError):
        Event.from_dict(value)


LONG = "x" * 79


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"hilt_version": ""}, "hilt_version: is empty"),
        ({"hilt_version": 1}, "hilt_version: 1 is not allowed; expected text"),
        ({"session_id": ""}, "session_id: is empty"),
        ({"timestamp": LONG}, f"timestamp: '{LONG[:76]}... is not RFC 3339 with a time zone"),
        ({"timestamp": 1}, "timestamp: 1 is not allowed; expected text"),
        ({"event_id": [LONG]}, f"event_id: ['{LONG[:75]}... is not allowed; expected text"),
        ({"event_id": [LONG[:76]]}, f"event_id: ['{LONG[:76]}'] is not allowed; expected text"),
        ({"actor": {"type": "human", "id": ""}}, "actor.id: is empty"),
        ({"actor": {"type": "a", "id": "x"}},
         "actor.type: 'a' is not allowed; expected one of human, agent, tool, system"),
        ({"actor": {"type": "human", "id": "x", "metadata": 1}},
         "actor.metadata: 1 is not allowed; expected an object"),
        ({"content": {"tool": [1]}}, "content.tool: [1] is not allowed; expected an object"),
        ({"content": {"media": {}}}, "content.media: {} is not allowed; expected a list"),
        ({"content": {"reasoning": None}}, "content.reasoning: None is not allowed; expected text"),
        ({"metrics": {"tokens": {"prompt": -1}}},
         "metrics.tokens.prompt: -1 is not allowed; expected 0 or more"),
        ({"metrics": {"tokens": {"prompt": 1.5}}},
         "metrics.tokens.prompt: 1.5 is not allowed; expected a whole number"),
        ({"metrics": {"tokens": {"mine": "1"}}},
         "metrics.tokens.mine: '1' is not allowed; expected a whole number"),
        ({"metrics": {"latency_ms": True}},
         "metrics.latency_ms: True is not allowed; expected a number"),
        ({"metrics": {"cost_usd": None}},
         "metrics.cost_usd: None is not allowed; expected a number"),
        ({"privacy": 1}, "privacy: 1 is not allowed; expected an object"),
    ],
)  # fmt: skip
def test_a_problem_is_told_in_one_sentence(change, problem):
    """With its field, what was found, in part if it is long, and what is allowed."""
    assert problems_of({**RIGHT, **change}) == [problem]


def test_an_event_may_have_all_of_it():
    """Numbers of any size and sign where they are no counts, empty texts where they are no ids."""
    metrics = {"tokens": {"prompt": 0, "mine": 10**20}, "cost_usd": -1, "latency_ms": 0.5}
    content = {"text": "", "tool": {}, "messages": [], "documents": [1, None], "mine": None}
    actor = {"type": "tool", "id": "x", "name": "", "metadata": {"a": None}, "mine": 1}
    value = {**RIGHT, "metrics": metrics, "content": content, "actor": actor, "mine": [None]}

    assert problems_of(value) == []
    assert validate_line(json.dumps(value)) == []
    assert validate_line("[" * 100_000) == ["event: the JSON is nested too deeply"]


@pytest.mark.parametrize("name", list(RIGHT))
def test_a_missing_field_is_named(name):
    """Each field that must be there is required."""
    value = {key: RIGHT[key] for key in RIGHT if key != name}

    assert problems_of(value) == [f"{name}: is missing"]


def test_a_right_event_has_no_problems():
    """Unknown fields, and a missing version, are no problem."""
    line = json.dumps({**RIGHT, "mood": "good", "content": {"text": "Hi", "colour": "blue"}})

    assert validate_line(line) == []


def test_a_null_is_a_problem():
    """A key that has no value is absent, never null."""
    assert problems_of({**RIGHT, "content": None}) == [
        "content: None is not allowed; expected an object"
    ]


@pytest.mark.parametrize("line", [b"{", b"\xff", "", b'"text"', b"[]"])
def test_what_is_no_object_is_one_problem(line):
    """A line that is not JSON, or not an object, gives one sentence."""
    (problem,) = validate_line(line)

    assert problem.startswith("event: ")


def test_all_problems_of_a_line_are_told():
    """A line with several mistakes gives one sentence for each."""
    assert len(validate_line('{"event_id": "", "action": "dance", "actor": {}}')) == 6


def test_every_field_is_described():
    """Whoever reads the schema finds a sentence for every field."""
    for part in (schema(), *schema()["$defs"].values()):
        assert all(field["description"] for field in part["properties"].values())
