"""The outbox keeps what is put in until it has been sent, whatever happens."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import statistics
import subprocess
import sys
import threading
import time

import pytest

from hilt.io.sheets.outbox import Outbox

FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture
def outbox(tmp_path):
    """An empty outbox."""
    made = Outbox(tmp_path / "outbox")
    made.make()
    yield made
    made.follow()
    made.close()


def line(number: int, who: str = "a") -> bytes:
    """One line with a time."""
    return json.dumps({"timestamp": f"2026-01-01T00:00:{number:02d}Z", "who": who}).encode() + b"\n"


def texts(outbox: Outbox) -> list[bytes]:
    """The lines that wait."""
    return [text for _, text in outbox.take()]


def send(outbox: Outbox, **options: int) -> list[bytes]:
    """Deliver the next batch."""
    batch = outbox.take(**options)
    outbox.begin([span for span, _ in batch], 7)
    outbox.settle()
    return [text for _, text in batch]


def test_lines_wait_in_order_until_they_are_settled(outbox):
    """What was delivered does not come again; the rest does."""
    for number in range(3):
        assert outbox.put(line(number), 1)
    assert outbox.lead()

    assert send(outbox, most=2) == [line(0), line(1)]
    assert texts(outbox) == [line(2)]
    assert [*outbox.waiting()] == [line(2)]


def test_files_are_private(outbox):
    """Nobody else may read what waits."""
    outbox.put(line(0), 1)
    outbox.lead()
    send(outbox)

    modes = {path.name: path.stat().st_mode & 0o777 for path in outbox.folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert outbox.folder.stat().st_mode & 0o777 == 0o700


def test_next_process_goes_on_where_the_last_one_was(outbox, tmp_path):
    """Positions are on disk."""
    outbox.put(line(0) + line(1), 2)
    outbox.lead()
    send(outbox, most=1)
    outbox.follow()
    outbox.close()

    other = Outbox(tmp_path / "outbox")
    assert other.lead()
    assert texts(other) == [line(1)]
    other.follow()


def test_only_one_leads(outbox, tmp_path):
    """Two senders would send twice."""
    other = Outbox(tmp_path / "outbox")

    assert outbox.lead()
    assert not other.lead()
    outbox.follow()
    assert other.lead()
    other.follow()


def test_flight_is_found_after_a_crash(outbox, tmp_path):
    """What was handed to the network is known to be in doubt."""
    outbox.put(line(0) + line(1), 2)
    outbox.lead()
    outbox.begin([span for span, _ in outbox.take(most=1)], 7)
    outbox.follow()

    other = Outbox(tmp_path / "outbox")
    other.lead()
    assert other.flight is not None
    assert other.flight.place == 7
    assert [text for _, text in other.lines_of(other.flight)] == [line(0)]
    other.take_back()
    assert texts(other) == [line(0), line(1)]
    other.follow()


def test_unreadable_state_puts_everything_in_doubt(outbox, tmp_path, caplog):
    """Without positions nobody knows what has arrived."""
    outbox.put(line(0) + line(1), 2)
    (outbox.folder / "state.json").write_bytes(b"")

    assert outbox.lead()
    assert outbox.flight is not None
    assert len(outbox.flight.spans) == 2
    assert "cannot read" in caplog.text


def test_processes_are_merged_by_time_and_keep_their_order(outbox, tmp_path):
    """A process's own order holds even if its clock goes back."""
    other = Outbox(tmp_path / "outbox")
    outbox.put(line(1) + line(5) + line(3), 3)
    other.put(line(2, "b") + line(4, "b"), 2)
    outbox.lead()

    assert texts(outbox) == [line(1), line(2, "b"), line(4, "b"), line(5), line(3)]
    other.close()


def test_segments_are_followed_and_deleted(tmp_path):
    """A process goes on to new files; the old ones go when they are read to their end."""
    outbox = Outbox(tmp_path / "outbox", segment_bytes=100)
    outbox.make()
    for number in range(10):
        outbox.put(line(number), 1)
    assert len([*outbox.folder.glob("*.jsonl")]) > 3
    outbox.lead()

    assert send(outbox) == [line(number) for number in range(10)]
    outbox.tidy()
    assert len([*outbox.folder.glob("*.jsonl")]) == 1
    outbox.close()
    outbox.tidy()
    assert not [*outbox.folder.glob("*.jsonl")]
    outbox.follow()


def test_segment_of_a_live_process_is_kept(outbox, tmp_path):
    """A file that somebody may still write to is not deleted under their hands."""
    other = Outbox(tmp_path / "outbox")
    other.put(line(0), 1)
    outbox.lead()
    send(outbox)
    outbox.tidy()
    other.put(line(1), 1)

    assert texts(outbox) == [line(1)]
    other.close()


def test_torn_line_of_a_dead_process_is_passed(outbox, tmp_path):
    """What a crash left half-written neither arrives nor stays for ever."""
    other = Outbox(tmp_path / "outbox")
    other.put(line(0), 1)
    name, _ = other.mark()
    other._writer.close()
    with (outbox.folder / name).open("ab") as segment:
        segment.write(b'{"half')
    outbox.lead()

    assert send(outbox) == [line(0)]
    outbox.tidy()
    assert not (outbox.folder / name).exists()


