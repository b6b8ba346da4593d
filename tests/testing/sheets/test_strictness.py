"""Where the service refuses or changes what a client would like it to take."""

from __future__ import annotations

import gspread
import pytest
import requests
from google.auth.exceptions import RefreshError
from gspread.exceptions import APIError

from hilt.testing.sheets import FORBIDDEN_REASONS, Fault

EMAIL = "logger@my-project.iam.gserviceaccount.com"
PROTECTED = (
    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner"
)


def protect(sheets, **area: object) -> None:
    """Protect a range of the first tab."""
    protected = {"range": {"sheetId": 0, **area}}
    sheets.edit("book", {"addProtectedRange": {"protectedRange": protected}})


def batch(book: gspread.Spreadsheet, kind: str, **body: object) -> dict:
    """Send one request."""
    return book.batch_update({"requests": [{kind: body}]})


def append(book: gspread.Spreadsheet) -> dict:
    """Append one row."""
    rows = [{"values": [{"userEnteredValue": {"numberValue": 1}}]}]
    return batch(book, "appendCells", sheetId=0, rows=rows, fields="userEnteredValue")


def test_protected_tab_refuses_every_write(sheets, book):
    """Appending too, however it is done."""
    protect(sheets)

    for write in (
        lambda: append(book),
        lambda: book.sheet1.append_row(["x"]),
        lambda: book.sheet1.update([["x"]], "A1"),
        lambda: book.values_clear("A1:B2"),
        lambda: batch(book, "repeatCell", range={"sheetId": 0}, cell={}, fields="*"),
    ):
        with pytest.raises(APIError, match=PROTECTED) as caught:
            write()
        assert caught.value.code == 400


def test_protection_holds_its_range_and_not_its_editors(sheets, book):
    """A protected header lets rows through; an editor, the owner and a warning do too."""
    protect(sheets, startRowIndex=0, endRowIndex=1)
    sheets.type_in("book", "A1", "header")

    assert append(book)
    sheets.edit("book", {"deleteProtectedRange": {"protectedRangeId": 1}})
    editors = {"range": {"sheetId": 0}, "editors": {"users": [EMAIL]}}
    sheets.edit("book", {"addProtectedRange": {"protectedRange": editors}})
    warning = {"range": {"sheetId": 0}, "warningOnly": True}
    sheets.edit("book", {"addProtectedRange": {"protectedRange": warning}})
    assert append(book)


@pytest.mark.parametrize(
    ("language", "message"),
    [("es", 'Ya existe una hoja con el nombre "sheet1"'), ("de", '"sheet1" ist bereits vorhanden'),
     ("fr", 'A sheet with the name "sheet1" already exists')],
)  # fmt: skip
def test_messages_are_in_the_language_of_the_account(sheets, book, language, message):
    """Nobody can go by their English."""
    sheets.language = language

    with pytest.raises(APIError, match=message):
        book.add_worksheet("sheet1", 1, 1)
    protect(sheets)
    if language != "fr":
        with pytest.raises(APIError) as caught:
            append(book)
        assert "protected" not in caught.value.error["message"]


@pytest.mark.parametrize("offset", [3900, -3900])
def test_wrong_clock_gets_no_token(sheets, connect, offset):
    """An assertion of an hour ago, or of an hour ahead, is none."""
    sheets.tokens.clock_offset_s = offset

    with pytest.raises(RefreshError, match="short-lived token") as caught:
        connect().open_by_key("book")
    assert caught.value.args[1]["error"] == "invalid_grant"


def test_suspended_account_gets_no_token_until_it_is_enabled(sheets, book):
    """Its tokens end at once."""
    sheets.tokens.disable(EMAIL)
    with pytest.raises(RefreshError, match="disabled"):
        book.sheet1.get_all_values()
    sheets.tokens.enable(EMAIL)

    assert book.sheet1.get_all_values() == [[]]


