"""What rotation closes is archived by a process of its own, and deleted only then."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import hilt
from hilt.core.exceptions import ConfigurationError
from hilt.io.jsonl.archiver import (
    Archiver,
    _archived_names,
    _name_and_size,
    check_interpreter,
)
from hilt.io.jsonl.rotation import rotated_files
from hilt.io.session import Session

duckdb = pytest.importorskip("duckdb")
NOT_ARCHIVED = "were not archived in {}/archive, and none is deleted before:"
READ = "SELECT event_id FROM read_parquet(?, hive_partitioning = true) ORDER BY 1"


def waited(path: Path, archive: Path) -> Archiver:
    """An archiver that has done its work after a rotation."""
    archiver = Archiver(str(path), str(archive))
    archiver.rotated()
    archiver.run(threading.Event())
    return archiver


def test_rotated_files_are_archived_and_the_log_is_not(tmp_path: Path, event: Any) -> None:
    """Each event of a rotated file is in the archive once."""
    path, archive = tmp_path / "log.jsonl", tmp_path / "archive"
    with Session(path, rotate_bytes=1000) as session:
        written = [session.append(event(number)).event_id for number in range(20)]
    current = [each.event_id for each in hilt.open_log(path).events() if each]
    current = current[-path.read_bytes().count(b"\n") :]
    archiver = waited(path, archive)

    rows = duckdb.execute(READ, [f"{archive}/*/*.parquet"]).fetchall()
    assert [row[0] for row in rows] == sorted(set(written) - set(current))
    assert all(archiver.has(file) for file in rotated_files(path))
    assert not archiver.has(path)


def test_file_that_has_grown_since_is_not_archived(tmp_path: Path, event: Any) -> None:
    """A process that still has it open may write to it, and nobody else has that event."""
    path = tmp_path / "log.jsonl"
    with Session(path, rotate_bytes=1000, compress=False) as session:
        for number in range(10):
            session.append(event(number))
    archiver = waited(path, tmp_path / "archive")
    first, *others = rotated_files(path)
    with first.open("ab") as file:
        file.write(event(11).encode() + b"\n")

    assert not archiver.has(first)
    assert all(archiver.has(file) for file in others)


def test_nothing_is_deleted_before_it_is_archived(
    tmp_path: Path, event: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the archive cannot be written, all rotated files stay, and one warning says why."""
    path = tmp_path / "log.jsonl"
    (tmp_path / "archive").write_text("a file, not a folder")
    with (
        caplog.at_level(logging.WARNING, "hilt"),
        Session(path, rotate_bytes=1000, keep=1, archive=tmp_path / "archive") as session,
    ):
        written = [session.append(event(number)).event_id for number in range(20)]
    waited(path, tmp_path / "archive")

    assert [each.event_id for each in hilt.open_log(path).events()] == written
    assert "were not archived in" in caplog.messages[-1]


def test_files_that_are_archived_are_deleted(tmp_path: Path, event: Any) -> None:
    """After the next rotation only so many are kept, and the archive has the others."""
    path, archive = tmp_path / "log.jsonl", tmp_path / "archive"
    with Session(path, rotate_bytes=1000, keep=1, archive=archive) as session:
        written = [session.append(event(number)).event_id for number in range(20)]
        (sink,) = session.sinks
        cleanup = sink._rotator.cleanup  # type: ignore[attr-defined]
        while len(rotated_files(path)) > 1:
            cleanup.rotated()
            cleanup.start()
            cleanup._thread.join()
    kept = [each.event_id for each in hilt.open_log(path).events()]
    rows = duckdb.execute(READ, [f"{archive}/*/*.parquet"]).fetchall()

    assert len(kept) < len(written)
    assert sorted({*kept, *(row[0] for row in rows)}) == sorted(written)


