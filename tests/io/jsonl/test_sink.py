"""The local file."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import stat
import subprocess
import sys
import threading

import pytest

from hilt.core.exceptions import ConfigurationError, SinkError
from hilt.io.jsonl import backlog, log_file
from hilt.io.jsonl import sink as jsonl_sink
from hilt.io.jsonl.sink import JsonlSink
from hilt.io.read.events import read_events
from hilt.io.session import Session

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such thing")
# Python 3.12 and later warn of forks where there are threads: what is safe here is the point.
forks = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


@pytest.fixture
def path(tmp_path):
    """A path for a log, in a folder that is not there yet."""
    return tmp_path / "deep" / "logs" / "log.jsonl"


@pytest.fixture
def write(event):
    """Write events with these numbers as one step."""

    def step(sink: JsonlSink, *numbers: int) -> None:
        lines = b"".join(event(number).encode() + b"\n" for number in numbers)
        sink.write(lines, len(numbers))

    return step


@pytest.fixture
def sink(path):
    """A sink that is open."""
    sink = JsonlSink(path)
    sink.open()
    yield sink
    sink.close()


@pytest.fixture
def session(sink):
    """A session that writes to the sink."""
    return Session(sink)


def numbers(path) -> list[int]:
    """The numbers that the events of a log carry."""
    return [event.extensions["number"] for event in read_events(path)]


@posix
def test_a_log_is_private(sink, path):
    """Files are 0600 and folders 0700, whatever their number."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in list(path.parents)[:2]] == [0o700] * 2


@posix
def test_permissions_can_be_chosen_and_existing_ones_stay(path, write):
    """A mode that is given wins over the umask; a file that exists keeps its own."""
    path.parent.mkdir(parents=True, mode=0o755)
    path.touch(mode=0o644)
    JsonlSink(path, file_mode=0o600, folder_mode=0o700).open()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o755

    open_to_all = path.parent / "new" / "log.jsonl"
    JsonlSink(open_to_all, file_mode=0o666, folder_mode=0o777).open()
    assert stat.S_IMODE(open_to_all.stat().st_mode) == 0o666
    assert stat.S_IMODE(open_to_all.parent.stat().st_mode) == 0o777


@pytest.mark.parametrize("rest", [b'{"torn', b'{"a":1}', b"\n\n{"])
def test_a_torn_line_does_not_spoil_the_next(path, write, rest):
    """Whatever a crash has left, the next event begins a line."""
    path.parent.mkdir(parents=True)
    path.write_bytes(rest)
    sink = JsonlSink(path)
    sink.open()
    write(sink, 1, 2)
    write(sink, 3)

    assert numbers(path) == [1, 2, 3]
    assert path.read_bytes().startswith(rest + b'\n{"hilt_version"')
    sink.close()


def test_a_line_that_another_process_tears_meanwhile_is_made_good(sink, path, write):
    """A line that was torn after our last look is noticed after the write, and ours is repeated."""
    write(sink, 1)
    with path.open("ab") as other:
        other.write(b'{"torn":"')
    write(sink, 2, 3)
    write(sink, 4)

    assert sorted(numbers(path)) == [1, 2, 3, 4]


def test_lines_of_others_in_between_are_no_tear(sink, path, write, event):
    """Nothing is repeated, and no blank line appears."""
    for number in range(0, 20, 2):
        write(sink, number)
        with path.open("ab") as other:
            other.write(event(number + 1, "x" * 5000).encode() + b"\n")

    assert numbers(path) == list(range(20))
    assert b"\n\n" not in path.read_bytes()


