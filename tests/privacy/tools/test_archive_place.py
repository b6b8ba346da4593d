"""The tools on an archive: each of its files is the old one or the new."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hilt import Session
from hilt.cli.main import run
from hilt.core.event import Event
from tests.privacy.tools.conftest import ANN, conversation_of

pytest.importorskip("duckdb")

from hilt.analysis import archive_folder
from hilt.privacy.tools.archive_place import ArchivePlace
from hilt.privacy.tools.subject import Subject, erase, find_subject


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of two people over three days, in several files."""
    path = tmp_path / "log.jsonl"
    with Session(path, rotate_bytes=2500) as session:
        for day in (1, 2, 3):
            for who in (ANN, "bob"):
                events = conversation_of(who, f"{who}-{day}", f"“line”\u2028of {ANN}")
                for number, event in enumerate(events):
                    event.timestamp = f"2026-01-{day:02d}T12:00:{number:02d}.000000Z"
                session.append_all(events)
    return path


@pytest.fixture
def archive(log: Path, tmp_path: Path) -> Path:
    """The archive of the log."""
    folder = tmp_path / "archive"
    assert run(["archive", str(log), "--to", str(folder)]) == 0
    return folder


def _events(archive: Path) -> list[Event]:
    events = [Event.from_json(line) for line in ArchivePlace(archive).lines()]
    return [each for each in events if "receipt" not in (each.extensions or {})]


def _state(archive: Path) -> dict[Path, tuple[bytes, int]]:
    files = archive.rglob("*.parquet")
    return {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in files}


def test_a_subject_is_erased_from_an_archive(archive: Path, log: Path) -> None:
    """Their events are gone, their name in the texts of others, and nothing else is different."""
    others = [each for each in _events(archive) if each.session_id.startswith("bob")]
    assert run(["subject", "erase", ANN, str(archive), "--yes", "--why", "request 7"]) == 0
    assert b"".join(ArchivePlace(archive).lines()).count(ANN.encode()) == 0
    kept = {each.event_id: each.to_dict() for each in _events(archive)}
    wanted = [json.loads(each.to_json().replace(ANN, "[ERASED]")) for each in others]
    assert kept == {each["event_id"]: each for each in wanted}
    (receipt,) = (
        event["extensions"]["receipt"]
        for event in map(json.loads, ArchivePlace(archive).lines())
        if "receipt" in event.get("extensions", {})
    )
    assert (receipt["tool"], receipt["events"], receipt["why"]) == ("erase", 15, "request 7")
    before = _state(archive)
    assert run(["subject", "erase", ANN, str(archive), "--yes"]) == 0
    assert _state(archive) == before
    assert run(["archive", str(log), "--to", str(archive)]) == 0
    assert len(_events(archive)) == 15  # what the log still has is not archived again


def test_the_other_tools_take_an_archive(archive: Path, tmp_path: Path) -> None:
    """Check, find, export, redact, retain; and again, which changes nothing."""
    target = tmp_path / "ann.jsonl"
    assert run(["privacy", "check", str(archive)]) == 1
    assert run(["subject", "find", ANN, str(archive)]) == 0
    assert run(["subject", "export", ANN, str(archive), "-o", str(target)]) == 0
    assert target.read_bytes().count(b"\n") == 15
    before = _state(archive)
    assert run(["redact", str(archive), "-n"]) == 0
    assert _state(archive) == before
    for command in (["redact", str(archive)], ["retain", str(archive), "--older-than=2026-01-03"]):
        assert run(command) == 0
        changed = _state(archive)
        assert run(command) == 0
        assert _state(archive) == changed
    assert run(["privacy", "check", str(archive)]) == 0
    assert {each.timestamp[:10] for each in _events(archive)} == {"2026-01-03"}
    assert run(["stats", str(archive)]) == 0


@pytest.mark.parametrize("when", [0, 1, 2])
def test_a_run_that_was_interrupted_is_finished_by_the_next(
    when: int, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file is the old one or the new; nothing of others is lost or doubled."""
    others = sorted(each.event_id for each in _events(archive) if each.session_id[:3] == "bob")
    place, subject, written = ArchivePlace(archive), Subject(ANN), 0
    copy = archive_folder.ArchiveFolder._copy

    def killed(self: Any, select: str, path: str, notes: Any) -> int:
        nonlocal written
        written += 1
        count = copy(self, select, path, notes)
        if written > when:
            raise KeyboardInterrupt
        return count

    with monkeypatch.context() as patched:
        patched.setattr(archive_folder.ArchiveFolder, "_copy", killed)
        with pytest.raises(KeyboardInterrupt):
            erase(place, subject, find_subject(place, subject))
    ids = [each.event_id for each in _events(archive)]
    assert len(ids) == len(set(ids))
    assert set(others) <= set(ids)
    erase(place, subject, find_subject(place, subject))
    assert sorted(each.event_id for each in _events(archive)) == others
    assert b"".join(place.lines()).count(ANN.encode()) == 0


def test_a_folder_without_an_archive_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says how to make one."""
    assert run(["privacy", "check", str(tmp_path)]) == 2
    assert "hilt archive makes one" in capsys.readouterr().err
