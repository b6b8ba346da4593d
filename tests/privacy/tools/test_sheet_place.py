"""The tools on a spreadsheet: rows by their ids, wherever people have sorted them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hilt import Event
from hilt.cli.main import run
from hilt.io.sheets.row_edits import RowEdits
from hilt.privacy.tools import sheet_place
from hilt.testing.sheets import SheetsEmulator
from hilt.testing.sheets.ranges import column_letters
from tests.privacy.tools.conftest import ANN, conversation_of, event_of

pytest.importorskip("gspread")

WriteSheet = Callable[..., Path]
ReadIds = Callable[[], list[str]]


def _cells(sheets: SheetsEmulator) -> str:
    return json.dumps([tab.values() for tab in sheets.book("book").tabs], default=str)


def _change(sheets: SheetsEmulator, *requests: dict[str, Any]) -> None:
    """What a person does to the sheet."""
    sheets.edit("book", *requests)


def _sort(sheets: SheetsEmulator, column: int) -> None:
    tab = sheets.book("book").tab("Logs")
    area = {
        "sheetId": tab.sheet_id,
        "startRowIndex": 1,
        "endRowIndex": tab.row_count,
        "startColumnIndex": 0,
        "endColumnIndex": tab.column_count,
    }
    order = [{"dimensionIndex": column, "sortOrder": "DESCENDING"}]
    _change(sheets, {"sortRange": {"range": area, "sortSpecs": order}})


@pytest.mark.parametrize("rows", ["events", "calls"])
@pytest.mark.slow_after(1)
def test_rows_are_taken_out_wherever_they_were_sorted(
    rows: str, sheets: SheetsEmulator, write_sheet: WriteSheet, ids_in_sheet: ReadIds
) -> None:
    """Rows of the subject and of what answers it; the others stay as people have put them."""
    ann, bob = conversation_of(ANN, "s1"), conversation_of("bob", "s2")
    log = write_sheet([*ann, *bob, *conversation_of(ANN, "s3")], rows=rows)
    _sort(sheets, 7)
    others = [each for each in ids_in_sheet() if each in {one.event_id for one in bob}]
    assert run(["subject", "erase", ANN, str(log), "--sheet", "book", "--yes"]) == 0
    assert ids_in_sheet() == others
    assert ANN not in _cells(sheets)
    before = _cells(sheets)
    assert run(["subject", "erase", ANN, str(log), "--sheet", "book", "--yes"]) == 0
    assert _cells(sheets) == before


@pytest.mark.parametrize("rows", ["events", "calls"])
@pytest.mark.slow_after(1)
def test_a_sheet_alone_is_enough(
    rows: str,
    sheets: SheetsEmulator,
    write_sheet: WriteSheet,
    ids_in_sheet: ReadIds,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without the log, by who asks; the receipt is a row then. A dry run changes nothing."""
    ann, bob = conversation_of(ANN, "s1"), conversation_of("bob", "s2")
    write_sheet([*ann, *bob], rows=rows)
    before = ids_in_sheet()
    assert run(["subject", "find", ANN, "--sheet", "book", "--json"]) == 0
    held = json.loads(capsys.readouterr().out)
    assert (held["people"], held["conversations"]) == ([ANN], ["s1"])
    assert run(["subject", "erase", ANN, "--sheet", "book", "-n"]) == 0
    assert ids_in_sheet() == before
    assert run(["subject", "erase", ANN, "--sheet", "book", "--yes", "--why", "request 7"]) == 0
    assert set(ids_in_sheet()) == {one.event_id for one in bob} & set(before)
    assert ANN not in _cells(sheets)
    assert "hilt" in _cells(sheets)


def test_all_rows_may_go(
    sheets: SheetsEmulator, write_sheet: WriteSheet, ids_in_sheet: ReadIds
) -> None:
    """Google does not delete all rows below a header, so an empty one stays."""
    log = write_sheet(conversation_of(ANN, "s1"), rows="events")
    tab = sheets.book("book").tab("Logs")
    _change(
        sheets,
        {
            "updateSheetProperties": {
                "properties": {
                    "sheetId": tab.sheet_id,
                    "gridProperties": {"rowCount": 6, "columnCount": tab.column_count},
                },
                "fields": "gridProperties(rowCount,columnCount)",
            }
        },
    )
    assert run(["subject", "erase", ANN, str(log), "--sheet", "book", "--yes"]) == 0
    assert ids_in_sheet() == []


