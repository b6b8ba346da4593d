"""Interrupts that fall where no handler is: the call has one ending all the same."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import hilt
from hilt.core import forks
from hilt.genai.values import Request
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.interrupted_calls import has_ending
from hilt.instrumentation.observer import Ending
from hilt.io.jsonl import log_file
from hilt.providers.openai.adapter import OpenAI
from tests.instrumentation.mock_http import openai_client
from tests.instrumentation.test_patching import ANSWER, ASK

ANSWERS = {"POST /chat/completions": ANSWER}


class Interrupts:
    """Raises what a signal handler would, at the call of a function with a number."""

    def __init__(self, function: Callable[..., Any], number: int, *, is_after: bool) -> None:
        self._function, self._is_after = function, is_after
        self._left = number

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function, or not."""
        self._left -= 1
        if self._left == 0 and not self._is_after:
            raise KeyboardInterrupt
        result = self._function(*args, **kwargs)
        if self._left == 0:
            raise KeyboardInterrupt
        return result


def logged(path: Path) -> list[tuple[str, str | None]]:
    """The action and the outcome of each event, after the second call in the log."""
    lines = path.read_bytes().splitlines() if path.exists() else []
    events = [json.loads(line) for line in lines]
    return [(each["action"], each["extensions"].get("outcome")) for each in events[2:]]


def interrupted_call(path: Path, interrupt: Callable[[], None]) -> None:
    """Make a call that is logged, and another one that an interrupt cuts short."""
    hilt.instrument(filepath=path, providers=["openai"])
    try:
        client = openai_client(ANSWERS)
        client.chat.completions.create(**ASK)
        interrupt()
        with pytest.raises(KeyboardInterrupt):
            client.chat.completions.create(**ASK)
    finally:
        hilt.uninstrument()


@pytest.mark.parametrize(
    ("number", "is_after", "events"),
    [
        (1, False, []),  # the prompt is not written
        (1, True, [("prompt", None), ("system", "cancelled")]),
        (2, False, [("prompt", None), ("completion", "completed")]),
        (2, True, [("prompt", None), ("completion", "completed")]),
    ],
)
def test_an_interrupt_beside_a_write(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    is_after: bool,
    events: list[tuple[str, str | None]],
) -> None:
    """Before and after the prompt is written, and before and after the ending is."""
    path, write = tmp_path / "log.jsonl", log_file._write

    def interrupt() -> None:
        interrupts = Interrupts(write, number, is_after=is_after)
        monkeypatch.setattr(log_file, "_write", interrupts)

    interrupted_call(path, interrupt)

    assert logged(path) == events


@pytest.mark.parametrize(
    ("method", "is_after", "outcome"),
    [
        ("begin", True, "cancelled"),  # between the prompt and the block that notes an ending
        ("end", False, "cancelled"),
        ("_note", False, "cancelled"),
        ("_note", True, "completed"),
        ("record", False, "completed"),
        ("record", True, "completed"),
    ],
)
def test_an_interrupt_beside_a_step_of_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, is_after: bool, outcome: str
) -> None:
    """Whatever it falls beside, the call has its prompt and one ending."""
    path, function = tmp_path / "log.jsonl", getattr(Call, method)

    def interrupt() -> None:
        interrupts = Interrupts(function, 1, is_after=is_after)
        monkeypatch.setattr(Call, method, functools.partialmethod(interrupts))

    interrupted_call(path, interrupt)

    action = "system" if outcome == "cancelled" else "completion"
    assert logged(path) == [("prompt", None), (action, outcome)]


