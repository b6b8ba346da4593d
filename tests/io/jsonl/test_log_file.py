"""One log file, open for appending."""

from __future__ import annotations

import errno
import os
import stat
import threading

import pytest

from hilt.io.jsonl import log_file
from hilt.io.jsonl.log_file import LogFile, open_log
from hilt.testing import fixed

posix = pytest.mark.skipif(os.name == "nt", reason="Windows takes the careful way only")


@pytest.fixture
def path(tmp_path):
    """Where the log is."""
    return tmp_path / "log.jsonl"


@pytest.fixture
def log(clock, path):
    """A log that is open, with one line, and looked at just now."""
    log = open_log(str(path))
    assert log.append(b"a\n") == b""
    return log


@pytest.fixture
def calls(monkeypatch):
    """The names of the system calls that a log makes."""
    made: list[str] = []

    def counted(name: str, real) -> None:
        def call(*arguments, **options):
            made.append(name)
            return real(*arguments, **options)

        monkeypatch.setattr(log_file, name, call)

    for name in ("_fstat", "_write", "_seek"):
        counted(name, getattr(log_file, name))
    return made


def failing(*_):
    """A system call that a network file system does not answer."""
    raise OSError(errno.ESTALE, "stale")


def in_thread(function, *arguments) -> bytes:
    """Call a function in a thread of its own, and return what it returns."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*arguments)))
    thread.start()
    thread.join()
    return results[0]


def add(path, data: bytes) -> None:
    """Write to a file as another process does."""
    with path.open("ab") as other:
        other.write(data)


def before_next_write(monkeypatch, act) -> None:
    """Do something at the very moment of the next write, after every look at the file."""
    real = log_file._write

    def late(fd: int, data: bytes) -> int:
        monkeypatch.setattr(log_file, "_write", real)
        act()
        return real(fd, data)

    monkeypatch.setattr(log_file, "_write", late)


def take_only(monkeypatch, size: int) -> None:
    """Let the disk take so many bytes of each write."""
    real = os.write
    monkeypatch.setattr(log_file, "_write", lambda fd, data: real(fd, data[:size]))


@pytest.mark.parametrize("way", ["append", "append_carefully"])
def test_lines_go_to_the_end(log, path, way):
    """Whoever else writes there."""
    append = getattr(log, way)
    add(path, b"b\n")

    assert append(b"c\nd\n") == b""
    add(path, b"e\n")
    assert append(b"f\n") == b""
    assert path.read_bytes() == b"a\nb\nc\nd\ne\nf\n"


@posix
def test_a_thread_that_writes_alone_makes_three_system_calls(log, calls):
    """Whether the file was deleted, the write, and where it landed."""
    log.append(b"b\n")

    assert calls == ["_fstat", "_write", "_seek"]


@posix
def test_lines_that_a_later_append_has_checked_are_not_kept(log):
    """Or a program would hold each prompt that it has ever written."""
    for _ in range(3):
        assert log.append_unchecked(b"b\n") == b""
        assert len(log._unchecked) == 1
        assert log.append(b"c\n") == b""
        assert not log._unchecked


@posix
def test_an_unchecked_append_is_one_system_call(log, path, calls):
    """The next append checks for both, and finds nothing to write again."""
    for _ in range(3):
        assert log.append_unchecked(b"b\n") == b""
        assert log.append(b"c\n") == b""

    assert calls == ["_write", "_fstat", "_write", "_seek"] * 3
    assert log.check() == b""
    assert path.read_bytes() == b"a\n" + b"b\nc\n" * 3


@posix
def test_threads_that_write_together_make_one_system_call_each(clock, log, path, calls):
    """One of them looks after 20 ms, for all."""
    for _ in range(20):
        in_thread(log.append, b"b\n")
    assert calls == ["_write"] * 20

    clock.advance(20)
    assert log.append(b"c\n") == b""
    assert calls[20:] == ["_fstat", "_write", "_seek"]
    assert path.read_bytes() == b"a\n" + b"b\n" * 20 + b"c\n"


@posix
@pytest.mark.parametrize("strict", ["fsync", "limit"])
def test_some_logs_are_checked_by_every_thread(clock, path, calls, strict):
    """Where each step goes to the disk, or the size counts, nobody leaves the check to others."""
    log = open_log(str(path), fsync=strict == "fsync")
    if strict == "limit":
        log.limit(10**6, 0)
    log.append(b"a\n")
    calls.clear()
    in_thread(log.append, b"b\n")
    log.append_unchecked(b"c\n")

    assert calls == ["_fstat", "_write", "_seek"] * 2


def test_a_torn_line_is_ended_first(log, path):
    """By one line end, without a blank line."""
    add(path, b"to")
    log.append_carefully(b"b\n")
    log.append_carefully(b"c\n")

    assert path.read_bytes() == b"a\nto\nb\nc\n"


@posix
@pytest.mark.parametrize("way", ["append", "append_carefully"])
@pytest.mark.parametrize("torn", [b"x" * 10, b"y\n" * 5000 + b"x", b"x" * 30_000])
def test_a_line_that_continues_a_torn_one_is_returned(log, path, monkeypatch, way, torn):
    """Another process died between the look and the write; the second line is whole."""
    before_next_write(monkeypatch, lambda: add(path, torn))

    assert getattr(log, way)(b"b\nc\n") == b"b\n"
    assert log.append(b"b\n") == b""
    assert path.read_bytes() == b"a\n" + torn + b"b\nc\nb\n"


def after_next_write(monkeypatch, log, data: bytes) -> None:
    """Let another thread write through the same descriptor, before the offset is asked for."""
    real = log_file._write

    def followed(fd: int, lines: bytes) -> int:
        monkeypatch.setattr(log_file, "_write", real)
        written = real(fd, lines)
        os.write(log.fd, data)
        return written

    monkeypatch.setattr(log_file, "_write", followed)


@posix
def test_a_torn_line_is_noticed_though_another_thread_writes_next(log, path, monkeypatch):
    """What that thread wrote stands between the lines and the offset."""
    add(path, b"torn")
    after_next_write(monkeypatch, log, b"y\n" * 5000)

    assert log.append(b"b\n") == b"b\n"
    assert log.append(b"b\n") == b""


@posix
def test_a_line_after_another_threads_torn_one_is_returned(log, monkeypatch):
    """The disk took a part of what that thread wrote; the next line continues it."""
    after_next_write(monkeypatch, log, b"torn")

    assert log.append(b"b\n") == b""
    assert log.append(b"c\n") == b"c\n"
    assert log.append(b"c\n") == b""


@posix
def test_whole_lines_of_others_are_no_reason_to_write_again(log, path, monkeypatch):
    """However many came between the look and the write."""
    before_next_write(monkeypatch, lambda: add(path, b"x\n" * 5000))

    assert log.append(b"b\n") == b""
    assert log.append(b"c\n") == b""


@posix
def test_a_file_that_is_emptied_while_it_is_written_goes_on(log, path, monkeypatch):
    """What was in it is gone, what is written stays."""
    before_next_write(monkeypatch, lambda: os.truncate(path, 0))

    assert log.append(b"bbbb\n") == b""
    assert log.append(b"c\n") == b""
    assert path.read_bytes() == b"bbbb\nc\n"


@posix
@pytest.mark.parametrize("way", ["append", "append_unchecked", "append_carefully"])
def test_only_whole_lines_count_as_written(log, path, monkeypatch, way):
    """Where the disk takes a part, the torn line and those after it are returned."""
    take_only(monkeypatch, 8)
    rest = getattr(log, way)(b"aaaa\nbbbb\ncccc\n")
    assert rest == b"bbbb\ncccc\n"
    assert getattr(log, way)(rest) == (b"cccc\n" if way == "append_carefully" else rest)

    rest = log.append_carefully(rest)
    assert rest == b"cccc\n"
    assert log.append_carefully(rest) == b""
    assert path.read_bytes().splitlines()[-1] == b"cccc"


@posix
@pytest.mark.parametrize("size", [0, 1])
def test_a_line_end_alone_is_no_line(log, path, monkeypatch, size):
    """All that was given is returned, without the line end that a torn line needed."""
    add(path, b"torn")
    with monkeypatch.context() as patch:
        take_only(patch, size)
        assert log.append_carefully(b"b\n") == b"b\n"

    assert log.append_carefully(b"b\n") == b""
    assert path.read_bytes() == b"a\ntorn\nb\n"


@posix
@pytest.mark.parametrize("way", ["append", "append_unchecked"])
def test_lines_that_are_refused_are_returned(log, path, monkeypatch, way):
    """The careful way meets the same error, and raises it."""

    def refuse(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log_file, "_write", refuse)

    assert getattr(log, way)(b"b\nc\n") == b"b\nc\n"
    with pytest.raises(OSError, match="No space"):
        log.append_carefully(b"b\nc\n")


def replace(path, data: bytes) -> None:
    """Replace a file as an editor does: write another, and rename it."""
    fresh = path.with_name("fresh")
    fresh.write_bytes(data)
    fresh.replace(path)


def written_long_ago(path) -> None:
    """Let the last write to a file be an hour ago, and its status change now."""
    os.utime(path, (1, 1))


@posix
@pytest.mark.parametrize("milliseconds", [0, 20])
def test_lines_for_a_file_that_was_deleted_are_returned(clock, log, path, milliseconds):
    """With those that were written unchecked before."""
    log.append_unchecked(b"b\n")
    path.unlink()
    clock.advance(milliseconds)

    assert log.append(b"c\n") == b"b\nc\n"
    assert log.check() == b""


@posix
@pytest.mark.parametrize("milliseconds", [0, 20])
def test_a_replaced_file_is_noticed_at_once(clock, log, path, milliseconds):
    """An editor, ``sed -i`` and a tool that erases write a copy and rename it."""
    written_long_ago(path)
    replace(path, b"a\n")
    clock.advance(milliseconds)

    assert log.append(b"b\n") == b"b\n"


@posix
@pytest.mark.parametrize("milliseconds", [0, 20])
def test_a_file_that_the_program_has_closed(clock, log, path, milliseconds):
    """Daemons close all that is open; the line is to be written again, by a file of its own."""
    os.close(log.fd)
    clock.advance(milliseconds)

    assert log.append(b"b\n") == b"b\n"
    assert (log.is_current(), path.read_bytes()) == (False, b"a\n")


@posix
@pytest.mark.parametrize("milliseconds", [0, 20])
def test_a_number_that_is_another_files_by_now(clock, log, tmp_path, milliseconds):
    """It is neither written nor closed."""
    with (tmp_path / "private").open("wb") as private:
        os.dup2(private.fileno(), log.fd)
        reused = log.fd
        clock.advance(milliseconds)
        rest = log.append(b"b\n")
        log.close()
        os.close(reused)

    assert (rest, (tmp_path / "private").read_bytes()) == (b"b\n", b"")


@posix
def test_only_what_the_replacement_lacks_is_written_again(log, path, monkeypatch):
    """It was copied before one line was written, and after the other."""
    log.append_unchecked(b"b\n")
    before_next_write(monkeypatch, lambda: replace(path, b"a\nb\n"))
    log.append_unchecked(b"c\n")

    assert log.check() == b"c\n"


@posix
def test_what_a_tool_has_erased_is_not_written_again(log, path):
    """The line was in the file when the tool replaced it."""
    log.append_unchecked(b"b\n")
    written_long_ago(path)
    replace(path, b"a\n")

    assert log.append(b"c\n") == b"c\n"


@posix
def test_a_renamed_file_is_noticed_at_once(log, path, tmp_path):
    """Its status has changed, and its content has not."""
    written_long_ago(path)
    path.rename(tmp_path / "moved.jsonl")

    assert log.append(b"b\n") == b"b\n"


@posix
def test_new_permissions_are_no_reason_to_open_a_file_again(log, path):
    """Its status has changed, and the path still leads to it."""
    written_long_ago(path)
    path.chmod(0o640)

    assert log.append(b"b\n") == b""


@posix
def test_a_log_in_a_folder_that_was_moved_is_noticed_after_20_ms(clock, log, path, tmp_path):
    """The file itself does not show it; it keeps what was written to it."""
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    assert log.append(b"b\n") == b""
    clock.advance(20)

    assert log.append(b"c\n") == b"c\n"
    assert (moved / path.name).read_bytes() == b"a\nb\n"


@posix
def test_a_stopped_clock_stops_no_writer(path, monkeypatch):
    """Libraries for tests replace the functions of ``time``."""
    path.write_bytes(b"torn")
    monkeypatch.setattr(log_file.time, "monotonic", lambda: 0.0)
    monkeypatch.setattr(log_file, "_monotonic", lambda: 0.0)
    log = open_log(str(path))

    assert log.append_carefully(b"a\n") == b""
    assert path.read_bytes() == b"torn\na\n"


@pytest.fixture
def pipe(tmp_path):
    """A log that is a pipe, and the descriptor of its reader."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield open_log(str(path)), reader
    os.close(reader)


