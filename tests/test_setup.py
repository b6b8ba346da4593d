"""`instrument` and its kin: wrong arguments are named, and a second call replaces the first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hilt
from hilt import HILTError, Session, get_context


@pytest.fixture(autouse=True)
def undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of its own, and nothing instrumented afterwards."""
    monkeypatch.chdir(tmp_path)
    yield
    hilt.uninstrument()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"backend": "sheet"}, 'no backend \'sheet\'; expected "local" or "sheets"'),
        ({"backend": 5}, "backend: 5"),
        ({"backend": "sheets"}, 'sheet_id: the backend "sheets" needs one'),
        ({"columns": ["foo"]}, "no column 'foo'; there are timestamp"),
        ({"columns": "message"}, "not a list of names"),
        ({"providers": ["opnai"]}, "no provider 'opnai'; there are openai"),
        ({"providers": "openai"}, "not a list of names, as ['openai']"),
        ({"filepath": 5}, "filepath: 5 is not a path"),
        ({"filepath": "/dev/null/log.jsonl"}, "give the path of a file that this user may write"),
        ({"processors": [1]}, "not a list of functions"),
        ({"session": 3}, "session: 3 is not a hilt.Session"),
        ({"tracer_provider": 3}, "expected an opentelemetry.sdk.trace.TracerProvider"),
        ({"meter_provider": 3}, "expected an opentelemetry.metrics.MeterProvider"),
        ({"capture_content": "maybe"}, "expected true or false"),
        ({"sheet_id": "x", "credentials_path": "no.json"}, "'no.json': cannot be read"),
    ],
)
def test_wrong_argument_is_named(arguments: dict[str, Any], said: str) -> None:
    """The message names the thing, the value and what would be right; nothing is instrumented."""
    with pytest.raises(HILTError) as caught:
        hilt.instrument(**arguments)

    assert said in str(caught.value)
    assert not get_context().is_instrumented


def test_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`HILT_FILEPATH` names the log unless the call does."""
    monkeypatch.setenv("HILT_FILEPATH", "logs/environment.jsonl")

    by_environment = hilt.instrument(providers=[]).path
    by_argument = hilt.instrument(filepath="logs/argument.jsonl", providers=[]).path

    assert by_environment == Path("logs/environment.jsonl")
    assert by_argument == Path("logs/argument.jsonl")


def test_second_instrument_replaces_the_first() -> None:
    """The first session is closed, and the second is the current one."""
    first = hilt.instrument(filepath="one.jsonl", providers=["openai"])
    second = hilt.instrument(filepath="two.jsonl", providers=["openai"])

    assert first.closed
    assert get_context().session is second


def test_given_session_stays_open() -> None:
    """A session that was handed in belongs to the program."""
    with Session("mine.jsonl") as session:
        hilt.instrument(session=session, providers=[])
        hilt.uninstrument()

        assert not session.closed
        assert not get_context().is_instrumented


def test_feedback_links_to_the_event() -> None:
    """A rating is a `feedback` event that replies to what it is about."""
    session = hilt.instrument(filepath="log.jsonl", providers=[])

    hilt.feedback("evt_1", rating=4, comment="Good", session_id="order-42")

    (event,) = session.read()
    assert event.action == "feedback"
    assert event.session_id == "order-42"
    assert event.extensions == {"reply_to": "evt_1", "rating": 4, "comment": "Good"}


def test_flush_without_a_session_has_nothing_to_wait_for() -> None:
    """`flush` is True where nothing is logged."""
    assert hilt.flush(0.1)
