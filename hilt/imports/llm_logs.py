"""The database of the command ``llm`` (``logs.db``, SQLite): a row of ``responses`` for each call.

Its tables have grown over the years, so what a database lacks is left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from hilt import semconv
from hilt.genai.json_values import json_or_text
from hilt.genai.media import blob, blob_of_url, modality_of
from hilt.genai.values import Message, Part, Response, Usage
from hilt.imports.moments import nanos_of
from hilt.imports.turns import Answer, Conversation, Turn
from hilt.io.read.json_file import JsonFile
from hilt.providers._chat_completions import usage_of as chat_usage
from hilt.providers._message_parts import file_part, text_part, tool_call, tool_response
from hilt.providers._parameters import number_attributes
from hilt.providers.anthropic.usage import usage_of as anthropic_usage
from hilt_otel_exporters.dialects.provider_names import provider_guessed, provider_named

__all__ = ["NAME", "conversations", "is_database", "recognizes"]

NAME = "llm"

_MAGIC = b"SQLite format 3\0"
_NEEDED = frozenset(("id", "model", "prompt", "response", "conversation_id", "datetime_utc"))
_NO_USAGE = "llm has not logged any tokens"
_PARAMETERS = (
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("max_tokens", semconv.REQUEST_MAX_TOKENS),
    ("top_p", semconv.REQUEST_TOP_P),
    ("top_k", semconv.REQUEST_TOP_K),
    ("seed", semconv.REQUEST_SEED),
)
_Row = Mapping[str, Any]


class _Logged(Turn):
    """An answer, with its row."""

    row: _Row = msgspec.field(default_factory=dict)
    system: str | None = None


def is_database(path: Path) -> bool:
    """Whether a file is an SQLite database."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def recognizes(path: Path) -> bool:
    """Whether a database has the table of responses."""
    try:
        with closing(_connect(path)) as database:
            return set(_columns(database, "responses")) >= _NEEDED
    except sqlite3.Error:
        return False


def conversations(file: JsonFile) -> Iterator[Conversation]:
    """The conversations in a database; a response of none is one of its own."""
    try:
        with closing(_connect(file.path)) as database:
            tables = _Tables(database)
            for identity, rows in groupby(_responses(database), _conversation_of):
                yield Conversation(
                    NAME, identity, "unknown", list(_turns(rows, tables, file)), _answer_of
                )
    except sqlite3.Error as error:
        file.skip(f"the database cannot be read any further: {error}")


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    return database


def _columns(database: sqlite3.Connection, table: str) -> list[str]:
    return [row["name"] for row in database.execute(f'PRAGMA table_info("{table}")')]


def _responses(database: sqlite3.Connection) -> Iterator[_Row]:
    names = ", ".join(f'"{name}"' for name in _columns(database, "responses"))
    query = (
        f"SELECT rowid AS position, {names} FROM responses "  # noqa: S608  # names of its own
        "ORDER BY conversation_id, datetime_utc, rowid"
    )
    for row in database.execute(query):
        yield dict(row)


def _conversation_of(row: _Row) -> str:
    return str(row["conversation_id"] or row["id"])


