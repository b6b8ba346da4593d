"""A call that is logged by hand, as the helpers do it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from hilt import Event, Session, feedback
from hilt.core.exceptions import EventError
from hilt.core.guard import guard
from hilt.genai.values import Delta, Failure, Request, Response
from hilt.instrumentation.observer import Ending
from hilt.integrations.manual import ManualCall
from hilt.recording.conversation_ids import opening_id
from hilt.recording.writer import Recorder
from hilt.testing import fixed
from tests.instrumentation.test_interrupted_calls import Interrupts


class Texts:
    """A surface whose answers and chunks are texts."""

    name = "texts"

    def response(self, body: Any) -> Response:
        """An answer of that text."""
        parts = [{"type": "text", "content": body + ""}]
        return Response(messages=[{"role": "assistant", "parts": parts}], finish_reasons=["stop"])

    def text(self, chunk: Any) -> str | None:
        """The chunk."""
        return str(chunk)

    def delta(self, chunk: Any) -> Delta | None:
        """The text, and with a full stop the end; None for None."""
        if chunk is None:
            return None
        return Delta(text=chunk + "", finish_reasons={0: "stop"} if chunk.endswith(".") else None)


def manual(logged: Any, **options: Any) -> ManualCall:
    """A call to a provider that does not exist."""
    message = {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}
    asked = Request("chat", "acme", model="acme-1", messages=[message])
    return ManualCall(logged.session, asked, Texts(), **options)  # type: ignore[arg-type]  # what is needed of one


def test_events_of_a_stream(logged: Any) -> None:
    """Prompt, chunks and completion have times of the clock, and are linked."""
    with fixed() as time, manual(logged, session_id="demo", user="alice") as call:
        time.advance(0.25)
        texts = [call.chunk("Hel")]
        time.advance(0.25)
        texts += [call.chunk("lo."), call.chunk(None)]
        call.end(Ending.EXHAUSTED)

    prompt, first, _, completion = logged.dicts
    assert texts == ["Hel", "lo.", None]
    assert logged.outline == [
        ("prompt", "Hi", None),
        ("completion_chunk", "Hel", "prompt"),
        ("completion_chunk", "lo.", "prompt"),
        ("completion", "Hello.", "prompt"),
    ]
    assert prompt["actor"] == {"type": "human", "id": "alice"}
    assert first["timestamp"] == "2026-01-01T00:00:00.250000Z"
    assert completion["timestamp"] == "2026-01-01T00:00:00.500000Z"
    assert completion["extensions"] == {
        "reply_to": prompt["event_id"],
        "model": "acme-1",
        "latency_ms": 500.0,
        "status_code": 200,
        "outcome": "completed",
        "finish_reason": "stop",
        "time_to_first_chunk_ms": 250.0,
        "cost_unknown": "the provider sent no usage",
    }


def test_answer_that_is_over(logged: Any) -> None:
    """It has the latency that is given, or none."""
    for latency_ms in (12.5, None):
        with manual(logged, is_timed=False, latency_ms=latency_ms) as call:
            call.end(Ending.RETURNED, "Ho")

    latencies = [each["extensions"].get("latency_ms") for each in logged.all("completion")]
    assert latencies == [12.5, None]
    assert [each["content"] for each in logged.all("completion")] == [{"text": "Ho"}] * 2


def test_exception_is_logged_with_what_arrived(logged: Any) -> None:
    """A call that raises after some chunks is a `system` event with the partial text."""

    def fail() -> None:
        with manual(logged) as call:
            call.chunk("Hel")
            raise TimeoutError("too slow")

    with pytest.raises(TimeoutError):
        fail()

    system = logged.only("system")
    assert system["content"] == {"text": "too slow", "partial_text": "Hel"}
    assert system["extensions"].items() >= {
        "outcome": "timeout", "status_code": 408, "partial": True
    }.items()  # fmt: skip


def test_exception_before_anything_arrived(logged: Any) -> None:
    """There is nothing partial."""
    failure = Failure("overloaded", "acme.Overloaded", "Later.", 529, attempts=3, request_id="r")
    with pytest.raises(OSError, match="x"), manual(logged, failure_of=lambda _: failure):
        raise OSError("x")

    system = logged.only("system")
    assert system["content"] == {"text": "Later."}
    assert system["provenance"]["request_id"] == "r"
    assert system["extensions"].items() >= {"status_code": 529, "attempts": 3}.items()
    assert "partial" not in system["extensions"]


def test_stream_that_is_left(logged: Any) -> None:
    """A generator that is closed ends its call as closed."""

    def texts() -> Any:
        with manual(logged) as call:
            yield call.chunk("Hel")

    stream = texts()
    next(stream)
    stream.close()

    completion = logged.only("completion")
    assert completion["content"] == {"text": "Hel"}
    assert completion["extensions"].items() >= {"outcome": "closed", "partial": True}.items()


def test_only_the_first_ending_counts(logged: Any) -> None:
    """An exception after the answer is the program's own."""

    def end_and_fail() -> None:
        with manual(logged) as call:
            call.end(Ending.RETURNED, "Ho")
            call.end(Ending.CLOSED)
            raise KeyError("x")

    with pytest.raises(KeyError):
        end_and_fail()

    assert logged.actions == ["prompt", "completion"]


