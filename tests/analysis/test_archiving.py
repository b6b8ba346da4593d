"""Archives; skipped where DuckDB is not installed."""

from __future__ import annotations

import gzip
import os
import shutil
import stat

import pytest

from hilt.analysis.archive_folder import ArchiveFolder
from hilt.analysis.archiving import archive_logs

duckdb = pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')


@pytest.fixture
def archive(log, tmp_path):
    """Archives the log, or others, and gives the days that were written of each file."""

    def run(*logs, to=tmp_path / "archive"):
        with ArchiveFolder.open(to, "a test") as folder:
            segments = list(archive_logs(logs or [log.path], folder))
        return [segment.days for segment in segments]

    return run


def rows(place, columns="event_id"):
    """What is in an archive, in the order of the ids."""
    with ArchiveFolder.open(place, "a test") as folder:
        return folder.database.execute(
            f"SELECT {columns} FROM {folder.source()} ORDER BY event_id"
        ).fetchall()


def at(day, second=0):
    """A timestamp."""
    return f"2026-11-{day:02}T10:00:{second:02}.000000Z"


def rotated(log, day):
    """The log, rotated on a day."""
    path = log.path.with_name(f"app.202611{day:02}T120000000000Z.jsonl")
    log.path.rename(path)
    log.path.touch()
    return path


def test_an_event_is_in_the_folder_of_its_day(log, archive, tmp_path):
    """Whole, beside its columns; a second run writes nothing."""
    log.prompt(text="é")
    log.write(timestamp=at(29), content={"text": "later"}, extensions={"own": [1]})
    log.write(timestamp="2026-11-29T01:00:00+02:00")
    lines = log.path.read_text("utf-8").splitlines()

    assert archive() == [["2026-11-28", "2026-11-29"]]
    assert rows(tmp_path / "archive", "text, CAST(day AS VARCHAR), event") == [
        ("é", "2026-11-28", lines[0]), ("later", "2026-11-29", lines[1]),
        (None, "2026-11-28", lines[2]),
    ]  # fmt: skip
    assert archive() == [[]]


def test_a_log_that_grows_and_is_rotated_is_never_doubled(log, archive, tmp_path):
    """Its file is replaced when it has grown; the rotated and compressed one is the same."""
    ids = [log.write(timestamp=at(28))]
    archive()
    ids.append(log.write(timestamp=at(29)))
    assert archive() == [["2026-11-28", "2026-11-29"]]
    path = rotated(log, 29)
    ids.append(log.write(timestamp=at(29)))
    assert archive() == [[], ["2026-11-29"]]
    with gzip.open(f"{path}.gz", "wb") as file:
        file.write(path.read_bytes())
    path.unlink()
    archive()
    assert archive() == [[], []]
    copy = shutil.copy(log.path, tmp_path / "copy")
    (tmp_path / "elsewhere").mkdir()
    moved = shutil.move(copy, tmp_path / "elsewhere" / "app.jsonl")
    archive(moved)

    assert [row[0] for row in rows(tmp_path / "archive")] == ids


def test_logs_of_the_same_name_are_kept_apart(log, archive, tmp_path):
    """Two machines may write to one archive."""
    log.write(timestamp=at(28))
    archive()
    log.path.unlink()
    log.write(timestamp=at(28))
    archive()

    assert len(rows(tmp_path / "archive")) == 2


def test_what_retention_takes_out_of_a_log_stays(log, archive, tmp_path):
    """And what is left of the segment is not doubled."""
    ids = [log.write(timestamp=at(day, second)) for day, second in
           ((27, 0), (28, 0), (28, 1), (29, 0))]  # fmt: skip
    archive()
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(lines[2:]))
    ids.append(log.write(timestamp=at(30)))

    assert archive() == [["2026-11-28", "2026-11-29", "2026-11-30"]]
    assert [row[0] for row in rows(tmp_path / "archive")] == ids
    assert archive() == [[]]


def test_what_was_erased_later_in_a_segment_is_gone(log, archive, tmp_path):
    """A day that has nothing left has no file."""
    first, _, last = (log.write(timestamp=at(day)) for day in (27, 28, 29))
    archive()
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(lines[0] + lines[2])

    archive()

    assert [row[0] for row in rows(tmp_path / "archive")] == [first, last]
    assert not list((tmp_path / "archive" / "day=2026-11-28").iterdir())