@posix
def test_a_pipe_that_nobody_reads_is_waited_for_once(pipe, monkeypatch):
    """And again when it has taken something."""
    log, reader = pipe
    monkeypatch.setattr(log_file, "_STUCK_S", 0.0)
    waits = []
    real = log_file._has_room_soon
    monkeypatch.setattr(log_file, "_has_room_soon", lambda fd: waits.append(fd) or real(fd))
    line = b"x" * 65_535 + b"\n"
    assert log.append_carefully(line) == b""
    for _ in range(2):
        with pytest.raises(OSError, match="nobody reads from it"):
            log.append_carefully(line)
    assert len(waits) == 1

    assert os.read(reader, 65_536) == line
    assert log.append_carefully(line) == b""


@posix
def test_lines_in_a_file_that_was_moved_are_there(clock, log, path, tmp_path):
    """They are not written again; the next ones are for the file that the path now names."""
    log.append_unchecked(b"b\n")
    path.rename(tmp_path / "moved.jsonl")
    path.touch()
    clock.advance(20)

    assert log.append(b"c\n") == b"c\n"
    assert (tmp_path / "moved.jsonl").read_bytes() == b"a\nb\n"


@posix
def test_unchecked_lines_behind_a_torn_one_are_written_again(log, path):
    """Only the first line of each step can continue a torn one."""
    add(path, b"torn")
    log.append_unchecked(b"b\nc\n")
    log.append_unchecked(b"d\n")

    assert log.check() == b"b\n"
    assert log.check() == b""


