"""A policy before the sinks: what is written of an event, and what never is."""

from __future__ import annotations

import json
import logging
import re
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hilt
from hilt import Event, Session
from hilt.core.exceptions import ConfigurationError
from hilt.core.integrity import hash_content
from hilt.privacy import Policy
from hilt.privacy.filter import PolicyFilter, opened
from hilt.privacy.keys import KeyFile

VALUES = {
    "email": "ann.canary@example.com",
    "phone": "+49 30 90182 4711",
    "card": "4111 1111 1111 1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "ip": "203.0.113.77",
    "national_id": "078-05-1120",
    "api_key": "sk-proj-Canary0123456789abcdefABCDEF",
    "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLW9mLWNhbmFyeQ",
    "password": "hunter2!canary",
}
TEXT = ", ".join(
    f"my password is {value}" if kind == "password" else value for kind, value in VALUES.items()
)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Every test has a key file of its own."""
    path = tmp_path / "keys" / "privacy.keys"
    monkeypatch.setenv("HILT_PRIVACY_KEY_FILE", str(path))
    return path


def _event(text: str = TEXT, action: str = "prompt", **fields: Any) -> Event:
    defaults: dict[str, Any] = {
        "session_id": "conv_0123456789abcdef",
        "actor": {"type": "human", "id": "ann.canary@example.com", "name": text},
        "content": {
            "text": text,
            "reasoning": text,
            "messages": [
                {"role": "system", "parts": [{"type": "text", "content": text}]},
                {
                    "role": "assistant",
                    "parts": [
                        {"type": "tool_call", "id": "c", "name": "f", "arguments": {"x": text}}
                    ],
                },
            ],
            "choices": [{"role": "assistant", "parts": [{"type": "text", "content": text}]}],
            "tool": {
                "name": "f",
                "call_id": "c",
                "arguments": [text],
                "result": {"a": {"b": text}},
            },
            "documents": [{"id": text, "text": text}],
            "media": [{"type": "blob", "name": text, "sha256": "ab", "size": 2}],
            "feedback": {"comment": text, "correction": text},
        },
        "extensions": {"parameters": {"stop_sequences": [text]}, "mine": text},
    }
    return Event(action=action, **{**defaults, **fields})


def _written(policy: Policy | str, *events: Event, tmp_path: Path) -> list[dict[str, Any]]:
    path = tmp_path / "log.jsonl"
    with Session(path, privacy=policy) as session:
        session.append_all(events)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", ["redact", "pseudonymous", "metadata", "sealed"])
def test_no_value_is_written_anywhere(name: str, tmp_path: Path) -> None:
    """Of each kind and in each place, nothing is on the disk under any policy."""
    _written(name, _event(), tmp_path=tmp_path)
    data = (tmp_path / "log.jsonl").read_bytes()
    assert [value for value in VALUES.values() if value.encode() in data] == []


def test_what_an_earlier_policy_did_is_said_still() -> None:
    """A log that is redacted again says the kinds of both times."""
    before = {"policy": "redact", "pii_detected": ["phone"], "redaction_applied": True}
    treated = PolicyFilter(Policy())(_event("Write to ann.canary@example.com", privacy=before))

    assert (treated.privacy or {})["pii_detected"] == ["email", "phone"]


def test_what_was_done_is_said_by_kind() -> None:
    """The event names the policy and the kinds, never a value."""
    treated = PolicyFilter(Policy())(_event(actor={"type": "human", "id": "user"}))
    assert treated.privacy == {
        "policy": "redact",
        "pii_detected": sorted(VALUES),
        "redaction_applied": True,
    }
    assert treated.content is not None
    assert treated.content.text == (
        "[EMAIL], [PHONE], [CARD], [IBAN], [IP], [NATIONAL_ID], [API_KEY], [TOKEN], "
        "my password is [PASSWORD]"
    )


def test_an_event_without_personal_data_stays_as_it_is() -> None:
    """It is only marked as having been looked at."""
    event = _event("The weather is fine.", actor={"type": "human", "id": "user"})
    treated = PolicyFilter(Policy())(event)
    assert treated.to_dict() == {
        **event.to_dict(),
        "privacy": {"policy": "redact", "redaction_applied": False},
    }


@given(st.data())
def test_no_chunk_gives_a_value_back(data: st.DataObject) -> None:
    """However a text is cut into chunks, what the whole hides is in none, nor in all together."""
    treat = PolicyFilter(Policy())
    cuts = sorted(data.draw(st.sets(st.integers(1, len(TEXT) - 1), max_size=40)))
    bounds = [0, *cuts, len(TEXT)]
    chunks = [
        treat(
            _event(
                action="completion_chunk",
                actor={"type": "agent", "id": "openai"},
                content={"text": TEXT[start:end]},
                extensions={"chunk_index": index, "reply_to": "evt_1"},
            )
        )
        for index, (start, end) in enumerate(pairwise(bounds))
    ]
    assert all(chunk.content is None for chunk in chunks)
    sizes = [(chunk.extensions or {})["chunk_size"] for chunk in chunks]
    assert sizes == [end - start for start, end in pairwise(bounds)]
    assert [(chunk.extensions or {})["chunk_index"] for chunk in chunks] == list(range(len(chunks)))


def test_metadata_keeps_numbers_and_names_nobody(tmp_path: Path) -> None:
    """No text and no id of a person; the same person has the same pseudonym."""
    metrics = {"tokens": {"prompt": 3}, "cost_usd": 0.5}
    first, second, third = _written(
        "metadata",
        _event(metrics=metrics),
        _event(),
        _event(actor={"type": "human", "id": "bob"}, session_id="order-42"),
        tmp_path=tmp_path,
    )
    assert first["metrics"] == metrics
    assert "content" not in first or not first["content"].get("text")
    assert first["actor"] == second["actor"] != third["actor"]
    assert first["session_id"] == second["session_id"] != third["session_id"]
    for event in (first, third):
        assert event["actor"]["id"].startswith("user_")
        assert event["session_id"].startswith("conv_")
        assert event["session_id"] not in ("conv_0123456789abcdef", "order-42")


def test_pseudonyms_are_the_same_in_every_process_that_has_the_keys(tmp_path: Path) -> None:
    """They depend on the key file alone, and cannot be had without it."""
    here = PolicyFilter(Policy.named("pseudonymous"))(_event())
    again = PolicyFilter(Policy.named("pseudonymous"))(_event())
    elsewhere = PolicyFilter(Policy.named("pseudonymous", key_file=tmp_path / "other"))(_event())
    assert here.actor.id == again.actor.id != elsewhere.actor.id
    assert here.content is not None
    assert again.content is not None
    assert here.content.text == again.content.text
    assert "[EMAIL_" in (here.content.text or "")


@pytest.mark.parametrize(
    "ways",
    [
        ("ann@example.com", "Ann@Example.COM", "'ann@example.com'", "/?m=ann%40example.com&x"),
        ("ann@example.com", "ann\uff20example\uff0ecom", "ann [at] example [dot] com"),
        (
            "ann@example.com",
            r"ann\u0040example.com",
            "ann&#64;example.com",
            "an\u00adn@example.com",
        ),
        (
            "r\u00e9n\u00e9@example.com",
            r"r\u00e9n\\u00e9@example.com",
            "re\u0301ne\u0301@example.com",
        ),
        ("ann_x@example.com", r"ann\_x@example.com"),
        ("+493012345678", "+49 30 12345678", "+49 (0)30 12345678", "0049 30 12345678"),
        ("+493012345678", "/?tel=%2B493012345678", r"+49\u00a030\u00a012345678"),
        ("4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111"),
        ("4111111111111111", "4111&nbsp;1111&nbsp;1111&nbsp;1111", "4111%201111%201111%201111"),
        ("DE89370400440532013000", "DE89 3704 0044 0532 0130 00"),
        (
            "DE89370400440532013000",
            "i=DE89+3704+0044+0532+0130+00",
            "DE 89 3704 0044\n0532 0130 00",
        ),
        (
            "4111111111111111",
            "c=4111+1111+1111+1111",
            "4111/1111/1111/1111",
            "4111 1111 1111 11=\n11",
        ),
        ("+493012345678", "tel=+49+30+12345678", "tel=%2B49+30+12345678"),
        ("ann@example.com", "=3D ann=40example.com 12", "ann@exam=\nple.com 1234"),
        ("12345678Z", "12.345.678-Z"),
        ("2001:db8::17", "2001:DB8::17"),
    ],
)
def test_a_value_has_one_number_however_it_is_written(ways: tuple[str, ...]) -> None:
    """In any case, with gaps and without, whatever stands around it."""
    treat = PolicyFilter(Policy.named("pseudonymous"))
    numbers = set()
    for text in ways:
        treated = treat(_event("", content={"text": f"Here: {text} end"}))
        assert treated.content is not None
        numbers |= set(re.findall(r"\[[A-Z_]+_[0-9a-f]{8}\]", treated.content.text or ""))
    assert len(numbers) == 1


def test_an_event_that_was_treated_is_not_treated_again() -> None:
    """Pseudonyms of pseudonyms would lead nowhere."""
    treat = PolicyFilter(Policy.named("pseudonymous"))
    once = treat(_event())
    assert treat(once).to_dict() == once.to_dict()


@pytest.mark.parametrize("name", ["redact", "pseudonymous", "metadata"])
def test_a_second_time_changes_nothing(name: str) -> None:
    """Labels, pseudonyms and marks of the first time stay."""
    treat = PolicyFilter(Policy.named(name))
    once = treat(_event())
    assert treat(once).to_dict() == once.to_dict()


@pytest.mark.parametrize("name", ["redact", "pseudonymous", "metadata", "sealed"])
def test_a_mark_alone_is_not_believed(name: str) -> None:
    """Another policy of the same name may have left what this one hides."""
    if name == "sealed":
        pytest.importorskip("cryptography")
    event = _event(privacy={"policy": name})
    written = PolicyFilter(Policy.named(name))(event).to_json()
    assert [value for value in VALUES.values() if value in written] == []


@pytest.mark.parametrize("name", ["redact", "pseudonymous", "metadata", "sealed"])
def test_names_and_numbers_of_members_are_no_way_out(name: str) -> None:
    """A tool's arguments may be by address, and have a card's number as a number."""
    if name == "sealed":
        pytest.importorskip("cryptography")
    free = {
        VALUES["email"]: 1,
        VALUES["phone"]: "x",
        "AKIAIOSFODNNCANARYXX": 1,
        "card": 4111111111111111,
        "n": 7,
    }
    event = _event(
        "hello",
        content={
            "text": "hello",
            "tool": {"name": "f", "call_id": "c", "arguments": dict(free), "result": [dict(free)]},
        },
        extensions={"mine": dict(free), "model": VALUES["email"]},
    )
    written = PolicyFilter(Policy.named(name))(event).to_json()
    assert [value for value in VALUES.values() if value in written] == []
    assert "4111111111111111" not in written
    assert "CANARYXX" not in written


@pytest.mark.parametrize("kind", [each for each in VALUES if each not in ("password", "email")])
@pytest.mark.parametrize("name", ["redact", "pseudonymous", "metadata", "sealed"])
def test_ids_and_roles_are_no_way_out(name: str, kind: str) -> None:
    """Whatever a program puts where an id, a role, a model or a hash should stand."""
    if name == "sealed":
        pytest.importorskip("cryptography")
    value = VALUES[kind]
    part = {"type": "text", "content": "Hi", "id": value, "call_id": value, "finish_reason": value}
    content = {
        "text": "Hi",
        "messages": [{"role": value, "parts": [part, {"type": value, "mime_type": value}]}],
        "tool": {"name": value, "call_id": value, "type": value},
        "documents": [{"id": "1", "type": value, "score": 0.5}],
        "tools": [{"type": value, "name": value}],
        "text_hash": value,
        "text_encrypted": value,
    }
    links = ("reply_to", "context_of", "model", "error_code", "finish_reason", "phase", "outcome")
    origin = ("request_id", "response_id", "trace_id", "span_id", "request_model", "batch_id")
    event = _event(
        content=content,
        actor={"type": "agent", "id": "acme"},
        provenance=dict.fromkeys(origin, value),
        extensions={**dict.fromkeys(links, value), "finish_reasons": [value]},
    )
    for action in ("prompt", "completion_chunk"):
        event.action = action
        written = PolicyFilter(Policy.named(name))(event).to_json()
        assert value not in written, action
        assert "processing_failed" not in written
    again = PolicyFilter(Policy.named(name))
    assert again(again(event)).to_json() == written


def test_ids_stay_as_they_are() -> None:
    """Those that programs make: no pattern is to break a link."""
    ids = {
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "span_id": "4111111111111111",
        "response_id": "chatcmpl-4111111111111111",
        "request_id": "550e8400-e29b-41d4-a716-446655440000",
        "request_model": "gpt-4o-mini-2024-07-18",
        "response_model": "accounts/acme/models/llama-3.1@2024",
        "server": "192.168.1.5:8000",
        "sdk": "openai 3.57.0",
        "commit": "d41d8cd98f00b204e9800998ecf8427e12345678",
        "usage": {"total": 2125550123 // 100, "prompt_tokens": 7},
    }
    links = {
        "reply_to": "evt_01a226d83a727189b6b2bd2087dec4a1",
        "continues_as": "conv_0123456789abcdef",
    }
    media = [{"type": "blob", "mime_type": "image/png", "size": 2125550123, "sha256": "0" * 64}]
    event = _event(
        "Hi",
        content={"text": "Hi", "text_hash": "sha256:" + "1" * 64, "media": media},
        provenance=ids,
        extensions=links,
    )
    treated = PolicyFilter(Policy())(event)
    assert treated.provenance == ids
    assert treated.extensions == links
    assert treated.content is not None
    assert treated.content.media == media


def test_two_names_that_are_hidden_stay_two() -> None:
    """Their values are not lost; ordinary names and numbers are as they were."""
    arguments = {"ann@example.com": 1, "bob@example.com": 2, "max_tokens": 123456789, "a1": 3}
    event = _event(
        "hello", content={"text": "hello", "tool": {"name": "f", "arguments": arguments}}
    )
    treated = PolicyFilter(Policy())(event)
    assert treated.content is not None
    assert treated.content.tool is not None
    assert treated.content.tool["arguments"] == {
        "[EMAIL]": 1, "[EMAIL] 2": 2, "max_tokens": 123456789, "a1": 3
    }  # fmt: skip


def test_the_users_own_patterns_and_detector() -> None:
    """They find what HILT's patterns do not; what overlaps is hidden once."""

    def detector(text: str) -> list[tuple[int, int, str]]:
        start = text.find("Ann")
        return [(start, start + 9, "name")] if start >= 0 else []

    policy = Policy(patterns={"ticket": r"TCK-\d{4}"}, detector=detector)
    treated = PolicyFilter(policy)(
        _event("Ann Smith wrote ann@example.com about TCK-1234", actor={"type": "human", "id": "u"})
    )
    assert treated.content is not None
    assert treated.content.text == "[NAME] wrote [EMAIL] about [TICKET]"
    assert (treated.privacy or {})["pii_detected"] == ["email", "name", "ticket"]


