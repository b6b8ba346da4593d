"""The emulator does what Google Sheets does, as the real gspread and google-auth see it."""

from __future__ import annotations

import threading
import time

import gspread
import pytest
import requests
from google.auth.exceptions import RefreshError
from gspread.exceptions import APIError, SpreadsheetNotFound

from hilt.testing.sheets import ApiError, Fault, Limits, SheetsEmulator, Tab
from hilt.testing.sheets.cells import Cell, raw

from .conftest import client_of


def batch(book: gspread.Spreadsheet, *requests_: dict) -> dict:
    """Send one batch."""
    return book.batch_update({"requests": list(requests_)})


def row(*values: dict) -> dict:
    """A row of typed cells."""
    return {"values": [{"userEnteredValue": value} for value in values]}


def append(sheet_id: int, *rows: dict, fields: str = "userEnteredValue") -> dict:
    """An appendCells request."""
    return {"appendCells": {"sheetId": sheet_id, "rows": list(rows), "fields": fields}}


def test_worksheet_is_made_written_and_read(book):
    """The everyday calls of gspread work."""
    tab = book.add_worksheet("Logs", rows=3, cols=3)
    tab.append_rows([["a", "=1+1", 3]])

    assert tab.get_all_values() == [["a", "=1+1", "3"]]
    assert [each.title for each in book.worksheets()] == ["Sheet1", "Logs"]


def test_formatting_and_freezing_are_kept(sheets, book):
    """What makes a header bold and keeps it in sight is stored."""
    tab = book.sheet1
    tab.update([["a", "b"]], "A1")
    tab.format("A1:B1", {"textFormat": {"bold": True}})
    tab.freeze(1)

    stored = sheets.book().tab("Sheet1")
    assert stored.cell(0, 0).format == {"textFormat": {"bold": True}}
    assert stored.frozen_rows == 1


def test_typed_text_is_never_a_formula(sheets, book):
    """A stringValue is stored as it is; a person's typing is understood."""
    batch(book, append(0, row({"stringValue": "=1+1"}, {"numberValue": 2})))
    book.sheet1.append_row(["=1+1", "+A1", "'=x", "1,500.5", "50%", "TRUE", "2026-01-02"],
                           value_input_option="USER_ENTERED")  # fmt: skip

    assert sheets.book().tab("Sheet1").values() == [
        ["=1+1", 2],
        ["#FORMULA!", "#FORMULA!", "=x", 1500.5, 0.5, True, 46024],
    ]
    assert sheets.book().tab("Sheet1").formulas() == [(1, 0, "=1+1"), (1, 1, "=+A1")]


def test_append_cells_adds_grid_rows_only_when_needed(sheets, book):
    """Rows go after the last row with data, into the grid that is there as far as it goes."""
    tab = book.add_worksheet("Small", rows=2, cols=1)
    batch(book, append(tab.id, *[row({"numberValue": number}) for number in range(3)]))

    stored = sheets.book().tab("Small")
    assert stored.values() == [[0], [1], [2]]
    assert stored.row_count == 3


