"""The outbox keeps what is put in until it has been sent, whatever happens."""

from __future__ import annotations

import gc
import json
import logging
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from hilt.io.sheets import outbox as outbox_module
from hilt.io.sheets.call_rows import OpenCall
from hilt.io.sheets.outbox import Outbox
from hilt.io.sheets.outbox_state import CallChanges
from hilt.io.sheets.segments import chains

FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture
def outbox(tmp_path):
    """An empty outbox."""
    made = Outbox(tmp_path / "outbox")
    made.create()
    yield made
    made.release()
    made.close()


def line(number: int, who: str = "a") -> bytes:
    """One line with a time."""
    return json.dumps({"timestamp": f"2026-01-01T00:00:{number:02d}Z", "who": who}).encode() + b"\n"


def texts(outbox: Outbox) -> list[bytes]:
    """The lines that wait."""
    return [text for _, text in outbox.read_batch()]


def send(outbox: Outbox, **options: int) -> list[bytes]:
    """Deliver the next batch."""
    batch = outbox.read_batch(**options)
    outbox.begin([span for span, _ in batch], 7)
    outbox.confirm()
    return [text for _, text in batch]


def test_lines_wait_in_order_until_they_are_settled(outbox):
    """What was delivered does not come again; the rest does."""
    for number in range(3):
        assert outbox.append(line(number), 1)
    assert outbox.acquire()

    assert send(outbox, max_lines=2) == [line(0), line(1)]
    assert texts(outbox) == [line(2)]
    assert [*outbox.waiting()] == [line(2)]


