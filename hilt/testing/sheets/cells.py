"""What a cell holds, and how the service understands what is put into it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from hilt.testing.sheets.errors import invalid

__all__ = ["MAX_CELL_CHARACTERS", "Cell", "Scalar", "characters", "entered", "raw", "typed"]

Scalar = str | int | float | bool
"""A value without structure."""

MAX_CELL_CHARACTERS = 50_000
"""The longest text that one cell takes."""

_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][+-]?\d+)?")
_DATE = re.compile(r"(?:(\d{4})-(\d{1,2})-(\d{1,2}))|(?:(\d{1,2})[/.](\d{1,2})(?:[/.](\d{4}))?)")
_EPOCH = date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: a value or a formula, and its format.

    Formulas are kept, not computed: what matters in a test is that there is one.
    """

    value: Scalar | None = None
    formula: str | None = None
    format: Mapping[str, Any] = field(default_factory=dict)
    validation: Mapping[str, Any] | None = None

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
        if self.validation:
            result["dataValidation"] = dict(self.validation)
        return result


def characters(text: str) -> int:
    """How long a text is for the service: it counts UTF-16 code units."""
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


def entered(value: Any, cell: Cell | None = None, locale: str = "en_US") -> Cell:
    """The cell for a value as if typed by a person (``valueInputOption=USER_ENTERED``).

    This is where a prompt becomes a formula: ``=``, ``+A1`` and ``-A1`` do; and where ``4/5``
    becomes a date, unless the cell's format is text.

    Args:
        value: What is typed.
        cell: The cell as it was, whose format and drop-down stay.
        locale: Whose way to write dates is understood.

    Raises:
        ApiError: If it is not a scalar, or too long.
    """
    kept = cell.format if cell is not None else {}
    made = _entered(value, locale, is_text=kept.get("numberFormat", {}).get("type") == "TEXT")
    validation = cell.validation if cell is not None else None
    return replace(made, format={**made.format, **kept}, validation=validation)


def _entered(value: Any, locale: str, *, is_text: bool) -> Cell:
    if not isinstance(value, str) or not value:
        return raw(value)
    text = _checked(value)
    if is_text:
        return Cell(value=text)
    if text.startswith("'"):
        return raw(text[1:])
    if text.startswith("=") and len(text) > 1:
        return Cell(formula=text)
    if text.upper() in {"TRUE", "FALSE"}:
        return Cell(value=text.upper() == "TRUE")
    day = _serial_day(text.strip(), locale)
    if day is not None:
        return Cell(value=day, format={"numberFormat": {"type": "DATE"}})
    number = _number_in(text.strip())
    if number is not None:
        return Cell(value=number)
    if text[0] in "+-" and len(text) > 1:
        return Cell(formula=f"={text}")
    return Cell(value=text)


def _serial_day(text: str, locale: str) -> int | None:
    """The serial number of a date as a person writes it, or None."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    if match[1]:
        year, month, day = int(match[1]), int(match[2]), int(match[3])
    else:
        # Without a year it is this one.
        year = int(match[6]) if match[6] else date.today().year  # noqa: DTZ011
        month, day = int(match[4]), int(match[5])
        if locale != "en_US":
            month, day = day, month
    try:
        return (date(year, month, day) - _EPOCH).days
    except ValueError:
        return None


def _number_in(text: str) -> int | float | None:
    """The number that a person means by a text, percentages included."""
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
