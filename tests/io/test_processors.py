"""Processors: what they return, and what becomes of an event when one fails."""

from __future__ import annotations

import pytest

from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError
from hilt.io.processors import ProcessorChain
from hilt.testing import fixed


def test_each_gets_what_the_one_before_it_returned(event):
    """In the order in which they are given."""
    texts = []

    def louder(event: Event) -> Event:
        event.content.text = event.content.text.upper()
        return event

    def note(event: Event) -> Event:
        texts.append(event.content.text)
        return event

    result = ProcessorChain([note, louder, note]).apply(event(1, "hi"))

    assert texts == ["hi", "HI"]
    assert result.content.text == "HI"


def test_none_drops_the_event(event):
    """The processors after it do not get it."""
    assert ProcessorChain([lambda _: None, raises]).apply(event(1)) is None


def returns_text(_: Event) -> str:
    """A processor that returns something else."""
    return "redacted"


def returns_no_json(event: Event) -> Event:
    """A processor that leaves what cannot be written."""
    event.extensions["what"] = object()
    return event


def raises(_: Event) -> Event:
    """A processor that fails, and quotes what it should hide."""
    raise ValueError("cannot mask 'my secret'")


@pytest.mark.parametrize(
    ("processor", "error"),
    [(raises, "ValueError"), (returns_text, "TypeError"), (returns_no_json, "EventError")],
)
def test_one_that_fails_lets_nothing_out(caplog, processor, error):
    """The event keeps nothing that anybody wrote, and nothing that names a person."""
    with fixed():
        chain = ProcessorChain([processor])
        result = chain.apply(
            Event(
                session_id="conv_1",
                actor={"type": "human", "id": "my secret", "name": "my secret"},
                action="prompt",
                content={"text": "my secret"},
                metrics={"tokens": {"prompt": 3}},
                provenance={"provider": "openai", "user": "my secret"},
                extensions={"model": "m", "note": "my secret"},
                extra={"more": "my secret"},
            )
        )

    assert result.to_dict() == {
        "hilt_version": "1.0.0",
        "event_id": "evt_019b76daa80070008000000000000001",
        "timestamp": "2026-01-01T00:00:00.000000Z",
        "session_id": "conv_1",
        "actor": {"type": "human", "id": "withheld"},
        "action": "prompt",
        "metrics": {"tokens": {"prompt": 3}},
        "provenance": {"provider": "openai"},
        "privacy": {"processing_failed": True},
        "extensions": {"model": "m"},
    }
    assert chain.failures == 1
    assert caplog.messages == [
        f"processor {processor!r} failed ({error}); its event loses its content"
    ]


def test_failures_are_logged_once_a_minute(event, caplog):
    """All of them are counted."""
    chain = ProcessorChain([raises])
    with fixed() as time:
        for _ in range(3):
            chain.apply(event(1))
        time.advance(60)
        chain.apply(event(1))

    assert chain.failures == 4
    assert len(caplog.records) == 2


def test_processors_after_one_that_fails_still_run(event):
    """One that drops events drops this one too."""
    assert ProcessorChain([raises, lambda _: None]).apply(event(1)) is None


@pytest.mark.parametrize("processors", [[3], print])
def test_what_is_no_function_is_refused(processors):
    """A function alone is no list of functions either."""
    with pytest.raises(ConfigurationError, match="is not a list of functions from Event to Event"):
        ProcessorChain(processors)


def test_a_function_of_text_and_path_changes_every_text() -> None:
    """It is told from a function of events by its two parameters."""
    chain = ProcessorChain([lambda text, path: f"{path}={text}"])
    event = Event(
        session_id="s",
        actor={"type": "human", "id": "ann"},
        action="prompt",
        content={"text": "Hi", "documents": [{"text": "Ho", "score": 1}]},
    )
    changed = chain.apply(event)
    assert changed is not None
    assert changed.content is not None
    assert changed.content.to_dict() == {
        "text": "content.text=Hi",
        "documents": [{"text": "content.documents[0].text=Ho", "score": 1}],
    }


def test_chunks_have_their_size_where_texts_are_changed() -> None:
    """What is to be hidden may be cut over chunks, so that none has its text."""
    chain = ProcessorChain([lambda text, path: text.replace("secret", "***")])
    chunk = Event(
        session_id="s",
        actor={"type": "agent", "id": "openai"},
        action="completion_chunk",
        content={"text": "sec"},
        extensions={"chunk_index": 3, "reply_to": "evt_1"},
    )
    changed = chain.apply(chunk)
    assert changed is not None
    assert changed.content is None
    assert changed.extensions == {"chunk_index": 3, "reply_to": "evt_1", "chunk_size": 3}


def test_a_function_with_an_optional_second_parameter_takes_events() -> None:
    """Only what must be given counts."""

    def mark(event: Event, note: str = "seen") -> Event:
        event.extensions = {"note": note}
        return event

    event = ProcessorChain([mark]).apply(
        Event(session_id="s", actor={"type": "human", "id": "a"}, action="prompt")
    )
    assert event is not None
    assert event.extensions == {"note": "seen"}


def test_a_function_of_texts_that_returns_none_costs_the_content() -> None:
    """It fails closed, as other processors do."""
    chain = ProcessorChain([lambda text, path: None])
    event = chain.apply(
        Event(
            session_id="s",
            actor={"type": "human", "id": "a"},
            action="prompt",
            content={"text": "Hi"},
        )
    )
    assert event is not None
    assert (event.content, event.privacy) == (None, {"processing_failed": True})