@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_interrupted_run_leaves_no_half_file(log, archive, tmp_path, monkeypatch, after):
    """What is there is whole, and the next run goes on."""
    ids = [log.write(timestamp=at(day)) for day in (27, 28, 29)]
    copy, done = ArchiveFolder._copy, []

    def interrupted(self, select, path, notes):
        count = copy(self, select, path, notes)
        if len(done) == after:
            raise KeyboardInterrupt
        done.append(path)
        return count

    with monkeypatch.context() as patch:
        patch.setattr(ArchiveFolder, "_copy", interrupted)
        with pytest.raises(KeyboardInterrupt):
            archive()
    there = [path for path in (tmp_path / "archive").rglob("*") if path.is_file()]
    assert len(there) == after
    archive()

    assert [row[0] for row in rows(tmp_path / "archive")] == ids


def test_what_a_killed_run_left_is_deleted(log, archive, tmp_path):
    """Later: another run may still write to it."""
    log.write(timestamp=at(28))
    archive()
    folder = tmp_path / "archive" / "day=2026-11-28"
    old, new = folder / ".app-1.parquet.a", folder / ".app-1.parquet.b"
    old.touch()
    new.touch()
    os.utime(old, (0, 0))

    assert archive() == [[]]
    assert (old.exists(), new.exists()) == (False, True)
    assert len(rows(tmp_path / "archive")) == 1


def test_odd_lines_cost_themselves_only(log, tmp_path):
    """Those whose time cannot be read have a day of their own."""
    log.write(timestamp=at(28))
    with log.path.open("ab") as file:
        file.write(b'{"event_id":"no time","timestamp":"x","session_id":"s","action":"prompt"}\n')
        for byte in (b"\x7f", b"\xff"):  # the second one is no UTF-8
            file.write(b'{"event_id":"raw %b","timestamp":\r"2026-11-28T11:00:00Z","session_id":"s",'
                       b'"action":"prompt","content":{"text":"a,\\"b\\""}}\n' % byte)  # fmt: skip
        file.write(b'{"torn\n{"no": "event"}\n{"a": \x01}\n{"half')
    with ArchiveFolder.open(tmp_path / "archive", "a test") as folder:
        (segment,) = archive_logs([log.path], folder)

    assert (segment.events, segment.skipped) == (3, 5)
    assert rows(tmp_path / "archive", "event_id, text, CAST(day AS VARCHAR)") == [
        (f"evt_{1:032x}", None, "2026-11-28"), ("no time", None, "1970-01-01"),
        ("raw \x7f", 'a,"b"', "2026-11-28"),
    ]  # fmt: skip


def test_a_file_without_events_has_no_name(log, archive, tmp_path):
    """Its lines are counted, and nothing is written; an empty one is not mentioned."""
    log.path.write_bytes(b"")
    assert archive() == []

    half = rb'{"event_id":"e","timestamp":"2026-11-28T11:00:00Z","content":{"text":"\ud800"}}'
    log.path.write_bytes(b"torn}\n" + half + b'\n{"action":"prompt"}\n{"action":')
    with ArchiveFolder.open(tmp_path / "archive", "a test") as folder:
        (segment,) = archive_logs([log.path], folder)

    assert (segment.name, segment.events, segment.days) == ("", 0, [])
    assert sorted(line.number for line in segment.errors) == [1, 2, 3, 4]
    assert segment.skipped == 4


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_an_archive_is_private(log, archive, tmp_path):
    """As the log is."""
    log.prompt()
    archive()

    for path in (tmp_path / "archive").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_an_address_that_fsspec_knows(log, archive, tmp_path):
    """An archive can be wherever it can write."""
    fsspec = pytest.importorskip("fsspec")
    first, _, last = (log.write(timestamp=at(day)) for day in (27, 28, 29))
    place = f"memory://{tmp_path.name}/archive"
    archive(to=place)
    assert archive(to=place) == [[]]
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(lines[0] + lines[2])
    archive(to=place)

    assert [row[0] for row in rows(place)] == [first, last]
    fsspec.filesystem("memory").rm(f"/{tmp_path.name}", recursive=True)
