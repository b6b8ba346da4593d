"""Events out of the bytes of a server-sent event stream."""

from __future__ import annotations

import copy
import pickle
import time

import httpx
import pytest

from hilt.core.once_a_minute import OnceAMinute
from hilt.instrumentation import body_lines, http_bodies
from hilt.instrumentation.http_bodies import EventStreamDecoder, observe_body
from tests.instrumentation.mock_http import openai_client, sse


def events(data: bytes, size: int) -> list[object]:
    """The events of a stream that comes in pieces of a size."""
    decoder = EventStreamDecoder()
    pieces = (data[start : start + size] for start in range(0, len(data), size))
    return [event for piece in pieces for event in decoder.feed(piece)]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_every_event_comes_out(size, end):
    """Whatever its lines end in; comments and other fields are passed over."""
    lines = [b": hello", b"event: chunk", b'data: {"a": 1}', b"", b'data:{"a": 2}', b"", b""]

    assert events(end.join(lines), size) == [{"a": 1}, {"a": 2}]


def test_an_event_may_have_several_lines_of_data():
    """They are joined when the event ends."""
    data = b'data: {"a":\ndata: 1}\n\ndata: {"b": 2}\n\n'

    assert events(data, 5) == [{"a": 1}, {"b": 2}]


def test_the_end_is_noticed():
    """It is no event."""
    decoder = EventStreamDecoder()

    assert list(decoder.feed(b"data: [DONE]\n\n")) == []
    assert decoder.done


@pytest.mark.parametrize("broken", [b"{", b"[" * 100_000 + b"]" * 100_000, b"\xff\xfe", b""])
def test_an_event_that_is_no_json_costs_itself_only(broken):
    """Those around it come out."""
    data = b'data: {"a": 1}\n\ndata: ' + broken + b'\n\ndata: {"a": 2}\n\n'

    assert events(data, 10_000) == [{"a": 1}, {"a": 2}]


def test_what_never_becomes_an_event_is_not_kept_for_ever(monkeypatch):
    """A stream of broken lines without an end."""
    monkeypatch.setattr(http_bodies, "LONGEST_LINE", 100)
    decoder = EventStreamDecoder()
    for _ in range(100):
        assert list(decoder.feed(b"data: {broken\n")) == []

    assert len(decoder._parts) < 20
    assert decoder.dropped > 80


def chunk(text):
    """One chunk of a streamed answer."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "choices": [choice]}


def test_a_line_that_was_too_long_is_said_in_the_ending(instrumented, monkeypatch, caplog):
    """What is beside it is logged, the ending counts it, and a warning comes once a minute."""
    monkeypatch.setattr(body_lines, "LONGEST_LINE", 1000)
    monkeypatch.setattr(http_bodies, "_WARNINGS", OnceAMinute())
    log = instrumented()
    body = sse([chunk("Hel"), chunk("x" * 2000), chunk("y" * 2000), chunk("lo")])
    client = openai_client({"POST /chat/completions": body})
    with client.chat.completions.with_streaming_response.create(
        model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
    ) as response:
        received = b"".join(response.iter_bytes(700))

    ending = log.one("completion")
    assert received == body
    assert ending["content"]["text"] == "Hello"
    assert ending["extensions"]["dropped_lines"] == 2
    assert ending["extensions"]["partial"] is True
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_long_line_takes_time_in_proportion_to_its_length():
    """Not to its square: a picture comes in one line, in thousands of pieces."""
    decoder = EventStreamDecoder()
    started = time.process_time()
    list(decoder.feed(b'data: {"picture": "'))
    for _ in range(4096):
        list(decoder.feed(b"A" * 8192))
    ((event),) = decoder.feed(b'"}\n\n')

    assert len(event["picture"]) == 4096 * 8192
    assert time.process_time() - started < 5


class _Observer:
    def end(self, how, value=None):
        """Note nothing."""


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_an_observed_response_is_copied_as_it_is_without_hilt(copied):
    """What observes the reading of a body is no part of the copy, and stays in the original."""
    observed = httpx.Response(200, content=iter([b"{}"]), headers={"x": "y"})
    observe_body(observed, _Observer(), bytes)
    observed.read()

    copy_of_it = copied(observed)

    names = ("iter_bytes", "aiter_bytes", "close", "aclose", "_hilt_body", "__getstate__")
    assert (copy_of_it.content, copy_of_it.headers["x"]) == (b"{}", "y")
    assert [name for name in names if name in vars(copy_of_it)] == []
    assert [name for name in names if name not in vars(observed)] == []