def test_batch_is_atomic(sheets, book):
    """One refused request refuses the whole batch."""
    with pytest.raises(APIError, match="No grid with id: 77"):
        batch(book, append(0, row({"numberValue": 1})), append(77, row({"numberValue": 1})))

    assert sheets.book().tab("Sheet1").values() == []


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"addSheet": {"properties": {"title": "sheet1"}}}, "already exists"),
        ({"addSheet": {"properties": {"title": "x" * 101}}}, "1 to 100 characters"),
        ({"addSheet": {"properties": {"sheetId": 0, "title": "y"}}}, "the ID 0 already exists"),
        ({"addSheet": {"properties": {"title": "y", "gridProperties": {"rowCount": 1, "frozenRowCount": 1}}}}, "freeze all"),
        ({"addSheet": {"properties": {"title": "y", "gridProperties": {"rowCount": 10_000_000}}}}, "limit of 10000000"),
        ({"appendCells": {"sheetId": 0, "rows": []}}, "At least one field"),
        ({"appendCells": {"sheetId": 0, "rows": [row(*[{"numberValue": 1}] * 27)], "fields": "*"}}, "outside the grid"),
        ({"appendCells": {"sheetId": 0, "rows": [row({"stringValue": "x" * 50_001})], "fields": "*"}}, "50000 characters"),
        ({"appendCells": {"sheetId": 0, "rows": [row({"stringValue": "🦜" * 25_001})], "fields": "*"}}, "50000 characters"),
        ({"appendCells": {"sheetId": 0, "rows": [row({"numberValue": "1"})], "fields": "*"}}, "numberValue"),
        ({"appendCells": {"sheetId": 0, "rows": [row({"formulaValue": "1"})], "fields": "*"}}, "must begin with"),
        ({"deleteSheet": {"sheetId": 0}}, "can't remove all"),
        ({"paintItBlack": {}}, "Unknown name"),
        ({"addSheet": {}, "deleteSheet": {}}, "exactly one kind"),
    ],
)  # fmt: skip
def test_what_the_service_refuses_is_a_400(book, request_, message):
    """Limits and mistakes are answered as Google does."""
    with pytest.raises(APIError, match=message) as caught:
        batch(book, request_)

    assert caught.value.code == 400


def test_range_outside_the_grid_is_a_400(book):
    """A cell that is not there cannot be read or written."""
    with pytest.raises(APIError, match="exceeds grid limits"):
        book.sheet1.update([["x"]], "ZZ1")
    with pytest.raises(APIError, match="Unable to parse range"):
        book.values_get("Nowhere!A1")


def test_protected_cells_cannot_be_updated(book):
    """A protected range refuses writes; appending below it goes on."""
    area = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1}
    batch(book, {"addProtectedRange": {"protectedRange": {"range": area}}})

    with pytest.raises(APIError, match="protected"):
        batch(book, {"updateCells": {"start": {"sheetId": 0}, "rows": [row({"numberValue": 1})], "fields": "*"}})  # fmt: skip


def test_chart_needs_sources_in_the_grid(book):
    """A chart over cells that are not there is refused."""
    source = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 5000}
    spec = {"basicChart": {"domains": [{"domain": {"sourceRange": {"sources": [source]}}}]}}
    place = {"overlayPosition": {"anchorCell": {"sheetId": 0}}}

    with pytest.raises(APIError, match="exceeds grid limits"):
        batch(book, {"addChart": {"chart": {"spec": spec, "position": place}}})
    source["endRowIndex"] = 5
    assert "addChart" in batch(book, {"addChart": {"chart": {"spec": spec, "position": place}}})["replies"][0]  # fmt: skip


def test_values_get_cuts_trailing_blanks_and_takes_renderings(book):
    """Rows and cells after the last value are not answered."""
    book.sheet1.update([["a", "", "c", ""], [], [1.5]], "A1")

    assert book.values_get("Sheet1!A1:Z100")["values"] == [["a", "", "c"], [], ["1.5"]]
    typed = book.values_get("Sheet1!A3:B", params={"valueRenderOption": "UNFORMATTED_VALUE"})
    assert typed["values"] == [[1.5]]
    assert "values" not in book.values_get("Sheet1!F5:G9")


def test_batch_get_answers_every_range(book):
    """Several ranges come in one request."""
    book.sheet1.update([["a", "b"]], "A1")

    found = book.values_batch_get(["Sheet1!A1:A", "Sheet1!B1:B"])["valueRanges"]
    assert [each["values"] for each in found] == [[["a"]], [["b"]]]


def test_field_mask_chooses_what_is_answered(book):
    """A GET with fields is small."""
    found = book.client.fetch_sheet_metadata(
        "book", {"fields": "spreadsheetId,sheets(properties(title,gridProperties.rowCount))"}
    )

    assert found == {
        "spreadsheetId": "book",
        "sheets": [{"properties": {"title": "Sheet1", "gridProperties": {"rowCount": 1000}}}],
    }