@pytest.mark.parametrize(
    ("found", "written"),
    [
        ([(0, 9, "name"), (2, 4, "id")], "[NAME]9"),
        ([(2, 4, "id"), (0, 9, "name")], "[NAME]9"),
        ([(1, 3, "id"), (1, 5, "name")], "0[NAME]56789"),
        ([(1, 5, "name"), (4, 7, "id")], "0[NAME]789"),
        ([(1, 5, "name"), (5, 7, "id")], "0[NAME][ID]789"),
        ([(1, 5, "name"), (6, 7, "id")], "0[NAME]5[ID]789"),
        ([(0, 6, "name"), (1, 2, "id"), (5, 8, "id"), (7, 9, "city")], "[NAME]9"),
        ([(0, 10, "name"), (9, 10, "id")], "[NAME]"),
        ([(9, 10, "id")], "012345678[ID]"),
    ],
)
def test_findings_that_overlap_are_hidden_whole(
    found: list[tuple[int, int, str]], written: str
) -> None:
    """What one of them covers is not in the text again because another ends before."""
    policy = Policy(detector=lambda text: found if text == "0123456789" else [])
    own = Policy(patterns={"long": r"0\d{8}", "short": r"3\d"})

    treated, by_patterns = [
        PolicyFilter(each)(_event("", content={"text": "0123456789"})) for each in (policy, own)
    ]

    assert treated.content is not None
    assert treated.content.text == written
    assert by_patterns.content is not None
    assert by_patterns.content.text == "[LONG]9"


