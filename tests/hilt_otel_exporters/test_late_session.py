"""Tests for a session that is opened by its first event."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilt.core.event import Event
from hilt.core.exceptions import HILTError
from hilt.io.session import Session
from hilt_otel_exporters.late_session import LateSession

_EVENT = Event(session_id="s", action="prompt", actor={"type": "human", "id": "user"})


def test_session_is_opened_by_its_first_event(tmp_path: Path) -> None:
    """Flushing it before makes no file."""
    session = Session(tmp_path / "log.jsonl")
    late = LateSession(session)

    assert late.flush()
    assert not (tmp_path / "log.jsonl").exists()

    late.append_all([_EVENT])
    late.write_lines(_EVENT.encode() + b"\n", 1)
    session.close()

    assert len(list(session.read())) == 2


def test_error_of_opening_is_kept(tmp_path: Path) -> None:
    """Writing raises nothing; `check` does."""
    (tmp_path / "file").write_text("")
    late = LateSession(Session(tmp_path / "file" / "log.jsonl"))

    assert late.append_all([_EVENT]) == []
    late.write_lines(b"{}\n", 1)

    with pytest.raises(HILTError):
        late.check()
