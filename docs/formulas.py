"""Computes the formulas of a spreadsheet of the emulator, as far as HILT's dashboard uses them.

It knows the operators, some dozen functions, and of the language of ``QUERY`` what the dashboard
asks. A formula of several cells spills into those beside and below it. The pictures are drawn from
this, and the tests compare the figures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from statistics import median

from hilt.testing.sheets.book import Book, Tab

__all__ = ["Computed", "Value", "compute", "compute_rule"]

Value = str | float | bool | None
Table = list[list[Value]]
Computed = dict[tuple[int, int], Value]
"""What the cells of a tab show, by row and column from 0."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>"(?:[^"]|"")*")
    |(?P<range>(?:'(?:[^']|'')+'!)?\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}(?:\$?\d+)?)?)
    |(?P<name>[A-Z]+(?=\()|TRUE|FALSE)|(?P<sign><>|<=|>=|[-+*/&=<>();]))""",
    re.VERBOSE,
)
_RANGE = re.compile(r"(?:'((?:[^']|'')+)'!)?\$?([A-Z]+)\$?(\d+)(?::\$?([A-Z]+)(?:\$?(\d+))?)?")
_LEVELS = (("=", "<>", "<", ">", "<=", ">="), ("&",), ("+", "-"), ("*", "/"))


class _FormulaError(Exception):
    """What a cell shows as ``#N/A`` and ``IFERROR`` catches."""


def compute(book: Book, tab: Tab, now: float) -> Computed:
    """What every cell of a tab shows.

    Args:
        book: The spreadsheet.
        tab: The tab.
        now: What ``NOW()`` is, as a sheet has dates.

    Raises:
        ValueError: If a formula has something that this does not know.
    """
    cells: Computed = {
        (number, column): cell.value
        for number, row in enumerate(tab.rows)
        for column, cell in row.items()
        if cell.formula is None and cell.value is not None
    }
    formulas = [each for each in tab.formulas() if each[2]]
    # A formula may need what another one spills: those that need most come last.
    for _ in range(3):
        for row, column, formula in formulas:
            table = _Reader(book, tab, cells, now).table(formula)
            cells.update(
                ((row + down, column + right), value)
                for down, line in enumerate(table)
                for right, value in enumerate(line)
            )
    return cells


def compute_rule(book: Book, tab: Tab, formula: str, row: int) -> bool:
    """Whether a rule of colours, whose formula is about the second row, holds of a row.

    Raises:
        ValueError: If the formula has something that this does not know.
    """
    here = re.sub(r"(\$[A-Z]+)2\b", rf"\g<1>{row + 1}", formula)
    values = {(row, column): cell.value for column, cell in tab.rows[row].items()}
    return bool(_Reader(book, tab, values, 0.0).table(here)[0][0])


class _Reader:
    """Reads one formula, and computes it at once."""

    def __init__(self, book: Book, tab: Tab, cells: Computed, now: float) -> None:
        self._book, self._tab, self._cells, self._now = book, tab, cells, now
        self._tokens: list[tuple[str, str]] = []

    def table(self, formula: str) -> Table:
        """What a formula gives."""
        rest, self._tokens = formula.removeprefix("="), []
        while rest.strip():
            match = _TOKEN.match(rest)
            if match is None or match.lastgroup is None:
                raise ValueError(f"cannot read {rest!r} in {formula!r}")
            self._tokens.append((match.lastgroup, match[match.lastgroup]))
            rest = rest[match.end() :]
        try:
            result = self._operation(0)()
        except _FormulaError:
            result = [["#N/A"]]
        return result

    def _operation(self, level: int) -> Callable[[], Table]:
        if level == len(_LEVELS):
            return self._operand()
        left = self._operation(level + 1)
        while self._tokens and self._tokens[0][1] in _LEVELS[level]:
            sign = self._tokens.pop(0)[1]
            left = _operated(sign, left, self._operation(level + 1))
        return left

    def _operand(self) -> Callable[[], Table]:
        kind, text = self._tokens.pop(0)
        if kind == "sign":
            inside = self._operation(0)
            self._tokens.pop(0)
            return inside
        if kind == "name" and text not in {"TRUE", "FALSE"}:
            return self._call(text)
        if kind == "range":
            table = self._range(text)
            return lambda: table
        value: Value = text == "TRUE"
        if kind == "number":
            value = float(text)
        elif kind == "text":
            value = text[1:-1].replace('""', '"')
        return lambda: [[value]]

    def _call(self, name: str) -> Callable[[], Table]:
        self._tokens.pop(0)
        arguments: list[Callable[[], Table]] = []
        while self._tokens[0][1] != ")":
            if self._tokens[0][1] == ";":
                self._tokens.pop(0)
                if self._tokens[0][1] in ";)":
                    arguments.append(lambda: [[None]])
                continue
            arguments.append(self._operation(0))
        self._tokens.pop(0)
        if name == "NOW":
            return lambda: [[self._now]]
        function = _FUNCTIONS.get(name)
        if function is None:
            raise ValueError(f"no function {name}")
        return lambda: function(*arguments)

    def _range(self, text: str) -> Table:
        match = _RANGE.fullmatch(text)
        if match is None:
            raise ValueError(f"no range: {text!r}")
        title, left, top, right, bottom = match.groups()
        tab = self._tab if title is None else self._book.tab(title.replace("''", "'"))
        first, last = _column(left), _column(right or left)
        if tab is self._tab:
            end = max((row for row, _ in self._cells), default=0) + 1
            cells: Mapping[tuple[int, int], Value] = self._cells
        else:
            end = tab.row_count
            cells = {
                (row, column): tab.cell(row, column).value
                for row in range(tab.data_rows)
                for column in range(first, last + 1)
            }
        end = int(top) if right is None else int(bottom or end)
        return [
            [cells.get((row, column)) for column in range(first, last + 1)]
            for row in range(int(top) - 1, end)
        ]


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _operated(
    sign: str, left: Callable[[], Table], right: Callable[[], Table]
) -> Callable[[], Table]:
    """An operator, cell by cell; a single cell stands beside each of the others."""

    def result() -> Table:
        one, other = left(), right()
        rows = max(len(one), len(other))
        one = one * rows if len(one) == 1 else one
        other = other * rows if len(other) == 1 else other
        return [
            [_applied(sign, a, b) for a, b in zip(*_as_wide(here, there), strict=True)]
            for here, there in zip(one, other, strict=True)
        ]

    return result


def _as_wide(one: list[Value], other: list[Value]) -> tuple[list[Value], list[Value]]:
    width = max(len(one), len(other))
    return (one * width if len(one) == 1 else one), (other * width if len(other) == 1 else other)


def _applied(sign: str, one: Value, other: Value) -> Value:
    if sign == "&":
        return _shown(one) + _shown(other)
    if sign in {"=", "<>"}:
        return (_comparable(one, other) == _comparable(other, one)) is (sign == "=")
    a, b = _number(one), _number(other)
    if sign == "/" and b == 0:
        raise _FormulaError
    results: dict[str, Callable[[], Value]] = {
        "+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b,
        "<": lambda: a < b, ">": lambda: a > b, "<=": lambda: a <= b, ">=": lambda: a >= b,
    }  # fmt: skip
    return results[sign]()


def _comparable(value: Value, other: Value) -> object:
    if value is None:
        return "" if isinstance(other, str) else 0
    return value.casefold() if isinstance(value, str) else value


def _shown(value: Value) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _number(value: Value) -> float:
    if isinstance(value, str):
        raise _FormulaError
    return float(value or 0)


def _numbers(tables: Sequence[Callable[[], Table]]) -> list[float]:
    return [
        float(value)
        for table in tables
        for row in table()
        for value in row
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    ]


def _each(change: Callable[[Value], Value], table: Table) -> Table:
    return [[change(value) for value in row] for row in table]


def _if(test: Callable[[], Table], *branches: Callable[[], Table]) -> Table:
    tests = test()
    if len(tests) > 1:
        filled = [*branches, lambda: [[None]], lambda: [[None]]]
        return [
            [filled[0]()[0][0] if value else filled[1]()[0][0] for value in row] for row in tests
        ]
    return branches[0]() if tests[0][0] else branches[1]()


def _if_error(tried: Callable[[], Table], *otherwise: Callable[[], Table]) -> Table:
    try:
        return tried()
    except _FormulaError:
        return otherwise[0]() if otherwise else [[None]]


def _hstack(*tables: Callable[[], Table]) -> Table:
    columns = [table() for table in tables]
    height = max(map(len, columns))
    padded = [column + [[None] * len(column[0])] * (height - len(column)) for column in columns]
    return [[value for row in rows for value in row] for rows in zip(*padded, strict=True)]


def _median(*tables: Callable[[], Table]) -> Table:
    numbers = _numbers(tables)
    if not numbers:
        raise _FormulaError
    return [[median(numbers)]]


def _round(number: Callable[[], Table], *_: Callable[[], Table]) -> Table:
    return [[float(round(_number(number()[0][0])))]]


def _index(table: Callable[[], Table], *at: Callable[[], Table]) -> Table:
    row, column = (int(_number(each()[0][0])) - 1 for each in at)
    values = table()
    if row >= len(values):
        raise _FormulaError
    return [[values[row][column]]]


def _sort(table: Callable[[], Table], *by: Callable[[], Table]) -> Table:
    column, ascending = int(_number(by[0]()[0][0])) - 1, bool(by[1]()[0][0])
    rows = [row for row in table() if row[column] not in (None, "")]
    return sorted(rows, key=lambda row: _order(row[column]), reverse=not ascending)


def _order(value: Value) -> tuple[bool, float, str]:
    is_text = isinstance(value, str)
    return is_text, 0.0 if is_text else _number(value), str(value) if is_text else ""


def _date(year: int, month: int, day: int) -> float:
    return float((date(year, month, day) - date(1899, 12, 30)).days)


def _value(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _FormulaError from None


_FUNCTIONS: Mapping[str, Callable[..., Table]] = {
    "ARRAYFORMULA": lambda table: table(),
    "DATE": lambda *parts: [[_date(*(int(_number(part()[0][0])) for part in parts))]],
    "HSTACK": _hstack,
    "IF": _if,
    "IFERROR": _if_error,
    "INDEX": _index,
    "INT": lambda table: _each(lambda value: float(int(_number(value))), table()),
    "LEFT": lambda table, count: _each(
        lambda value: _shown(value)[: int(_number(count()[0][0]))], table()
    ),
    "MID": lambda table, first, count: [
        [_shown(table()[0][0])[int(_number(first()[0][0])) - 1 :][: int(_number(count()[0][0]))]]
    ],
    "MAX": lambda *tables: [[max(_numbers(tables), default=0.0)]],
    "MEDIAN": _median,
    "N": lambda table: _each(
        lambda value: 0.0 if isinstance(value, str) else _number(value), table()
    ),
    "QUERY": lambda table, text, *_: _query(table(), str(text()[0][0])),
    "ROUND": _round,
    "SORT": _sort,
    "SUM": lambda *tables: [[sum(_numbers(tables))]],
    "VALUE": lambda table: [[_value(_shown(table()[0][0]))]],
    "VSTACK": lambda *tables: [row for table in tables for row in table()],
}

_QUERY = re.compile(
    r"select (?P<select>.+?)(?: where (?P<where>.+?))?(?: group by (?P<group>.+?))?"
    r"(?: order by (?P<order>.+?))?(?: limit (?P<limit>\d+))?(?: label .+)?"
)


def _query(table: Table, text: str) -> Table:
    match = _QUERY.fullmatch(text)
    if match is None:
        raise ValueError(f"cannot read the query {text!r}")
    rows = [row for row in table if _is_wanted(row, match["where"] or "")]
    terms = match["select"].split(", ")
    groups: list[Table] = [[row] for row in rows]
    if match["group"]:
        keys = [int(each.removeprefix("Col")) - 1 for each in match["group"].split(", ")]
        by_key: dict[tuple[Value, ...], Table] = {}
        for row in rows:
            by_key.setdefault(tuple(row[key] for key in keys), []).append(row)
        groups = list(by_key.values())
    if match["order"]:
        term, is_descending, _ = match["order"].partition(" desc")
        groups.sort(key=lambda group: _order(_term(term, group)), reverse=bool(is_descending))
    if not groups:
        raise _FormulaError
    groups = groups[: int(match["limit"] or len(groups))]
    return [[_term(term, group) for term in terms] for group in groups]


def _term(term: str, group: Table) -> Value:
    """``Col1``, ``sum(Col2)`` or a fraction of two sums."""
    if "/" in term:
        above, below = (_number(_term(part, group)) for part in term.split("/"))
        return above / below if below else None
    column = int(re.sub(r"\D", "", term)) - 1
    if not term.startswith("sum"):
        return group[0][column]
    return sum(_numbers([lambda: [[row[column]] for row in group]]))


def _is_wanted(row: list[Value], where: str) -> bool:
    if not where:
        return True
    column, sign, *bound = where.split(" ")
    value = row[int(column.removeprefix("Col")) - 1]
    if sign == "is":
        return value is not None
    if sign == "<>":
        return value not in (None, "")
    return not isinstance(value, str) and _number(value) > float(bound[0])