class _Place:
    """A whole number that is no int, as NumPy's are."""

    def __init__(self, value: int) -> None:
        self._value = value

    def __index__(self) -> int:
        return self._value


def test_places_of_a_detector_are_whole_numbers_of_any_type() -> None:
    """Models give those of NumPy."""
    policy = Policy(detector=lambda text: [(_Place(0), _Place(3), "name")] if "Ann" in text else [])
    treated = PolicyFilter(policy)(_event("", content={"text": "Ann met Ben"}))
    assert treated.content is not None
    assert treated.content.text == "[NAME] met Ben"


def test_a_detector_never_sees_ids() -> None:
    """It gets texts only."""
    seen: list[str] = []

    def detector(text: str) -> list[tuple[int, int, str]]:
        seen.append(text)
        return []

    PolicyFilter(Policy(detector=detector))(_event("Hello"))
    assert set(seen) == {"Hello", "f"}  # f is the name of a tool


@pytest.mark.parametrize("result", [[(0, 99, "name")], [(2, 1, "name")], [("a", 1, "x")], None, 5])
def test_a_detector_that_fails_costs_the_texts(result: Any, caplog: Any) -> None:
    """The event is written without its texts, it is counted, and no text is in the warning."""
    treat = PolicyFilter(Policy(detector=lambda text: result))
    with caplog.at_level(logging.WARNING, "hilt"):
        treated = treat(_event("Hello Ann"))
    assert "Ann" not in treated.to_json()
    assert (treated.privacy or {})["processing_failed"] is True
    assert treat.failures == 1
    assert "without its texts" in caplog.text
    assert "Hello" not in caplog.text


