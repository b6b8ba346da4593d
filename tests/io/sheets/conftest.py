"""A running emulator, and sinks that are in a hurry."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

from hilt.core.event import Actor, Content, Event, Metrics
from hilt.io.sheets.pace import Pace
from hilt.io.sheets.sink import SheetsSink
from hilt.testing.sheets import Limits, SheetsEmulator

HURRY = Pace(
    minute_s=1.02, connect_s=2, read_s=0.5, settle_s=1.5, backoff_s=0.05, backoff_cap_s=0.5,
    poll_s=0.02, exit_s=5,
)  # fmt: skip
"""A minute lasts a second, and nothing waits longer than it must."""

DOCUMENTED = ["timestamp", "conversation_id", "reply_to", "message", "cost_usd", "status_code"]
"""The columns of the example in the documentation."""

EMAIL = "logger@my-project.iam.gserviceaccount.com"
"""The service account of the tests."""

WRITER = Path(__file__).parent / "programs" / "writer.py"


def prompt_of(text: str, **fields: Any) -> Event:
    """A prompt."""
    return Event(
        session_id="conv_1",
        actor=Actor(type="human", id="user"),
        action="prompt",
        content=Content(text=text),
        **fields,
    )


def answer_to(prompt: Event) -> Event:
    """A completion."""
    return Event(
        session_id="conv_1",
        actor=Actor(type="agent", id="openai"),
        action="completion",
        content=Content(text="A language."),
        metrics=Metrics(tokens={"prompt": 5, "completion": 87}, cost_usd=0.000015),
        extensions={"reply_to": prompt.event_id, "latency_ms": 842, "status_code": 200},
    )


def put(sink: SheetsSink, *events: Event) -> None:
    """Write events one by one."""
    for event in events:
        sink.write(event.encode() + b"\n", 1)


@pytest.fixture
def sheets() -> Iterator[SheetsEmulator]:
    """An emulator with one spreadsheet, ``book``, and no quotas."""
    with SheetsEmulator(limits=Limits(None, None, None, None), speed=60) as emulator:
        emulator.add_book("book")
        yield emulator


@pytest.fixture
def key(sheets: SheetsEmulator) -> dict[str, Any]:
    """A service account's key."""
    return sheets.service_account()


@pytest.fixture
def sink_of(
    sheets: SheetsEmulator, key: dict[str, Any], tmp_path: Path
) -> Iterator[Callable[..., SheetsSink]]:
    """Makes sinks for ``book``, and closes them."""
    sinks = []

    def make(**options: Any) -> SheetsSink:
        given = {
            "sheet_id": "book", "credentials_json": key, "outbox": tmp_path / "outbox",
            "api_root": sheets.api_root, "pace": HURRY,
        }  # fmt: skip
        sinks.append(SheetsSink(**{**given, **options}))
        return sinks[-1]

    yield make
    sheets.faults.clear()
    for sink in sinks:
        sink.close()


@pytest.fixture
def sink(sink_of: Callable[..., SheetsSink]) -> SheetsSink:
    """An open sink with the columns of the documented example."""
    made = sink_of(columns=DOCUMENTED)
    made.open()
    return made


@pytest.fixture
def rows(sheets: SheetsEmulator) -> Callable[..., list[dict[str, Any]]]:
    """Reads a tab's rows by column name."""

    def read(title: str = "Logs") -> list[dict[str, Any]]:
        header, *table = sheets.book().tab(title).values()
        return [dict(zip(header, row, strict=False)) for row in table]

    return read


@pytest.fixture
def start_writer(
    sheets: SheetsEmulator, key: dict[str, Any], tmp_path: Path
) -> Iterator[Callable[..., Popen[str]]]:
    """Starts processes of ``programs/writer.py``."""
    processes: list[Popen[str]] = []
    (tmp_path / "key.json").write_text(json.dumps(key))

    def start(name: str, calls: int, program: Path = WRITER, **options: Any) -> Popen[str]:
        task = {
            "name": name, "calls": calls, "api_root": sheets.api_root,
            "key": str(tmp_path / "key.json"), "outbox": str(tmp_path / "outbox"), **options,
        }  # fmt: skip
        process = Popen(
            [sys.executable, str(program), json.dumps(task)], stdout=PIPE, stderr=PIPE, text=True
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()
