"""Google Sheets on loopback, for tests of HILT and of anything else that uses gspread.

`SheetsEmulator` is a real HTTP server that speaks the parts of Sheets v4 and of the OAuth token
endpoint that gspread and google-auth call, checks what the service checks, keeps its limits and
quotas, and fails on demand (`Fault`).

What it has: ``spreadsheets.get`` with field masks; ``batchUpdate`` with the requests in
`hilt.testing.sheets.updates.KINDS`, atomic; ``values`` ``get``, ``batchGet``, ``update``,
``append`` and ``clear``, RAW and USER_ENTERED; signed JWTs for tokens that expire and can be
revoked; sharing; 10 million cells, 50,000 characters, quotas a minute.

What it has not: computing formulas, number formats in ``FORMATTED_VALUE``, merged cells, filters,
the Drive API.
"""

from hilt.testing.sheets.book import MAX_CELLS, Book, Tab
from hilt.testing.sheets.calls import Call
from hilt.testing.sheets.cells import MAX_CELL_CHARACTERS, Cell
from hilt.testing.sheets.errors import ApiError
from hilt.testing.sheets.faults import FAULT_KINDS, Fault
from hilt.testing.sheets.quota import Limits
from hilt.testing.sheets.server import SheetsEmulator

__all__ = [
    "FAULT_KINDS",
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