@pytest.mark.parametrize("reason", FORBIDDEN_REASONS)
def test_forbidden_requests_have_a_reason(sheets, book, reason):
    """In the details, where no language is."""
    sheets.forbidden_reason = reason

    with pytest.raises(APIError) as caught:
        book.sheet1.get_all_values()
    assert caught.value.code == 403
    assert caught.value.error["details"][0]["reason"] == reason


def test_range_outside_the_grid_is_named_in_a1(book):
    """As people write it."""
    with pytest.raises(APIError, match=r"Range \(Sheet1!AB1:AC2\) exceeds grid limits. Max rows: 1000, max columns: 26"):  # fmt: skip
        book.values_get("Sheet1!AB1:AC2")


def test_repeated_cell_may_reach_over_the_edge(sheets, book):
    """What is outside the grid is left out."""
    area = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 5000, "endColumnIndex": 99}
    text = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
    batch(book, "repeatCell", range=area, cell=text, fields="userEnteredFormat.numberFormat")

    cell = sheets.book().tab("Sheet1").cell(999, 25)
    assert cell.format == {"numberFormat": {"type": "TEXT"}}


@pytest.mark.parametrize(
    ("locale", "typed", "stored"),
    [("en_US", "4/5/2026", 46117), ("fr_FR", "4/5/2026", 46146), ("en_US", "2026-04-05", 46117),
     ("en_US", "13/5/2026", "13/5/2026"), ("de_DE", "31.12.2026", 46387)],
)  # fmt: skip
def test_typed_date_becomes_a_serial_number(sheets, book, locale, typed, stored):
    """In the order of day and month of the spreadsheet's locale."""
    change = {"properties": {"locale": locale}, "fields": "locale"}
    sheets.edit("book", {"updateSpreadsheetProperties": change})
    sheets.type_in("book", "A1", typed, "4/5")

    cell = sheets.book().tab("Sheet1").cell(0, 0)
    assert cell.value == stored
    if stored != typed:
        assert cell.format == {"numberFormat": {"type": "DATE"}}
        assert isinstance(sheets.book().tab("Sheet1").cell(0, 1).value, int)


def test_text_format_keeps_what_is_typed(sheets):
    """Also in rows that have no data yet."""
    text = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
    sheets.edit("book", {"repeatCell": {"range": {"sheetId": 0, "startColumnIndex": 0, "endColumnIndex": 1}, "cell": text, "fields": "userEnteredFormat.numberFormat"}})  # fmt: skip
    sheets.type_in("book", "A7", "4/5")

    assert sheets.book().tab("Sheet1").cell(6, 0).value == "4/5"


@pytest.mark.parametrize("option", ["RAW", "USER_ENTERED"])
def test_drop_down_stays_when_something_is_chosen(sheets, book, option):
    """Whether a person chooses, or a program writes the value."""
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "4"}]}}
    start = {"sheetId": 0, "rowIndex": 0, "columnIndex": 0}
    rows = [{"values": [{"dataValidation": rule}]}]
    batch(book, "updateCells", start=start, rows=rows, fields="dataValidation")
    book.values_update("Sheet1!A1", {"valueInputOption": option}, {"values": [["4"]]})

    assert sheets.book().tab("Sheet1").cell(0, 0).validation == rule


