"""Every event once, whatever fails and whoever is killed, where rows are events.

Most are slow: `test_call_proofs` has the same for rows of calls.
"""

from __future__ import annotations

import random

import pytest

from hilt.testing.sheets import Fault, Limits, SheetsEmulator

ALL_FAULTS = [
    Fault("status", on="any", status=500),
    Fault("status", on="any", status=503),
    Fault("status", status=429, retry_after=0.2),
    Fault("status_after", status=500),
    Fault("html", on="any"),
    Fault("reset_before", on="any"),
    Fault("reset_after"),
    Fault("timeout_before", on="any"),
    Fault("timeout_after"),
    Fault("truncated", on="any"),
    Fault("late", seconds=0.9),
    Fault("late", seconds=3.0),
    Fault("expired", on="any"),
    Fault("slow", on="any", seconds=0.3),
]


@pytest.fixture
def sheets():
    """An emulator with Google's quotas whose minutes last a second."""
    with SheetsEmulator(limits=Limits(), speed=60, retry_after=True) as emulator:
        emulator.add_book("book")
        yield emulator


def messages(sheets: SheetsEmulator) -> list[str]:
    """The texts in the sheet, from the top."""
    header, *table = sheets.book().tab("Logs").values()
    return [row[header.index("message")] for row in table]


def expected(name: str, calls: int) -> list[str]:
    """What one writer writes, in order."""
    return [
        f"{name} {number} {what}" for number in range(calls) for what in ("prompt", "completion")
    ]


def check(sheets: SheetsEmulator, names: list[str], calls: int) -> None:
    """Every event is there once, and each process's in its order."""
    found = messages(sheets)
    assert len(found) == 2 * calls * len(names)
    for name in names:
        assert [text for text in found if text.startswith(f"{name} ")] == expected(name, calls)
    assert sheets.book().tab("Logs").formulas() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("calls", "seed"),
    [(25, 1), (500, 2), (500, 3)],
)
def test_four_processes_with_quota_and_faults(sheets, start_writer, calls, seed):
    """Every event once, each process's rows in order, under quota and faults of every kind."""
    names = [f"p{number}" for number in range(4)]
    sheets.faults.random(0.25, ALL_FAULTS, seed)
    writers = [
        start_writer(name, calls, pause_s=0.01, batch_rows=40, flush_s=240) for name in names
    ]
    ends = [writer.communicate(timeout=300) for writer in writers]

    assert [out.split() for out, _ in ends] == [["written", "delivered"]] * 4, ends
    check(sheets, names, calls)
    kinds = sorted(set(sheets.faults.happened))
    print(f"{len(messages(sheets))} rows, {len(sheets.calls_of('write'))} writes, "
          f"{len(sheets.faults.happened)} faults of {len(kinds)} kinds, "
          f"{sheets.quota.refused} refused by the quota")  # fmt: skip


PHASES = [
    ("reset_before", "before it is sent"),
    ("hold_before", "in flight, before the write"),
    ("hold_after", "after the write, before the answer"),
]


@pytest.mark.parametrize("kind", [kind for kind, _ in PHASES])
@pytest.mark.slow_after(1)
def test_kill_in_every_phase_leaves_every_event_once(sheets, start_writer, kind):
    """Kill -9, start again: nothing is lost and nothing is doubled."""
    first = start_writer("p", 3, wait=True, read_s=30, batch_rows=4)
    assert first.stdout.readline() == "written\n"
    # The first rows are in; now the next batch is caught on its way.
    again = start_writer("q", 0)
    again.communicate(timeout=30)
    first.kill()
    first.communicate()

    times = 1000 if kind == "reset_before" else 1
    fault = sheets.faults.add(Fault(kind, times=times))
    caught = start_writer("r", 5, wait=True, read_s=30, batch_rows=4)
    assert caught.stdout.readline() == "written\n"
    if kind != "reset_before":
        assert fault.reached.wait(20)
    caught.kill()
    caught.communicate()
    sheets.faults.clear()
    fault.release()

    last = start_writer("s", 1, flush_s=30)
    out, err = last.communicate(timeout=60)
    assert out.split() == ["written", "delivered"], err
    found = messages(sheets)
    wanted = [*expected("p", 3), *expected("r", 5), *expected("s", 1)]
    assert sorted(found) == sorted(wanted)
    assert [text for text in found if text.startswith("r ")] == expected("r", 5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "kills"),
    [(0, 2), (1, 10), (2, 10), (3, 10)],
)
def test_random_kills_leave_every_event_once(sheets, start_writer, seed, kills):
    """Writers are killed at any moment, under faults; the last one delivers for all."""
    chance = random.Random(seed)
    sheets.faults.random(0.2, ALL_FAULTS, seed)
    written = {}
    for number in range(kills):
        writer = start_writer(f"k{number}", 400, pause_s=0.005, batch_rows=10, progress=True)
        until = chance.randrange(20, 300)
        while int(writer.stdout.readline()) < until:
            pass
        writer.kill()
        # What it reported as written is in the outbox.
        written[f"k{number}"] = int([str(until), *writer.communicate()[0].split()][-1])
    for name in ("y", "z"):
        out, err = start_writer(name, 1, flush_s=200).communicate(timeout=240)
        assert out.split() == ["written", "delivered"], err

    found = messages(sheets)
    assert len(found) == len(set(found))
    for name, last in written.items():
        mine = [text for text in found if text.startswith(f"{name} ")]
        assert mine == expected(name, 400)[: len(mine)]
        assert len(mine) >= 2 * (last + 1)