def test_answer_that_reports_an_error_is_a_system_event(logged: Any) -> None:
    """An answer with a failure of its own ends as one."""
    with manual(logged) as call:
        failure = Failure("overloaded", "acme.Overloaded", "Later.")
        call.end(Ending.ANSWERED, Response(failure=failure))

    assert logged.only("system")["extensions"]["error_code"] == "overloaded"


def test_answer_that_cannot_be_read(logged: Any) -> None:
    """It is counted as an internal error, and the call has its ending."""
    before = guard.errors

    with manual(logged) as call:
        assert call.chunk(5) is None
        call.end(Ending.RETURNED, {"text": 5})

    parts = logged.only("completion")["content"]["parts"]
    assert parts == [{"type": "unknown", "content": {"text": 5}}]
    assert guard.errors == before + 2


def test_conversation_is_derived_without_an_id(logged: Any) -> None:
    """Without an id, two that begin alike are two, and the first has the derived id."""
    for _ in range(2):
        with manual(logged) as call:
            call.end(Ending.RETURNED, "Ho")

    first, second = dict.fromkeys(event.session_id for event in logged.events)
    assert first == opening_id(call.observation.request, call.observation.request.messages)
    assert second.startswith("conv_")


def test_custom_events_are_appended_whole(logged: Any) -> None:
    """The verdict of a guardrail, and feedback on it, are plain events."""
    verdict = logged.session.append(
        Event(
            session_id="order-42",
            actor={"type": "system", "id": "guardrail"},
            action="system",
            content={"text": "No personal data."},
            provenance={"guardrail": "pii", "version": "3"},
            extensions={"score": 0.02},
        )
    )
    feedback(
        verdict.event_id,
        rating="good",
        comment="Right.",
        correction="None.",
        session=logged.session,
        session_id="order-42",
    )

    first, second = logged.dicts
    assert first["provenance"] == {"guardrail": "pii", "version": "3"}
    assert first["extensions"] == {"score": 0.02}
    assert second["action"] == "feedback"
    assert second["extensions"]["reply_to"] == first["event_id"]


def test_wrong_custom_event_names_the_field(logged: Any) -> None:
    """An action that does not exist is refused with those that do."""
    with pytest.raises(EventError, match=r"action.*guardrail"):
        logged.session.append(
            Event(session_id="s", actor={"type": "system", "id": "g"}, action="guardrail")
        )


@pytest.mark.parametrize(
    ("method", "is_after", "ending"),
    [
        ("begin", False, None),
        ("begin", True, ("system", "cancelled")),
        ("end", False, ("completion", "completed")),
        ("end", True, ("completion", "completed")),
    ],
)
def test_an_interrupt_beside_a_write(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    is_after: bool,
    ending: tuple[str, str] | None,
) -> None:
    """The call has its prompt and one ending, or neither."""
    interrupts = Interrupts(getattr(Recorder, method), 1, is_after=is_after)
    monkeypatch.setattr(Recorder, method, functools.partialmethod(interrupts))
    message = {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}
    request = Request("chat", "acme", model="acme-1", messages=[message])
    with Session(tmp_path / "log.jsonl") as session:
        with (
            pytest.raises(KeyboardInterrupt),
            ManualCall(session, request, Texts()) as call,  # type: ignore[arg-type]  # what is needed of one
        ):
            call.end(Ending.RETURNED, "Hello.")
        events = [
            (event.action, (event.extensions or {}).get("outcome")) for event in session.read()
        ]

    assert events == ([] if ending is None else [("prompt", None), ending])