def test_office_file_is_not_opened(sheets, connect):
    """An uploaded Excel file has an id, and is no spreadsheet."""
    sheets.add_book("excel", is_office_file=True)

    with pytest.raises(APIError, match="not supported for this document") as caught:
        connect().open_by_key("excel")
    assert caught.value.error["status"] == "FAILED_PRECONDITION"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_reads_fail_too(sheets, book, status):
    """With a reason, if there is one."""
    sheets.faults.add(Fault("status", on="read", status=status, reason="BACKEND_ERROR"))

    with pytest.raises(APIError) as caught:
        book.sheet1.get_all_values()
    assert caught.value.code == status
    assert caught.value.error["details"][0]["reason"] == "BACKEND_ERROR"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b"5",
        b'["requests"]',
        b'{"requests": 5}',
        b'{"requests": [5]}',
        b'{"requests": [{"appendCells": 5}]}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_request_is_a_400(book, body):
    """The client gets an answer, and the book stays as it is."""
    url = "https://sheets.googleapis.com/v4/spreadsheets/book:batchUpdate"
    answer = book.client.session.post(url, data=body, timeout=5)

    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_a_token_request_that_is_none_is_a_400(sheets):
    """Wrong UTF-8, JSON or forms are refused as well."""
    url = f"{sheets.url}/v1/projects/-/serviceAccounts/a:generateAccessToken"
    answers = [
        requests.post(f"{sheets.url}/token", data=b"\xff=\xff", timeout=5),
        requests.post(url, data=b"[" * 100_000, timeout=5),
    ]
    assert [answer.status_code for answer in answers] == [400, 400]


def test_old_calls_are_forgotten(sheets, book, monkeypatch):
    """An emulator that runs for days keeps the newest."""
    monkeypatch.setattr(sheets.calls, "_count", 5)
    for _ in range(30):
        book.fetch_sheet_metadata()
    assert 5 <= len(sheets.calls) <= 10


def test_cells_are_found_and_replaced_whole(sheets, book):
    """In any column; text within longer text is another value."""
    book.sheet1.update([["a", "b", "ab"], ["b", "A", "a"]], "A1")

    with pytest.raises(APIError, match="finds whole cells only"):
        batch(book, "findReplace", find="a", replacement="x", sheetId=0, matchCase=True)
    with pytest.raises(APIError, match="minds upper and lower case"):
        batch(book, "findReplace", find="a", replacement="x", sheetId=0, matchEntireCell=True)
    exact = {"sheetId": 0, "matchCase": True, "matchEntireCell": True}
    reply = batch(book, "findReplace", find="a", replacement="x", **exact)
    assert reply["replies"] == [{"findReplace": {"valuesChanged": 2, "occurrencesChanged": 2}}]
    batch(book, "findReplace", find="b", replacement="", **exact)

    assert book.sheet1.get_all_values() == [["x", "", "ab"], ["", "A", "x"]]


def test_cells_are_copied_to_an_area_of_the_same_size(sheets, book):
    """With all that they have."""
    book.sheet1.update([["a", "b"]], "A1")

    def area(row, columns):
        return {"sheetId": 0, "startRowIndex": row, "endRowIndex": row + 1,
                "startColumnIndex": 0, "endColumnIndex": columns}  # fmt: skip

    with pytest.raises(APIError, match="pastes to areas of the same size"):
        batch(book, "copyPaste", source=area(0, 2), destination=area(1, 3))
    with pytest.raises(APIError, match="pastes everything that a cell has"):
        batch(book, "copyPaste", source=area(0, 2), destination=area(1, 2),
              pasteType="PASTE_VALUES")  # fmt: skip
    batch(book, "copyPaste", source=area(0, 2), destination=area(2, 2))

    assert book.sheet1.get_all_values() == [["a", "b"], ["", ""], ["a", "b"]]


def test_cells_are_updated_from_the_corner_of_an_area(sheets, book):
    """Or from a cell; what is not said is the first."""
    rows = [{"values": [{"userEnteredValue": {"stringValue": "x"}}]}]
    common = {"rows": rows, "fields": "userEnteredValue"}
    batch(book, "updateCells", start={"sheetId": 0, "rowIndex": 1, "columnIndex": 2}, **common)
    batch(book, "updateCells", range={"sheetId": 0, "startRowIndex": 2, "endRowIndex": 3,
                                      "startColumnIndex": 1, "endColumnIndex": 2}, **common)  # fmt: skip
    batch(book, "updateCells", range={"sheetId": 0}, **common)

    assert book.sheet1.get_all_values() == [["x", "", ""], ["", "", "x"], ["", "x", ""]]
