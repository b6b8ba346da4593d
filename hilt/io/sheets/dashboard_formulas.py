"""The formulas of a dashboard.

Only four formulas read the log, however many days there are: one groups it by day and model into a
small table, the *summary*, which all other formulas use. Google computes them again after each
append; at 100,000 rows that is some 900,000 cells, instead of 40 million for a formula in every
cell of a table.

Arguments are separated by ``;``, and columns put side by side with ``HSTACK``, since that works in
every language of a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone, tzinfo

from hilt.io.sheets.a1 import column_letters, quote_title
from hilt.io.sheets.call_rows import FAILED
from hilt.io.sheets.tabs import LogTab

__all__ = ["DAYS", "NEWEST", "SLOWEST", "TOP", "Formulas"]

NEWEST = (1, 13)
"""The row and column, from 0, of the cell with the time of the newest row; hidden."""

DAYS = 60
"""How many days the table of days has at most, and its charts."""

TOP = 20
"""How many models the table of models has at most."""

SLOWEST = 10
"""How many of the slowest calls are shown."""

_FIRST_SLOWEST = 8
"""The column in which the slowest calls begin."""
_SLOWEST_COLUMNS = (("seconds", "latency_ms"), ("model",), ("question", "message"),
                    ("time", "timestamp"))  # fmt: skip
_HEADS = {"latency_ms": "Milliseconds", "message": "Answer", "timestamp": "Time (UTC)"}
_NEWEST = "$N$2"
_EPOCH = datetime(1899, 12, 30, tzinfo=timezone.utc)
_FIRST_CHANGE = datetime(2025, 1, 1, tzinfo=timezone.utc)
_LAST_CHANGE = timedelta(days=3650)


class Formulas:
    """The formulas of a dashboard over the tabs of a log.

    Args:
        tabs: The tabs, all with the same kind of rows.
        summary: Where the summary is: the columns of day, model, calls, errors and cost, in A1.
    """

    def __init__(self, tabs: Sequence[LogTab], summary: Sequence[str]) -> None:
        self._tabs = tabs
        self.day, self.model, self.calls, self.errors, self.cost = summary
        self._table = f"{self.day.split(':')[0]}:{self.cost.split(':')[1]}"
        self.is_of_calls = tabs[0].rows_are == "calls"

    @property
    def has_time(self) -> bool:
        """Whether the rows have times."""
        return self._has("time", "timestamp")

    @property
    def has_model(self) -> bool:
        """Whether the rows name models."""
        return self._has("model")

    @property
    def has_outcome(self) -> bool:
        """Whether the rows say how a call ended."""
        return self._has("outcome", "status_code")

    @property
    def has_cost(self) -> bool:
        """Whether the rows have costs."""
        return self._has("cost", "cost_usd")

    @property
    def has_duration(self) -> bool:
        """Whether the rows say how long a call took."""
        return self._has("seconds", "latency_ms")

    def summary(self) -> str:
        """Every day and model with its calls, errors and cost; one pass over the log."""
        columns = (
            self._days(), self._or_blank("model"), self._ended(), self._failed(),
            self._or_blank("cost", "cost_usd"),
        )  # fmt: skip
        table = f"ARRAYFORMULA(HSTACK({';'.join(columns)}))"
        sums = ", ".join(f"sum(Col{at})" for at in (3, 4, 5))
        labels = ", ".join(f"sum(Col{at}) ''" for at in (3, 4, 5))
        return _query(
            table,
            f"select Col1, Col2, {sums} where {self._wanted_rows()} group by Col1, Col2 "
            f"order by Col1 label {labels}",
        )

    def per_day(self) -> str:
        """The newest days with their calls, cost and error rate, oldest first."""
        query = _query(
            self._table,
            f"select Col1, sum(Col3), sum(Col5), sum(Col4)/sum(Col3) where Col3 > 0 group by Col1 "
            f"order by Col1 desc limit {DAYS} "
            "label sum(Col3) '', sum(Col5) '', sum(Col4)/sum(Col3) ''",
            guarded=False,
        )
        return f"=IFERROR(SORT({query};1;TRUE))"

    def per_model(self) -> str:
        """The most expensive models."""
        return _query(
            self._table,
            f"select Col2, sum(Col5) where Col5 > 0 group by Col2 order by sum(Col5) desc "
            f"limit {TOP} label sum(Col5) ''",
        )

    def slowest(self) -> tuple[list[str], str]:
        """The heads and the query of the slowest calls."""
        names = self._slowest_columns()
        table = f"HSTACK({';'.join(self._column(*each) for each in names)})"
        columns = ", ".join(f"Col{at + 1}" for at in range(len(names)))
        query = _query(
            table,
            f"select {columns} where Col1 is not null order by Col1 desc limit {SLOWEST}",
        )
        names_of = [self._name(*each) for each in names]
        return [_HEADS.get(name, name.capitalize()) for name in names_of], query

    @property
    def label_column(self) -> int:
        """The tab's column, from 0, that says what the slowest calls were about."""
        names = self._slowest_columns()
        return _FIRST_SLOWEST + len(names[:3]) - 1

    def _slowest_columns(self) -> list[tuple[str, ...]]:
        return [names for names in _SLOWEST_COLUMNS if self._has(*names)]

    def median(self) -> str:
        """The median time of a call."""
        return f"=IFERROR(MEDIAN({self._column('seconds', 'latency_ms')});0)"

    def first_day(self) -> str:
        """The first day of the log, which comes first in the summary."""
        first = self.day.split(":")[0]
        return f'=IF({first}="";"";{first})'

    def last_row(self) -> list[str]:
        """When the newest row was written, in words, and the cells that this is computed from.

        These go to the cells from `NEWEST` to the right.
        """
        if self.is_of_calls:
            return [_ago(_NEWEST), f"=MAX({self._column('time')})"]
        utc, local = _cell_after(_NEWEST, 1), _cell_after(_NEWEST, 2)
        return [
            _ago(local),
            f"=IFERROR(INDEX(SORT({self._column('timestamp')};1;FALSE);1;1))",
            f'=IF({_NEWEST}="";0;IFERROR({_time_in(_NEWEST)};0))',
            f"=IF({utc}=0;0;{utc}+({_offset_minutes(utc, self._tabs[0].zone)})/1440)",
        ]

    def _days(self) -> str:
        if self.is_of_calls:
            return f"IFERROR(INT({self._column('time')});0)"
        return f"LEFT({self._column('timestamp')};10)" if self.has_time else self._or_blank("")

    def _wanted_rows(self) -> str:
        if not self.has_time:
            return "Col5 is not null"
        return "Col1 > 0" if self.is_of_calls else "Col1 <> ''"

    def _ended(self) -> str:
        """1 for each row that is the end of a call."""
        if self.is_of_calls:
            return f'N({self._column("outcome")}<>"")'
        return f"N({self._or_blank('status_code')}>0)"

    def _failed(self) -> str:
        if self.is_of_calls:
            outcome = self._column("outcome")
            return "+".join(f'({outcome}="{each}")' for each in FAILED)
        return f"N({self._or_blank('status_code')}>=400)"

    def _has(self, *names: str) -> bool:
        return any(name in self._tabs[0].positions for name in names)

    def _name(self, *names: str) -> str:
        return next(name for name in names if name in self._tabs[0].positions)

    def _or_blank(self, *names: str) -> str:
        """A column, or as many empty cells as there are ids if the log has no such column."""
        if self._has(*names):
            return self._column(*names)
        return f'IF({self._column("event_id")}="";;)'

    def _column(self, *names: str) -> str:
        """A column of all tabs, one tab below the other."""
        ranges = [_range(tab, names) for tab in self._tabs]
        return ranges[0] if len(ranges) == 1 else f"VSTACK({';'.join(ranges)})"