def test_files_are_private(outbox):
    """Nobody else may read what waits."""
    outbox.append(line(0), 1)
    outbox.acquire()
    send(outbox)

    modes = {path.name: path.stat().st_mode & 0o777 for path in outbox.folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert outbox.folder.stat().st_mode & 0o777 == 0o700


def test_next_process_goes_on_where_the_last_one_was(outbox, tmp_path):
    """Positions are on disk."""
    outbox.append(line(0) + line(1), 2)
    outbox.acquire()
    send(outbox, max_lines=1)
    outbox.release()
    outbox.close()

    other = Outbox(tmp_path / "outbox")
    assert other.acquire()
    assert texts(other) == [line(1)]
    other.release()


def test_only_one_leads(outbox, tmp_path):
    """Two senders would send twice."""
    other = Outbox(tmp_path / "outbox")

    assert outbox.acquire()
    assert not other.acquire()
    outbox.release()
    assert other.acquire()
    other.release()


def test_flight_is_found_after_a_crash(outbox, tmp_path):
    """What was handed to the network is recorded."""
    outbox.append(line(0) + line(1), 2)
    outbox.acquire()
    outbox.begin([span for span, _ in outbox.read_batch(max_lines=1)], 7)
    outbox.release()

    other = Outbox(tmp_path / "outbox")
    other.acquire()
    assert other.state.in_flight is not None
    assert other.state.in_flight.sheet_id == 7
    assert other.lines_of(other.state.in_flight) == [line(0)]
    other.requeue()
    assert texts(other) == [line(0), line(1)]
    other.release()


def test_unreadable_state_puts_everything_in_doubt(outbox, tmp_path, caplog):
    """Without positions nobody knows what has arrived."""
    outbox.append(line(0) + line(1), 2)
    (outbox.folder / "state.json").write_bytes(b"")

    assert outbox.acquire()
    assert outbox.state.in_flight is not None
    assert len(outbox.state.in_flight.spans) == 2
    assert "cannot read" in caplog.text


def test_processes_are_merged_by_time_and_keep_their_order(outbox, tmp_path):
    """A process's own order holds even if its clock goes back."""
    other = Outbox(tmp_path / "outbox")
    outbox.append(line(1) + line(5) + line(3), 3)
    other.append(line(2, "b") + line(4, "b"), 2)
    outbox.acquire()

    assert texts(outbox) == [line(1), line(2, "b"), line(4, "b"), line(5), line(3)]
    other.close()


def test_segments_are_followed_and_deleted(tmp_path):
    """A process goes on to new files; the old ones go when they are read to their end."""
    outbox = Outbox(tmp_path / "outbox", segment_bytes=100)
    outbox.create()
    for number in range(10):
        outbox.append(line(number), 1)
    assert len([*outbox.folder.glob("*.jsonl")]) > 3
    outbox.acquire()

    assert send(outbox) == [line(number) for number in range(10)]
    outbox.delete_delivered()
    assert len([*outbox.folder.glob("*.jsonl")]) == 1
    outbox.close()
    outbox.delete_delivered()
    assert not [*outbox.folder.glob("*.jsonl")]
    outbox.release()


def test_segment_of_a_live_process_is_kept(outbox, tmp_path):
    """A file that somebody may still write to is not deleted under their hands."""
    other = Outbox(tmp_path / "outbox")
    other.append(line(0), 1)
    outbox.acquire()
    send(outbox)
    outbox.delete_delivered()
    other.append(line(1), 1)

    assert texts(outbox) == [line(1)]
    other.close()


def test_segment_that_grew_since_it_was_measured_is_kept(outbox, tmp_path, monkeypatch):
    """A process that writes a last line and ends, just before its file is deleted, loses nothing."""
    other = Outbox(tmp_path / "outbox")
    other.append(line(0), 1)
    measured = chains(outbox.folder)
    other.append(line(1), 1)
    other.close()
    outbox.acquire()
    send(outbox, max_lines=1)
    monkeypatch.setattr(outbox_module, "chains", lambda _: measured)
    outbox.delete_delivered()
    monkeypatch.undo()

    assert texts(outbox) == [line(1)]


def test_torn_line_of_a_dead_process_is_passed(outbox, tmp_path):
    """What a crash left half-written neither arrives nor stays for ever."""
    other = Outbox(tmp_path / "outbox")
    other.append(line(0), 1)
    name, _ = other.mark()
    other._writer.close()
    with (outbox.folder / name).open("ab") as segment:
        segment.write(b'{"half')
    outbox.acquire()

    assert send(outbox) == [line(0)]
    outbox.delete_delivered()
    assert not (outbox.folder / name).exists()


def test_short_write_tears_no_other_line(outbox, monkeypatch):
    """A full disk takes a part of a line: it is counted as dropped, and the next one is whole."""
    outbox.append(line(0), 1)
    write = os.write

    def disk_full(fd: int, data: bytes) -> int:
        if len(data) < 20:
            raise OSError(28, "No space left on device")
        return write(fd, data[:-10])

    monkeypatch.setattr(os, "write", disk_full)
    assert not outbox.append(line(1), 1)
    monkeypatch.undo()
    mark = outbox.mark()
    outbox.append(line(2), 1)
    outbox.acquire()

    assert outbox.dropped == 1
    waiting = texts(outbox)
    assert [waiting[0], waiting[-1]] == [line(0), line(2)]
    send(outbox, max_lines=1)
    assert outbox.is_delivered(mark)


def test_refused_event_is_set_aside_whole_or_not(outbox, full_disk):
    """A full disk takes a part of it: it waits, and is there once when there is room."""
    outbox.append(line(0), 1)
    assert outbox.acquire()
    outbox.begin([span for span, _ in outbox.read_batch()], 7, refused="too odd")

    with full_disk(10), pytest.raises(OSError, match="No space"):
        outbox.confirm()
    assert outbox.state.in_flight is not None
    outbox.confirm()
    assert outbox.refused_path.read_bytes() == line(0)


def test_full_outbox_drops_counts_and_warns(tmp_path, caplog):
    """Before the limit there is a warning; beyond it events are dropped, and counted."""
    outbox = Outbox(tmp_path / "outbox", limit_bytes=1000)
    outbox.create()
    while outbox.append(line(0), 1):
        outbox.measure()

    assert outbox.dropped == 1
    assert "% full" in caplog.text
    assert "dropped so far" in caplog.text
    assert outbox.record_drops() == 1
    outbox.acquire()
    send(outbox)
    outbox.measure()
    assert outbox.append(line(1), 1)
    assert outbox.record_drops() == 1
    outbox.release()
    outbox.close()


def test_outbox_does_not_fill_its_disk(outbox, caplog, monkeypatch):
    """Without room for the state of what was sent, nothing could be sent and deleted any more."""
    disk = SimpleNamespace(total=10**9, free=4_000_000 + 3 * len(line(0)))
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: disk)
    outbox.measure()
    for number in range(4):
        outbox.append(line(number), 1)

    assert texts(outbox) == [line(0), line(1), line(2)]
    assert "the disk is full" in caplog.text
    disk.free += len(line(0))
    outbox.measure()
    assert outbox.append(line(3), 1)


