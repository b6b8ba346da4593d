"""Forks while each lock of HILT's is held by another thread, and prints how the child did.

    python fork_under_locks.py FOLDER [TIMES]

Each line is the lock and, after a tab, ``ok``, ``hung`` or the child's exit code, of which there
may be several where a lock is held TIMES times.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

import hilt
from hilt.cli.viewer.app import Viewer
from hilt.core.event import Event
from hilt.io.jsonl.sink import JsonlSink
from hilt.io.sheets.pace import Pace
from hilt.io.sheets.sink import SheetsSink
from hilt.privacy.policy import Policy
from hilt.testing.sheets import Limits, SheetsEmulator
from hilt_otel_exporters import HiltJsonlSpanExporter
from tests.instrumentation.mock_http import openai_client

CHILD_SECONDS = 60  # far more than a busy machine needs
ANSWER = {
    "id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-4o",
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "Hello!"}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}  # fmt: skip
EVENT: Any = {
    "session_id": "s", "action": "prompt", "actor": {"type": "human", "id": "alice"},
    "content": {"text": "Hi, I am alice@example.com"},
}  # fmt: skip
LOCKS = (type(threading.Lock()), type(threading.RLock()))


def is_ours(module: object) -> bool:
    """Whether a module is part of what HILT runs in a program."""
    name = str(module)
    return (
        name.split(".", maxsplit=1)[0] in ("hilt", "hilt_otel_exporters") and "testing" not in name
    )


def attributes_of(owner: Any) -> Iterator[tuple[str, Any]]:
    """What an object holds, in its dict and in its slots."""
    yield from vars(owner).items() if hasattr(owner, "__dict__") else ()
    for kind in type(owner).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if hasattr(owner, name):
                yield name, getattr(owner, name)


def all_locks() -> list[tuple[str, Any]]:
    """Every lock that a module or an instance of HILT's holds, alone or in a condition or event."""
    owners = [module for name, module in sys.modules.items() if is_ours(name)]
    owners += [each for each in gc.get_objects() if is_ours(type(each).__module__)]
    locks: dict[int, tuple[str, Any]] = {}
    for owner in owners:
        label = getattr(owner, "__name__", type(owner).__name__)
        for name, value in list(attributes_of(owner)):
            if isinstance(value, threading.Event):
                value = value._cond  # noqa: PLW2901
            if isinstance(value, threading.Condition):
                value = value._lock  # noqa: PLW2901
            if isinstance(value, LOCKS):
                locks.setdefault(id(value), (f"{label}.{name}", value))
    return list(locks.values())


class Holder:
    """A thread that holds a lock."""

    def __init__(self, lock: Any) -> None:
        self._lock = lock
        self._held, self._done = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def _hold(self) -> None:
        with self._lock:
            self._held.set()
            self._done.wait()

    def __enter__(self) -> None:
        self._thread.start()
        self._held.wait()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def private_session(folder: Path) -> hilt.Session:
    """A session with keys, a detector, and a log that is rotated."""
    policy = Policy(
        pseudonymise=True,
        key_file=folder / "privacy.keys",
        detector=lambda text: [(0, 1, "name")] if text else [],
    )
    log = JsonlSink(folder / "private.jsonl", rotate_bytes=2_000, keep=2)
    return hilt.Session(log, privacy=policy).open()


def outcome_of(child: int) -> str:
    """How a child ended."""
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "hung" if os.WTERMSIG(status) == signal.SIGALRM else f"signal {os.WTERMSIG(status)}"
    return "ok" if os.WEXITSTATUS(status) == 0 else f"exit {os.WEXITSTATUS(status)}"


def outcome_of_fork(lock: Any, work_in_child: Callable[[], None]) -> str:
    """How a child ends that is forked while another thread holds a lock."""
    with Holder(lock):
        child = os.fork()
        if child == 0:
            try:
                work_in_child()
                os._exit(0)
            finally:
                os._exit(1)
        return outcome_of(child)


def main(folder: Path, times: int = 1) -> None:
    """Set everything up, make a call, and fork under each lock."""
    warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of forking threads
    with SheetsEmulator(limits=Limits(None, None, None, None), speed=60) as emulator:
        emulator.add_book("book")
        sheet = SheetsSink(
            sheet_id="book",
            credentials_json=emulator.service_account(),
            outbox=folder / "outbox",
            api_root=emulator.api_root,
            pace=Pace(minute_s=1.02, connect_s=2, read_s=0.5, settle_s=1.5, poll_s=0.02, exit_s=1),
        )
        session = hilt.Session([JsonlSink(folder / "log.jsonl"), sheet]).open()
        private = private_session(folder)
        viewer = Viewer(hilt.open_log(folder / "log.jsonl"))
        exporter = HiltJsonlSpanExporter(folder / "spans.jsonl")
        traces = TracerProvider()
        traces.add_span_processor(SimpleSpanProcessor(exporter))
        hilt.instrument(session=session, providers=["openai"])
        client = openai_client({"POST /chat/completions": ANSWER})

        def work() -> None:
            messages: Any = [{"role": "user", "content": "Hi"}]
            client.chat.completions.create(model="gpt-4o", messages=messages)
            attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}
            traces.get_tracer("other").start_span("chat gpt-4o", attributes=attributes).end()
            private.append(Event(**EVENT))
            assert "Calls" in "".join(viewer.calls({}))
            assert "chart" in "".join(viewer.charts({}))
            hilt.flush(0.5)

        work()
        hilt.flush(10)

        def work_in_child() -> None:
            signal.alarm(CHILD_SECONDS)
            work()
            exporter.force_flush(500)
            hilt.uninstrument()

        for label, lock in sorted(all_locks(), key=lambda each: each[0]):
            outcomes = [outcome_of_fork(lock, work_in_child) for _ in range(times)]
            print(label, " ".join(sorted(set(outcomes))), sep="\t", flush=True)
        hilt.uninstrument()
        private.close()
        session.close()
        traces.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
