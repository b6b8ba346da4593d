"""The local file."""

from __future__ import annotations

import errno
import gc
import logging
import os
import shutil
import stat
import subprocess
import sys
import threading

import pytest

from hilt.core.exceptions import SinkError
from hilt.io.jsonl import backlog
from hilt.io.jsonl import sink as jsonl_sink
from hilt.io.jsonl.log_file import LogFile
from hilt.io.jsonl.sink import JsonlSink
from hilt.io.read.events import read_events

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
    """The user's word counts more than the umask; what was there keeps its own."""
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
    """A tear that happened after our last look is found after the write, and the line is repeated."""
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
def test_a_file_that_goes_away_is_made_again(sink, path, write, how, tmp_path):
    """Deleted, renamed, replaced, or gone with its folder: the next event is where it should be."""
    write(sink, 1)
    if how == "unlink":
        path.unlink()
    elif how == "rename":
        path.rename(tmp_path / "elsewhere.jsonl")
    elif how == "replace":
        path.with_suffix(".new").touch()
        path.with_suffix(".new").replace(path)
        sink._log.look_from = 0  # as if some milliseconds had passed
    elif how == "folder":
        shutil.rmtree(path.parent.parent)
    else:
        path.parent.rename(tmp_path / "elsewhere")
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
def test_what_threads_write_to_a_deleted_file_is_written_again(sink, path, write, how, settle):
    """Threads that write together look every 20 ms; what fell between is not lost."""
    write(sink, 1)
    path.unlink() if how == "unlink" else shutil.rmtree(path.parent.parent)
    in_thread(write, sink, 2)
    in_thread(write, sink, 3)
    assert not path.exists()
    if settle == "write":
        sink._log.look_from = 0  # as if 20 milliseconds had passed
        in_thread(write, sink, 4)
    else:
        getattr(sink, settle)()

    assert sorted(numbers(path)) == [2, 3, 4][: 3 if settle == "write" else 2]
    assert sink.dropped == 0


@posix
@pytest.mark.parametrize("gone", ["before", "after"])
def test_what_was_written_ahead_to_a_deleted_file_is_written_again(sink, path, event, gone):
    """The prompt of a call and its answer are looked at together, when the answer is written."""
    prompt, answer = (event(number).encode() + b"\n" for number in (2, 3))
    sink.write(event(1).encode() + b"\n", 1)
    if gone == "before":
        path.unlink()
    sink.append_unchecked(prompt, 1)
    if gone == "after":
        path.unlink()
    sink.write(answer, 1)

    assert path.read_bytes() == prompt + answer
    assert sink.dropped == 0


@posix
def test_what_was_written_ahead_costs_no_second_look(sink, path, write, event, monkeypatch):
    """One thread that writes ahead and then the rest knows that nobody else wrote."""
    write(sink, 0)
    sink._log.look_from = float("inf")
    monkeypatch.setattr(LogFile, "check_place", None)
    for number in range(1, 40, 2):
        sink.append_unchecked(event(number).encode() + b"\n", 1)
        write(sink, number + 1)

    assert numbers(path) == list(range(41))
    assert sink.dropped == 0
    assert not sink._log.unchecked


@posix
def test_what_threads_write_to_a_renamed_file_is_there(sink, path, write, tmp_path):
    """A file that is moved away keeps what was written to it; nothing is written twice."""
    write(sink, 1)
    path.rename(tmp_path / "moved.jsonl")
    in_thread(write, sink, 2)
    sink._log.look_from = 0
    in_thread(write, sink, 3)

    assert numbers(tmp_path / "moved.jsonl") == [1, 2]
    assert numbers(path) == [3]


@posix
@pytest.mark.parametrize("torn", [b'{"torn', b'{"whole": 1}\n' * 2000 + b'{"torn'])
def test_what_threads_write_behind_a_torn_line_is_written_again(sink, path, write, torn):
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


@posix
def test_threads_that_write_together_leave_one_write_each(sink, path, write, monkeypatch):
    """In the way of several threads there is one call of the system, and whole lines."""
    looks = []
    monkeypatch.setattr(jsonl_sink, "_exists", lambda *place: looks.append(place) or True)
    write(sink, 0)
    sink._log.look_from = float("inf")
    for number in range(1, 21):
        in_thread(write, sink, number)
    sink._log.look_from = 0
    write(sink, 21)

    assert len(looks) == 2
    assert numbers(path) == list(range(22))
    assert not sink._log.unchecked


