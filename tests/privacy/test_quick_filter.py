"""The quick way of a policy, for events that are not encoded yet: as the general way says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilt.core.event import Event
from hilt.core.event_writer import EventPolicy
from hilt.core.json_types import JsonObject
from hilt.io.session import Session
from hilt.privacy import Policy, patterns
from hilt.privacy.filter import PolicyFilter
from hilt.privacy.patterns import find
from hilt.recording import event_fields
from hilt.recording.chunk_events import chunk_events, sized_chunk_lines
from hilt.recording.event_fields import EndingExtensions, TokenCounts
from hilt.recording.writer import Recorder, encode_events, write_events
from hilt.testing import MemorySink
from tests.privacy.test_filter import VALUES
from tests.recording.calls import STARTED, ListWriter, answer, call, message, request


@pytest.fixture(autouse=True, scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One key file for all."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("keys")
        patch.setenv("HILT_PRIVACY_KEY_FILE", str(folder / "privacy.keys"))
        yield


class Word(str, Enum):
    """A word as programs define them."""

    USER = "user"


_TEXTS = st.sampled_from([
    *VALUES.values(), "hunter2x", "-p", "mysql", "--token", "phone", "4155552671", "my password is hunter2!", "Hi", "", "Is it late?", "no\ud800pe", "\ud83d\ude00",
    "T\u00e4lle 030 1234567", "x" * 300, "see [EMAIL]", "gpt-4o@2024", "ann@example.com",
])  # fmt: skip
_NAMES = st.sampled_from([
    "password", "phone", "value", "name", "key", "type", "role", "id", "content", "arguments", "result", "model", "usage", "tool", "parts",
    "finish_reasons", "a b", "ann@example.com", "bob@example.com", "4111111111111111", "agent",
    "continues_as", "parameters", "metadata", "score", "service",
])  # fmt: skip
_NUMBERS = st.sampled_from([
    0, 7, -3, 4111111111111111, -4111111111111111, 10**30, 0.5, 1e300, float("nan"), True, None,
])  # fmt: skip
_ODD = st.sampled_from([{1, 2}, b"x", Word.USER, (1, "ann@example.com"), {3: "Hi"}, object])
_VALUES = st.recursive(
    _TEXTS | _NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=8,
)
_OBJECTS = st.dictionaries(_NAMES, _VALUES | _ODD, max_size=4)
_PARTS = st.lists(_OBJECTS, max_size=3)
_CONTENTS = st.fixed_dictionaries(
    {},
    optional={
        "tools": _PARTS,
        "text": _TEXTS,
        "messages": st.lists(st.builds(message, _TEXTS, _TEXTS), max_size=2) | _PARTS,
        "metadata": _OBJECTS,
        "tool": _OBJECTS,
        "reasoning": _TEXTS | st.none(),
        "parts": _PARTS,
        "documents": _PARTS,
    },
)
_ENDINGS = st.builds(
    EndingExtensions,
    reply_to=st.none() | _TEXTS,
    model=_TEXTS,
    latency_ms=st.sampled_from([None, 0.5, float("inf")]),
    error_provider_code=st.none() | _TEXTS,
    finish_reasons=st.none() | st.lists(_TEXTS, max_size=2),
    continues_as=st.sampled_from([None, "conv_0123456789abcdef", "ann@example.com"]),
)
_METRICS = st.fixed_dictionaries(
    {},
    optional={
        "tokens": st.builds(TokenCounts, prompt=st.sampled_from([None, 0, 3, 10**9])),
        "cost_usd": st.sampled_from([0.5, 1, float("nan"), float("inf")]),
    },
)
_EVENTS = st.fixed_dictionaries(
    {
        "hilt_version": st.just("1.0.0"),
        "event_id": st.just("evt_1"),
        "timestamp": st.just("2026-11-29T10:00:00.000000Z"),
        "session_id": st.sampled_from(["conv_0123456789abcdef", "order 7", "ann@example.com"]),
        "actor": st.fixed_dictionaries(
            {
                "type": st.sampled_from(["human", "agent", "tool"]),
                "id": st.sampled_from(["user", "ann", "ann@example.com", "+49 30 90182 4711"]),
            },
            optional={"name": _TEXTS | st.none()},
        ),
        "action": st.sampled_from(["prompt", "completion", "tool_call"]),
    },
    optional={
        "content": _CONTENTS,
        "metrics": _METRICS,
        "provenance": _OBJECTS,
        "extensions": _OBJECTS | _ENDINGS,
    },
)
_POLICIES = [
    Policy(),
    Policy.named("pseudonymous"),
    Policy(redact=frozenset(("email",)), patterns={"ticket": r"Hi"}),
]


def _by_general_way(policy: EventPolicy, events: list[JsonObject]) -> bytes:
    lines = encode_events(events).splitlines()
    return b"".join(policy(Event.from_json(line)).encode() + b"\n" for line in lines)


@pytest.mark.parametrize("policy", _POLICIES, ids=["redact", "pseudonymous", "own"])
@given(event=_EVENTS)
def test_both_ways_write_the_same(policy: Policy, event: JsonObject) -> None:
    """Byte for byte, also of what no event of a call has; or the quick way leaves it."""
    works = PolicyFilter(policy)
    treated = works.treat_dicts([event])

    if treated is not None:
        try:
            lines = msgspec.json.encode(treated[0][0]) + b"\n"
        except UnicodeEncodeError:
            return  # the writer goes the other way, too
        assert lines == _by_general_way(works, [event])
        assert works.failures == 0


_OWN, _OTHER = "conv_0123456789abcdef", "conv_fedcba9876543210"


@pytest.mark.parametrize(
    ("name", "session_id", "following", "stays"),
    [
        ("redact", _OWN, _OTHER, (True, True)),
        ("redact", "order 7", _OTHER, (True, True)),
        ("redact", "order 7", "order 8", (True, True)),
        ("redact", _OWN, "ann@example.com", (True, False)),
        ("redact", "ann@example.com", _OTHER, (False, True)),
        ("redact", f"{_OWN} ann@example.com", f"{_OTHER}\nann@example.com", (False, False)),
        ("pseudonymous", _OWN, _OTHER, (False, False)),
        ("pseudonymous", "order 7", _OTHER, (False, False)),
        ("pseudonymous", _OWN, "ann@example.com", (False, False)),
    ],
)
def test_what_an_answer_continues_as_has_the_name_that_it_will_have(
    name: str, session_id: str, following: str, stays: tuple[bool, bool]
) -> None:
    """Else the link leads nowhere, and names a conversation that has a pseudonym."""
    policy = PolicyFilter(Policy.named(name))
    event = {**_event("Hi"), "session_id": session_id, "extensions": {"continues_as": following}}
    later = {**_event("Hi"), "session_id": following}

    treated = policy.treat_dicts([event, later])

    assert treated is not None
    (first, second), _ = treated
    assert msgspec.json.encode(first) + b"\n" == _by_general_way(policy, [event])
    assert first["extensions"] == {"continues_as": second["session_id"]}
    assert (first["session_id"] == session_id, second["session_id"] == following) == stays
    assert all(each["session_id"].startswith(("conv_", "order ")) for each in (first, second))


def test_the_quick_way_takes_the_events_of_calls() -> None:
    """And none by way of JSON."""
    writer = ListWriter(takes_lines=False)
    writer.policy = PolicyFilter(Policy())
    asked = request(message("system", "Be terse."), message("user", VALUES["email"]))
    arguments = {"to": VALUES["phone"], "n": 4111111111111111}
    tool_call = {"type": "tool_call", "id": "c1", "name": "send", "arguments": arguments}
    observation = call(asked, answer(VALUES["card"], tool_call), user="ann")
    appended: list[Any] = []
    writer.append_all = appended.append  # type: ignore[method-assign, assignment]  # to see it

    recorder = Recorder(writer)
    recorder.begin(observation)
    recorder.end(observation)

    assert appended == []
    assert [count for count, _ in writer.steps] == [1, 2]
    found = [(event.privacy or {}).get("pii_detected") for event in writer.events]
    assert found == [["email"], ["card"], ["card", "phone"]]


@pytest.mark.parametrize("name", ["redact", "pseudonymous", "metadata"])
@pytest.mark.parametrize("capture_content", [True, False])
@pytest.mark.parametrize("user", ["user", "ann@example.com"])
def test_chunks_are_the_same_both_ways(
    name: str, capture_content: bool, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for their ids: sizes and times, and half a character is one."""
    policy = PolicyFilter(Policy.named(name))
    chunks = [(STARTED, "ann@"), (STARTED + 10**9, "example"), (STARTED + 1, "\ud83d"), (1, "")]
    made = []
    for _ in range(2):
        each = call(user=user, capture_content=capture_content, session_id="50 % ann@example.com")
        each.chunks, each.reply_to = list(chunks), "evt_0"
        made.append(each)
    quick = sized_chunk_lines(made[0], policy)
    ids = [json.loads(line)["event_id"] for line in quick[0].splitlines()] if quick else []
    numbers = count()
    monkeypatch.setattr(event_fields, "new_event_id", lambda: ids[next(numbers)])

    assert quick == (_by_general_way(policy, chunk_events(made[1])), len(chunks))
    assert sized_chunk_lines(made[0], policy) == (b"", 0)


