"""What a cell holds, and how the service understands what is put into it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hilt.testing.sheets.errors import invalid

__all__ = ["MAX_CELL_CHARACTERS", "Cell", "Scalar", "characters", "entered", "raw", "typed"]

Scalar = str | int | float | bool
"""A value without structure."""

MAX_CELL_CHARACTERS = 50_000
"""The longest text that one cell takes."""

_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's serial numbers have no time zone


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: a value or a formula, and its format.

    Formulas are kept, not computed: what matters in a test is that there is one.
    """

    value: Scalar | None = None
    formula: str | None = None
    format: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether a row's data ends before it; a format alone is not data."""
        return self.value is None and self.formula is None

    def shown(self) -> Scalar:
        """What ``values.get`` answers with ``UNFORMATTED_VALUE``."""
        if self.formula is not None:
            return "#FORMULA!"
        return "" if self.value is None else self.value

    def text(self) -> str:
        """What ``values.get`` answers with ``FORMATTED_VALUE``, without number formats."""
        value = self.shown()
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        return str(value)

    def to_dict(self) -> dict[str, Any]:
        """A ``CellData`` object."""
        result: dict[str, Any] = {}
        if self.formula is not None:
            result["userEnteredValue"] = {"formulaValue": self.formula}
        elif self.value is not None:
            result["userEnteredValue"] = {_kind(self.value): self.value}
        if self.format:
            result["userEnteredFormat"] = dict(self.format)
        return result


def characters(text: str) -> int:
    """How long the service finds a text: it counts UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def typed(extended: Mapping[str, Any]) -> Cell:
    """The cell for an ``ExtendedValue``: nothing is parsed but formulas.

    Raises:
        ApiError: If it is not exactly one value of the right type.
    """
    if not extended:
        return Cell()
    if len(extended) != 1:
        raise invalid("Invalid value: exactly one of the union field 'value' must be set.")
    kind, value = next(iter(extended.items()))
    right: tuple[type, ...] = {
        "stringValue": (str,),
        "numberValue": (int, float),
        "boolValue": (bool,),
        "formulaValue": (str,),
    }.get(kind, ())
    if not isinstance(value, right) or (kind == "numberValue" and isinstance(value, bool)):
        raise invalid(f"Invalid value at 'requests' ({kind}), {value!r}")
    if kind == "formulaValue":
        if not str(value).startswith("="):
            raise invalid("Invalid formulaValue: a formula must begin with '='.")
        return Cell(formula=_checked(str(value)))
    return raw(value)


def raw(value: Any) -> Cell:
    """The cell for a value that is stored as it is (``valueInputOption=RAW``).

    Raises:
        ApiError: If it is not a scalar, or too long.
    """
    if value is None or value == "":
        return Cell()
    if not isinstance(value, (str, int, float, bool)):
        raise invalid(f"Invalid values: {type(value).__name__} value")
    return Cell(value=_checked(value) if isinstance(value, str) else value)


def entered(value: Any) -> Cell:
    """The cell for a value as if typed by a person (``valueInputOption=USER_ENTERED``).

    This is where a prompt becomes a formula: ``=``, ``+A1`` and ``-A1`` do.

    Raises:
        ApiError: If it is not a scalar, or too long.
    """
    if not isinstance(value, str) or not value:
        return raw(value)
    text = _checked(value)
    if text.startswith("'"):
        return raw(text[1:])
    if text.startswith("=") and len(text) > 1:
        return Cell(formula=text)
    if text.upper() in {"TRUE", "FALSE"}:
        return Cell(value=text.upper() == "TRUE")
    number = _number_in(text.strip())
    if number is not None:
        return Cell(value=number)
    if text[0] in "+-" and len(text) > 1:
        return Cell(formula=f"={text}")
    return Cell(value=text)


def _number_in(text: str) -> int | float | None:
    """The number that a person means by a text, dates and percentages included."""
    if _DATE.fullmatch(text):
        try:
            return (datetime.strptime(text, "%Y-%m-%d") - _EPOCH).days  # noqa: DTZ007
        except ValueError:
            return None
    scale = 1.0
    if text.endswith("%"):
        text, scale = text[:-1], 0.01
    if not any(letter.isdigit() for letter in text) or not _NUMBER.fullmatch(text):
        return None
    number = float(text.replace(",", "")) * scale
    return int(number) if number.is_integer() else number


def _checked(text: str) -> str:
    if characters(text) > MAX_CELL_CHARACTERS:
        raise invalid(
            "Your input contains more than the maximum of "
            f"{MAX_CELL_CHARACTERS} characters in a single cell."
        )
    return text


def _kind(value: Scalar) -> str:
    if isinstance(value, bool):
        return "boolValue"
    return "stringValue" if isinstance(value, str) else "numberValue"
