"""Sessions: what a program writes its events to."""

from __future__ import annotations

import logging
from decimal import Decimal
from hashlib import sha256

import pytest

from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError, EventError, SessionError, SinkError
from hilt.io.jsonl.sink import JsonlSink
from hilt.io.session import Session
from hilt.testing import MemorySink, fixed


@pytest.fixture
def sink():
    """A sink in memory."""
    return MemorySink()


def test_what_is_appended_is_read_back(tmp_path, event):
    """An event is the same after a way through the file, and is in the file at once."""
    path = tmp_path / "logs" / "log.jsonl"
    with Session(path) as session:
        written = session.append(event(1))
        assert list(session.read()) == [written]

    assert [each.extensions for each in Session(path).read()] == [{"number": 1}]


def test_a_session_opens_itself(tmp_path, event):
    """The first append opens it; `open` may be called as well, and twice."""
    session = Session(tmp_path / "log.jsonl")
    session.append(event(1))

    assert session.open() is session.open()
    assert session.events_written == 1
    session.close()


@pytest.mark.parametrize(("mode", "expected"), [("a", [1, 2]), ("w", [2])])
def test_the_mode_says_what_becomes_of_the_file(tmp_path, event, mode, expected):
    """``a`` adds to it, ``w`` empties it, once."""
    path = tmp_path / "log.jsonl"
    with Session(path) as session:
        session.append(event(1))

    session = Session(path, mode)
    session.append(event(2))
    session.close()
    session.open().close()

    assert [each.extensions["number"] for each in session.read()] == expected


def test_a_session_for_reading_writes_nothing(tmp_path, event):
    """It makes no file either."""
    with pytest.raises(SinkError, match=r"none.jsonl: cannot be opened \(No such file"):
        Session(tmp_path / "none.jsonl", "r").open()
    Session(tmp_path / "log.jsonl").open().append(event(1))

    with Session(tmp_path / "log.jsonl", "r") as session:
        with pytest.raises(SessionError, match="open for reading"):
            session.append(event(2))
        session.write_lines(b"{}\n", 1)
        assert session.dropped == 1
        assert len(list(session.read())) == 1
    assert not (tmp_path / "none.jsonl").exists()


def test_a_closed_session_refuses(tmp_path, event):
    """The error says so; it can be read, and opened again."""
    session = Session(tmp_path / "log.jsonl")
    session.append(event(1))
    session.close()
    session.close()

    assert session.closed
    with pytest.raises(SessionError, match="is closed"):
        session.append(event(2))
    assert len(list(session.read())) == 1
    assert session.open().append(event(3)) is not None
    session.close()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"session_id": 3}, "Event"),
        ("text", "event: str is not allowed; expected an Event"),
        (None, "event: NoneType is not allowed"),
    ],
)
def test_what_is_no_event_is_refused(sink, given, message):
    """The caller learns at once."""
    with pytest.raises(EventError, match=message):
        Session(sink).append(given)


def test_an_event_that_became_wrong_is_refused(sink, event):
    """Fields can be set after an event was made; then nothing of the step is written."""
    wrong = event(1)
    wrong.actor.type = "robot"

    with pytest.raises(EventError, match=r"actor\.type"):
        Session(sink).append_all([event(0), wrong])
    assert sink.events == []


def test_an_event_that_is_no_json_is_refused(sink, event):
    """The caller learns at once."""
    with pytest.raises(EventError, match="cannot be written as JSON"):
        Session(sink).append(event(1, extensions={"what": object()}))


def test_values_that_are_no_json_become_json(sink, event):
    """The event that is written has their numbers, texts and fields; the one given stays."""
    given = event(1, extensions={"score": Decimal("0.5"), "why": ValueError("late"), "raw": b"x"})

    kept = Session(sink).append(given)

    assert kept.extensions == {
        "score": "0.5",
        "why": "ValueError: late",
        "raw": {"type": "blob", "size": 1, "sha256": sha256(b"x").hexdigest()},
    }
    assert [each.to_dict() for each in sink.events] == [kept.to_dict()]
    assert given.extensions["raw"] == b"x"


def test_a_step_is_one_write(sink, event):
    """All events of `append_all` are handed over together."""
    Session(sink).append_all(event(number) for number in range(3))

    assert sink.steps == [3]


def test_processors_decide_what_is_written(sink, event):
    """Each event of a step goes through them; what they drop is in no sink."""

    def only_even(event: Event) -> Event | None:
        return None if event.extensions["number"] % 2 else event

    session = Session(sink, processors=[only_even])
    kept = session.append_all(event(number) for number in range(4))

    assert not session.takes_lines
    assert session.processors == (only_even,)
    assert [each.extensions["number"] for each in kept] == [0, 2]
    assert sink.events == kept
    assert session.append(event(1)) is None


def test_a_processor_that_fails_costs_an_event_its_content(sink, event):
    """The event is written without it, and counted."""

    def fails(_: Event) -> Event:
        raise ValueError

    session = Session(sink, processors=[fails])
    session.append(event(1))

    assert sink.events[0].content is None
    assert session.processor_failures == 1


def test_several_destinations_get_the_same(tmp_path, event):
    """A tuple of them; what is read comes from the first."""
    sinks = (MemorySink(), JsonlSink(tmp_path / "log.jsonl"))
    with Session((*sinks, tmp_path / "second.jsonl")) as session:
        session.append(event(1))

    assert session.path == tmp_path / "log.jsonl"
    assert sinks[0].events == list(sinks[1].read()) == list(session.sinks[2].read())
    assert list(session.read()) == sinks[0].events