def test_quota_is_counted_per_minute_and_refilled():
    """The 61st write of a minute is a 429; the next minute is a new one."""
    limits = Limits(writes_per_user=2)
    with SheetsEmulator(limits=limits, speed=60, retry_after=True) as sheets:
        sheets.add_book("book")
        tab = client_of(sheets, sheets.service_account()).open_by_key("book").sheet1
        refused = None
        while refused is None:
            try:
                tab.append_row(["x"])
            except APIError as error:
                refused = error

        assert refused.code == 429
        assert sheets.quota.refused == 1
        assert 0 < float(refused.response.headers["Retry-After"]) <= 1
        time.sleep(float(refused.response.headers["Retry-After"]) + 0.01)
        assert tab.append_row(["y"])["updates"]["updatedRows"] == 1


def test_expired_token_is_renewed_by_google_auth(sheets, book):
    """A 401 makes google-auth ask for a new token and try again."""
    sheets.tokens.expire()

    assert book.sheet1.append_row(["x"])
    assert len(sheets.calls_of("token")) == 2


def test_revoked_key_gets_no_token(sheets, book):
    """After the key is deleted, google-auth cannot go on."""
    sheets.tokens.revoke("logger@my-project.iam.gserviceaccount.com")

    with pytest.raises(RefreshError, match="account not found"):
        book.sheet1.append_row(["x"])


def test_token_of_a_wrong_key_or_scope_is_refused(sheets, connect):
    """Signatures and scopes are checked."""
    with pytest.raises(APIError, match="insufficient authentication scopes"):
        connect(scope="https://www.googleapis.com/auth/documents").http_client.fetch_sheet_metadata(
            "book"
        )


def test_unshared_unknown_and_disabled_are_told_apart(sheets, connect):
    """403 for no permission and for the API being off, 404 for no such spreadsheet."""
    sheets.add_book("private", shared_with={"ada@example.com"})
    http = connect().http_client

    with pytest.raises(SpreadsheetNotFound):
        connect().open_by_key("nowhere")
    with pytest.raises(APIError, match="does not have permission"):
        http.fetch_sheet_metadata("private")
    sheets.api_enabled = False
    with pytest.raises(APIError, match="has not been used in project"):
        http.fetch_sheet_metadata("book")


def test_readers_may_read_and_not_write(sheets, connect):
    """A viewer's write is a 403."""
    sheets.add_book(
        "shown", shared_with=set(), readers={"logger@my-project.iam.gserviceaccount.com"}
    )
    tab = connect().open_by_key("shown").sheet1

    assert tab.get_all_values() == [[]]
    with pytest.raises(APIError, match="permission"):
        tab.append_row(["x"])