@posix
@pytest.mark.parametrize("how", ["unlink", "rename", "replace", "folder", "moved folder"])
def test_a_file_that_goes_away_is_made_again(clock, sink, path, write, how, tmp_path):
    """Deleted, renamed, replaced, or gone with its folder: the next event is where it should be."""
    write(sink, 1)
    if how == "unlink":
        path.unlink()
    elif how == "rename":
        path.rename(tmp_path / "elsewhere.jsonl")
        clock.advance(20)
    elif how == "replace":
        path.with_suffix(".new").touch()
        path.with_suffix(".new").replace(path)
    elif how == "folder":
        shutil.rmtree(path.parent.parent)
    else:
        path.parent.rename(tmp_path / "elsewhere")
        clock.advance(20)
    write(sink, 2)

    assert numbers(path) == [2]
    assert sink.dropped == 0


def in_thread(function, *arguments) -> None:
    """Call a function in a thread of its own."""
    thread = threading.Thread(target=function, args=arguments)
    thread.start()
    thread.join()


@posix
@pytest.mark.parametrize("how", ["unlink", "folder"])
@pytest.mark.parametrize("settle", ["flush", "close", "write"])
def test_what_threads_write_to_a_deleted_file_is_written_again(
    clock, sink, path, write, how, settle
):
    """Threads that write together look every 20 ms; what fell between is not lost."""
    write(sink, 1)
    path.unlink() if how == "unlink" else shutil.rmtree(path.parent.parent)
    in_thread(write, sink, 2)
    in_thread(write, sink, 3)
    assert not path.exists()
    if settle == "write":
        clock.advance(20)
        in_thread(write, sink, 4)
    else:
        getattr(sink, settle)()

    assert sorted(numbers(path)) == [2, 3, 4][: 3 if settle == "write" else 2]
    assert sink.dropped == 0


@posix
@pytest.mark.parametrize("gone", ["before", "after"])
def test_an_unchecked_prompt_in_a_deleted_file_is_written_again(clock, session, path, event, gone):
    """The prompt of a call and its answer are checked together, when the answer is written."""
    prompt, answer = (event(number).encode() + b"\n" for number in (2, 3))
    session.write_lines(event(1).encode() + b"\n", 1)
    if gone == "before":
        path.unlink()
    session.write_lines(prompt, 1, more_follow=True)
    if gone == "after":
        path.unlink()
    session.write_lines(answer, 1)

    assert path.read_bytes() == prompt + answer
    assert session.dropped == 0


@posix
def test_what_threads_write_to_a_renamed_file_is_there(clock, sink, path, write, tmp_path):
    """A file that is moved away keeps what was written to it; nothing is written twice."""
    write(sink, 1)
    path.rename(tmp_path / "moved.jsonl")
    in_thread(write, sink, 2)
    clock.advance(20)
    in_thread(write, sink, 3)

    assert numbers(tmp_path / "moved.jsonl") == [1, 2]
    assert numbers(path) == [3]


@posix
def test_what_fell_between_is_written_again_by_the_next_careful_step(
    clock, sink, path, write, event
):
    """A step that is written with care finds the file gone, and what came too late for it."""
    write(sink, 1)
    path.unlink()
    in_thread(write, sink, 2)
    sink.write_carefully(event(3).encode() + b"\n")

    assert sorted(numbers(path)) == [2, 3]
    assert sink.dropped == 0


@posix
@pytest.mark.parametrize("torn", [b'{"torn', b'{"whole": 1}\n' * 2000 + b'{"torn'])
def test_what_threads_write_behind_a_torn_line_is_written_again(clock, sink, path, write, torn):
    """A torn line of another writer spoils the next one for 20 ms at most."""
    write(sink, 1)
    with path.open("ab") as other:
        other.write(torn)
    in_thread(write, sink, 2, 3)
    in_thread(write, sink, 4)
    sink.flush()

    whole = [line for line in path.read_bytes().splitlines() if line.startswith(b'{"hilt')]
    assert len(whole) == 4
    assert all(f'"number":{number}'.encode() in b"".join(whole) for number in (1, 2, 3, 4))
    assert sink.dropped == 0


def test_an_emptied_file_goes_on(sink, path, write):
    """Truncation by others (``> log.jsonl``) costs nothing but what was there."""
    write(sink, 1, 2)
    os.truncate(path, 0)
    write(sink, 3)
    write(sink, 4)

    assert numbers(path) == [3, 4]