def test_small_disk_is_used_too(outbox, monkeypatch):
    """All but a quarter of one that is smaller than what is left free otherwise."""
    disk = SimpleNamespace(total=1000, free=250 + len(line(0)))
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: disk)
    outbox.measure()

    assert outbox.append(line(0), 1)
    assert not outbox.append(line(1), 1)


def test_disk_that_does_not_say_its_size_is_used(outbox, monkeypatch):
    """Some file systems of networks have a size of nothing."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=0, free=0))
    outbox.measure()

    assert outbox.append(line(0), 1)


def test_drops_of_all_processes_are_added(tmp_path):
    """The count is of the outbox, not of one process."""
    boxes = [Outbox(tmp_path / "outbox", limit_bytes=10) for _ in range(2)]
    boxes[0].create()
    for box in boxes:
        box.append(line(0), 3)
        box.record_drops()

    assert boxes[0].record_drops() == 6


def test_folder_that_cannot_be_written_costs_events_and_raises_nothing(tmp_path, caplog):
    """The application goes on."""
    (tmp_path / "file").touch()
    outbox = Outbox(tmp_path / "file" / "outbox")

    assert not outbox.append(line(0), 1)
    assert outbox.dropped == 1
    assert "cannot keep events" in caplog.text


def test_finalizer_may_write_while_the_same_thread_writes(outbox):
    """Garbage collection in the middle of a write does not wait for that write."""

    class Last:
        def __del__(self):
            outbox.append(line(1), 1)

    with outbox._writer._lock:
        last = Last()
        del last
        gc.collect()
    outbox.append(line(2), 1)
    outbox.acquire()

    assert texts(outbox) == [line(1), line(2)]


def test_threads_share_an_outbox(outbox):
    """No line is lost or torn."""

    def write(who: int) -> None:
        for number in range(50):
            outbox.append(line(number, str(who)), 1)

    threads = [threading.Thread(target=write, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outbox.acquire()

    waiting = texts(outbox)
    assert len(waiting) == 400
    for who in range(8):
        mine = [text for text in waiting if json.loads(text)["who"] == str(who)]
        assert mine == [line(number, str(who)) for number in range(50)]


@FORKS
def test_forked_child_writes_to_its_own_segment(outbox):
    """A child neither writes to its parent's file nor unlocks it."""
    outbox.append(line(0), 1)
    with outbox._writer._lock:  # as if another thread held it at that moment
        child = os.fork()
        if child == 0:
            outbox.append(line(1, "child"), 1)
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    outbox.acquire()

    assert send(outbox) == [line(0), line(1, "child")]
    outbox.delete_delivered()
    assert [path.name for path in outbox.folder.glob("*.jsonl")] == [outbox.mark()[0]]