def test_a_key_is_replaced_before_a_policy_sees_it() -> None:
    """So that it has the same mark with a policy and without one."""
    key = "sk-proj-Canary0123456789abcdefABCDEF"
    writer = ListWriter(takes_lines=False)
    writer.policy = PolicyFilter(Policy())
    events = [_event(f"{key} is mine")]

    write_events(writer, events, (key.encode(),))

    assert [each.content and each.content.text for each in writer.events] == ["[redacted] is mine"]


def test_what_cannot_be_treated_fails_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong on the quick way, the general way decides."""

    def fail(*_: object) -> None:
        raise RuntimeError("ann@example.com")

    session = Session(MemorySink(), privacy="redact")
    monkeypatch.setattr("hilt.privacy.filter.find", fail)
    write_events(session, [_event("ann@example.com")])

    (event,) = session.read()
    assert event.content is None
    assert (event.privacy or {})["processing_failed"] is True
    assert session.privacy_failures == 1


def test_a_detector_is_asked_once_for_a_text() -> None:
    """It may be slow, or answer otherwise the second time: the quick way is not for it."""
    asked: list[str] = []

    def detector(given: str) -> list[tuple[int, int, str]]:
        asked.append(given)
        return []

    session = Session(MemorySink(), privacy=Policy(detector=detector))
    Recorder(session).begin(call(request(message("user", "Hello Ann"))))

    assert asked.count("Hello Ann") == 1


def test_a_dict_that_changes_meanwhile_is_not_what_is_written() -> None:
    """What is written was looked at: a program may go on with what it gave."""
    arguments = {"to": "nobody"}
    treated = PolicyFilter(Policy()).treat_dicts([_event("Hi", tool={"arguments": arguments})])
    arguments["to"] = VALUES["email"]

    assert treated is not None
    assert treated[0][0]["content"]["tool"] == {"arguments": {"to": "nobody"}}


@given(
    st.lists(
        _TEXTS
        | st.text(max_size=8)
        | st.sampled_from([
            *["::", "fe80::1", "bearer ", "Basic ", "abcdefghijklmnopQ", "sk-", "AKIA", "eyJ", "SG."],
            *["dapi", "\u0130", "\u0661", "\uff14", "\u017f", "pwd=", "key", "_", "-", "1", "29", "?"],
        ]),
        max_size=8,
    )
)  # fmt: skip
def test_texts_that_a_quick_look_ends_have_nothing(pieces: list[str]) -> None:
    """Whoever looks longer finds nothing in them either."""
    text = " ".join(pieces) if len(pieces) % 2 else "".join(pieces)
    quick = find(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patterns, "_has_nothing", lambda *_: False)
        assert quick == find(text)


def test_prose_needs_no_more_than_a_quick_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """In whatever language."""
    monkeypatch.setattr(patterns, "_scans", lambda *_: pytest.fail("a long look"))
    for each in (
        "Why is the queue slow - is it the 3 tokens, or re-reading? A Java/JSON problem!",
        "\u00dcber Gr\u00f6\u00dfe, \u201equoted\u201c \u2014 na\u00efve caf\u00e9?",
        "\u670d\u52a1\u5728\u622a\u6b62\u65e5\u671f\u4e4b\u524d\uff0c\u56de\u7b54\u3002",
    ):
        assert find(each) == []


def _event(said: str, **content: Any) -> JsonObject:
    return {
        "hilt_version": "1.0.0",
        "event_id": "evt_1",
        "timestamp": "2026-11-29T10:00:00.000000Z",
        "session_id": "conv_0123456789abcdef",
        "actor": {"type": "human", "id": "user"},
        "action": "prompt",
        "content": {"text": said, **content},
    }