def test_a_path_that_cannot_be_opened_is_refused(tmp_path):
    """A folder in its place, and a file in its folder's place, are errors at once."""
    (tmp_path / "file").touch()

    with pytest.raises(SinkError, match=r"cannot be opened \(Is a directory\)"):
        JsonlSink(tmp_path).open()
    with pytest.raises(SinkError, match=r"cannot be opened \(Not a directory|File exists"):
        JsonlSink(tmp_path / "file" / "log.jsonl").open()


@posix
def test_an_outage_gives_one_warning_and_loses_nothing(sink, path, write, caplog):
    """While a file is in the folder's place nothing can be written; then it can."""
    write(sink, 1)
    shutil.rmtree(path.parent)
    path.parent.touch()
    with caplog.at_level(logging.WARNING):
        for number in range(2, 10):
            write(sink, number)
    assert len(caplog.records) == 1
    assert "cannot be written" in caplog.text
    assert not sink.flush()

    path.parent.unlink()
    write(sink, 10)

    assert numbers(path) == list(range(2, 11))
    assert sink.flush()
    assert sink.dropped == 0


@posix
def test_what_waits_is_bounded(sink, path, write, caplog, monkeypatch):
    """Beyond the bound events are lost, counted, and recorded in the log when it goes on."""
    monkeypatch.setattr(backlog, "BACKLOG_BYTES", 1000)
    path.unlink()
    path.mkdir()
    for number in range(20):
        write(sink, number)
    path.rmdir()
    write(sink, 20)

    *kept, notice, last = read_events(path)
    assert notice.extensions == {
        "error_code": "events_lost",
        "lost_events": 20 - len(kept),
        "message": f"{20 - len(kept)} events could not be written: Is a directory",
    }
    assert [event.extensions["number"] for event in kept] == list(range(len(kept)))
    assert last.extensions["number"] == 20
    assert sink.dropped == 20 - len(kept) > 10


@posix
def test_closing_in_an_outage_says_what_is_lost(path, write, caplog):
    """What could never be written is counted."""
    sink = JsonlSink(path)
    sink.open()
    shutil.rmtree(path.parent)
    path.parent.touch()
    write(sink, 1, 2)
    write(sink, 3)
    sink.close()

    assert sink.dropped == 3
    assert "3 events could not be written to" in caplog.text
    caplog.clear()
    assert sink.flush()  # as at the end of the program
    assert caplog.messages == []


