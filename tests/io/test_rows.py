"""Flat rows of chosen columns."""

from __future__ import annotations

import pytest

from hilt.core.exceptions import EventError
from hilt.io.rows import rows_of


def test_cells_without_a_value_are_absent(event):
    """Keys stand in the order of the columns."""
    lines = event(1, "Hi").encode() + b"\n" + event(2, "=1+1").encode() + b"\n"

    assert rows_of(lines, ("message", "model", "action")) == (
        b'{"message":"Hi","action":"prompt"}\n{"message":"=1+1","action":"prompt"}\n'
    )


def test_what_is_no_event_is_refused():
    """The sink counts it as lost."""
    with pytest.raises(EventError):
        rows_of(b"{}\n", ("message",))
