"""Flat rows of chosen columns, as lines of JSON."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hilt.core.columns import row_of
from hilt.core.event import Event

__all__ = ["rows_of"]

_encoder = msgspec.json.Encoder()


def rows_of(lines: bytes, columns: Sequence[str]) -> bytes:
    r"""Encoded events as rows: JSON objects whose keys are columns.

    Cells without a value are absent: ``{"action":"prompt","message":"Hi"}\n``.

    Raises:
        EventError: If a line is not an event.
    """
    rows = []
    for line in lines.splitlines():
        cells = zip(columns, row_of(Event.from_json(line), columns), strict=True)
        rows.append(_encoder.encode({name: cell for name, cell in cells if cell is not None}))
    return b"\n".join([*rows, b""])
