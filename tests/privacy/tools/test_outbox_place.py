"""The tools on an outbox: lines that wait for a spreadsheet, beside who writes and who sends."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from hilt import Event, Session
from hilt.cli.main import run
from hilt.core.exceptions import SinkError
from hilt.io.sheets.outbox import Outbox
from hilt.privacy.filter import structure_of
from hilt.privacy.policy import Policy
from hilt.privacy.tools.outbox_place import OutboxPlace, _fitted
from hilt.privacy.tools.redaction import redact_log
from hilt.privacy.tools.subject import Subject, erase, find_subject
from hilt.testing.sheets import Fault, SheetsEmulator
from tests.privacy.tools.conftest import ANN, conversation_of, event_of

pytest.importorskip("gspread")


def _outbox(folder: Path, events: list[Event]) -> Outbox:
    """An open outbox with some events."""
    outbox = Outbox(folder)
    outbox.create()
    for event in events:
        outbox.append(event.encode() + b"\n", 1)
    return outbox


def _bytes(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


def _ids(outbox: Outbox) -> list[str]:
    lines = [line for line in outbox.waiting() if not line.isspace()]
    return [json.loads(line)["event_id"] for line in lines]


def test_lines_that_wait_are_erased_where_they_are(tmp_path: Path) -> None:
    """Whoever has the file open goes on in it, and what is noted of its bytes stays true."""
    ann, bob = conversation_of(ANN, "s1"), conversation_of("bob", "s2", f"ask {ANN}")
    outbox = _outbox(tmp_path, [*ann, *bob])
    place, subject = OutboxPlace(tmp_path), Subject(ANN)
    before = outbox.mark()
    erase(place, subject, find_subject(place, subject))
    assert ANN.encode() not in _bytes(tmp_path)
    assert outbox.mark() == before
    later = event_of("prompt", "bob", "still there", "s2")
    outbox.append(later.encode() + b"\n", 1)
    assert _ids(outbox) == [each.event_id for each in (*bob, later)]
    assert b"[ERASED]" in _bytes(tmp_path)
    assert find_subject(place, subject).own == set()
    outbox.close()


def test_what_was_refused_is_erased_too(tmp_path: Path) -> None:
    """Events that Google refused are kept in a file of their own."""
    outbox = _outbox(tmp_path, [])
    outbox.refused_path.parent.mkdir()
    outbox.refused_path.write_bytes(event_of("prompt", ANN, "hello", "s1").encode() + b"\n")
    place, subject = OutboxPlace(tmp_path), Subject(ANN)
    erase(place, subject, find_subject(place, subject))
    assert ANN.encode() not in _bytes(tmp_path)
    outbox.close()


def test_a_line_that_was_torn_goes(tmp_path: Path) -> None:
    """Nobody can say whose it is, and nobody would send it."""
    outbox = _outbox(tmp_path, [])
    outbox.append(b'   "content": "ann@example.com"}\n', 1)
    redact_log(OutboxPlace(tmp_path), Policy())
    assert ANN.encode() not in _bytes(tmp_path)
    outbox.close()


@pytest.mark.parametrize("name", ["redact", "pseudonymous", "metadata", "sealed"])
@pytest.mark.slow_after(1)
def test_a_line_that_has_become_longer_loses_more(name: str, tmp_path: Path) -> None:
    """First what is noted of its treatment, then its texts; a second run changes nothing."""
    events = [
        event_of("prompt", "b", "a@b.co", "s"),
        event_of("prompt", "b", "nothing here", "s"),
        event_of("prompt", ANN, f"{ANN}, {ANN}, {ANN}", "s" * 40),
    ]
    outbox = _outbox(tmp_path, events)
    place = OutboxPlace(tmp_path)
    redact_log(place, Policy.named(name))
    data = _bytes(tmp_path)
    assert ANN.encode() not in data
    assert b"a@b.co" not in data
    redact_log(place, Policy.named(name))
    assert _bytes(tmp_path) == data
    outbox.close()


def test_a_logs_own_outbox_is_found(
    sheets: SheetsEmulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While Google does not answer, events wait; erasing by the log reaches them."""
    log = tmp_path / "log.jsonl"
    ann, bob = conversation_of(ANN, "s1"), conversation_of("bob", "s2")
    with Session((log, "sheets"), sheet_id="book", rows="events") as session:
        sheets.faults.add(Fault("status", status=429, times=1000, retry_after=0.2))
        session.append_all([*ann, *bob])
        assert ANN.encode() in _bytes(tmp_path / "outbox")
        assert run(["subject", "erase", ANN, str(log), "--yes"]) == 0
        assert ANN.encode() not in _bytes(tmp_path / "outbox")
        assert "--sheet book" in capsys.readouterr().err
        sheets.faults.clear()
        assert session.flush(60)
    rows = json.dumps(sheets.book("book").tab("Logs").values(), default=str)
    assert [each.event_id in rows for each in (*ann, *bob)] == [False] * 5 + [True] * 5


