"""What takes events is known by what it can do."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.core.event_writer import EventWriter
from hilt.io.session import Session
from hilt.testing import MemorySink


def test_session_is_an_event_writer() -> None:
    """A session has all that the makers of events need."""
    assert isinstance(Session(MemorySink()), EventWriter)


@pytest.mark.parametrize("other", [None, "logs/hilt.jsonl", MemorySink(), []])
def test_what_is_no_event_writer(other: Any) -> None:
    """A path and a sink are not sessions."""
    assert not isinstance(other, EventWriter)
