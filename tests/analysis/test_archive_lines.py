"""Reading an archive as a log."""

from __future__ import annotations

import pytest

import hilt
from hilt.analysis.archive_folder import ArchiveFolder
from hilt.analysis.archiving import archive_logs
from hilt.core.exceptions import ReadError
from tests.analysis.conftest import LogWriter

pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')


@pytest.fixture
def archive(log, tmp_path):
    """An archive of two logs, whose days and calls are mixed in time."""
    prompt = log.prompt("Hi", "order-42", "ann", timestamp="2026-11-27T23:59:59.000000Z")
    log.answer(prompt, "Hello Zürich", "order-42", timestamp="2026-11-28T00:00:01.000000Z")
    other = LogWriter(tmp_path / "other.jsonl")
    # The id of the answer sorts before that of its prompt, and both have one time.
    moment = {"timestamp": "2026-11-28T00:00:00.000000Z", "session_id": "bob"}
    asked = other.write(event_id="evt_b", content={"text": "x" * 300_000}, **moment)
    other.write(
        event_id="evt_a", actor=("agent", "openai"), action="completion",
        extensions={"reply_to": asked, "outcome": "completed"}, **moment,
    )  # fmt: skip
    with ArchiveFolder.open(tmp_path / "archive", "a test") as folder:
        list(archive_logs([log.path, other.path], folder))
    return tmp_path / "archive"


def test_an_archive_is_a_log_in_the_order_of_time(archive, log):
    """Its events are as they were, and calls have their prompts, over midnight and in a moment."""
    opened = hilt.open_log(archive)

    calls = list(opened.calls())
    assert [(call.session_id, len(call.prompt_text or "")) for call in calls] == [
        ("bob", 300_000), ("order-42", 2),
    ]  # fmt: skip
    kept = [event.to_dict() for event in opened.events(session="order-42")]
    assert kept == [event.to_dict() for event in log.open().events()]
    assert opened.find("order-42").calls[0].user == "ann"


def test_a_folder_without_an_archive_is_refused(tmp_path):
    """As any other folder is."""
    with pytest.raises(ReadError, match="is a folder; name a log in it"):
        hilt.open_log(tmp_path)