@pytest.mark.parametrize(
    ("fault", "happens", "written"),
    [
        (Fault("status", status=503), APIError, False),
        (Fault("status_after", status=500), APIError, True),
        (Fault("html"), (APIError, requests.JSONDecodeError), False),
        (Fault("timeout_before"), requests.Timeout, False),
        (Fault("timeout_after"), requests.Timeout, True),
        (Fault("reset_before"), requests.ConnectionError, False),
        (Fault("reset_after"), requests.ConnectionError, True),
        (Fault("truncated"), requests.RequestException, True),
        (Fault("late", seconds=0.6), requests.Timeout, False),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else None,
)
@pytest.mark.slow_after(4)
def test_faults_lose_the_request_or_the_answer(sheets, book, fault, happens, written):
    """The client sees the failure, and whether the write took place is another matter."""
    tab = book.sheet1
    sheets.faults.add(fault)

    with pytest.raises(happens):
        tab.append_row(["x"])
    assert (sheets.book().tab("Sheet1").values() == [["x"]]) is written


def test_late_write_takes_place_after_the_client_has_gone(sheets, book):
    """A request that timed out may still be carried out."""
    tab = book.sheet1
    sheets.faults.add(Fault("late", seconds=0.6))
    with pytest.raises(requests.Timeout):
        tab.append_row(["x"])

    deadline = time.monotonic() + 5
    while not sheets.book().tab("Sheet1").values() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sheets.book().tab("Sheet1").values() == [["x"]]


def test_held_request_waits_for_its_release(sheets, book):
    """A test can act while a request is on its way."""
    fault = sheets.faults.add(Fault("hold_after"))
    tab = book.sheet1
    book.client.set_timeout(10)
    sender = threading.Thread(target=tab.append_row, args=(["x"],))
    sender.start()

    assert fault.reached.wait(10)
    assert sheets.book().tab("Sheet1").values() == [["x"]]
    fault.release()
    sender.join(10)
    assert not sender.is_alive()


def test_random_faults_are_the_same_for_the_same_seed():
    """Chance can be repeated."""

    def happened(seed: int) -> list[str]:
        with SheetsEmulator() as sheets:
            sheets.faults.random(0.5, [Fault("slow"), Fault("expired")], seed)
            for _ in range(20):
                sheets.faults.next("write")
            return sheets.faults.happened

    assert happened(1) == happened(1)
    assert happened(1) != happened(2)


def test_unknown_fault_is_refused():
    """A test that names no fault of ours is told so."""
    with pytest.raises(ValueError, match="no fault 'flood'"):
        Fault("flood")


def test_hand_edits_are_what_a_person_does(sheets):
    """Rows are deleted, sorted and typed in by people."""
    sheets.type_in("book", "A1", "b", 2)
    sheets.type_in("book", "A2", "a", 1)
    sort = {"range": {"sheetId": 0}, "sortSpecs": [{"dimensionIndex": 0}]}
    sheets.edit("book", {"sortRange": sort})
    assert sheets.book().tab("Sheet1").values() == [["a", 1], ["b", 2]]

    gone = {"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
    sheets.edit("book", {"deleteDimension": {"range": gone}})
    assert sheets.book().tab("Sheet1").values() == [["b", 2]]
    with pytest.raises(ApiError):
        sheets.type_in("book", "A9999", "x")


@pytest.mark.parametrize("title", ["Ada's! log", "The 'log'!", "'", "A1", "!'!"])
def test_titles_with_quotes_and_exclamation_marks_are_found(book, title):
    """A1 notation quotes titles."""
    tab = book.add_worksheet(title, rows=3, cols=2)
    tab.append_row(["x"])

    assert tab.get_all_values() == [["x", ""]] or tab.get_all_values() == [["x"]]


def test_cell_limit_counts_empty_cells_of_every_tab(sheets, book):
    """Ten million cells is the end, filled or not."""
    sheets.add_book("full", [Tab(0, "A", row_count=999_999, column_count=10)])
    full = book.client
    with pytest.raises(APIError, match="above the limit"):
        full.batch_update("full", {"requests": [{"addSheet": {"properties": {"title": "B"}}}]})


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, Cell()),
        ("", Cell()),
        (0, Cell(value=0)),
        (False, Cell(value=False)),
        ("=A1", Cell(value="=A1")),
    ],
)
def test_raw_values_are_stored_as_they_are(value, cell):
    """Nothing is an empty cell; a formula is a text."""
    assert raw(value) == cell


@pytest.mark.parametrize("value", [[], {}, b"x"])
def test_what_is_no_scalar_is_refused(value):
    """As Google does it."""
    with pytest.raises(ApiError, match=f"Invalid values: {type(value).__name__} value"):
        raw(value)


def test_frozen_rows_are_a_property_where_there_are_any():
    """As Google leaves out what is 0."""
    tab = Tab(5, "A")
    assert "frozenRowCount" not in tab.properties(0)["gridProperties"]
    tab.frozen_rows = 2
    assert tab.properties(3)["gridProperties"]["frozenRowCount"] == 2
    assert (tab.properties(3)["index"], tab.properties(3)["sheetId"]) == (3, 5)


def test_appending_says_what_was_written_where(book):
    """Below the table that is found in a range, also in one that is larger than the grid."""
    tab = book.sheet1
    tab.append_rows([["a", "b"], ["c", "d"]], table_range="B2")

    answer = tab.append_rows([["e", "f"], ["g"]], table_range="B2:ZZ5000")

    shown = answer["updates"]
    assert shown["updatedRange"].partition("!")[2] == "B4:C5"
    assert [shown[name] for name in ("updatedRows", "updatedColumns", "updatedCells")] == [2, 2, 3]
    assert tab.get("B2:C5") == [["a", "b"], ["c", "d"], ["e", "f"], ["g"]]