def test_short_write_tears_no_other_line(outbox, monkeypatch):
    """A full disk takes a part of a line: it is counted as dropped, and the next one is whole."""
    outbox.put(line(0), 1)
    write = os.write

    def full(fd: int, data: bytes) -> int:
        if len(data) < 20:
            raise OSError(28, "No space left on device")
        return write(fd, data[:-10])

    monkeypatch.setattr(os, "write", full)
    assert not outbox.put(line(1), 1)
    monkeypatch.undo()
    mark = outbox.mark()
    outbox.put(line(2), 1)
    outbox.lead()

    assert outbox.dropped == 1
    found = texts(outbox)
    assert [found[0], found[-1]] == [line(0), line(2)]
    send(outbox, most=1)
    assert outbox.passed(mark)


def test_full_outbox_drops_counts_and_warns(tmp_path, caplog):
    """Before the limit there is a warning; beyond it events are dropped, and counted."""
    outbox = Outbox(tmp_path / "outbox", limit_bytes=1000)
    outbox.make()
    while outbox.put(line(0), 1):
        outbox.measure()

    assert outbox.dropped == 1
    assert "% full" in caplog.text
    assert "dropped so far" in caplog.text
    assert outbox.say_drops() == 1
    outbox.lead()
    send(outbox)
    outbox.measure()
    assert outbox.put(line(1), 1)
    assert outbox.say_drops() == 1
    outbox.follow()
    outbox.close()


def test_drops_of_all_processes_are_added(tmp_path):
    """The count is of the outbox, not of one process."""
    boxes = [Outbox(tmp_path / "outbox", limit_bytes=10) for _ in range(2)]
    boxes[0].make()
    for box in boxes:
        box.put(line(0), 3)
        box.say_drops()

    assert boxes[0].say_drops() == 6


def test_folder_that_cannot_be_written_costs_events_and_raises_nothing(tmp_path, caplog):
    """The application goes on."""
    outbox = Outbox(tmp_path / "missing" / "outbox")

    assert not outbox.put(line(0), 1)
    assert outbox.dropped == 1
    assert "cannot keep events" in caplog.text


def test_finalizer_may_write_while_the_same_thread_writes(outbox):
    """Garbage collection in the middle of a write does not wait for that write."""

    class Last:
        def __del__(self):
            outbox.put(line(1), 1)

    with outbox._writer._lock:
        last = Last()
        del last
        gc.collect()
    outbox.put(line(2), 1)
    outbox.lead()

    assert texts(outbox) == [line(1), line(2)]


def test_threads_share_an_outbox(outbox):
    """No line is lost or torn."""

    def write(who: int) -> None:
        for number in range(50):
            outbox.put(line(number, str(who)), 1)

    threads = [threading.Thread(target=write, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outbox.lead()

    found = texts(outbox)
    assert len(found) == 400
    for who in range(8):
        mine = [text for text in found if json.loads(text)["who"] == str(who)]
        assert mine == [line(number, str(who)) for number in range(50)]


@FORKS
def test_forked_child_writes_to_its_own_segment(outbox):
    """A child neither writes to its parent's file nor unlocks it."""
    outbox.put(line(0), 1)
    with outbox._writer._lock:  # as if another thread held it at that moment
        child = os.fork()
        if child == 0:
            outbox.put(line(1, "child"), 1)
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    outbox.lead()

    assert send(outbox) == [line(0), line(1, "child")]
    outbox.tidy()
    assert [path.name for path in outbox.folder.glob("*.jsonl")] == [outbox.mark()[0]]


@FORKS
def test_killed_process_loses_nothing(outbox):
    """A line that was put in is with the kernel, and survives kill -9."""
    program = (
        "import sys, time; from hilt.io.sheets.outbox import Outbox\n"
        f"box = Outbox({str(outbox.folder)!r})\n"
        f"[box.put({line(0)!r}, 1) for _ in range(100)]\n"
        "print('written', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"written\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    outbox.lead()

    assert send(outbox) == [line(0)] * 100
    outbox.tidy()
    assert not [*outbox.folder.glob("*.jsonl")]


def test_mark_is_passed_when_delivered(outbox):
    """A flush knows what it waits for."""
    assert outbox.passed(outbox.mark())
    outbox.put(line(0), 1)
    mark = outbox.mark()
    outbox.lead()

    assert not outbox.passed(mark)
    send(outbox)
    assert outbox.passed(mark)
    outbox.put(line(1), 1)
    assert outbox.passed(mark)
    assert not outbox.passed(outbox.mark())


def test_put_is_cheap(outbox, caplog):
    """The application waits far less than a millisecond."""
    caplog.set_level(logging.CRITICAL)
    text = line(0) * 20
    times = []
    for _ in range(500):
        start = time.perf_counter()
        outbox.put(text, 20)
        times.append(time.perf_counter() - start)

    assert statistics.median(times) < 0.001
