"""Google Sheets on loopback, for tests of HILT and of anything else that uses gspread.

`SheetsEmulator` is a real HTTP server that speaks the parts of Sheets v4 and of the OAuth token
endpoint that gspread and google-auth call, checks what the service checks, keeps its limits and
quotas, and fails on demand (`Fault`).

What it has: ``spreadsheets.get`` with field masks; ``batchUpdate`` with the requests in
`hilt.testing.sheets.updates.KINDS`, atomic; tables, protected ranges, developer metadata;
``values`` ``get``, ``batchGet``, ``update``, ``append`` and ``clear``, RAW and USER_ENTERED, with
dates as people write them; signed JWTs with their times, refresh tokens, token exchange and
impersonation; tokens that expire and can be revoked; sharing, and 403 by its reasons; messages in
the account's language; 10 million cells, 50,000 characters, quotas a minute.

What it has not: computing formulas, number formats in ``FORMATTED_VALUE``, merged cells, the Drive
API.

What Google's documentation does not settle is assumed, and may differ:

- A cell with a checkbox or an ``ARRAYFORMULA`` in it is data, so that rows are appended below it.
- Appended rows take no format over from the header.
- Characters are UTF-16 code units, in cells and in titles (100 at most).
- Concurrent ``appendCells`` never overwrite each other.
- ``appendCells`` with a ``tableId`` writes from the table's first column on, fills its empty last
  rows first, and inserts rows where something is below the table.
- A copied tab has copies of the developer metadata of the tab and of its columns.
- A ``metadataId`` that is there already is refused, as ids are unique within a spreadsheet.
- Updating developer metadata that no filter matches is refused (`Book.refuses_unmatched`), as at
  least one filter must match.
- A viewer's write is a 403; reading an uploaded Excel file is a 400.
- ``developerMetadata:search`` counts as a read.
- ``;`` separates a formula's arguments in every locale.
"""

from hilt.testing.sheets.book import MAX_CELLS, Book, Tab
from hilt.testing.sheets.calls import Call
from hilt.testing.sheets.cells import MAX_CELL_CHARACTERS, Cell
from hilt.testing.sheets.errors import ApiError
from hilt.testing.sheets.faults import FAULT_KINDS, Fault
from hilt.testing.sheets.forbidden import FORBIDDEN_REASONS
from hilt.testing.sheets.quota import Limits
from hilt.testing.sheets.server import SheetsEmulator

__all__ = [
    "FAULT_KINDS",
    "FORBIDDEN_REASONS",
    "MAX_CELLS",
    "MAX_CELL_CHARACTERS",
    "ApiError",
    "Book",
    "Call",
    "Cell",
    "Fault",
    "Limits",
    "SheetsEmulator",
    "Tab",
]
