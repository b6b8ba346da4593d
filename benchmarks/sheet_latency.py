"""What a call of the OpenAI SDK costs its caller with the Sheets backend, and with a file.

    uv run python benchmarks/sheet_latency.py [--calls 300]

Calls with each backend alternate, and the medians of processor and wall time in the caller's thread
are reported. The emulator of Google Sheets runs in a process of its own, as Google does; the thread
that sends runs in this one, as it does for users.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from overhead import caller

import hilt
from hilt.io.session import Session
from hilt.io.sheets.sink import SheetsSink

SERVER = """
import json, sys
from hilt.testing.sheets import SheetsEmulator
with SheetsEmulator() as sheets:
    sheets.add_book("book")
    print(json.dumps([sheets.api_root, sheets.service_account()]), flush=True)
    sys.stdin.read()
"""


def timed(session: Session | None, call: Callable[[], None]) -> tuple[float, float]:
    """Wall and processor microseconds of one call in its thread; bare without a session."""
    if session is not None:
        hilt.instrument(session=session, providers=["openai"])
        call()  # instrument() has just been called: not what is measured
    wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
    call()
    result = (time.perf_counter_ns() - wall) / 1e3, (time.thread_time_ns() - cpu) / 1e3
    if session is not None:
        hilt.uninstrument()
    return result


def main() -> None:
    """Measure, and print a line for each backend."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=300)
    calls = parser.parse_args().calls
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with tempfile.TemporaryDirectory() as folder, server:
        api_root, key = json.loads(server.stdout.readline())
        sink = SheetsSink(
            sheet_id="book", credentials_json=key, api_root=api_root, outbox=Path(folder, "outbox")
        )
        sessions = {"local": Session(Path(folder, "log.jsonl")), "sheets": Session(sink)}
        times: dict[str, list[tuple[float, float]]] = {"bare": [], "local": [], "sheets": []}
        with sessions["local"], sessions["sheets"]:
            call = caller("chat")
            for _ in range(calls):
                for name, taken in times.items():
                    taken.append(timed(sessions.get(name), call))
            if not sessions["sheets"].flush(timeout=60):
                sys.exit("not delivered")
        server.stdin.close()
    for name, taken in times.items():
        walls, cpus = zip(*taken[20:], strict=True)
        print(
            f"{name:<7}{statistics.median(cpus):8.0f} us processor, "
            f"{statistics.median(walls):8.0f} us wall"
        )


if __name__ == "__main__":
    main()
