"""The agent SDK: prompts are written to its transport, and messages come from its `Query`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from hilt.core.guard import guard
from hilt.genai.json_values import decode_json
from hilt.genai.values import Arguments, Target
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.streams import tap_async
from hilt.instrumentation.wrapping import watching
from hilt.providers.claude_agent.turns import Turns

__all__ = ["CLOSE", "MESSAGES", "WRITE"]


class _Reading:
    """Observes the messages of an agent. Its transport holds it: when that goes, this goes."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.advancing = False

    def item(self, item: Any) -> None:
        """A message goes on to the program."""
        try:
            self.turns.received(item)
        except Exception:
            guard.report("reading a message of an agent")

    def end(self, how: Ending, value: Any = None) -> None:
        """Reading ended; it may begin again, unless it is because of an error."""
        if how is Ending.RAISED:
            self.turns.end(how, value)

    def __del__(self) -> None:
        self.turns.end(Ending.ABANDONED)


def _reading_of(engine: Engine, target: Target, transport: Any) -> _Reading:
    reading: _Reading | None = vars(transport).get("_hilt_reading")
    if reading is None:

        def begin(*observed: Any) -> Call | None:
            return engine.begin(Arguments(target, None, observed, {}))

        reading = _Reading(Turns(begin))
        transport._hilt_reading = reading  # noqa: SLF001 # goes when the transport goes
    return reading


class _Write:
    """``write``, which is given a line of JSON."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that changes nothing."""

        def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            if not engine.enabled:
                return
            try:
                line = decode_json(args[1] if len(args) > 1 else kwargs["data"])
                if isinstance(line, dict) and line.get("type") == "user":
                    _reading_of(engine, target, args[0]).turns.sent(line)
            except Exception:
                guard.report("reading a prompt of an agent")

        return watching(original, begin)


class _Messages:
    """``receive_messages``, an async generator of JSON objects."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that gives the same messages."""

        @functools.wraps(original)
        def receive(*args: Any, **kwargs: Any) -> Any:
            messages = original(*args, **kwargs)
            if not engine.enabled:
                return messages
            try:
                return tap_async(messages, _reading_of(engine, target, args[0].transport))
            except Exception:
                guard.report("observing an agent")
                return messages

        return receive


class _Close:
    """``close``, with which a program leaves the agent."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that changes nothing."""

        def begin(args: tuple[Any, ...], _: dict[str, Any]) -> None:
            try:
                if engine.enabled:
                    _reading_of(engine, target, args[0].transport).turns.end(Ending.CLOSED)
            except Exception:
                guard.report("observing an agent")

        return watching(original, begin)


WRITE = _Write()
"""``write`` of the transport that runs Claude Code."""

MESSAGES = _Messages()
"""``receive_messages``."""

CLOSE = _Close()
"""``close`` of a `Query`."""
