"""A finished log is redacted as its events would have been when they were written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError
from hilt.privacy import Policy
from hilt.privacy.filter import PolicyFilter
from hilt.privacy.tools.redaction import plain_texts, redact_log
from hilt.privacy.tools.survey import survey_log

HEAD: dict[str, Any] = {
    "event_id": "evt_1",
    "timestamp": "2026-11-29T10:00:00Z",
    "session_id": "s1",
    "actor": {"type": "human", "id": "bob"},
    "action": "prompt",
}
VALUES = {
    "address": "ann@example.com",
    "address as in Python": r"ann\x40example.com",
    "address in JSON in JSON": r"ann\\u0040example.com",
    "address after a newline": "line\nann@example.com\tx",
    "address in quotes": 'a"ann@example.com"b',
    "address after a backslash": "C:\\temp\\ann@example.com",
    "phone with a slash": "Tel: 030/1234567",
    "phone on the next line": "Tel.\n030 1234567",
    "phone behind an escape": r"call\n+4930123456",
    "phone behind another": r"\n030 1234567",
    "card with gaps": r"4111\xa01111\xa01111\xa01111",
    "token after a tab": "Authorization: Bearer\tabcdefghijklmnopqrstuvwxyz123456",
    "password in quotes": 'password="hunter2hunter2"',
    "password in a URL": "postgres://u:p4ssw0rd1@db/x",
    "IP address": "192.0.2.20",
    "account": "DE89 3704 0044 0532 0130 00",
    "nothing": 'Hello\nyou \\ there / "x" \t 12',
}


def _places(value: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "text", {"content": {"text": value}}
    tool = {"name": "t", "arguments": {"k": value, "l": [value], value: 1}}
    yield "arguments", {"content": {"tool": tool}}
    yield "JSON", {"content": {"tool": {"name": "t", "arguments": json.dumps({"k": value})}}}
    yield "extension", {"extensions": {"own": value, "more": {"a": [value]}}}
    yield "error", {"extensions": {"error": value, "error_message": value, "error_code": value}}
    yield "ids", {"extensions": {"model": value, "finish_reason": value, "reply_to": value}}
    yield "provenance", {"provenance": {"own": value, "request_id": value, "server": value}}
    yield "name of an extension", {"extensions": {value: 1, "own": {value: 1}}}
    yield "name in provenance", {"provenance": {value: "x"}}
    yield "free", {"extensions": {"metadata": {"model": value}}}
    yield "usage", {"provenance": {"usage": {value: 1, "tokens": {"x": value}}}}
    yield "conversation", {"session_id": value}
    yield "actor", {"actor": {"type": "human", "id": value, "metadata": {"x": value}}}
    yield "another member", {"custom": value}
    yield "privacy", {"privacy": {"consent": value}}
    yield "integrity", {"integrity": {"own": value}}
    yield "deep", {"extensions": {"own": json.loads("[" * 90 + json.dumps(value) + "]" * 90)}}
    yield "metrics", {"metrics": {"own": value, "tokens": {"prompt": 1}, "cost_usd": 2e-05}}


def _lines(event: dict[str, Any]) -> Iterator[bytes]:
    """As HILT and others write it."""
    yield json.dumps(event).encode()
    yield json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
    yield json.dumps(event).replace("/", "\\/").encode()
    yield json.dumps(event).replace("@", "\\u0040").encode()


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.slow_after(3)
def test_it_is_as_it_would_have_been_written(name: str, tmp_path: Path) -> None:
    """In every place, and however JSON escapes it; a survey finds it, too."""
    value, log = VALUES[name], tmp_path / "log.jsonl"
    for place, members in _places(value):
        for line in _lines(HEAD | members):
            written = PolicyFilter(Policy())(Event.from_json(line))
            log.write_bytes(line + b"\n")
            redact_log(log, Policy())

            redacted = Event.from_json(log.read_bytes().splitlines()[0])
            written.privacy = redacted.privacy = None
            assert redacted == written, place
            log.unlink()


@pytest.mark.parametrize("name", [each for each in VALUES if each != "nothing"])
def test_a_survey_finds_it_in_every_text(name: str, tmp_path: Path) -> None:
    """As the policy does."""
    log = tmp_path / "log.jsonl"
    for place, members in _places(VALUES[name]):
        if place in ("text", "arguments", "JSON", "extension", "another member", "metrics"):
            for line in _lines(HEAD | members):
                log.write_bytes(line + b"\n")
                assert survey_log(log).with_findings == 1, place


def test_an_event_of_a_call_needs_no_closer_look() -> None:
    """What it has beside its texts are ids, names and numbers, which are not looked through."""
    event = {
        "hilt_version": "1.0.0",
        "event_id": "evt_01a17fcf704d70029ed36ab55e4acb09",
        "timestamp": "2026-10-28T00:01:03.565010Z",
        "session_id": "conv_0123456789abcdef",
        "actor": {"type": "agent", "id": "openai"},
        "action": "completion",
        "content": {"text": 'She said "12"\n'},
        "metrics": {"tokens": {"prompt": 119, "total": 562}, "cost_usd": 0.00028365000000000004},
        "provenance": {
            "provider": "openai",
            "trace_id": "85a629493a4ad6f154a76e68c8eef790",
            "span_id": "05d9f0a9159ca8fe",
            "response_id": "chatcmpl-99b9cb8fafb927bd66c0a92fe9ed",
            "usage": {"prompt_tokens": 119, "prompt_tokens_details": {"cached_tokens": 0}},
        },
        "extensions": {"model": "gpt-4o-mini", "latency_ms": 1220.724, "attempts": 1, "x": True},
    }
    line = json.dumps(event, separators=(",", ":")).encode()
    actor = '{"type":"agent","id":"openai"}'

    assert plain_texts(line) == ("completion", '{"text":"She said "12"\n"}\n' + actor)


def test_a_text_that_another_event_has_as_a_model_is_looked_through(tmp_path: Path) -> None:
    """A pattern of the user's own is for texts, and not for models; a long model is a text."""
    log, policy = tmp_path / "log.jsonl", Policy(patterns={"order": "A-[0-9]{3}"})
    long = "x" * 300
    members = (
        *({"model": "A-123"}, {"own": "A-123"}, {"metadata": {"model": "A-123"}}),
        *({"model": f"A-123{long}"}, {"own": 4111111111111111}),
    )
    for number, extensions in enumerate(members):
        event = {**HEAD, "event_id": f"evt_{number}", "extensions": extensions}
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")

    redact_log(log, policy)

    *lines, _ = log.read_bytes().splitlines()
    assert [Event.from_json(line).extensions for line in lines] == [
        {"model": "A-123"},
        {"own": "[ORDER]"},
        {"metadata": {"model": "[ORDER]"}},
        {"model": f"[ORDER]{long}"},
        {"own": "[CARD]"},
    ]