@pytest.mark.slow
def test_modules_of_the_current_folder_are_not_run(
    tmp_path: Path, event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies in a folder of others, or in one that is gone, has no part in it."""
    path, archive = tmp_path / "log.jsonl", tmp_path / "archive"
    with Session(path, rotate_bytes=1000) as session:
        for number in range(20):
            session.append(event(number))
    for name in ("hilt", "json", "duckdb"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('planted')")
    monkeypatch.chdir(tmp_path)

    assert all(waited(path, archive).has(file) for file in rotated_files(path))


def test_another_program_archives_nothing(
    tmp_path: Path, event: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Only what is named by `hilt archive` may be deleted, whatever the exit code says."""
    path, program = tmp_path / "log.jsonl", tmp_path / "python-like"
    with Session(path, rotate_bytes=1000) as session:
        for number in range(20):
            session.append(event(number))
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    with caplog.at_level(logging.WARNING, "hilt"):
        archiver = waited(path, tmp_path / "archive")

    assert not any(archiver.has(file) for file in rotated_files(path))
    assert caplog.messages == [f"rotated files of {path} {NOT_ARCHIVED.format(tmp_path)} 0"]


@pytest.mark.parametrize("executable", ["", None, "/usr/sbin/uwsgi"])
def test_server_that_runs_python(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, executable: str | None
) -> None:
    """Where the program is no Python, that of its environment is run, and no archive without."""
    monkeypatch.setattr(sys, "executable", executable)
    check_interpreter()
    monkeypatch.setattr(sys, "exec_prefix", str(tmp_path))

    with pytest.raises(ConfigurationError, match="leave archive out"):
        Session(tmp_path / "log.jsonl", rotate_daily=True, archive="a")


def test_frozen_program_is_not_started_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It would run itself in the place of Python."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)

    with pytest.raises(ConfigurationError, match="no Python to run `hilt archive` with"):
        Session(tmp_path / "log.jsonl", rotate_daily=True, archive="a")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"archive": "archive"}, "give rotate_daily=True or rotate_bytes="),
        ({"archive": "", "rotate_daily": True}, "archive: '' is no folder"),
        ({"archive": "a", "rotate_daily": True, "columns": ["message"]}, "leave columns out"),
    ],
)
def test_what_cannot_be_archived_is_refused(
    tmp_path: Path, given: dict[str, object], message: str
) -> None:
    """The message says what to give."""
    with pytest.raises(ConfigurationError, match=message):
        Session(tmp_path / "log.jsonl", **given)  # type: ignore[arg-type]


def test_file_that_is_gone_was_not_archived(tmp_path: Path) -> None:
    """What has no size is never like one that has; a child of a fork knows of none."""
    path = tmp_path / "log.jsonl"
    assert _name_and_size(path) == ("log.jsonl", -1)
    path.write_bytes(b"{}\n")
    assert _name_and_size(path) == ("log.jsonl", 3)

    archiver = Archiver(str(path), str(tmp_path / "archive"))
    archiver._archived = frozenset({("log.jsonl", 3)})
    assert archiver.has(path)
    archiver.rotated()
    archiver._forget()
    assert not archiver.has(path)
    archiver.run(threading.Event())  # nothing is wanted any more
    assert not (tmp_path / "archive").exists()


def test_without_a_python_nothing_can_be_archived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a program that brings its own; the error says so."""
    monkeypatch.setattr("hilt.io.jsonl.archiver._interpreter", lambda: None)
    archiver = Archiver(str(tmp_path / "log.jsonl"), str(tmp_path / "archive"))
    archiver.rotated()

    with pytest.raises(OSError, match="there is no Python to run `hilt archive` with"):
        archiver.run(threading.Event())


def test_names_of_what_was_archived() -> None:
    """Each line that is one; others are of something else."""
    lines = [
        '{"path": "/a/none.jsonl", "name": ""}',
        '{"path": "/a/b.jsonl"}',
        "Warning",
        "[]",
        '{"name": "x"}',
        '{"path": 1}',
        "",
    ]

    assert list(_archived_names("\n".join(lines))) == ["b.jsonl"]