@posix
def test_an_append_after_a_torn_line_checks_only_what_came_after_it(log, path):
    """Another thread went on in a line of its own, and saw nothing torn there."""
    add(path, b"torn")
    log.append_unchecked(b"b\n")
    assert log.append_carefully(b"c\n") == b""
    assert log.append(b"d\n") == b""

    assert log.check() == b"b\n"
    assert log.check() == b""


@posix
@pytest.mark.parametrize("way", ["append", "append_carefully"])
def test_lines_that_cannot_be_read_again_are_checked_later(log, path, monkeypatch, way):
    """They are in the file, so they are not returned: a network disk is out of reach for a while."""
    before_next_write(monkeypatch, lambda: add(path, b"torn"))
    with monkeypatch.context() as unreadable:
        unreadable.setattr(log_file, "read_at", failing)

        assert getattr(log, way)(b"b\n") == b""
        assert log.check() == b""
    assert log.check() == b"b\n"


@posix
@pytest.mark.parametrize("way", ["append", "append_carefully"])
def test_lines_are_written_though_the_end_is_not_known(log, path, monkeypatch, way):
    """What fails after a write is no reason to write again."""
    monkeypatch.setattr(log_file, "_seek", failing)

    assert getattr(log, way)(b"b\n") == b""
    assert path.read_bytes() == b"a\nb\n"