def _ago(newest: str) -> str:
    """How long ago a time was, in words."""
    ago = f"(NOW()-{newest})"
    return (
        f'=IF({newest}=0;"No rows yet";"Last row "&IF({ago}<0.1;ROUND({ago}*1440)'
        f'&" minutes ago";IF({ago}<2;ROUND({ago}*24)&" hours ago";ROUND({ago})'
        '&" days ago")))'
    )


def _cell_after(cell: str, count: int) -> str:
    """A cell to the right of another."""
    return f"${column_letters(NEWEST[1] + count)}{cell[2:]}"


def _time_in(cell: str) -> str:
    """The date of a timestamp, in whatever language the spreadsheet is."""
    year, month, day, hour, minute = (
        f"VALUE(MID({cell};{first};{count}))"
        for first, count in ((1, 4), (6, 2), (9, 2), (12, 2), (15, 2))
    )
    return f"DATE({year};{month};{day})+{hour}/24+{minute}/1440"


def _offset_minutes(cell: str, zone: tzinfo) -> str:
    """How many minutes a time zone is ahead of UTC at a time.

    No function of a spreadsheet knows that, so each change of the clocks is a term of a sum.
    """
    start, end = _FIRST_CHANGE, datetime.now(timezone.utc) + _LAST_CHANGE
    offset = _offset_at(start, zone)
    terms = [f"0{offset:+}"]
    while start < end:
        following = start + timedelta(days=1)
        new = _offset_at(following, zone)
        if new != offset:
            at = _moment_of_change(start, zone)
            terms.append(f"{'+' if new > offset else '-'}({cell}*1440>={at})*{abs(new - offset)}")
        start, offset = following, new
    return "".join(terms)


def _moment_of_change(day: datetime, zone: tzinfo) -> int:
    """The minute of a day, since the epoch of sheets, when a zone's offset changes."""
    before = _offset_at(day, zone)
    minutes = (day + timedelta(minutes=each) for each in range(24 * 60 + 1))
    change = next(each for each in minutes if _offset_at(each, zone) != before)
    return round((change - _EPOCH).total_seconds() / 60)


def _offset_at(moment: datetime, zone: tzinfo) -> int:
    offset = moment.astimezone(zone).utcoffset()
    return round(offset.total_seconds() / 60) if offset is not None else 0


def _range(tab: LogTab, names: Sequence[str]) -> str:
    name = next(name for name in names if name in tab.positions)
    letter = column_letters(tab.positions[name])
    return f"{quote_title(tab.title)}!${letter}$2:${letter}"


def _query(table: str, text: str, *, guarded: bool = True) -> str:
    query = f'QUERY({table};"{text}";0)'
    return f"=IFERROR({query})" if guarded else query
