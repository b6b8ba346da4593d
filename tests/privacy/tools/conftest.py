"""Events of several people, and a spreadsheet that they go to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hilt import Event, Session
from hilt.testing.sheets import Limits, SheetsEmulator

ANN = "ann@example.com"


def event_of(action: str, who: str, text: str, session: str, **extensions: Any) -> Event:
    """An event; who acts follows from the action."""
    kind = {"prompt": "human", "feedback": "human", "tool_result": "tool"}.get(action, "agent")
    return Event(
        session_id=session,
        actor={"type": kind, "id": who},
        action=action,
        content={"text": text},
        extensions=extensions or None,
    )


def conversation_of(who: str, session: str, text: str = "Hello") -> list[Event]:
    """A prompt, its answer with a tool call and a result, and the answer to that."""
    prompt = event_of("prompt", who, text, session)
    answer = event_of("completion", "openai", "calling", session, reply_to=prompt.event_id)
    call = event_of("tool_call", "openai", "call", session, reply_to=answer.event_id)
    result = event_of("tool_result", "weather", "22 degrees", session, reply_to=call.event_id)
    last = event_of("completion", "openai", f"so {text}", session, reply_to=result.event_id)
    return [prompt, answer, call, result, last]


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HILT_PRIVACY_KEY_FILE", str(tmp_path / "keys" / "privacy.keys"))
    monkeypatch.setenv("HILT_OUTBOX", str(tmp_path / "outbox"))


@pytest.fixture
def sheets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SheetsEmulator]:
    """A spreadsheet ``book``, with credentials where the command line finds them."""
    with SheetsEmulator(limits=Limits(None, None, None, None), speed=60) as emulator:
        emulator.add_book("book")
        monkeypatch.setenv("HILT_SHEETS_API_ROOT", emulator.api_root)
        key = tmp_path / "key.json"
        key.write_text(json.dumps(emulator.service_account()))
        monkeypatch.setenv("GOOGLE_CREDENTIALS_PATH", str(key))
        yield emulator


@pytest.fixture
def write_sheet(sheets: SheetsEmulator, tmp_path: Path) -> Callable[..., Path]:
    """Writes events to a log and to the spreadsheet, and waits until they are there."""

    def write(events: list[Event], **options: Any) -> Path:
        log = tmp_path / "log.jsonl"
        with Session((log, "sheets"), sheet_id="book", **options) as session:
            session.append_all(events)
            assert session.flush(30)
        return log

    return write


@pytest.fixture
def ids_in_sheet(sheets: SheetsEmulator) -> Callable[[], list[str]]:
    """Reads the ids of the events that have rows, but for receipts."""

    def read() -> list[str]:
        rows = sheets.book("book").tab("Logs").values()
        header = [str(name).casefold().replace(" ", "_") for name in rows[0]]
        at = header.index("event_id")
        whole = [[*row, *[""] * (len(header) - len(row))] for row in rows[1:]]
        notes = {"hilt", "system:hilt"}
        return [str(row[at]) for row in whole if row[at] and notes.isdisjoint(map(str, row))]

    return read
