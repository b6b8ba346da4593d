"""Which texts are ids of events."""

from __future__ import annotations

import pytest

from hilt.core.ids_and_times import new_event_id
from hilt.io.sheets.event_ids import hex_digits


def test_id_of_an_event_has_32_digits():
    """They are what follows the prefix."""
    event_id = new_event_id()

    assert hex_digits(event_id) == event_id.removeprefix("evt_")


@pytest.mark.parametrize("text", ["", "event_id", "Event id", "evt_", "evt_" + "g" * 32, "7"])
def test_other_texts_are_none(text):
    """A header is not one."""
    assert hex_digits(text) is None