def test_a_detector_that_hangs_costs_the_texts_and_no_more(caplog: Any) -> None:
    """The time is limited, later texts get a new thread, and stuck ones are bounded."""
    release = threading.Event()

    def detector(text: str) -> list[tuple[int, int, str]]:
        if text == "hang":
            release.wait()
        return [(0, 1, "name")]

    treat = PolicyFilter(Policy(detector=detector, detector_seconds=0.05))
    try:
        only = {
            "content": {"text": "hang"},
            "extensions": None,
            "actor": {"type": "human", "id": "u"},
        }
        assert (treat(_event(**only)).privacy or {})["processing_failed"] is True
        good = treat(_event(**{**only, "content": {"text": "go"}}))
        assert good.content is not None
        assert good.content.text == "[NAME]o"
        for _ in range(5):
            treat(_event(**only))
        stuck = [each for each in threading.enumerate() if each.name == "hilt-detector"]
        assert len(stuck) <= 5
    finally:
        release.set()
    for thread in stuck:
        thread.join(5)


def test_sealed_events_open_with_their_key_only(tmp_path: Path, keys: Path) -> None:
    """A sealed event has no text; with the key it is what it was."""
    event = _event()
    sealed = PolicyFilter(Policy.named("sealed"))(event)
    assert sealed.content is not None
    assert list(sealed.content.to_dict()) == ["text_encrypted"]
    back = opened(sealed, KeyFile(keys))
    assert back is not None
    assert back.to_dict() == {**event.to_dict(), "privacy": {"redaction_applied": False}}
    assert opened(sealed, KeyFile(tmp_path / "other.keys")) is None


