"""What the endpoints share: ids, server-sent events, schemas."""

from __future__ import annotations

import pytest

from hilt.testing.provider.answers import Answer, ParsedRequest
from hilt.testing.provider.endpoint import Exchange, Ids, object_schema, sse


def test_ids_of_a_seed_are_the_same_in_every_run():
    """Ids with a seed are repeatable, and without one are random."""
    one, other = Ids(7), Ids(7)

    assert [one.new("a_", 5), one.new("b_")] == [other.new("a_", 5), other.new("b_")]
    assert Ids().new("a_") != Ids().new("a_")
    assert len(one.new("msg_", 22)) == 26


def test_an_answers_own_id_is_used():
    """An id is made only for an answer without one."""
    request = ParsedRequest("openai.chat", "chat", "gpt-4o", {})

    with_id = Exchange(request, Answer("Hi", id="mine"), Ids(1), 0)
    without_id = Exchange(request, Answer("Hi"), Ids(1), 0)

    assert with_id.id("chatcmpl-") == "mine"
    assert without_id.id("chatcmpl-", 3) == Ids(1).new("chatcmpl-", 3)


@pytest.mark.parametrize(
    ("data", "event", "line"),
    [
        ({"a": [1]}, None, b'data: {"a":[1]}\n\n'),
        ({"a": 1}, "ping", b'event: ping\ndata: {"a":1}\n\n'),
        ("[DONE]", None, b"data: [DONE]\n\n"),
    ],
)
def test_server_sent_events(data, event, line):
    """JSON is compact, and text is sent as it is."""
    assert sse(data, event) == line


@pytest.mark.parametrize("schema", [None, True, []])
def test_schema_that_is_none(schema):
    """A tool without a schema takes an object without properties."""
    assert object_schema(schema) == {"type": "object", "properties": {}}
    assert object_schema({"type": "string"}) == {"type": "string"}