@FORKS
def test_killed_process_loses_nothing(outbox):
    """A line that was put in is with the kernel, and survives kill -9."""
    program = (
        "import sys, time; from hilt.io.sheets.outbox import Outbox\n"
        f"box = Outbox({str(outbox.folder)!r})\n"
        f"[box.append({line(0)!r}, 1) for _ in range(100)]\n"
        "print('written', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"written\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    outbox.acquire()

    assert send(outbox) == [line(0)] * 100
    outbox.delete_delivered()
    assert not [*outbox.folder.glob("*.jsonl")]


def test_mark_is_passed_when_delivered(outbox):
    """A flush knows what it waits for."""
    assert outbox.is_delivered(outbox.mark())
    outbox.append(line(0), 1)
    mark = outbox.mark()
    outbox.acquire()

    assert not outbox.is_delivered(mark)
    send(outbox)
    assert outbox.is_delivered(mark)
    outbox.append(line(1), 1)
    assert outbox.is_delivered(mark)
    assert not outbox.is_delivered(outbox.mark())


def test_put_is_cheap(outbox, caplog):
    """The application waits far less than a millisecond."""
    caplog.set_level(logging.CRITICAL)
    text = line(0) * 20
    times = []
    for _ in range(500):
        start = time.perf_counter()
        outbox.append(text, 20)
        times.append(time.perf_counter() - start)

    assert statistics.median(times) < 0.001


POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows does not delete what is open")


@POSIX
def test_a_folder_that_was_deleted_is_made_again_with_what_waits(outbox):
    """The process that writes still has its segment: what it was sent is known, the rest waits."""
    for number in range(2):
        outbox.append(line(number), 1)
    assert outbox.acquire()
    assert send(outbox, max_lines=1) == [line(0)]
    shutil.rmtree(outbox.folder)
    outbox.append(line(2), 1)

    assert outbox.acquire()
    assert texts(outbox) == [line(1), line(2)]
    assert outbox.dropped == 0


@POSIX
def test_what_was_deleted_does_not_count_as_delivered(outbox):
    """Who waits for it puts it back."""
    outbox.append(line(0), 1)
    shutil.rmtree(outbox.folder)
    mark = outbox.mark()

    assert not outbox.is_delivered(mark)
    assert texts(outbox) == [line(0)]
    assert outbox.acquire()
    send(outbox)
    assert outbox.is_delivered(mark)


@POSIX
def test_a_delivery_that_is_under_way_when_the_folder_is_deleted_is_confirmed(outbox):
    """It is not sent again."""
    outbox.append(line(0), 1)
    assert outbox.acquire()
    outbox.begin([span for span, _ in outbox.read_batch()], 7)
    shutil.rmtree(outbox.folder)
    outbox.confirm()
    outbox.append(line(1), 1)

    assert outbox.acquire()
    assert texts(outbox) == [line(1)]


@POSIX
def test_closed_segments_that_were_deleted_are_counted(tmp_path, caplog):
    """Nobody has them open any more; those that were delivered before do not count."""
    outbox = Outbox(tmp_path / "outbox", segment_bytes=10)
    outbox.create()
    for number in range(2):
        outbox.append(line(number), 1)
    assert outbox.acquire()
    assert send(outbox, max_lines=1) == [line(0)]
    outbox.delete_delivered()
    outbox.measure()
    outbox.append(line(2), 1)
    shutil.rmtree(outbox.folder)
    outbox.append(line(3), 1)

    assert outbox.acquire()
    assert texts(outbox) == [line(2), line(3)]
    assert outbox.dropped == 1
    assert "its folder was deleted" in caplog.text
    outbox.release()
    outbox.close()


@pytest.mark.parametrize("content", [b"", b"many", b"-5", b"[]", b"\xff", b"9" * 10_000])
def test_an_unreadable_count_of_drops_begins_anew(outbox, content):
    """It is not counted for ever in vain."""
    (outbox.folder / "dropped.json").write_bytes(content)
    outbox._drop(2, "no room")

    assert outbox.record_drops() in (2, 2 + int("9" * 20))
    assert int((outbox.folder / "dropped.json").read_bytes()) >= 2


def test_whether_a_writer_is_alive_is_looked_up_once_for_all_its_calls(outbox, monkeypatch):
    """A batch may open 50,000 calls, and they are looked at every second."""
    looked_at = []
    is_in_use = outbox_module.is_in_use
    monkeypatch.setattr(
        outbox_module,
        "is_in_use",
        lambda folder, name: looked_at.append(name) or is_in_use(folder, name),
    )
    for number in range(5):
        outbox.append(line(number), 1)
    assert outbox.acquire()
    spans = [span for span, _ in outbox.read_batch()]
    opened = [OpenCall(span, "conv_1", "prompt", f"evt_{span[1]}") for span in spans]
    outbox.skip(spans, CallChanges(opened=opened))

    assert outbox.dead_calls(10) == []
    outbox.close()
    assert outbox.dead_calls(10) == opened
    assert looked_at == [spans[0][0]] * 2
