"""The event and its parts."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from hilt.core.event import ACTIONS, ACTOR_TYPES, Actor, Content, Event, Metrics
from hilt.core.exceptions import EventError, HILTError
from hilt.testing import fixed

USER = {"type": "human", "id": "user"}


def make(**fields) -> Event:
    """A prompt, with other values where they are given."""
    return Event(**{"session_id": "s", "actor": USER, "action": "prompt", **fields})


def test_objects_and_plain_dicts_make_the_same_event():
    """Neither is better."""
    with fixed():
        plain = make(content={"text": "Hi"}, metrics={"tokens": {"prompt": 3}, "cost_usd": 0.5})
    with fixed():
        objects = make(
            actor=Actor(type="human", id="user"),
            content=Content(text="Hi"),
            metrics=Metrics(tokens={"prompt": 3}, cost_usd=0.5),
        )

    assert plain == objects
    assert isinstance(plain.content, Content)


def test_an_event_is_one_flat_line():
    """Keys in the order of the contract; those without a value are absent."""
    with fixed():
        event = make(content={"text": "What's «π»?\n"}, extensions={"model": "m"})

    assert event.to_json() == (
        '{"hilt_version":"1.0.0","event_id":"evt_019b76daa80070008000000000000001",'
        '"timestamp":"2026-01-01T00:00:00.000000Z","session_id":"s",'
        '"actor":{"type":"human","id":"user"},"action":"prompt",'
        '"content":{"text":"What\'s «π»?\\n"},"extensions":{"model":"m"}}'
    )
    assert event.encode() == event.to_json().encode()
    assert event.to_dict() == json.loads(event.to_json())


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("actor", ACTOR_TYPES)
def test_every_action_and_actor_is_allowed(action, actor):
    """All that the contract names."""
    event = make(action=action, actor={"type": actor, "id": "x"})

    assert Event.from_json(event.to_json()) == event


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"action": "dance"}, r"^action: 'dance' is not allowed; expected one of prompt, "),
        ({"action": None}, r"^action: None is not allowed"),
        ({"actor": {"type": "robot", "id": "x"}}, r"^actor\.type: 'robot' .* one of human, agent"),
        ({"actor": {"type": "human", "id": ""}}, r"^actor\.id: '' is not allowed; expected text"),
        ({"actor": {"type": "human"}}, r"^actor\.id: is missing"),
        ({"actor": "user"}, r"^actor: 'user' is not allowed; expected an object"),
        ({"session_id": ""}, r"^session_id: ''"),
        ({"session_id": 7}, r"^session_id: 7 is not allowed; expected text"),
        ({"event_id": 7}, r"^event_id: 7"),
        ({"timestamp": "2026-01-01T00:00:00"}, r"^timestamp: .* is not RFC 3339 with a time zone"),
        ({"timestamp": "now"}, r"^timestamp: 'now' is not RFC 3339"),
        ({"timestamp": 1767225600}, r"^timestamp: 1767225600 is not allowed"),
        ({"timestamp": datetime(2026, 1, 1)}, r"^timestamp: .* has no time zone"),  # noqa: DTZ001
        ({"content": "Hi"}, r"^content: 'Hi' is not allowed; expected an object"),
        ({"content": {"text": 3}}, r"^content\.text: 3 is not allowed; expected text"),
        ({"content": {"messages": {}}}, r"^content\.messages: {} is not allowed; expected a list"),
        ({"content": {"tool": "x"}}, r"^content\.tool: 'x' is not allowed; expected an object"),
        ({"metrics": {"tokens": {"prompt": -1}}}, r"^metrics\.tokens\.prompt: -1 .*not negative"),
        ({"metrics": {"tokens": {"prompt": True}}}, r"^metrics\.tokens\.prompt: True"),
        ({"metrics": {"tokens": {"prompt": 1.5}}}, r"^metrics\.tokens\.prompt: 1\.5"),
        ({"metrics": {"cost_usd": "1"}}, r"^metrics\.cost_usd: '1' is not allowed; .* a number"),
        ({"metrics": {"latency_ms": True}}, r"^metrics\.latency_ms: True"),
        ({"extensions": [1]}, r"^extensions: \[1\] is not allowed; expected an object"),
        ({"provenance": "openai"}, r"^provenance: 'openai'"),
    ],
)
def test_a_wrong_value_is_refused_by_name(fields, message):
    """The message names the field, the value, and what is allowed."""
    with pytest.raises(EventError, match=message) as caught:
        make(**fields)
    assert isinstance(caught.value, HILTError)
    assert isinstance(caught.value, ValueError)


def test_a_long_wrong_value_is_shown_in_part():
    """A message is not a copy of the prompt."""
    with pytest.raises(EventError) as caught:
        make(content="x" * 10_000)
    assert len(str(caught.value)) < 200


def test_an_aware_datetime_is_a_timestamp():
    """It is written in UTC."""
    moment = datetime(2026, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=1, minutes=30)))

    assert make(timestamp=moment).timestamp == "2026-01-01T00:00:00.000000Z"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "^event: not JSON"),
        (b"\xff\xfe", "^event: not JSON"),
        ("[]", r"^event: \[\] is not allowed; expected an object"),
        ("{}", "^event_id: is missing"),
        ('{"event_id":"","timestamp":"x"}', "^event_id: '' is empty"),
        ('{"event_id":"e"}', "^timestamp: is missing"),
        ('{"event_id":"e","timestamp":"2026-01-01T00:00:00Z"}', "^session_id: is missing"),
    ],
)
def test_a_line_that_is_no_event_is_refused(line, message):
    """Reading invents neither ids nor times."""
    with pytest.raises(EventError, match=message):
        Event.from_json(line)


def test_an_event_without_a_version_is_read():
    """It is written with the version of this package."""
    line = (
        '{"event_id":"e","timestamp":"2026-01-01T00:00:00Z","session_id":"s",'
        '"actor":{"type":"human","id":"u"},"action":"prompt"}'
    )

    assert Event.from_json(line).to_json() == '{"hilt_version":"1.0.0",' + line[1:]


def test_another_version_stays_what_it_is():
    """A newer event that goes through us is still a newer event."""
    value = {**make().to_dict(), "hilt_version": "1.7.0", "mood": {"is": "good"}}

    assert Event.from_dict(value).to_dict() == value


def test_a_null_is_an_absent_value():
    """Other writers write nulls; we read them, and never write them."""
    value = make().to_dict()

    event = Event.from_dict({**value, "content": None, "metrics": None})

    assert event.to_dict() == value


def test_unknown_fields_are_kept_in_every_part():
    """Whatever they are."""
    value = {
        **make().to_dict(),
        "actor": {**USER, "avatar": "x.png"},
        "content": {"text": "Hi", "colour": [1, None]},
        "metrics": {"energy_wh": 2},
        "new": None,
    }

    event = Event.from_dict(value)

    assert event.to_dict() == value
    assert json.loads(event.to_json()) == value
    assert event.content.extra == {"colour": [1, None]}


def test_what_is_no_json_cannot_be_written():
    """The caller learns which event it is about."""
    with pytest.raises(EventError, match="cannot be written as JSON"):
        make(extensions={"what": object()}).encode()


def test_a_deep_value_cannot_be_written():
    """It does not end the program either."""
    deep: list = []
    for _ in range(1_000_000):
        deep = [deep]
    with pytest.raises(EventError, match="cannot be written as JSON"):
        make(extensions={"deep": deep}).encode()


@pytest.mark.parametrize("value", [[], {}, None, 5])
def test_a_kind_of_another_type_is_refused(value):
    """Not only one that is unknown: a list cannot be looked up."""
    actor = {"type": "human", "id": "u"}
    event = {"event_id": "e", "timestamp": "2026-01-01T00:00:00Z", "session_id": "s"}
    for fields in (
        {"actor": actor, "action": value},
        {"actor": {**actor, "type": value}, "action": "prompt"},
    ):
        with pytest.raises(EventError, match=r"action|actor\.type"):
            Event.from_dict({**event, **fields})