def test_a_stream_that_nobody_was_given_is_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interrupt falls after the answer has begun, and before it is observed."""
    path, open_stream = tmp_path / "log.jsonl", Call.open_stream

    def interrupt() -> None:
        interrupts = Interrupts(open_stream, 1, is_after=True)
        monkeypatch.setattr(Call, "open_stream", functools.partialmethod(interrupts))

    hilt.instrument(filepath=path, providers=["openai"])
    client = openai_client({"POST /chat/completions": [ANSWER, b"data: {}\n\n"]})
    client.chat.completions.create(**ASK)
    interrupt()
    with pytest.raises(KeyboardInterrupt):
        client.chat.completions.create(**ASK, stream=True)
    hilt.uninstrument()

    assert logged(path) == [("prompt", None), ("system", "cancelled")]


def test_a_child_leaves_the_calls_of_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of the parent's call is collected in a child, too."""
    path, begin = tmp_path / "log.jsonl", Call.begin

    def interrupt() -> None:
        monkeypatch.setattr(Call, "begin", begin_and_fork)

    def begin_and_fork(call: Call) -> None:
        begin(call)
        monkeypatch.setattr(forks, "process", object())
        raise KeyboardInterrupt

    interrupted_call(path, interrupt)

    assert logged(path) == [("prompt", None)]


AT_EXIT = """
import hilt
from hilt.instrumentation.engine import Call, Engine
from tests.instrumentation.mock_http import openai_client
from tests.instrumentation.test_patching import ANSWER, ASK

hilt.instrument(filepath="log.jsonl", providers=["openai"])
client = openai_client({"POST /chat/completions": ANSWER})
client.chat.completions.create(**ASK)
begin = Call.begin

def interrupted(call):
    begin(call)
    raise KeyboardInterrupt

Call.begin = interrupted
client.chat.completions.create(**ASK)
"""


def test_an_interrupt_that_ends_the_program(tmp_path: Path) -> None:
    """The call has its ending before the log is closed."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r})\n{AT_EXIT}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.stderr.splitlines()[-1] == "KeyboardInterrupt"
    assert "Exception ignored" not in done.stderr
    assert logged(tmp_path / "log.jsonl") == [("prompt", None), ("system", "cancelled")]


@pytest.mark.parametrize(
    ("actions", "ended"),
    [({"prompt", "completion"}, True), ({"prompt", "system"}, True), ({"prompt"}, False)],
)
def test_ending_that_another_process_wrote(actions: set[str], ended: bool) -> None:
    """The file has it, and this process need not write another."""
    log = SimpleNamespace(logged=lambda _: actions)

    assert has_ending(cast("Call", SimpleNamespace(log=log, observation=None))) is ended


def test_log_without_a_file_has_no_other_endings() -> None:
    """Nobody else writes to it."""
    assert not has_ending(cast("Call", SimpleNamespace(log=None)))


def in_progress(path: Path) -> Call:
    """A call whose prompt is in the log, and that nothing else refers to."""
    begun: list[Call] = []

    def keep(engine: Any, arguments: Any) -> Call | None:
        call = begin(engine, arguments)
        if call is not None:
            begun.append(call)
        return None  # nobody will end it

    begin = Engine.begin
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "begin", keep)
        hilt.instrument(filepath=path, providers=["openai"])
        openai_client(ANSWERS).chat.completions.create(**ASK)
    return begun.pop()


@pytest.mark.parametrize(
    ("step", "ending"),
    [
        (lambda call: None, [("system", "cancelled")]),
        (Call.open_stream, [("completion", "abandoned")]),
        (lambda call: call.end(Ending.CLOSED), [("completion", "closed")]),
    ],
)
def test_a_call_that_nobody_can_end_is_ended(
    tmp_path: Path, step: Callable[[Call], object], ending: list[tuple[str, str]]
) -> None:
    """An interrupt fell between the prompt and what would have ended the call."""
    call = in_progress(tmp_path / "log.jsonl")
    step(call)
    del call
    hilt.uninstrument()

    lines = (tmp_path / "log.jsonl").read_bytes().splitlines()
    events = [json.loads(line) for line in lines]
    assert [(each["action"], each["extensions"].get("outcome")) for each in events] == [
        ("prompt", None),
        *ending,
    ]


def test_a_call_that_has_not_begun_is_not_kept() -> None:
    """A batch makes thousands of them, which are dropped when their answers are logged."""
    engine = Engine(OpenAI(), cast("Any", None), call_type=Call)
    call = Call(engine, Request("chat", "openai"), cast("Any", None))
    del call

    assert engine.dropped == []