@posix
def test_a_part_that_was_written_is_continued_though_the_size_is_not_known(log, path, monkeypatch):
    """The next append looks at the last line itself."""
    real = log_file._write
    monkeypatch.setattr(log_file, "_write", lambda fd, lines: real(fd, lines[:1]))
    with monkeypatch.context() as lost:
        lost.setattr(os, "fstat", failing)
        assert log.append(b"bc\n") == b"bc\n"
    monkeypatch.setattr(log_file, "_write", real)

    assert log.append_carefully(b"bc\n") == b""
    assert path.read_bytes() == b"a\nb\nbc\n"


@posix
def test_a_log_takes_nothing_over_its_limit(log, path):
    """What would make it larger is returned."""
    log.limit(6, 0)

    assert log.append(b"bbbb\n") == b"bbbb\n"
    assert log.append(b"bbb\n") == b""
    assert log.append(b"c\n") == b"c\n"
    assert path.read_bytes() == b"a\nbbb\n"


@posix
def test_a_log_takes_nothing_after_its_time(log):
    """What comes at that moment or later is returned."""
    with fixed("2026-03-01T23:59:59Z") as time:
        log.limit(None, 1_772_409_600 * 10**9)
        assert log.append(b"b\n") == b""
        time.advance(1)

        assert log.append(b"c\n") == b"c\n"