def test_fields_that_hilt_does_not_know_are_sealed_too(keys: Path) -> None:
    """Nobody can say what is in them; with the key they are where they were."""
    extra = {"x_note": "for ann", "x_deep": {"a": ["of ann", 1]}}
    event = _event("Hi", extra=dict(extra))
    sealed = PolicyFilter(Policy.named("sealed"))(event)
    assert b"ann" not in sealed.encode()
    back = opened(sealed, KeyFile(keys))
    assert back is not None
    assert back.extra == extra


@pytest.mark.parametrize("name", ["redact", "metadata", "sealed"])
def test_a_text_among_the_metrics_is_no_way_out(name: str) -> None:
    """The numbers stay; sealed, it comes back with the key."""
    metrics = {"tokens": {"prompt": 3}, "cost_usd": 0.5, "own": TEXT}
    event = _event("Hello", metrics=metrics)
    treat = PolicyFilter(Policy.named(name))

    treated = treat(event)
    assert not any(each in treated.to_json() for each in VALUES.values())
    assert (treated.metrics.tokens, treated.metrics.cost_usd) == ({"prompt": 3}, 0.5)
    if name == "sealed":
        assert opened(treated, KeyFile()).metrics == event.metrics


def test_an_event_that_cannot_be_treated_keeps_its_numbers_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not even its structure can be told from its texts."""
    monkeypatch.setattr("hilt.privacy.filter.structure_of", lambda *_: 1 / 0)
    treat = PolicyFilter(Policy(detector=lambda _: 1 / 0))

    treated = treat(_event("Hello", metrics={"cost_usd": 0.5, "latency_ms": 2.0, "own": TEXT}))
    assert treated.metrics.to_dict() == {"cost_usd": 0.5, "latency_ms": 2.0}
    assert treated.content is None


def test_what_a_person_said_and_was_answered_has_one_key(keys: Path) -> None:
    """To drop the key of a subject erases both."""
    treat = PolicyFilter(Policy.named("sealed"))
    prompt = treat(_event())
    answer = treat(_event(action="completion", actor={"type": "agent", "id": "openai"}))
    other = treat(_event(actor={"type": "human", "id": "bob"}, session_id="conv_1"))
    file = KeyFile(keys)
    assert file.drop({prompt.actor.id}) == 1
    assert (opened(prompt, file), opened(answer, file)) == (None, None)
    assert opened(other, file) is not None


def test_a_sealed_text_belongs_to_its_event(keys: Path) -> None:
    """Moved to another event or changed, it does not open."""
    sealed = PolicyFilter(Policy.named("sealed"))(_event())
    sealed.event_id = "evt_another"
    with pytest.raises(ValueError, match="sealed text"):
        opened(sealed, KeyFile(keys))


def test_unusable_keys_are_an_error_at_once(tmp_path: Path) -> None:
    """A policy that cannot keep its promise does not start."""
    folder = tmp_path / "file"
    folder.write_text("")
    with pytest.raises(ConfigurationError, match="key_file="):
        Session(tmp_path / "log.jsonl", privacy=Policy.named("sealed", key_file=folder / "keys"))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "redacted",
            "privacy: no policy 'redacted'; expected redact, pseudonymous, metadata, sealed",
        ),
        (5, "privacy: 5 is no policy"),
        ("no/such.toml", "no/such.toml: cannot be read"),
    ],
)
def test_a_wrong_policy_is_an_error(value: Any, message: str, tmp_path: Path) -> None:
    """The message says what would be right."""
    with pytest.raises(ConfigurationError, match=message):
        Session(tmp_path / "log.jsonl", privacy=value)


async def _asynchronous(_: str) -> list[tuple[int, int, str]]:
    return []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"redact": ("emails",)}, "redact: no kind 'emails'; there are api_key, card, email"),
        ({"redact": "email"}, "redact: 'email' is not a list of kinds"),
        ({"patterns": {"x": "("}}, "patterns: x = '\\('"),
        ({"patterns": {"x": "a*"}}, "fits an empty text"),
        ({"patterns": {"a b": "x"}}, "not the name of a kind"),
        ({"detector": 5}, "detector: 5"),
        ({"detector_seconds": 0}, "detector_seconds: 0"),
        ({"detector": _asynchronous}, "detector: .* is asynchronous"),
        ({"detector_seconds": float("nan")}, "detector_seconds: nan"),
        ({"detector_seconds": float("inf")}, "detector_seconds: inf"),
        ({"content": "hide"}, "content: 'hide'; expected one of keep, drop, seal"),
        ({"pseudonymise": "no"}, "pseudonymise: 'no'; expected true or false"),
        ({"key_file": 5}, "key_file: 5 is no path"),
        ({"key_file": ""}, "key_file: '' is no path"),
        ({"name": ""}, "name: '' is no name"),
    ],
)
def test_wrong_settings_are_errors(arguments: dict[str, Any], message: str) -> None:
    """Each names the setting, the value and what would be right."""
    with pytest.raises(ConfigurationError, match=message):
        Policy(**arguments)


def test_a_policy_from_a_file(tmp_path: Path) -> None:
    """TOML with the names of the arguments; a wrong one names the file."""
    path = tmp_path / "policy.toml"
    path.write_text(
        'policy = "pseudonymous"\nredact = ["email"]\n[patterns]\nticket = \'TCK-\\d+\'\n',
        encoding="utf-8",
    )
    policy = Policy.load(path)
    assert (policy.name, policy.redact, policy.pseudonymise) == (
        "pseudonymous",
        frozenset(("email",)),
        True,
    )
    path.write_text('name = "support"\n', encoding="utf-8")
    assert Policy.load(path) == Policy(name="support")
    path.write_text("redacted = true\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"policy\.toml: privacy: no setting 'redacted'"):
        Policy.load(path)


def test_the_environment_sets_a_policy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """``HILT_PRIVACY`` holds for every session that writes; an argument wins."""
    monkeypatch.setenv("HILT_PRIVACY", "redact")
    with Session(tmp_path / "log.jsonl") as session:
        assert session.privacy == Policy()
        session.append(_event())
    assert "canary" not in (tmp_path / "log.jsonl").read_text(encoding="utf-8").lower()
    assert Session(tmp_path / "log.jsonl", privacy="off").privacy is None
    assert Session(tmp_path / "log.jsonl", mode="r").privacy is None


def test_the_policy_comes_after_the_processors(tmp_path: Path) -> None:
    """What a processor adds is treated as well."""

    def sign(event: Event) -> Event:
        return event.map_texts(lambda text, path: f"{text} ann@example.com")

    with Session(tmp_path / "log.jsonl", privacy="redact", processors=[sign]) as session:
        written = session.append(_event("Hi", actor={"type": "human", "id": "u"}))
    assert written is not None
    assert written.content is not None
    assert written.content.text == "Hi [EMAIL]"


def test_without_a_policy_nothing_is_paid(tmp_path: Path) -> None:
    """Encoded lines go straight to the sinks."""
    assert Session(tmp_path / "log.jsonl").takes_lines
    assert not Session(tmp_path / "log.jsonl", privacy="redact").takes_lines


def test_instrument_takes_a_policy(tmp_path: Path) -> None:
    """It is given to the session, and refused beside a session of one's own."""
    session = hilt.instrument(filepath=tmp_path / "a.jsonl", providers=[], privacy="metadata")
    try:
        assert session.privacy == Policy.named("metadata")
        hilt.feedback("evt_1", comment="call me: 030 90182471", user="ann", rating=5)
    finally:
        hilt.uninstrument()
    text = (tmp_path / "a.jsonl").read_text(encoding="utf-8")
    assert "90182471" not in text
    assert "ann" not in text
    with pytest.raises(ConfigurationError, match=r"privacy: give it to the session"):
        hilt.instrument(session=session, privacy="redact", providers=[])


