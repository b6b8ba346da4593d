"""The database of llm."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hilt.core.exceptions import ConfigurationError
from hilt.imports.formats import format_of
from hilt.imports.llm_logs import _attachment, is_database, recognizes
from tests.imports.histories import events_of, import_file, told

OLD = (
    "id, model, prompt, system, options_json, response, conversation_id, duration_ms, datetime_utc"
)
NEW = f"{OLD}, input_tokens, output_tokens, token_details, resolved_model"
TABLES = (
    f"responses ({NEW})",
    "tool_calls (id, response_id, name, arguments, tool_call_id)",
    "tool_results (id, response_id, name, output, tool_call_id)",
    "fragments (id, content)",
    'prompt_fragments (response_id, fragment_id, "order")',
    'system_fragments (response_id, fragment_id, "order")',
    "attachments (id, type, path, url, content)",
    'prompt_attachments (response_id, attachment_id, "order")',
)


def write(path: Path, tables: tuple[str, ...] = TABLES, **rows: list[dict[str, Any]]) -> Path:
    """A database with some rows."""
    with closing(sqlite3.connect(path)) as database, database:
        for table in tables:
            database.execute(f"CREATE TABLE {table}")
        for table, listed in rows.items():
            for row in listed:
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" * len(row))
                database.execute(
                    f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values())
                )
    return path


def response(identity: str, second: int, **fields: Any) -> dict[str, Any]:
    """A row of responses."""
    return {
        "id": identity,
        "model": "gpt-4o-mini",
        "conversation_id": "talk-1",
        "datetime_utc": f"2026-10-01T08:00:{second:02}.250000+00:00",
        "duration_ms": 500,
        **fields,
    }


def test_responses_become_the_events_of_their_calls(tmp_path: Path) -> None:
    """With the tools that they ask for, and what those gave."""
    path = write(
        tmp_path / "logs.db",
        responses=[
            response("r1", 1, prompt="Time?", system="Be brief", response=""),
            response("r2", 2, prompt="", system="Be brief", response="It is 8."),
            response("r3", 3, prompt="Thanks", system="Be brief", response="Bye"),
        ],
        tool_calls=[
            {"id": 1, "response_id": "r1", "name": "clock", "arguments": "{}", "tool_call_id": "c1"}
        ],
        tool_results=[
            {"id": 1, "response_id": "r2", "name": "clock", "output": "8:00", "tool_call_id": "c1"}
        ],
    )

    events = events_of(path)

    assert [told(each, events) for each in events] == [
        ("prompt", "Time?", {}),
        ("completion", "", {"reply_to": 0}),
        ("tool_call", "clock", {"reply_to": 1}),
        ("tool_result", "8:00", {"reply_to": 2, "context_of": 1}),
        ("completion", "It is 8.", {"reply_to": 3}),
        ("prompt", "Thanks", {"context_of": 4}),
        ("completion", "Bye", {"reply_to": 5}),
    ]
    assert events[0].content is not None
    assert events[5].content is not None
    assert [each["role"] for each in events[0].content.messages] == ["system", "user"]
    assert [each["role"] for each in events[5].content.messages] == ["user"]


def test_answer_has_usage_cost_and_times(tmp_path: Path) -> None:
    """By the details that the provider sent."""
    row = response(
        "r1",
        1,
        prompt="Hi",
        response="Hello",
        options_json='{"temperature": 0.5}',
        input_tokens=1000,
        output_tokens=100,
        token_details=json.dumps({"prompt_tokens_details": {"cached_tokens": 400}}),
        resolved_model="gpt-4o-mini-2024-07-18",
    )

    prompt, answer = events_of(write(tmp_path / "logs.db", responses=[row]))

    assert (prompt.timestamp, answer.timestamp) == (
        "2026-10-01T08:00:01.250000Z",
        "2026-10-01T08:00:01.750000Z",
    )
    assert (prompt.extensions or {})["parameters"] == {"temperature": 0.5}
    assert answer.metrics is not None
    assert answer.metrics.tokens == {
        "prompt": 1000,
        "completion": 100,
        "total": 1100,
        "cached": 400,
    }
    # 15 cents a million of input, half for what is cached, 60 cents of output
    assert answer.metrics.cost_usd == pytest.approx((600 * 0.15 + 400 * 0.075 + 100 * 0.6) / 1e6)
    assert (answer.extensions or {})["latency_ms"] == 500
    provenance = answer.provenance or {}
    assert provenance["provider"] == "openai"
    assert provenance["price_assumed"] is True
    assert provenance["response_model"] == "gpt-4o-mini-2024-07-18"


def test_plugin_names_the_provider(tmp_path: Path) -> None:
    """Anthropic does not count cached tokens as input."""
    row = response(
        "r1",
        1,
        model="anthropic/claude-sonnet-4-5",
        prompt="Hi",
        response="Hello",
        input_tokens=10,
        output_tokens=5,
        token_details='{"cache_read_input_tokens": 90}',
    )

    answer = events_of(write(tmp_path / "logs.db", responses=[row]))[1]

    assert answer.actor.id == "anthropic"
    assert (answer.extensions or {})["model"] == "claude-sonnet-4-5"
    assert answer.metrics is not None
    assert answer.metrics.tokens["prompt"] == 100
    assert answer.metrics.cost_usd == pytest.approx((10 * 3 + 90 * 0.3 + 5 * 15) / 1e6)


def test_fragments_and_attachments_are_part_of_the_prompt(tmp_path: Path) -> None:
    """Fragments stand before it; of an attachment the hash is kept."""
    path = write(
        tmp_path / "logs.db",
        responses=[response("r1", 1, prompt="What is it?", response="A cat")],
        fragments=[{"id": 1, "content": "A file."}, {"id": 2, "content": "Rules."}],
        prompt_fragments=[{"response_id": "r1", "fragment_id": 1, "order": 0}],
        system_fragments=[{"response_id": "r1", "fragment_id": 2, "order": 0}],
        attachments=[
            {"id": "a", "type": "image/png", "content": b"png"},
            {"id": "b", "type": "image/png", "url": "https://example.com/b.png"},
            {"id": "c", "type": "application/pdf", "path": "c.pdf"},
        ],
        prompt_attachments=[
            {"response_id": "r1", "attachment_id": name, "order": order}
            for order, name in enumerate("abc")
        ],
    )

    prompt = events_of(path)[0]

    assert prompt.content is not None
    system, user = prompt.content.messages
    assert system["parts"] == [{"type": "text", "content": "Rules."}]
    assert user["parts"][0] == {"type": "text", "content": "A file.\nWhat is it?"}
    assert [part["type"] for part in user["parts"][1:]] == ["blob", "uri", "file"]


def test_database_of_an_old_release_is_read(tmp_path: Path) -> None:
    """It has neither tokens nor tools, and a response may belong to no conversation."""
    path = write(
        tmp_path / "logs.db",
        (f"responses ({OLD})",),
        responses=[response("r1", 1, prompt="Hi", response="Hello", conversation_id=None)],
    )

    prompt, answer = events_of(path)

    assert prompt.session_id == answer.session_id == "r1"
    assert (answer.extensions or {})["cost_unknown"] == "llm has not logged any tokens"


def test_row_without_a_time_is_named(tmp_path: Path) -> None:
    """By its number; the others are read."""
    rows = [
        response("r1", 1, prompt="Hi", response="Hello"),
        {**response("r2", 1, prompt="Hi", response="Hello"), "datetime_utc": None},
    ]
    path = write(tmp_path / "logs.db", responses=rows)

    imported = import_file(path)

    assert imported.events == 2
    assert [str(each) for each in imported.errors] == [f"{path}:2: responses: 'r2' has no time"]


def test_other_database_is_an_error(tmp_path: Path) -> None:
    """It is named, with the table that it lacks."""
    path = write(tmp_path / "other.db", ("notes (id)",))

    with pytest.raises(ConfigurationError, match="without the table 'responses' of llm"):
        format_of(path)


def test_damaged_database_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """The rest counts as one that could not be read."""
    rows = [response(f"r{number}", 1, prompt="x" * 500, response="y") for number in range(200)]
    path = write(tmp_path / "logs.db", responses=rows)
    whole = path.read_bytes()
    path.write_bytes(whole[:32768] + b"\xff" * (len(whole) - 32768))

    assert import_file(path).unreadable == 1


def test_damaged_database_is_not_recognized(tmp_path: Path) -> None:
    """Nor is one that is none."""
    path = tmp_path / "logs.db"
    path.write_bytes(b"SQLite format 3\x00" + b"x" * 200)

    assert is_database(path)
    assert not recognizes(path)
    path.write_bytes(b"SQLite")
    assert not is_database(path)


@pytest.mark.parametrize(
    ("row", "kind", "modality"),
    [
        ({"type": "image/png", "content": b"png"}, "blob", "image"),
        ({"type": "image/png", "content": b"png", "url": "https://a/b"}, "blob", "image"),
        ({"type": "audio/wav", "url": "https://a/b"}, "uri", "audio"),
        ({"type": "application/pdf", "path": "c.pdf"}, "file", "document"),
        ({"type": None, "path": "c.pdf"}, "file", "document"),
    ],
)
def test_attachment_by_what_there_is_of_it(row: dict[str, Any], kind: str, modality: str) -> None:
    """Its content before its address, and that before its name."""
    part = _attachment({"content": None, "url": None, "path": None, **row})

    assert (part["type"], part["modality"]) == (kind, modality)
