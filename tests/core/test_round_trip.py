"""Any event, there and back: nothing is lost, nothing is made up."""

from __future__ import annotations

import json

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hilt.core.event import HILT_VERSION, Event
from hilt.core.schema import problems_of, schema

VALIDATOR = jsonschema.Draft202012Validator(schema())
SLOW = settings(suppress_health_check=list(HealthCheck))


@SLOW
@given(data=st.data())
def test_an_event_survives_json(events, data):
    """What is read from JSON and written again is the same, with unknown fields."""
    value = data.draw(events)

    event = Event.from_json(json.dumps(value))

    assert json.loads(event.to_json()) == {"hilt_version": HILT_VERSION, **value}
    assert Event.from_json(event.encode()) == event


@SLOW
@given(data=st.data())
def test_a_dict_and_json_say_the_same(events, data):
    """``to_dict`` and ``to_json`` agree, and neither has a null of its own."""
    event = Event.from_dict(data.draw(events))

    assert json.loads(event.to_json()) == event.to_dict()
    assert None not in event.to_dict().values()


@SLOW
@given(data=st.data())
def test_every_event_is_right_by_the_schema(events, data):
    """What `Event` accepts and writes, the published schema accepts too."""
    value = Event.from_dict(data.draw(events)).to_dict()

    assert problems_of(value) == []
    assert VALIDATOR.is_valid(value)
