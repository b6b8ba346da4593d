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
        *(
            ({name: [1]}, rf"^{name}: \[1\] is not allowed; expected an object")
            for name in ("privacy", "integrity")
        ),
        *(
            ({"content": {name: {}}}, rf"^content\.{name}: {{}} is not allowed; expected a list$")
            for name in ("choices", "documents", "images", "media")
        ),
        *(
            ({"content": {name: 3}}, rf"^content\.{name}: 3 is not allowed; expected text$")
            for name in ("reasoning", "text_hash", "text_encrypted")
        ),
        ({"content": {"metadata": []}}, r"^content\.metadata: \[\] .* an object$"),
        *(
            ({"actor": {**USER, name: 3}}, rf"^actor\.{name}: 3 is not allowed; expected text$")
            for name in ("name", "did")
        ),
        ({"actor": {**USER, "metadata": []}}, r"^actor\.metadata: \[\] .* an object$"),
        ({"actor": {"type": "human", "id": 7}}, r"^actor\.id: 7 is not allowed; expected text"),
        ({"actor": {"id": "x"}}, r"^actor\.type: is missing"),
        ({"actor": {}}, r"^actor\.type: is missing"),
        ({"actor": None}, r"^actor: None is not allowed; expected an object"),
        ({"metrics": {"tokens": [1]}}, r"^metrics\.tokens: \[1\] .* an object$"),
        ({"metrics": {"latency_ms": "1"}}, r"^metrics\.latency_ms: '1'"),
        ({"metrics": {"cost_usd": False}}, r"^metrics\.cost_usd: False"),
        ({"metrics": 7}, r"^metrics: 7 is not allowed; expected an object"),
        ({"hilt_version": ""}, r"^hilt_version: ''"),
        ({"hilt_version": 1}, r"^hilt_version: 1"),
        ({"event_id": None}, r"^event_id: None"),
        ({"timestamp": None}, r"^timestamp: None is not allowed; expected an RFC 3339 string"),
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
    assert str(caught.value) == f"content: '{'x' * 76}... is not allowed; expected an object"
    with pytest.raises(EventError) as caught:
        make(content="x" * 78)
    assert str(caught.value) == f"content: '{'x' * 78}' is not allowed; expected an object"


def test_an_event_needs_who_did_what_where():
    """What is missing is named, as Python names it."""
    with pytest.raises(TypeError, match="Missing required argument"):
        Event(actor=USER, action="prompt")
    for name in ("session_id", "actor", "action"):
        value = {key: each for key, each in make().to_dict().items() if key != name}
        with pytest.raises(EventError, match=f"^{name}: is missing$"):
            Event.from_dict(value)
        with pytest.raises(EventError, match=f"^{name}: is missing$"):
            Event.from_dict({**value, name: None})


def test_parts_that_are_none_are_absent():
    """What numbers may be: none at all, zero, a whole number where a fraction could be."""
    event = make(
        content={"text": None, "messages": []},
        metrics={"tokens": {"prompt": 0}, "cost_usd": 0, "latency_ms": 1.5},
        event_id="evt_1",
        timestamp="2026-01-01T00:00:00Z",
        privacy={},
    )

    assert event.to_dict() == {
        "hilt_version": "1.0.0",
        "event_id": "evt_1",
        "timestamp": "2026-01-01T00:00:00Z",
        "session_id": "s",
        "actor": USER,
        "action": "prompt",
        "content": {"messages": []},
        "metrics": {"tokens": {"prompt": 0}, "cost_usd": 0, "latency_ms": 1.5},
        "privacy": {},
    }
    assert json.loads(event.to_json()) == event.to_dict()


def test_an_event_is_read_from_itself():
    """It is the same object, and so are its parts."""
    event = make(content=Content(text="Hi"), metrics=Metrics(cost_usd=1), actor=Actor(**USER))

    assert Event.from_dict(event) is event
    assert Content.from_dict(event.content) is event.content
    again = make(content=event.content, metrics=event.metrics, actor=event.actor)
    assert (again.content, again.metrics, again.actor) == (
        event.content, event.metrics, event.actor,
    )  # fmt: skip
    assert again.content is event.content


@pytest.mark.parametrize("line", [None, 5, {"event_id": "e"}, bytearray(b"{}")])
def test_only_text_is_a_line(line):
    """The message says what it was."""
    with pytest.raises(EventError) as caught:
        Event.from_json(line)
    assert str(caught.value) == (f"event: {type(line).__name__} is not allowed; expected text")


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
        ("[" * 100_000, "^event: the JSON is nested too deeply$"),
        ('{"event_id":null,"timestamp":"x"}', "^event_id: None is empty"),
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
    del value["mood"]
    assert json.loads(Event.from_dict(value).encode()) == value


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
    for name in ("actor", "content", "metrics", "new"):
        one = {**make(content={"text": "Hi"}, metrics={"cost_usd": 1}).to_dict(), name: value[name]}
        assert json.loads(Event.from_dict(one).encode()) == one


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
