"""Logs with calls in them, written by hand."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

import hilt
from hilt.core.event import Event


class LogWriter:
    """Writes the events of calls to a log, a second apart."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._numbers = itertools.count(1)
        path.touch()

    def write(self, session_id="s", actor=("human", "user"), action="prompt", **fields) -> str:
        """Append an event, and return its id."""
        number = next(self._numbers)
        event = Event(
            event_id=fields.pop("event_id", f"evt_{number:032x}"),
            timestamp=fields.pop(
                "timestamp", f"2026-11-28T10:{number // 60:02}:{number % 60:02}.000000Z"
            ),
            session_id=session_id,
            actor={"type": actor[0], "id": actor[1]},
            action=action,
            **fields,
        )
        with self.path.open("ab") as file:
            file.write(event.encode() + b"\n")
        return event.event_id

    def prompt(self, text="Hi", session_id="s", user="user", **extensions) -> str:
        """Append a prompt."""
        return self.write(
            session_id, ("human", user), content={"text": text}, extensions=extensions or None
        )

    def answer(
        self, prompt, text="Hello", session_id="s", *, cost=0.5, model="gpt-5", **extensions
    ):
        """Append a completion."""
        return self.write(
            session_id,
            ("agent", "openai"),
            "completion",
            content={"text": text},
            metrics={"tokens": {"prompt": 10, "completion": 4, "cached": 5}, "cost_usd": cost},
            provenance={"provider": "openai", "response_model": f"{model}-2026"},
            extensions={
                "reply_to": prompt,
                "model": model,
                "latency_ms": 2000.0,
                "outcome": "completed",
                "status_code": 200,
                **extensions,
            },
        )

    def failure(
        self, prompt, session_id="s", *, model="gpt-5", code="rate_limit", outcome="failed"
    ):
        """Append the ending of a call that failed."""
        return self.write(
            session_id,
            ("system", "openai"),
            "system",
            content={"text": "Too many requests"},
            extensions={
                "reply_to": prompt,
                "model": model,
                "outcome": outcome,
                "error_code": code,
                "status_code": 429,
                "latency_ms": 100.0,
            },
        )

    def call(self, text="Hi", answer="Hello", session_id="s", user="user", context=None, **fields):
        """Append a prompt and its answer, and return the answer's id."""
        links = {"context_of": context} if context else {}
        return self.answer(
            self.prompt(text, session_id, user, **links), answer, session_id, **fields
        )

    def tool_call(self, answer, name="get_weather", session_id="s", call_id="c1", **arguments):
        """Append a tool call."""
        tool = {"name": name, "call_id": call_id, "arguments": arguments}
        return self.write(
            session_id, ("agent", "openai"), "tool_call", content={"tool": tool},
            extensions={"reply_to": answer},
        )  # fmt: skip

    def tool_result(self, tool_call, context=None, name="get_weather", session_id="s", **fields):
        """Append the result of a tool."""
        links = {"context_of": context} if context else {}
        tool = {"name": name, "call_id": fields.pop("call_id", "c1"), "result": "rain"}
        return self.write(
            session_id, ("tool", name), "tool_result", content={"text": "rain", "tool": tool},
            extensions={"reply_to": tool_call, **links}, **fields,
        )  # fmt: skip

    def open(self):
        """The log, to be asked."""
        return hilt.open_log(self.path)


@pytest.fixture
def log(tmp_path) -> LogWriter:
    """A log to write calls to."""
    return LogWriter(tmp_path / "app.jsonl")