def test_another_logs_outbox_is_left_alone(sheets: SheetsEmulator, tmp_path: Path) -> None:
    """A log that has no sheet has no outbox."""
    other: dict[str, Any] = {"sheet_id": "book", "rows": "events"}
    log = tmp_path / "log.jsonl"
    with Session(log) as session:
        session.append(event_of("prompt", ANN, "hello", "s1"))
    with Session((tmp_path / "other.jsonl", "sheets"), **other) as session:
        sheets.faults.add(Fault("status", status=429, times=1000, retry_after=0.2))
        session.append(event_of("prompt", ANN, "hello", "s1"))
        before = (tmp_path / "outbox").rglob("*.jsonl")
        kept = {each: each.read_bytes() for each in before}
        assert run(["subject", "erase", ANN, str(log), "--yes"]) == 0
        assert {each: each.read_bytes() for each in kept} == kept
        sheets.faults.clear()


@pytest.mark.slow
def test_what_is_on_its_way_is_waited_for(sheets: SheetsEmulator, tmp_path: Path) -> None:
    """A row that arrives while its line is erased is taken out of the sheet after that."""
    log = tmp_path / "log.jsonl"
    ann, bob = conversation_of(ANN, "s1"), conversation_of("bob", "s2")
    with Session((log, "sheets"), sheet_id="book", rows="events") as session:
        held = sheets.faults.add(Fault("hold_before"))
        session.append_all([*ann, *bob])
        assert held.reached.wait(10)
        command = ["subject", "erase", ANN, str(log), "--sheet", "book", "--yes"]
        results: list[int] = []
        erasing = threading.Thread(target=lambda: results.append(run(command)))
        erasing.start()
        while ANN.encode() in _bytes(tmp_path / "outbox"):
            erasing.join(0.01)
        held.release()
        erasing.join(30)
        assert session.flush(30)
    rows = json.dumps(sheets.book("book").tab("Logs").values(), default=str)
    assert results == [0]
    assert [each.event_id in rows for each in (*ann, *bob)] == [False] * 5 + [True] * 5


@pytest.mark.parametrize("policy", [None, {"policy": "redact"}])
def test_a_line_loses_what_it_has_no_room_for(policy: dict[str, str] | None) -> None:
    """First how it was treated, but for the policy; then its texts; else it goes."""
    event = event_of("prompt", ANN, "hello", "s1")
    event.privacy = None if policy is None else {**policy, "redaction_applied": True}
    line = event.encode()
    event.privacy = policy
    plain = event.encode()
    shorter = structure_of(event)
    shorter.privacy = policy
    bare = shorter.encode()
    sizes = [len(line), len(plain), len(plain) - 1, len(bare), len(bare) - 1]

    fitted = [_fitted(line, size) for size in sizes]

    assert fitted == [line, plain, bare, bare, None]
    assert len(plain) > len(bare)


def test_a_line_that_is_no_event_and_too_long_goes() -> None:
    """Nobody knows what of it could."""
    assert _fitted(b'{"text":', 100) == b'{"text":'
    assert _fitted(b'{"text":', 3) is None


def test_an_outbox_that_cannot_be_changed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is said to be done that is not."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hilt.privacy.tools.outbox_place.change_lines", full)
    with pytest.raises(SinkError) as error:
        OutboxPlace(tmp_path).change(lambda line: line)
    assert str(error.value) == f"{tmp_path}: cannot be changed: No space left on device"


def test_rows_that_stay_on_their_way_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may arrive with what was to go."""
    outbox = _outbox(tmp_path, conversation_of(ANN, "s1"))
    monkeypatch.setattr("hilt.privacy.tools.outbox_place.wait_for_batch", lambda *_: False)
    with pytest.raises(SinkError, match=r"rows are on their way to Google Sheets, which does not"):
        OutboxPlace(tmp_path).change(lambda _: None)
    outbox.close()