def test_an_emptied_log_begins_anew(log, path):
    """The next line is the first."""
    log.empty()
    log.append_carefully(b"b\n")

    assert path.read_bytes() == b"b\n"


@pytest.mark.parametrize("way", ["append", "append_carefully"])
def test_fsync_that_fails_is_logged_once(clock, path, monkeypatch, caplog, way):
    """The lines are in the file, and are not written again."""
    log = open_log(str(path), fsync=True)
    monkeypatch.setattr(os, "fsync", lambda fd: os.read(-1, 1))
    log.append_carefully(b"a\n")

    assert getattr(log, way)(b"b\n") == b""
    assert path.read_bytes() == b"a\nb\n"
    assert caplog.messages == [f"{path} is written, but fsync fails: [Errno 9] Bad file descriptor"]


def test_a_log_that_is_rotated_while_it_is_opened_is_opened_again(path, tmp_path, monkeypatch):
    """A file that has another name by the time it is locked is not used."""
    path.write_bytes(b"old\n")
    real = LogFile.__init__
    opened = []

    def rotating(self, *arguments, **options):
        real(self, *arguments, **options)
        opened.append(self.inode)
        if len(opened) == 1:
            path.rename(tmp_path / "rotated.jsonl")

    monkeypatch.setattr(LogFile, "__init__", rotating)
    log = open_log(str(path))
    log.append_carefully(b"new\n")

    assert path.read_bytes() == b"new\n"
    assert (tmp_path / "rotated.jsonl").read_bytes() == b"old\n"


def test_a_link_to_nothing_becomes_a_file(tmp_path):
    """A symbolic link that dangles is followed."""
    (tmp_path / "link").symlink_to(tmp_path / "target")
    open_log(str(tmp_path / "link")).append_carefully(b"a\n")

    assert (tmp_path / "target").read_bytes() == b"a\n"


@posix
@pytest.mark.parametrize(("mode", "expected"), [(None, 0o600), (0o666, 0o666)])
def test_a_new_log_has_its_permissions_whatever_the_umask(path, mode, expected):
    """0600 unless others are asked for."""
    open_log(str(path), mode)

    assert stat.S_IMODE(path.stat().st_mode) == expected