@pytest.mark.parametrize(("text", "keeps_hash"), [("Mail ann@example.com", False), ("Hi", True)])
def test_hash_of_what_was_redacted_goes(text: str, keeps_hash: bool) -> None:
    """Whoever guesses an address could have the guess confirmed by it."""
    event = Event(
        session_id="s", action="prompt", actor={"type": "human", "id": "user"},
        content={"text": text, "text_hash": hash_content(text)},
    )  # fmt: skip

    content = PolicyFilter(Policy())(event).content

    assert content is not None
    assert (content.text_hash == event.content.text_hash) is keeps_hash
    assert content.text_hash is None or keeps_hash


def test_names_of_agents_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program may make up a name for each run; those that are new are looked at each time."""
    monkeypatch.setattr("hilt.privacy.filter._REMEMBERED", 10)
    treat = PolicyFilter(Policy())
    names = [f"agent {number}" for number in range(50)] + ["ann@example.com"]

    written = [treat(_event("Hi", actor={"type": "agent", "id": name})).actor.id for name in names]

    assert written == [*names[:-1], "[EMAIL]"]
    assert len(treat._clean_names) == 10


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("password", "hunter2x", "[PASSWORD]"),
        ("DB_PASSWORD", "hunter2x", "[PASSWORD]"),
        ("apiKey", "9f8e7d6c5b", "[PASSWORD]"),
        ("Authorization", "Token abc123def456ghi789jkl", "Token [TOKEN]"),
        ("cookie", "sid=abc123def456", "sid=[TOKEN]"),
        ("cookie", f"sid={'abc123def456; b=' * 600}", "sid=[TOKEN]"),
        ("phone", "4155552671", "[PHONE]"),
        ("ssn", "536904399", "[NATIONAL_ID]"),
        ("password", "[PASSWORD]", "[PASSWORD]"),
        ("password", "[PASSWORD_3f9a2c41]", "[PASSWORD_3f9a2c41]"),
        ("Authorization", "Zk9 [TOKEN_3f9a2c41]", "Zk9 [TOKEN_3f9a2c41]"),
        ("password", "is required", "is required"),
        ("passenger", "hunter2x", "hunter2x"),
        ("max_tokens", "4096", "4096"),
        ("note", "hunter2x", "hunter2x"),
    ],
)
def test_the_name_of_a_member_says_what_its_text_is(name: str, value: str, shown: str) -> None:
    """In the arguments of a tool, where the two are no longer one text."""
    treat = PolicyFilter(Policy.named("redact"))
    arguments = {"a": 1, "nested": {name: value}}
    treated = treat(_event("Hi", content={"tool": {"name": "login", "arguments": arguments}}))
    assert treated.content is not None
    assert treated.content.tool is not None
    assert treated.content.tool["arguments"] == {"a": 1, "nested": {name: shown}}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"password": ["hunter2x"]}, {"password": ["[PASSWORD]"]}),
        ({"phones": ["4155552671", "12"]}, {"phones": ["[PHONE]", "12"]}),
        ({"mobile_phone": 4155552671}, {"mobile_phone": "[PHONE]"}),
        ({"ssn": 536904399}, {"ssn": "[NATIONAL_ID]"}),
        ({"socialSecurityNumber": "536904399"}, {"socialSecurityNumber": "[NATIONAL_ID]"}),
        ({"password": {"value": "hunter2x"}}, {"password": {"value": "[PASSWORD]"}}),
        ({"password": {"S": "hunter2x"}}, {"password": {"S": "[PASSWORD]"}}),
        (
            [{"name": "DB_PASSWORD", "value": "hunter2x"}],
            [{"name": "DB_PASSWORD", "value": "[PASSWORD]"}],
        ),
        (
            [{"value": "sid=abc123def456", "key": "Cookie"}],
            [{"value": "sid=[TOKEN]", "key": "Cookie"}],
        ),
        ({"name": "phone", "value": 4155552671}, {"name": "phone", "value": "[PHONE]"}),
        (["curl", "-u", "ann:hunter2x"], ["curl", "-u", "ann:[PASSWORD]"]),
        ({"args": ["-y", "--api-key", "9f8e7d6c5b"]}, {"args": ["-y", "--api-key", "[PASSWORD]"]}),
        (["mysql", "-phunter2x", 1], ["mysql", "-p[PASSWORD]", 1]),
        (
            ["curl", "-d", "a" * 30_000, "-u", "ann:hunter2x"],
            ["curl", "-d", "a" * 30_000, "-u", "ann:[PASSWORD]"],
        ),
        *(
            (same, same)
            for same in (
                {"password": ["is required", "must have 8 characters"]},
                {"phone_number_id": 4155552671},
                {"token": [15496, 995, 4155552671]},
                {"name": "theme", "value": "hunter2x"},
                {"value": "hunter2x"},
                ["docker", "run", "-p", "8080:80", "-u", "1000:1000"],
                ["mkdir", "-p", "a1/b2build"],
                ["--token", "--verbose1"],
                {"password": "[PASSWORD]", "keys": ["-p", "[PASSWORD]"]},
            )
        ),
    ],
)
@pytest.mark.parametrize("is_quick", [True, False])
def test_names_explain_lists_numbers_and_pairs(given: Any, shown: Any, is_quick: bool) -> None:
    """As they do where the same JSON is one text; in both ways of treating an event."""
    treat = PolicyFilter(Policy.named("redact"))
    event = _event("Hi", content={"tool": {"name": "t", "arguments": given}})
    for _ in range(2):  # names are remembered
        if is_quick:
            treated = treat.treat_dicts([event.to_dict()])
            assert treated is not None
            tool = treated[0][0]["content"]["tool"]
        else:
            content = treat(event).content
            assert content is not None
            assert content.tool is not None
            tool = content.tool
        assert tool["arguments"] == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("phone +1 415 555 2671, order 12345678", "phone [PHONE], order 12345678"),
        ('{"phone": 4155552671, "id": 12345678}', '{"phone": [PHONE], "id": 12345678}'),
        ('["+14155552671", 41555526]', '["[PHONE]", 41555526]'),
        ('{"a": {"api_key": 1.5}, "b": [{"api_key": 2.5}]}', None),
    ],
)
def test_a_label_announces_nothing(text: str, shown: str | None) -> None:
    """So a second redaction changes nothing, and numbers in JSON lose no bracket."""
    treat = PolicyFilter(Policy.named("redact"))
    once = treat(_event(text))
    assert once.content is not None
    assert once.content.text == (shown or text)
    assert treat(once).content == once.content


def test_what_a_value_beside_a_name_is_depends_on_that_name() -> None:
    """Each time: that others of the same name say nothing is not remembered."""
    treat = PolicyFilter(Policy.named("redact"))
    shown = []
    for arguments in (
        {"value": ["hunter2x"]},
        {"name": "theme", "value": "hunter2x"},
        {"name": "password", "value": "hunter2x"},
    ):
        event = _event("Hi", content={"tool": {"name": "t", "arguments": arguments}})
        treated = treat.treat_dicts([event.to_dict()])
        assert treated is not None
        shown.append(treated[0][0]["content"]["tool"]["arguments"]["value"])

    assert shown == [["hunter2x"], "hunter2x", "[PASSWORD]"]


def test_members_beyond_a_limit_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a hostile list below a name takes no time, and hides nothing either."""
    monkeypatch.setattr("hilt.privacy.filter._MOST_MEMBERS", 3)
    arguments = {"password": ["hunter2x", "none", "hunter2y", "hunter2z"], "note": "hunter2x"}
    event = _event("Hi", content={"tool": {"name": "t", "arguments": arguments}})
    treated = PolicyFilter(Policy.named("redact"))(event)

    assert treated.content is not None
    assert treated.content.tool is not None
    shown = ["[PASSWORD]", "none", "[PASSWORD]", "[BLOCK]"]
    assert treated.content.tool["arguments"] == {"password": shown, "note": "hunter2x"}
    assert treated.privacy is not None
    assert treated.privacy["pii_detected"] == ["block", "password"]
