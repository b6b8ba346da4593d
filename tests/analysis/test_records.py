"""What questions read of an event."""

from __future__ import annotations

import pytest
from msgspec import Raw

from hilt.analysis.event_lines import event_line
from hilt.analysis.records import Record, _decode_leniently, decode_record

HEAD = b'{"event_id":"e","session_id":"s","action":"completion","timestamp":"t"'


def test_wrong_types_cost_themselves_only():
    """A value that is not as the format says counts as absent."""
    record = decode_record(
        HEAD
        + b',"actor":3,"content":{"text":"Hi"},"metrics":{"tokens":{"prompt":"x","completion":2}},'
        + b'"provenance":{"provider":["a"],"operation":"chat"},"extensions":{"model":1,"rating":5}}'
    )

    assert record.decoded_content() == {"text": "Hi"}
    assert (record.actor.id, record.metrics.tokens.completion) == ("", 2)
    assert record.metrics.tokens.prompt is None
    assert (record.provenance.provider, record.provenance.operation) == (None, "chat")
    assert (record.extensions.model, record.extensions.rating) == (None, 5)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "event: not JSON"),
        (b"\xff", "event: not JSON"),
        (b"[]", "event: not a JSON object"),
        (b"{}", "action: is missing"),
        (b'{"action":1}', "action: is missing"),
        (b'{"content":' * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_event_is_refused(line, message):
    """With what is wrong."""
    with pytest.raises(ValueError, match=message):
        decode_record(line)


@pytest.mark.parametrize(
    "line",
    [
        HEAD + b',"actor":{"type":"human","id":"u"}}',
        (
            b'{"hilt_version":"1.0.0","event_id":"e","timestamp":"t","session_id":"s",'
            b'"actor":{"type":"human","id":"u"},"action":"completion","content":{}}'
        ),
        (
            b'{"action": "completion", "event_id": "e", "timestamp": "t", "session_id": "s", '
            b'"actor": {"id": "u", "type": "human", "metadata": {"action": "prompt"}}}'
        ),
    ],
)
def test_the_beginning_of_a_line_is_read_in_any_order(line):
    """Quickly where HILT wrote it, and by decoding it where not."""
    head = event_line(line)

    assert (head.event_id, head.session, head.actor_id, head.action) == (
        b"e", b"s", b"u", b"completion",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"text":"\xe9t\xc3\xa9"}', {"text": "\ufffdt\xe9"}),
        (b'{"text":"a\\ud800b"}', {"text": "a?b"}),
        (b'{"text":"a\tb"}', {"text": "a\tb"}),
        (b'{"text":', {}),
        (b"[1]", {}),
        (b"", {}),
    ],
)
def test_content_that_is_damaged_is_read_as_far_as_it_can_be(content, expected):
    """It is looked into when it is wanted, which is no time to raise an error."""
    assert Record(content=Raw(content)).decoded_content() == expected


def test_a_line_that_is_no_json_has_its_beginning():
    """Its ids and its time, and no action, by which it is known to be none."""
    line = event_line(
        b'{"hilt_version":"1.0.0","event_id":"e","timestamp":"t","session_id":"s",'
        b'"actor":{"type":"human","id":"u"},"action":"prompt","content":}'
    )

    record = line.record

    assert (record.event_id, record.timestamp, record.session_id) == ("e", "t", "s")
    assert (record.actor.type, record.actor.id, record.action) == ("human", "u", "")


def test_an_event_of_other_types_that_is_no_object_is_refused():
    """Where its action was read from its beginning, and the rest is none."""
    with pytest.raises(ValueError, match=r"^event: not JSON: "):
        _decode_leniently(HEAD + b',"actor":')
    with pytest.raises(ValueError, match=r"^event: not a JSON object$"):
        _decode_leniently(b"[]")
