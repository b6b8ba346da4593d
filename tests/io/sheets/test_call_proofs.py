"""Each call is one row with its own answer, whatever fails and whoever is killed.

The large versions are slow.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import pytest

from hilt.testing.sheets import Fault, Limits, SheetsEmulator

from .conftest import prompt_of, put
from .test_late_endings import wait_for
from .test_proofs import ALL_FAULTS

FAULTS = [
    *ALL_FAULTS,
    Fault("status", on="read", status=503),
    Fault("status", status=403, reason="SERVICE_DISABLED"),
    Fault("status", on="any", status=403, message="Le demandeur n'est pas autorisé."),
    Fault("status", status=400, message="Está intentando modificar una celda protegida."),
    Fault("status_after", on="any", status=500),
]


@pytest.fixture
def sheets():
    """An emulator with Google's quotas whose minutes last a second."""
    with SheetsEmulator(limits=Limits(), speed=60, retry_after=True) as emulator:
        emulator.add_book("book")
        yield emulator


def calls_in(sheets: SheetsEmulator) -> list[tuple[str, str]]:
    """The question and answer of each row, in all tabs of the log, from the top."""
    rows = []
    for tab in sheets.book():
        if tab.title.startswith("Logs") and "dashboard" not in tab.title:
            header, *table = tab.values()
            question, answer = header.index("Question"), header.index("Answer")
            rows += [(row[question], row[answer]) for row in table]
    return rows


def pairs(name: str, calls: int) -> list[tuple[str, str]]:
    """The rows of one writer, in order."""
    return [(f"{name} {number} prompt", f"{name} {number} completion") for number in range(calls)]


def of_writer(found: Sequence[tuple[str, str]], name: str) -> list[tuple[str, str]]:
    """Those of the rows that a writer has written."""
    return [row for row in found if row[0].startswith(f"{name} ")]


@pytest.mark.parametrize(
    ("calls", "seed"),
    [(25, 1), *[pytest.param(500, seed, marks=pytest.mark.slow) for seed in (2, 3)]],
)
@pytest.mark.slow
def test_four_processes_with_quota_and_faults(sheets, start_writer, calls, seed):
    """Every call once, with its answer, each process's in order."""
    names = [f"p{number}" for number in range(4)]
    sheets.faults.random(0.25, FAULTS, seed)
    writers = [
        start_writer(name, calls, rows="calls", pause_s=0.01, batch_rows=40, flush_s=240)
        for name in names
    ]
    ends = [writer.communicate(timeout=300) for writer in writers]

    assert [out.split() for out, _ in ends] == [["written", "delivered"]] * 4, ends
    found = calls_in(sheets)
    assert len(found) == calls * len(names)
    for name in names:
        assert of_writer(found, name) == pairs(name, calls)
    print(f"{len(found)} rows, {len(sheets.calls_of('write'))} writes, "
          f"{len(sheets.faults.happened)} faults of {len(set(sheets.faults.happened))} kinds, "
          f"{sheets.quota.refused} refused by the quota")  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "kills"),
    [(0, 2), *[pytest.param(seed, 10, marks=pytest.mark.slow) for seed in (1, 2)]],
)
@pytest.mark.slow
def test_random_kills_leave_every_call_once(sheets, start_writer, seed, kills):
    """Writers whose files in the outbox are tiny are killed at any moment, under faults."""
    chance = random.Random(seed)
    sheets.faults.random(0.2, FAULTS, seed)
    written = {}
    for number in range(kills):
        name = f"k{number}"
        writer = start_writer(
            name, 400, rows="calls", pause_s=0.005, batch_rows=10, progress=True,
            segment_bytes=chance.choice([1, 900, 4000]),
        )  # fmt: skip
        until = chance.randrange(20, 200)
        while int(writer.stdout.readline()) < until:
            pass
        writer.kill()
        written[name] = int([str(until), *writer.communicate()[0].split()][-1])
    for name in ("y", "z"):
        out, err = start_writer(name, 1, rows="calls", flush_s=200).communicate(timeout=240)
        assert out.split() == ["written", "delivered"], err

    found = calls_in(sheets)
    assert len(found) == len({question for question, _ in found})
    for name, last in written.items():
        mine = of_writer(found, name)
        # The last one may have been killed between a question and its answer.
        answered = [row for row in mine if row[1]]
        assert answered == pairs(name, 400)[: len(answered)]
        assert mine[len(answered) :] in ([], [(f"{name} {len(answered)} prompt", "")])
        assert len(mine) >= last + 1


def kill_at(sheets, start_writer, number: int, kind: str, late: Sequence[str]) -> bool:
    """Kill a program at its request of that number, and let the next one finish.

    False if it made fewer requests.
    """
    fault, counted, usual = Fault(kind, on="any"), itertools.count(1), sheets.faults.next
    sheets.faults.next = lambda of: fault if next(counted) == number else usual(of)
    options = {"rows": "calls", "read_s": 30, "batch_rows": 3, "rollover_cells": 160}
    first = start_writer("p", 4, setup=True, late=late, flush_s=20, **options)
    while not fault.reached.is_set() and first.poll() is None:
        fault.reached.wait(0.05)
    first.kill()
    first.communicate()
    sheets.faults.next = usual
    fault.release()
    again = start_writer("q", 2, setup=True, flush_s=60, **options)
    out, err = again.communicate(timeout=90)
    assert out.splitlines()[-1] == "delivered", err
    return fault.reached.is_set()


@pytest.mark.parametrize("kind", ["hold_before", "hold_after"])
@pytest.mark.parametrize(
    "number",
    [pytest.param(n, marks=[] if n == 9 else pytest.mark.slow) for n in range(1, 41)],
)
@pytest.mark.slow_after(1)
def test_kill_at_each_request_leaves_every_call_once(
    sheets, sink_of, start_writer, tmp_path, number, kind
):
    """Header and metadata, dashboard, rows, a row that is filled, and the next tab."""
    prompts = [prompt_of("late 0"), prompt_of("late 1")]
    dead = sink_of()
    dead.open()
    put(dead, *prompts)
    assert dead.flush(10)
    dead.close()
    next_one = sink_of()
    next_one.open()
    wait_for(lambda: not next_one.outbox.state.open_calls)
    next_one.close()
    late = [each.event_id for each in prompts]
    if not kill_at(sheets, start_writer, number, kind, late):
        pytest.skip("fewer requests are made")

    found = calls_in(sheets)
    assert len(found) == len(set(found))
    filled = dict(row for row in found if row[0].startswith("late"))
    assert set(filled) == {"late 0", "late 1"}
    mine = of_writer(found, "p")
    assert mine == pairs("p", 4)[: len(mine)]
    assert of_writer(found, "q") == pairs("q", 2)
    dashboards = [tab for tab in sheets.book() if "dashboard" in tab.title]
    assert len(dashboards) == 1
