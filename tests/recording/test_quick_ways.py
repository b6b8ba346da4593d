"""The quick ways of `History`, for first questions and plain answers: as the general way says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from itertools import count
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilt.genai.values import Failure, Request
from hilt.providers._chat_messages import message_of
from hilt.recording import conversation_ids, event_fields, history
from hilt.recording.answer_forms import answer_forms
from hilt.recording.event_builder import EventBuilder
from hilt.recording.history import Continuation, History, LoggedAnswer
from hilt.recording.writer import encode_events
from tests.recording.calls import answer, call


class GeneralHistory(History):
    """A history that keeps an answer that is one text as it keeps any other."""

    def _remember_text(
        self, continuation: Continuation, role: object, text: str, logged: LoggedAnswer
    ) -> None:
        message = {"role": role, "parts": [{"type": "text", "content": text}]}
        for form in [message, *answer_forms(message)]:
            self._remember_form(continuation, form, logged)


class Role(str, Enum):
    """Roles as programs define them."""

    USER = "user"


class Turn(NamedTuple):
    """What somebody asks, and is answered, in one of two processes."""

    process: int
    person: int
    system: str | None
    role: str
    asked: str
    said: str
    user: str | None
    begins: bool
    fails: bool
    is_reserved: bool
    has_parts: bool


_TEXTS = st.sampled_from([
    "Hi", " Hi", "Hi\n", "a\r\nb", "a\rb ", "cafe\u0301", "caf\u00e9", "", "  ", "\x00", "\x01",
    "\x1c", "\u00a0x", "<think>x</think>y", "<think>x</think>", " <thinking>a</thinking>\n b ",
    "see data:image/png;base64,AAAA.", "e\u0301" * 5001, "a\x02u",
])  # fmt: skip
_RARELY = st.sampled_from([False, False, False, True])
_TURNS = st.lists(
    st.builds(
        Turn,
        process=st.integers(0, 1),
        person=st.integers(0, 1),
        system=st.none() | _TEXTS,
        role=st.sampled_from(["user", "user", Role.USER]),
        asked=_TEXTS,
        said=_TEXTS,
        user=st.sampled_from([None, None, "u", "v"]),
        begins=_RARELY,
        fails=_RARELY,
        is_reserved=_RARELY,
        has_parts=_RARELY,
    ),
    min_size=1,
    max_size=6,
)


@contextmanager
def numbered_ids() -> Iterator[pytest.MonkeyPatch]:
    """Ids that are the same in the same order."""
    events, conversations = count(), count()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_fields, "new_event_id", lambda: f"evt_{next(events)}")
        patch.setattr(conversation_ids, "random_digits", lambda: f"{next(conversations)}")
        yield patch


def log_of(turns: list[Turn], histories: list[History]) -> list[bytes]:
    """The lines that two processes write."""
    builders = [EventBuilder(each) for each in histories]
    sent: dict[int, list[dict[str, Any]]] = {}
    lines: list[bytes] = []
    for turn in turns:
        asked: Any = [{"type": "text", "text": turn.asked}] if turn.has_parts else turn.asked
        before = [] if turn.begins else list(sent.get(turn.person, ()))
        if turn.system is not None:
            before = [each for each in before if each["role"] != "system"]
            before.insert(0, {"role": "system", "content": turn.system})
        messages = [*before, {"role": turn.role, "content": asked}]
        made = call(
            Request("chat", "acme", messages=messages, read=message_of),
            None if turn.fails else answer(turn.said),
            failure=Failure("rate_limit", "acme.Error") if turn.fails else None,
            user=turn.user,
        )
        if turn.is_reserved:
            histories[turn.process].reserve(made)
        builder = builders[turn.process]
        lines += encode_events(builder.begin(made) + builder.end(made)).splitlines()
        if not turn.fails:
            sent[turn.person] = [*messages, {"role": "assistant", "content": turn.said}]
    return lines


@given(turns=_TURNS)
def test_quick_ways_log_what_the_general_way_logs(turns: list[Turn]) -> None:
    """Byte for byte: conversations, links, messages, and what continues elsewhere."""
    with numbered_ids():
        quick = log_of(turns, [History(), History()])
    with numbered_ids() as patch:
        patch.setattr(history, "plain_opening", lambda *_: None)
        general = log_of(turns, [GeneralHistory(), GeneralHistory()])

    assert quick == general


@pytest.mark.parametrize("normal", [5, 7])
@pytest.mark.parametrize(
    "said", ["Hi", " Hi ", "  ", "cafe\u0301\r\n", "<think>x</think> y", "<think>x</think>"]
)
def test_answers_are_kept_alike(said: str, normal: int) -> None:
    """A later call finds an answer by the same keys, whichever way has kept it."""
    going_on = Continuation(None, 0, 5, normal=normal, exchange=9)
    kept = []
    for each in History(), GeneralHistory():
        logged = LoggedAnswer("evt_1", "conv_1")
        each.remember(going_on, answer(said), logged)
        tables = each._answers, each._normal, each._exchanges
        kept.append([logged, *({key: len(alike) for key, alike in t.items()} for t in tables)])

    assert kept[0] == kept[1]