def test_sessions_with_one_destination_say_the_same(tmp_path):
    """By whatever name a file is given, in whatever order, and no two memories are one."""
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "log.jsonl")
    memory = MemorySink()

    session = Session((memory, tmp_path / "log.jsonl"))
    assert session.destination == Session((tmp_path / "link.jsonl", memory)).destination
    assert session.destination != Session((MemorySink(), tmp_path / "log.jsonl")).destination
    assert session.destination != Session(memory).destination


class BrokenSink(MemorySink):
    """A sink that breaks its promises."""

    name = "broken"

    def write(self, lines: bytes, count: int) -> None:
        """Raise, which a sink must not."""
        raise OSError("no more")


def test_a_sink_that_fails_does_not_keep_events_from_the_others(sink, event, caplog):
    """What it lost is counted, and logged once a minute."""
    with fixed() as time, caplog.at_level(logging.WARNING):
        session = Session((BrokenSink(), sink))
        session.append_all([event(1), event(2)])
        session.append(event(3))
        time.advance(61)
        session.append(event(4))

    assert len(sink.events) == 4
    assert session.dropped == 4
    assert len(caplog.records) == 2
    assert "sink broken failed: OSError('no more')" in caplog.text


def test_flush_asks_all_destinations(sink):
    """It is True only if all have delivered; they share the time."""

    class SlowSink(MemorySink):
        def flush(self, timeout=None):
            timeouts.append(timeout)
            return False

    timeouts = []
    session = Session((SlowSink(), sink, SlowSink()))

    assert session.flush(1) is False
    assert 0 < timeouts[1] <= timeouts[0] <= 1
    assert session.flush() is False
    assert timeouts[2:] == [None, None]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"path_or_backend": ()}, "no destination is given"),
        ({"path_or_backend": ""}, "'' is no destination"),
        ({"path_or_backend": 7}, '7 is no destination; expected a path, "local", "sheets"'),
        ({"mode": "x"}, 'mode: no mode \'x\'; expected "a", "w" or "r"'),
        ({"columns": ["price"]}, "columns: no column 'price'; there are timestamp"),
        ({"processors": [3]}, r"processors: \[3\] is not a list of functions"),
        ({"processors": print}, "is not a list of functions"),
        ({"rotate_bytes": 0}, "rotate_bytes: 0 is not a whole number from 1 up"),
        ({"keep": -1}, "keep: -1 is not a whole number from 0 up"),
        ({"keep": True}, "keep: True is not"),
    ],
)
def test_wrong_arguments_are_refused_at_once(tmp_path, arguments, message):
    """The message names the argument, the value and the way out."""
    with pytest.raises(ConfigurationError, match=message):
        Session(**{"path_or_backend": tmp_path / "log.jsonl", **arguments})
    assert list(tmp_path.iterdir()) == []


def test_local_has_a_default_path(tmp_path, monkeypatch, event):
    """``local`` is ``logs/hilt.jsonl``, or the file that is named."""
    monkeypatch.chdir(tmp_path)
    with Session("local") as session:
        session.append(event(1))
    named = Session("local", filepath="here.jsonl")

    assert (tmp_path / "logs" / "hilt.jsonl").stat().st_size > 0
    assert str(named.path) == "here.jsonl"
    assert "here.jsonl mode='a' new" in repr(named)


def test_columns_give_flat_rows(tmp_path, event):
    """Numbers stay numbers, and cells without a value are absent."""
    path = tmp_path / "log.jsonl"
    with Session(path, columns=["action", "tokens_in", "message", "model"]) as session:
        session.append_all([event(1, "Hi"), event(2, "Ho", metrics={"tokens": {"prompt": 3}})])

    assert path.read_text() == (
        '{"action":"prompt","message":"Hi"}\n{"action":"prompt","tokens_in":3,"message":"Ho"}\n'
    )


def test_backend_may_be_named_by_keyword(tmp_path):
    """`Session(backend="local", filepath=...)` is the file that the first argument would name."""
    with Session(backend="local", filepath=tmp_path / "log.jsonl") as session:
        assert session.path == tmp_path / "log.jsonl"


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ({}, "neither a path nor a backend given"),
        ({"path_or_backend": "x.jsonl", "backend": "local"}, "both a path and a backend given"),
    ],
)
def test_a_destination_is_named_once(arguments, given):
    """Neither or both of a path and a backend is an error that says what is right."""
    with pytest.raises(ConfigurationError, match=f"{given}; expected one, such as Session"):
        Session(**arguments)


@pytest.mark.parametrize("more_follow", [False, True])
def test_a_file_takes_lines_directly(tmp_path, event, monkeypatch, more_follow):
    """The sink itself is not on the way of a step, unless something is unusual."""
    line = event(1).encode() + b"\n"
    with Session(tmp_path / "log.jsonl") as session:
        with monkeypatch.context() as patch:
            patch.setattr(JsonlSink, "write", None)
            session.write_lines(line, 1, more_follow=more_follow)
        (tmp_path / "log.jsonl").unlink()
        session.write_lines(line, 1)

        assert [each.extensions for each in session.read()][-1] == {"number": 1}
    assert session.dropped == 0


def test_columns_are_written_by_the_sink(tmp_path, event):
    """Encoded events are not what such a file holds."""
    with Session(tmp_path / "log.jsonl", columns=["action"]) as session:
        for more_follow in (True, False):
            session.write_lines(event(1).encode() + b"\n", 1, more_follow=more_follow)

    assert (tmp_path / "log.jsonl").read_text() == '{"action":"prompt"}\n' * 2


def test_closing_closes_what_a_recorder_opened(tmp_path, event):
    """`instrument` writes lines to a session that nobody has opened."""
    session = Session(tmp_path / "log.jsonl")
    session.write_lines(event(1).encode() + b"\n", 1)
    log = session.sinks[0].log
    session.close()

    assert log.fd == -1 or session.sinks[0].log is None
    assert session.closed
