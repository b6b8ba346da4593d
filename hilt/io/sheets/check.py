"""Whether logging to a sheet would work: step by step, up to the first failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hilt.core.counts import counted
from hilt.core.exceptions import CredentialsError, HILTError, SinkError
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.diagnosis import CLOCK_LEEWAY_S, keeps_out
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.marks import read_marks
from hilt.io.sheets.probe import probe_requests
from hilt.io.sheets.reasons import lift_protection
from hilt.io.sheets.retry import COMMAND_ATTEMPTS, retried
from hilt.io.sheets.rows import Row, read_rows
from hilt.io.sheets.tabs import candidates

if TYPE_CHECKING:
    from hilt.io.sheets.sink import SheetsSink

__all__ = ["CheckResult", "check_sheet"]

_MOST_ROWS = 5
"""How many rows are named at most."""
_ABOUT_CREDENTIALS = frozenset({"ACCESS_TOKEN_SCOPE_INSUFFICIENT", "IAM_PERMISSION_DENIED"})
_FORBIDDEN_API = frozenset(
    {
        "BILLING_DISABLED",
        "CONSUMER_SUSPENDED",
        "SECURITY_POLICY_VIOLATED",
        "SERVICE_DISABLED",
        "USER_PROJECT_DENIED",
    }
)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one step.

    Args:
        name: What was checked.
        ok: Whether it is in order.
        text: What was found, or what to do.
    """

    name: str
    ok: bool
    text: str


_API_ANSWERS = CheckResult("API", ok=True, text="the Google Sheets API answers")


def check_sheet(sink: SheetsSink) -> Iterator[CheckResult]:
    """Check clock, credentials, API, sharing, writing, quota and rows, up to the first failure."""
    try:
        connection = sink.connect(COMMAND_ATTEMPTS)
    except HILTError as error:
        yield CheckResult("credentials", ok=False, text=str(error))
        return
    with closing(connection):
        clock = _clock(connection)
        yield clock
        if not clock.ok:
            return
        try:
            tabs = connection.tabs()
            of_log = _tabs_of_log(sink, connection, tabs)
        except CallError as error:
            yield from _refused(sink, connection, error)
            return
        yield _signed_in(sink)
        yield _API_ANSWERS
        text = f"can read {counted(len(tabs), 'tab')}"
        if not of_log:
            text += f"; there is no {sink.worksheet_name!r} yet, so the program will make it"
        yield CheckResult("sharing", ok=True, text=text)
        writing = _writing(sink, connection, of_log)
        yield writing
        if writing.ok:
            yield _quota(sink)
            if of_log:
                yield from _rows(sink, connection)


def _clock(connection: Connection) -> CheckResult:
    offset = connection.clock_offset_s()
    if offset is None:
        text = "Google cannot be reached: check the network, its proxy and its firewall"
        return CheckResult("network", ok=False, text=text)
    if abs(offset) > CLOCK_LEEWAY_S:
        side = "ahead" if offset > 0 else "behind"
        text = f"{abs(offset) / 60:.0f} minutes {side}: set it, and let it be kept right (NTP)"
        return CheckResult("clock", ok=False, text=text)
    return CheckResult("clock", ok=True, text="agrees with Google's")


def _signed_in(sink: SheetsSink) -> CheckResult:
    return CheckResult("credentials", ok=True, text=f"{sink.account.name} ({sink.account.kind})")


def _refused(sink: SheetsSink, connection: Connection, error: CallError) -> Iterator[CheckResult]:
    """The steps up to the one that failed, by what a refusal is about."""
    explained = sink.explain(error, connection)
    if isinstance(explained, CredentialsError) or error.reason in _ABOUT_CREDENTIALS:
        yield CheckResult("credentials", ok=False, text=str(explained))
    elif error.reason in _FORBIDDEN_API or error.kind != "refused":
        yield _signed_in(sink)
        yield CheckResult("API", ok=False, text=str(explained))
    else:
        yield _signed_in(sink)
        yield _API_ANSWERS
        yield CheckResult("sharing", ok=False, text=str(explained))


def _tabs_of_log(sink: SheetsSink, connection: Connection, tabs: list[Json]) -> set[int]:
    marks = read_marks(connection)
    return {each.sheet_id for each in candidates(connection, tabs, marks, sink.worksheet_name)}


def _writing(sink: SheetsSink, connection: Connection, of_log: set[int]) -> CheckResult:
    try:
        retried(lambda: connection.batch(probe_requests()), sink.pace)
        shut = [each for each in connection.structure() if keeps_out(each, of_log)]
    except CallError as error:
        return CheckResult("writing", ok=False, text=str(sink.explain(error, connection)))
    if shut:
        title = shut[0]["properties"]["title"]
        text = f"the tab {title!r} is protected. {lift_protection(sink.account.name)}"
        return CheckResult("writing", ok=False, text=text)
    return CheckResult("writing", ok=True, text="a cell was written and taken back")


def _rows(sink: SheetsSink, connection: Connection) -> Iterator[CheckResult]:
    """A step for rows that cannot be read, if there are any: they have a time, but no id."""
    try:
        names = ("event_id", "time", "timestamp")
        rows = [
            f"{row.title}!{row.number}"
            for row in read_rows(connection, sink.worksheet_name, names)
            if "event_id" not in row.values and _is_time(row)
        ]
    except SinkError:
        return  # the tab has the log's title, but none of its columns yet
    except CallError as error:
        yield CheckResult("rows", ok=False, text=str(sink.explain(error, connection)))
        return
    if rows:
        shown = ", ".join(rows[:_MOST_ROWS]) + (", ..." if len(rows) > _MOST_ROWS else "")
        text = (
            f"{counted(len(rows), 'row')} without an event id, which no command reads: {shown}. "
            "Delete them if the same call is in another row; if not, somebody has emptied the "
            "hidden column of the ids: take that back with File > Version history"
        )
        yield CheckResult("rows", ok=False, text=text)


def _is_time(row: Row) -> bool:
    """Whether a row has a time as the log writes it, and so is no header."""
    times = (row.values.get("time"), row.values.get("timestamp"))
    return any(isinstance(each, (int, float)) or str(each)[:1].isdigit() for each in times if each)


def _quota(sink: SheetsSink) -> CheckResult:
    used, limit = sink.writes_used()
    text = f"{used} of {limit} writes in the last minute from this machine"
    return CheckResult("quota", ok=used < limit, text=text)