@posix
def test_a_program_that_ends_in_an_outage_says_so(path):
    """The count comes at exit, also of a sink that nobody closed."""
    code = (
        "import shutil, sys\nfrom pathlib import Path\nfrom hilt.io.jsonl.sink import JsonlSink\n"
        "path = Path(sys.argv[1]); sink = JsonlSink(path); sink.open()\n"
        "shutil.rmtree(path.parent); path.parent.touch(); sink.write(b'{}\\n', 1)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)

    assert done.returncode == 0
    assert "1 event could not be written to" in done.stderr


@posix
@pytest.mark.parametrize("part", [0, 1, 100, 300])
@pytest.mark.parametrize("more_follow", [False, True])
def test_a_write_that_is_cut_short_is_made_whole(
    clock, session, path, event, monkeypatch, part, more_follow
):
    """Lines that are whole are not repeated; a torn one is, on a line of its own."""
    real = log_file._write

    def cut(fd: int, data: bytes) -> int:
        monkeypatch.setattr(log_file, "_write", real)
        return real(fd, data[:part])

    session.append(event(0))
    monkeypatch.setattr(log_file, "_write", cut)
    lines = b"".join(event(number).encode() + b"\n" for number in (1, 2, 3))
    session.write_lines(lines, 3, more_follow=more_follow)
    session.append(event(4))

    assert numbers(path) == [0, 1, 2, 3, 4]
    assert session.dropped == 0


@posix
def test_a_disk_that_takes_nothing_is_full(clock, session, path, event, monkeypatch, caplog):
    """It is not tried for ever; what waits is written when it takes something again."""
    with monkeypatch.context() as patch:
        patch.setattr(log_file, "_write", lambda fd, data: 0)
        session.append(event(1))
    assert "cannot be written: No space left on device" in caplog.text

    session.append(event(2))
    assert numbers(path) == [1, 2]
    assert session.dropped == 0


@posix
def test_a_program_that_ends_writes_what_waits(path):
    """Also of a sink that nobody closed, if the file can be written by then."""
    code = (
        "import shutil, sys\nfrom pathlib import Path\nfrom hilt.io.jsonl.sink import JsonlSink\n"
        "path = Path(sys.argv[1]); sink = JsonlSink(path); sink.open()\n"
        "shutil.rmtree(path.parent); path.parent.touch(); sink.write(b'{}\\n', 1)\n"
        "path.parent.unlink()\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)

    assert done.returncode == 0
    assert done.stderr.splitlines()[1:] == [f"{path} can be written again; nothing was lost"]
    assert path.read_bytes() == b"{}\n"


class Finalized:
    """Writes when it is collected, as an abandoned stream does."""

    def __init__(self, act) -> None:
        self.act = act
        self.itself = self

    def __del__(self) -> None:
        self.act()


def test_a_finalizer_may_write_in_the_middle_of_a_write(sink, path, write, monkeypatch):
    """The garbage collector runs one while the same thread is opening the file anew."""
    real = jsonl_sink.open_log

    def collecting(*arguments, **options):
        Finalized(lambda: write(sink, 99))
        gc.collect()
        return real(*arguments, **options)

    monkeypatch.setattr(jsonl_sink, "open_log", collecting)
    path.unlink()
    write(sink, 1)

    assert numbers(path) == [1, 99]


@forks
@posix
def test_a_forked_child_does_not_write_what_waits_in_its_parent(sink, path, write):
    """Events that wait are written once, by the parent; the child writes its own."""
    path.unlink()
    path.mkdir()
    write(sink, 1)
    pid = os.fork()
    if pid == 0:
        path.rmdir()
        write(sink, 2)
        os._exit(0)
    os.waitpid(pid, 0)
    write(sink, 3)

    assert sorted(numbers(path)) == [1, 2, 3]


@forks
@posix
def test_a_fork_while_a_thread_holds_the_lock_does_not_block_the_child(sink, path, write):
    """The child has a lock of its own."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with sink._lock:
            held.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    pid = os.fork()
    if pid == 0:
        path.unlink()
        write(sink, 1)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    done.set()
    thread.join()

    assert numbers(path) == [1]


@posix
def test_a_pipe_or_device_can_be_a_log(tmp_path, write):
    """Whatever the operating system calls a file."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    sink = JsonlSink(fifo)
    sink.open()
    write(sink, 1)
    write(sink, 2)
    with fifo.open("rb") as reader:
        assert reader.readline().startswith(b"{")
        sink.close()
    for device in ("/dev/null", "/dev/full"):
        sink = JsonlSink(device)
        sink.open()
        write(sink, 1)
        sink.close()
        assert sink.dropped == (device == "/dev/full")


def test_fsync_writes_the_same(path, write):
    """With ``fsync=True`` each step is on the disk."""
    sink = JsonlSink(path, fsync=True)
    sink.open()
    write(sink, 1)
    write(sink, 2)

    assert numbers(path) == [1, 2]
    sink.close()


def test_the_careful_way_writes_the_same(path, write, monkeypatch):
    """Where the kernel cannot append (Windows), a lock keeps writers apart."""
    monkeypatch.setattr(log_file, "_APPENDS", False)
    sinks = [JsonlSink(path), JsonlSink(path)]
    for number in range(20):
        write(sinks[number % 2], number)

    assert numbers(path) == list(range(20))
    assert (path.parent / "log.jsonl.lock").exists()
    for sink in sinks:
        sink.close()


def test_lines_that_are_no_events_are_counted_as_lost(path, caplog):
    """They cannot become rows, and do not raise either."""
    sink = JsonlSink(path, columns=["action"])
    sink.open()
    sink.write(b"nonsense\n", 1)

    assert sink.dropped == 1
    assert "1 event could not be written" in caplog.text
    sink.close()


def test_a_log_is_written_where_it_was_when_the_program_changes_its_folder(
    tmp_path, write, monkeypatch
):
    """A relative path is meant from where the program was."""
    monkeypatch.chdir(tmp_path)
    sink = JsonlSink("log.jsonl")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    write(sink, 1)

    assert numbers(tmp_path / "log.jsonl") == [1]
    assert next(sink.read()).extensions == {"number": 1}
    sink.close()


@posix
def test_a_pipe_whose_reader_died_stops_no_program(tmp_path, monkeypatch, caplog):
    """What it does not take waits in memory, and goes to the next reader."""
    monkeypatch.setattr(log_file, "_STUCK_S", 0.0)
    os.mkfifo(tmp_path / "pipe")
    sink = JsonlSink(tmp_path / "pipe")
    sink.open()
    lines = [b"%d" % number * 30_000 + b"\n" for number in range(5)]
    for line in lines:
        sink.write(line, 1)
    assert "cannot be written: nobody reads from it" in caplog.text
    assert not sink.flush()

    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    read = b""
    while len(read) < sum(map(len, lines)):
        read += os.read(reader, 1 << 16)
        sink.flush()
    os.close(reader)
    assert read == b"".join(lines)
    assert sink.dropped == 0
    sink.close()


@posix
def test_a_log_that_others_may_change_is_used_with_a_warning(path, write, caplog):
    """Somebody may have put it there."""
    path.parent.mkdir(parents=True)
    path.touch()
    path.chmod(0o666)
    sink = JsonlSink(path)
    sink.open()
    write(sink, 1)

    assert caplog.messages == [f"{path} is used, though everybody may write to it"]
    assert numbers(path) == [1]


@posix
@pytest.mark.parametrize("mode", ["a", "r"])
def test_a_relative_path_needs_a_working_folder(tmp_path, monkeypatch, mode):
    """It may have been deleted; the whole path works."""
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()

    with pytest.raises(ConfigurationError, match="give the whole path"):
        JsonlSink("log.jsonl", mode=mode)
    JsonlSink(tmp_path / "log.jsonl").open()
    monkeypatch.chdir(tmp_path)


@posix
def test_reading_does_not_open_a_pipe_early(tmp_path):
    """Its writer would not survive a reader that closes it at once."""
    os.mkfifo(tmp_path / "pipe")

    JsonlSink(tmp_path / "pipe", mode="r").open()


@posix
def test_a_log_that_is_copied_and_emptied_goes_on(clock, sink, path, write, tmp_path):
    """As ``logrotate`` does with ``copytruncate``."""
    for number in range(4):
        write(sink, number)
        if number == 1:
            shutil.copy(path, tmp_path / "copy.jsonl")
            os.truncate(path, 0)

    assert numbers(tmp_path / "copy.jsonl") == [0, 1]
    assert numbers(path) == [2, 3]


@posix
def test_a_log_that_is_renamed_and_made_anew_goes_on(clock, sink, path, write, tmp_path):
    """As ``logrotate`` does with ``create``."""
    write(sink, 1)
    path.rename(tmp_path / "log.jsonl.1")
    path.touch(0o640)
    clock.advance(20)
    write(sink, 2)

    assert numbers(tmp_path / "log.jsonl.1") == [1]
    assert numbers(path) == [2]


def test_a_sink_that_only_reads_counts_each_event_that_it_leaves_out(tmp_path):
    """Not each step."""
    sink = JsonlSink(tmp_path / "log.jsonl", mode="r")
    sink.write(b"{}\n{}\n", 2)
    sink.write(b"{}\n", 1)

    assert sink.dropped == 3
    assert list(tmp_path.iterdir()) == []
