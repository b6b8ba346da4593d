"""Events as flat rows."""

from __future__ import annotations

from datetime import date

import pytest

from hilt.core.columns import COLUMNS, cells_of, check_columns, row_of
from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError

EVENT = {
    "event_id": "evt_1",
    "timestamp": "2026-01-01T00:00:00.000000Z",
    "session_id": "conv_1",
    "actor": {"type": "agent", "id": "openai"},
    "action": "completion",
    "content": {"text": "Hi"},
    "metrics": {"tokens": {"prompt": 3, "completion": 5}, "cost_usd": 0.25},
    "provenance": {"request_model": "gpt"},
    "extensions": {"reply_to": "evt_0", "status_code": 200, "latency_ms": 12.5, "score": 0.5},
}


def cell(name: str, **changes):
    """One cell of the event, changed."""
    return row_of(Event.from_dict({**EVENT, **changes}), [name])[0]


def test_a_row_has_every_column():
    """In order; numbers stay numbers."""
    row = row_of(Event.from_dict(EVENT))

    assert dict(zip(COLUMNS, row, strict=True)) == {
        "timestamp": "2026-01-01T00:00:00.000000Z",
        "conversation_id": "conv_1",
        "event_id": "evt_1",
        "reply_to": "evt_0",
        "status_code": 200,
        "session": "conv_1",
        "speaker": "agent:openai",
        "action": "completion",
        "message": "Hi",
        "tokens_in": 3,
        "tokens_out": 5,
        "cost_usd": 0.25,
        "latency_ms": 12.5,
        "model": "gpt",
        "relevance_score": 0.5,
    }


def test_an_event_with_little_has_empty_cells():
    """Neither a model nor a number is made up."""
    little = {name: EVENT[name] for name in ("event_id", "timestamp", "session_id", "action")}
    event = Event.from_dict({**little, "actor": {"type": "human", "id": "user", "name": "Ann"}})
    cells = {
        **dict.fromkeys(COLUMNS),
        "timestamp": "2026-01-01T00:00:00.000000Z",
        "conversation_id": "conv_1",
        "event_id": "evt_1",
        "session": "conv_1",
        "speaker": "human:Ann",
        "action": "completion",
    }

    assert row_of(event) == list(cells.values())
    assert cells_of(event) == cells
    assert cells_of(Event.from_dict({**event.to_dict(), "metrics": {}})) == cells


def test_a_cell_has_the_value_that_says_more():
    """The session of a framework, the model that was asked for, the call's own latency and score."""
    documents = [{"score": 0.9}]
    values = {
        "session": cell("session", provenance={"session": "run-1"}),
        "model": cell("model", extensions={"model": "asked"}),
        "latency_ms": cell("latency_ms", metrics={"latency_ms": 7}),
        "relevance_score": cell("relevance_score", content={"documents": documents}),
    }

    assert values == {
        "session": "run-1",
        "model": "asked",
        "latency_ms": 12.5,
        "relevance_score": 0.5,
    }


def test_columns_come_in_the_order_that_is_asked_for():
    """And only those."""
    assert row_of(Event.from_dict(EVENT), ["message", "action"]) == ["Hi", "completion"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, None),
        ({"text": ""}, ""),
        ({"tool": {"name": "add", "arguments": '{"a":1}'}}, 'add({"a":1})'),
        ({"tool": {"name": "add", "arguments": {"a": 1}}}, 'add({"a":1})'),
        ({"tool": {"name": "add", "result": 2}}, "add(2)"),
        ({"tool": {"name": "add"}}, "add"),
        ({"tool": {"name": "add", "arguments": 1, "result": 2}}, "add(1)"),
        ({"tool": {"arguments": {"on": date(2026, 1, 2)}}}, '({"on":"2026-01-02"})'),
        ({"tool": {}}, ""),
        ({"text": "Hi", "tool": {"name": "add"}}, "Hi"),
        ({"tool": {"name": "add"}, "documents": ["one"]}, "add"),
        ({"documents": [{"text": "one"}, {"id": "two"}, "three"]}, "one\ntwo\nthree"),
        (
            {"documents": [{"text": "a", "content": "b", "id": "c"}, {"content": "b", "id": "c"}]},
            "a\nb",
        ),
        ({"documents": [{"id": 7}, {}, 8]}, "7\n\n8"),
        ({"documents": []}, None),
        ({"messages": []}, None),
    ],
)
def test_a_message_is_what_a_person_would_read(content, message):
    """The text, the call, or the documents."""
    assert cell("message", content=content) == message


def test_an_error_without_content_shows_its_code():
    """A row of an error has its code as the message."""
    assert cell("message", content=None, extensions={"error_code": "rate_limit"}) == "rate_limit"


def test_the_best_document_gives_the_score():
    """Where the event has none of its own."""
    documents = [{"score": 0.2}, {"score": 0.9}, {"text": "none"}, "text"]

    assert cell("relevance_score", content={"documents": documents}, extensions={}) == 0.9
    assert cell("relevance_score", content={"documents": [{"score": 1}]}, extensions=None) == 1
    for none in ([{"score": "high"}, {}, "text"], []):
        assert cell("relevance_score", content={"documents": none}, extensions={}) is None
    assert cell("relevance_score", content=None, extensions={}) is None


def test_a_latency_by_hand_counts_where_there_is_no_other():
    """Manual events have it among their metrics."""
    assert cell("latency_ms", metrics={"latency_ms": 7}, extensions={}) == 7


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["price"], r"columns: no column 'price'; there are timestamp, "),
        (["action", "action"], "names a column twice"),
        ("action", "is not a list of column names"),
        ([], "is not a list of column names"),
        (iter(["action"]), "is not a list of column names"),
        (5, "is not a list of column names"),
    ],
)
def test_wrong_columns_are_refused(columns, message):
    """The message lists the columns."""
    with pytest.raises(ConfigurationError, match=message):
        check_columns(columns)


def test_chosen_columns_stay_in_their_order():
    """Of a list or a tuple; None stands for all of them."""
    assert check_columns(["message", "action"]) == ("message", "action")
    assert check_columns(("action",)) == ("action",)
    assert check_columns(None) == COLUMNS
