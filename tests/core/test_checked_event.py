"""A quick yes for blocks of lines that are events."""

from __future__ import annotations

import json

import pytest

from hilt.core.checked_event import decode_checked
from hilt.core.schema import validate_line
from tests.core.test_decoding import WHOLE, changed, without


def test_events_are_decoded_as_far_as_checks_need_them():
    """Each line of the block gives one event with its id, action and what it replies to."""
    events = decode_checked(changed() + b"\n" + without("extensions") + b"\n")

    assert [(each.event_id, each.action, each.extensions.reply_to) for each in events] == [
        ("evt_1", "completion", "evt_0"),
        ("evt_1", "completion", None),
    ]


@pytest.mark.parametrize("name", sorted(WHOLE))
@pytest.mark.parametrize("value", [None, "", "text", 1, -1, True, 1.5, [], {}, [1], {"id": 1}])
def test_a_yes_is_that_of_the_schema(name, value):
    """What is accepted quickly is valid by the schema, whatever a field holds."""
    line = changed(**{name: value})

    assert decode_checked(line) is None or validate_line(line) == []


@pytest.mark.parametrize("part", ["actor", "content", "metrics"])
@pytest.mark.parametrize("value", [None, "", "text", 1, -1, True, [], {}, [None], {"prompt": -1}])
def test_a_yes_is_that_of_the_schema_within_parts(part, value):
    """The same for the fields of the parts."""
    for name in (*WHOLE[part], "choices", "did", "reasoning"):
        line = changed(**{part: {**WHOLE[part], name: value}})

        assert decode_checked(line) is None or validate_line(line) == []


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b'{"torn',
        b"[" * 100_000,
        changed(timestamp="2026-13-01T00:00:00.000000Z"),
        changed(timestamp="2026-11-28T10:00:00"),
        changed(timestamp="2026-11-28T10:00:00.00000Z"),
        changed(timestamp="2026-11-28T10:00:60.000000Z"),
        changed(timestamp="2026-11-28T25:00:00.000000Z"),
        changed(timestamp="2026-11-28 10:00:00.000000Z"),
        changed().replace(b"Hi", b"\xff"),
        changed().replace(b"Hi", "Hi\ud800".encode("utf-8", "surrogatepass")),
        changed().replace(b"Hi", b"\\u0041"),
        changed().replace(b"Hi", b"\\q"),
    ],
)
def test_doubt_says_nothing(line):
    """A block with one doubtful line is to be looked at line by line."""
    assert decode_checked(changed() + b"\n" + line + b"\n") is None


def test_lines_of_any_event_are_none_in_doubt():
    """What has all parts and what has none of them, in the order of the block."""
    bare = {name: WHOLE[name] for name in ("event_id", "timestamp", "session_id", "action")}
    bare["actor"] = {"type": "human", "id": "user"}
    lines = [
        changed(event_id="evt_1", mine=1, content={"text": "Hi", "mine": [1]}),
        json.dumps(
            {**bare, "event_id": "evt_2", "timestamp": "2026-11-28T10:01:59.999999Z"}
        ).encode(),
        changed(event_id="evt_3", metrics={"tokens": {"prompt": 0}, "cost_usd": 0}),
    ]
    events = decode_checked(b"\n".join(lines))

    assert events is not None
    assert [each.event_id for each in events] == ["evt_1", "evt_2", "evt_3"]
    assert events[1].hilt_version == "1.0.0"
    assert decode_checked(b"") == []


def test_text_beyond_ascii_is_no_doubt():
    """UTF-8 is what events are written in."""
    line = json.dumps({**WHOLE, "content": {"text": "我的订单"}}, ensure_ascii=False).encode()

    assert decode_checked(line) is not None