def test_names_in_texts_and_reviews_of_others_are_replaced(
    sheets: SheetsEmulator, write_sheet: WriteSheet
) -> None:
    """In messages, and in what reviewers have written beside a row."""
    prompt = event_of("prompt", "bob", f"Write to {ANN}", "s2")
    answer = event_of("completion", "openai", "Done", "s2", reply_to=prompt.event_id)
    log = write_sheet([prompt, answer], rows="calls")
    column = sheets.book("book").tab("Logs").values()[0].index("Comment")
    sheets.type_in("book", f"Logs!{column_letters(column)}2", f"she is {ANN}")
    assert run(["subject", "erase", ANN, str(log), "--sheet", "book", "--yes"]) == 0
    _, row = sheets.book("book").tab("Logs").values()
    assert (row[1], row[7], row[column]) == ("bob", "Write to [ERASED]", "she is [ERASED]")


def test_a_row_that_could_not_be_changed_is_said(
    write_sheet: WriteSheet, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody moves columns all the time; the row is as it was."""
    prompt = event_of("prompt", "bob", f"Write to {ANN}", "s2")
    log = write_sheet([prompt], rows="events")
    left = RowEdits(left={prompt.event_id})
    monkeypatch.setattr(sheet_place, "edit_rows", lambda *_: left)

    assert run(["subject", "erase", ANN, str(log), "--sheet", "book", "--yes"]) == 2
    assert "1 row still as before" in capsys.readouterr().err


@pytest.mark.parametrize("rows", ["events", "calls"])
@pytest.mark.slow_after(1)
def test_a_sheet_is_redacted(
    rows: str, sheets: SheetsEmulator, write_sheet: WriteSheet, ids_in_sheet: ReadIds
) -> None:
    """Texts and people that are addresses; a second run changes nothing, and no row goes."""
    events = [*conversation_of(ANN, "s1", f"=HYPERLINK(1) {ANN}"), *conversation_of("bob", "s2")]
    log = write_sheet(events, rows=rows)
    before = ids_in_sheet()
    assert run(["redact", str(log), "--sheet", "book"]) == 0
    assert ANN not in _cells(sheets)
    assert "=HYPERLINK(1) [EMAIL]" in _cells(sheets)
    assert sheets.book("book").tab("Logs").formulas() == []
    assert ids_in_sheet() == before
    redacted = _cells(sheets)
    assert run(["redact", str(log), "--sheet", "book"]) == 0
    assert _cells(sheets) == redacted
    assert run(["privacy", "check", "--sheet", "book"]) == 0


def _aged(day: int, text: str, **fields: Any) -> Event:
    event = event_of("prompt", "bob", text, "s", **fields)
    event.timestamp = f"2026-01-{day:02d}T12:00:00.000000Z"
    return event


def test_a_sheet_is_kept_to_a_retention_time(
    sheets: SheetsEmulator, write_sheet: WriteSheet, ids_in_sheet: ReadIds
) -> None:
    """What was said goes earlier than the rows."""
    events = [_aged(1, "one"), _aged(10, "two"), _aged(20, "three")]
    log = write_sheet(events, rows="events")
    at = ["--sheet", "book", "--older-than"]
    assert run(["retain", str(log), *at, "2026-01-15", "--contents"]) == 0
    assert "two" not in _cells(sheets)
    assert run(["retain", str(log), *at, "2026-01-05"]) == 0
    assert ids_in_sheet() == [each.event_id for each in events[1:]]
    before = _cells(sheets)
    assert run(["retain", str(log), *at, "2026-01-05"]) == 0
    assert _cells(sheets) == before


def test_a_persons_rows_are_exported(write_sheet: WriteSheet, tmp_path: Path) -> None:
    """Each event once, although the log and the sheet have it."""
    ann = conversation_of(ANN, "s1")
    log = write_sheet([*ann, *conversation_of("bob", "s2")], rows="events")
    target = tmp_path / "ann.jsonl"
    where = [str(log), "--sheet", "book", "-o", str(target)]
    assert run(["subject", "export", ANN, *where]) == 0
    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert lines == [each.to_dict() for each in ann]
    assert run(["subject", "export", ANN, "--sheet", "book", "-o", str(target)]) == 0
    assert target.read_text(encoding="utf-8").count("\n") == 5


def test_a_wrong_worksheet_is_an_error(
    write_sheet: WriteSheet, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names the tabs that there are, and nothing is erased."""
    log = write_sheet(conversation_of(ANN, "s1"))
    command = ["subject", "erase", ANN, str(log), "--sheet", "book", "--worksheet", "Lgs", "--yes"]
    assert run(command) == 2
    assert "'Logs'" in capsys.readouterr().err