class _Tables:
    """What stands in other tables than that of responses, by the response that it belongs to."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self.tool_calls = self._grouped("tool_calls", "id")
        self.tool_results = self._grouped("tool_results", "id")
        self._fragments = {
            name: self._grouped(name, '"order"')
            for name in ("prompt_fragments", "system_fragments")
        }
        self._attachments = self._grouped("prompt_attachments", '"order"')

    def _grouped(self, table: str, order: str) -> dict[str, list[_Row]]:
        rows: dict[str, list[_Row]] = {}
        if _columns(self._database, table):
            query = f"SELECT * FROM {table} ORDER BY {order}"  # noqa: S608  # a name of ours
            for row in self._database.execute(query):
                rows.setdefault(str(row["response_id"]), []).append(dict(row))
        return rows

    def fragments(self, table: str, response: str) -> list[str]:
        """The texts that stand before a prompt, or before its instructions."""
        query = "SELECT content FROM fragments WHERE id = ?"
        ids = [row["fragment_id"] for row in self._fragments[table].get(response, ())]
        found = [self._database.execute(query, (each,)).fetchone() for each in ids]
        return [row["content"] for row in found if row is not None and row["content"]]

    def attachments(self, response: str) -> list[Part]:
        """The images and files of a prompt."""
        query = "SELECT type, path, url, content FROM attachments WHERE id = ?"
        ids = [row["attachment_id"] for row in self._attachments.get(response, ())]
        found = [self._database.execute(query, (each,)).fetchone() for each in ids]
        return [_attachment(dict(row)) for row in found if row is not None]


def _attachment(row: _Row) -> Part:
    if isinstance(row["content"], bytes):
        return blob(row["content"], row["type"])
    modality = modality_of(str(row["type"] or ""))
    if row["url"]:
        return blob_of_url(row["url"], row["type"], modality)
    return file_part(row["path"], modality)


def _turns(rows: Iterator[_Row], tables: _Tables, file: JsonFile) -> Iterator[Turn]:
    """The turns of a conversation: what each response was given, and what it says."""
    before = None
    for row in rows:
        identity, started = str(row["id"]), nanos_of(row["datetime_utc"])
        file.line = row["position"]
        if started is None:
            file.skip(f"responses: {identity!r} has no time")
            continue
        for kind, message in _given(row, identity, tables):
            name = f"{identity}-{kind}"
            yield Turn(name, before, message, started)
            before = name
        calls = tables.tool_calls.get(identity, ())
        parts = [text_part(row["response"])] if row["response"] else []
        parts += [tool_call(_call_id(each), each["name"], each["arguments"]) for each in calls]
        ended = started + int(row.get("duration_ms") or 0) * 1_000_000
        message = {"role": "assistant", "parts": parts or [text_part("")]}
        system = [*tables.fragments("system_fragments", identity), row.get("system") or ""]
        yield _Logged(
            identity, before, message, ended, identity, row, "\n".join(filter(None, system)) or None
        )
        before = identity


def _given(row: _Row, identity: str, tables: _Tables) -> Iterator[tuple[str, Message]]:
    """What a response was given: the results of tools, and a prompt."""
    results = tables.tool_results.get(identity, ())
    if results:
        parts = [tool_response(_call_id(each), each["output"], each["name"]) for each in results]
        yield "tools", {"role": "tool", "parts": parts}
    texts = [*tables.fragments("prompt_fragments", identity), row["prompt"] or ""]
    prompt = [text_part("\n".join(filter(None, texts)))] if any(texts) else []
    prompt += tables.attachments(identity)
    if prompt:
        yield "prompt", {"role": "user", "parts": prompt}


def _call_id(row: _Row) -> str:
    """The provider's id of a tool call; some have none, and then names tell them apart."""
    return str(row.get("tool_call_id") or "")


def _answer_of(pieces: Sequence[Turn]) -> Answer:
    logged = pieces[-1]
    row = logged.row if isinstance(logged, _Logged) else {}
    provider, model, is_guessed = _sold_by(str(row["model"]))
    usage, raw = _usage(row)
    response = Response(
        model=row.get("resolved_model") or None,
        usage=usage,
        raw_usage=raw,
        cost_unknown=_NO_USAGE if usage is None else None,
    )
    response.add_choice(logged.message, None)
    options = json_or_text(row.get("options_json") or "{}")
    system = logged.system if isinstance(logged, _Logged) else None
    return Answer(
        response,
        provider=provider,
        model=model,
        price_assumed=is_guessed,
        instructions=[text_part(system)] if system else None,
        attributes=number_attributes(options, _PARAMETERS) if isinstance(options, dict) else {},
        latency_ms=row.get("duration_ms"),
    )


def _sold_by(model: str) -> tuple[str, str, bool]:
    """The provider and its name for a model, and whether only that name tells.

    Plugins put the provider before the model: ``anthropic/claude-opus-4-5``.
    """
    prefix, slash, rest = model.partition("/")
    named = provider_named(prefix) if slash else None
    if named is not None:
        return named, rest, False
    guessed, _ = provider_guessed(model, None)
    return guessed, model, guessed != "unknown"


def _usage(row: _Row) -> tuple[Usage | None, dict[str, Any] | None]:
    """What was counted, and the same in the words of the provider."""
    given, answered = row.get("input_tokens"), row.get("output_tokens")
    if given is None and answered is None:
        return None, None
    details = json_or_text(row.get("token_details") or "{}")
    raw = {
        "input_tokens": given,
        "output_tokens": answered,
        **(details if isinstance(details, dict) else {}),
    }
    of_anthropic = "cache_read_input_tokens" in raw or "cache_creation_input_tokens" in raw
    read = anthropic_usage if of_anthropic else chat_usage
    return read(raw), raw