def test_an_emptied_file_goes_on(sink, path, write):
    """Truncation by others (``> log.jsonl``) costs nothing but what was there."""
    write(sink, 1, 2)
    os.truncate(path, 0)
    write(sink, 3)
    write(sink, 4)

    assert numbers(path) == [3, 4]


def test_a_path_that_cannot_be_opened_is_refused(tmp_path):
    """A folder in its place, and a file in its folder's place, are told at once."""
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
    """Beyond the bound events are lost, counted, and said in the log when it goes on."""
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
    assert "1 events could not be written to" in done.stderr


@pytest.mark.parametrize("part", [1, 100, 300, 10_000])
def test_a_write_that_is_cut_short_is_made_whole(sink, path, write, monkeypatch, part):
    """Lines that are whole are not repeated, and the torn one is, in a line of its own."""
    real = jsonl_sink._write
    write(sink, 0)
    with monkeypatch.context() as patch:
        patch.setattr(jsonl_sink, "_write", lambda fd, data: real(fd, data[:part]))
        write(sink, 1, 2, 3)
    write(sink, 4)

    assert numbers(path) == [0, 1, 2, 3, 4]
    assert sink.dropped == 0


@posix
@pytest.mark.parametrize("part", [None, 0, 1, 200])
def test_what_is_written_ahead_and_cut_short_or_refused_is_made_whole(
    sink, path, event, write, monkeypatch, part
):
    """A step that the disk took in part, or not at all, is in the file once, like any other."""
    real, tries = jsonl_sink._write, []

    def unwilling(fd, data):
        tries.append(data)
        if part is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data[:part])

    write(sink, 0)
    sink._log.look_from = float("inf")
    lines = b"".join(event(number).encode() + b"\n" for number in (1, 2))
    with monkeypatch.context() as patch:
        patch.setattr(jsonl_sink, "_write", unwilling)
        sink.append_unchecked(lines, 2)
    write(sink, 3)

    assert tries == [lines]
    assert numbers(path) == [0, 1, 2, 3]
    assert sink.dropped == 0


def test_a_line_that_is_torn_while_a_log_is_opened_is_made_good(sink, path, write, monkeypatch):
    """Also on the careful way, a line that continues a torn one is written again."""
    real = LogFile.ends_whole

    def torn_after(log: LogFile) -> bool:
        whole = real(log)
        os.write(log.fd, b"torn")
        monkeypatch.setattr(LogFile, "ends_whole", real)
        return whole

    monkeypatch.setattr(LogFile, "ends_whole", torn_after)
    sink._log.clean_end = -1
    write(sink, 1, 2)

    assert sorted(numbers(path)) == [1, 2]


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

    def collecting(*arguments):
        Finalized(lambda: write(sink, 99))
        gc.collect()
        return real(*arguments)

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


def test_fsync_that_fails_doubles_nothing(path, write, monkeypatch, caplog):
    """The lines are in the file; one warning says that they may not be on the disk."""
    sink = JsonlSink(path, fsync=True)
    sink.open()
    monkeypatch.setattr(os, "fsync", lambda fd: os.read(-1, 1))
    write(sink, 1)
    write(sink, 2)

    assert numbers(path) == [1, 2]
    assert sink.dropped == 0
    assert len(caplog.records) == 1
    sink.close()


def test_the_careful_way_writes_the_same(path, write, monkeypatch):
    """Where the kernel cannot append (Windows), a lock keeps writers apart."""
    monkeypatch.setattr(jsonl_sink, "_DIRECT", False)
    sinks = [JsonlSink(path), JsonlSink(path)]
    for number in range(20):
        write(sinks[number % 2], number)

    assert numbers(path) == list(range(20))
    assert (path.parent / "log.jsonl.lock").exists()
    for sink in sinks:
        sink.close()


def test_a_write_never_raises(path, write, caplog):
    """Not even when the lines are none; then they are counted as lost."""
    sink = JsonlSink(path, columns=["action"])
    sink.open()
    sink.write(b"nonsense\n", 1)

    assert sink.dropped == 1
    assert "1 events could not be written" in caplog.text
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
