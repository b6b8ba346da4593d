"""What a log says of the calls that are not in it."""

from __future__ import annotations

import json

from hilt.cli import unseen_calls
from hilt.cli.unseen_calls import unseen_calls_in

CALL = {"host": "api.openai.com", "path": "/v1/responses", "requests": 1}


def line(unseen):
    """An event about an unseen call, as it is in a log."""
    event = {"action": "system", "extensions": {"unseen_call": unseen}}
    return json.dumps(event, separators=(",", ":")) + "\n"


def test_events_are_added_up(tmp_path):
    """Lines that only look like such an event are passed over; the most frequent are first."""
    log = tmp_path / "app.jsonl"
    lines = [line({**CALL, "package": "acme"}), line(CALL), line({**CALL, "requests": 41})]
    others = [line(5), line({}), '{"content":{"text":"\\"unseen_call\\":"}}\n']
    log.write_text("".join([*lines, *others, '{"extensions":{"unseen_call":']), encoding="utf-8")

    assert unseen_calls_in(log) == [
        {"host": "api.openai.com", "path": "/v1/responses", "package": None, "requests": 42},
        {"host": "api.openai.com", "path": "/v1/responses", "package": "acme", "requests": 1},
    ]


def test_only_the_end_of_a_long_log_is_read(tmp_path, monkeypatch):
    """However long a log is, the answer comes soon."""
    log = tmp_path / "app.jsonl"
    log.write_text(line(CALL) * 10, encoding="utf-8")
    monkeypatch.setattr(unseen_calls, "_LIMIT", len(line(CALL)) * 3)

    assert [each["requests"] for each in unseen_calls_in(log)] == [3]