@pytest.mark.parametrize(("depth", "is_seen"), [(100, True), (5_000, False)])
def test_what_is_nested_too_deeply_is_left_to_a_closer_look(depth: int, is_seen: bool) -> None:
    """The quick look does not fail."""
    head = json.dumps(HEAD)[:-1].encode()
    line = head + b',"extensions":{"own":' + b'{"a":' * depth + b'"ann"' + b"}" * depth + b"}}"
    found = plain_texts(line)

    assert (found is not None and "ann" in found[1]) is is_seen


def test_a_log_is_left_as_it_is_where_keys_cannot_be_made(tmp_path: Path) -> None:
    """An address in the place of an id needs one; without it the texts would be lost for good."""
    log = tmp_path / "log.jsonl"
    event = {**HEAD, "actor": {"type": "human", "id": "ann@example.com"}, "content": {"text": "Hi"}}
    log.write_text(json.dumps(event) + "\n")
    before = log.read_bytes()
    (tmp_path / "file").touch()

    for dry_run in (True, False):
        with pytest.raises(ConfigurationError, match="the keys cannot be read or written there"):
            redact_log(log, Policy(key_file=tmp_path / "file" / "keys"), dry_run=dry_run)

    assert log.read_bytes() == before
    assert redact_log(log, Policy(key_file=tmp_path / "keys")).changed == 1
    assert '"text":"Hi"' in log.read_text()


@pytest.mark.parametrize(
    "where",
    [
        {"content": {"tool": {"name": "t", "arguments": {"password": "hunter2x"}}}},
        {"extensions": {"own": {"password": "hunter2x"}}},
        {"content": {"tool": {"name": "t", "arguments": {"password": ["hunter2x"]}}}},
        {"content": {"tool": {"name": "t", "arguments": ["mysql", "-phunter2x"]}}},
        {"extensions": {"own": [{"name": "password", "value": "hunter2x"}]}},
        {"extensions": {"own": {"password": {"value": "hunter2x"}}}},
        {"extensions": {"own": {"args": ["--password", "hunter2x"]}}},
        {"extensions": {"own": {"name": "password", "value": "hunter2x"}}},
        {"extensions": {"password": ["hunter2x"]}},
        {"extensions": {"password": {"value": "hunter2x"}}},
        {"provenance": {"password": "hunter2x"}},
    ],
)
def test_what_the_name_of_a_member_says_is_found(where: dict[str, Any], tmp_path: Path) -> None:
    """By a check as by a redaction; again, nothing changes."""
    log = tmp_path / "log.jsonl"
    log.write_bytes(Event.from_dict({**HEAD, "content": {"text": "Hi"}, **where}).encode() + b"\n")
    survey = survey_log(log)

    assert survey.kinds == {"password": 1}
    assert len(survey.found) == 1
    assert redact_log(log, Policy()).changed == 1
    assert b"hunter2x" not in log.read_bytes()
    assert survey_log(log).kinds == {}


def test_a_number_whose_name_says_what_it_is_is_found(tmp_path: Path) -> None:
    """As a text is, in a log that is finished."""
    log = tmp_path / "log.jsonl"
    where = {"extensions": {"own": {"ssn": 536904399, "count": 536904398}}}
    log.write_bytes(Event.from_dict({**HEAD, "content": {"text": "Hi"}, **where}).encode() + b"\n")

    assert survey_log(log).kinds == {"national_id": 1}
    assert redact_log(log, Policy()).changed == 1
    assert json.loads(log.read_bytes().splitlines()[0])["extensions"]["own"] == {
        "ssn": "[NATIONAL_ID]",
        "count": 536904398,
    }
