"""Which answer asked for the tool that a span runs: one tool call, seen by a model and by a tool.

Emitters that watch tools often have no id of the call, or one that their framework made up. What
they have is the tool's name, its arguments, and the trace.
"""

from __future__ import annotations

from hilt.genai.json_values import json_or_text
from hilt.recording.event_base import EventDict
from hilt.recording.step_events import Step

__all__ = ["AskedTools"]


class AskedTools:
    """The tool calls that the answers of each trace ask for, and that no span has run so far."""

    def __init__(self) -> None:
        self._open: dict[str, list[_Asked]] = {}

    def add(self, trace_id: str, events: list[EventDict]) -> None:
        """Note the tool calls among the events of an answer."""
        for event in events:
            if event["action"] == "tool_call":
                tool = (event.get("content") or {}).get("tool") or {}
                self._open.setdefault(trace_id, []).append(_Asked(event, tool))

    def link(self, trace_id: str, step: Step) -> None:
        """Let a tool's step go on from the tool call that it runs, if that is in the trace.

        It is the one of its id; else, of those of its name, the first with its arguments; else,
        where the arguments of the span are in another form, the first of all.
        """
        waiting = self._open.get(trace_id)
        if not waiting:
            return
        asked = next((each for each in waiting if step.call_id == each.call_id), None)
        if asked is None or not step.call_id:
            # Without content the log does not have the name.
            alike = [each for each in waiting if each.name in (step.name, None)]
            alike = alike or [each for each in waiting if _hands_over_to(each.name, step.name)]
            given = _comparable(step.arguments)
            exact = (each for each in alike if each.arguments == given)
            asked = next(exact, alike[0] if alike else None)
        if asked is not None:
            waiting.remove(asked)
            step.start_id = asked.event_id
            step.call_id = asked.call_id or step.call_id


class _Asked:
    """One tool call of an answer."""

    def __init__(self, event: EventDict, tool: dict[str, object]) -> None:
        self.event_id: str = event["event_id"]
        self.name = tool.get("name")
        self.call_id = _text(tool.get("call_id"))
        self.arguments = _comparable(tool.get("arguments"))


def _hands_over_to(asked: object, agent: str) -> bool:
    """Whether a tool is the handoff to an agent, which is no tool of that name."""
    name = str(asked).lower()
    return name.startswith(("transfer_to_", "handoff_to_")) and name.endswith(
        agent.lower().replace(" ", "_")
    )


def _comparable(arguments: object) -> object:
    """Arguments out of what emitters put around them: JSON as text, ``{"args", "kwargs"}``."""
    value = json_or_text(arguments) if isinstance(arguments, str) else arguments
    if isinstance(value, dict) and isinstance(value.get("kwargs"), dict):
        return value["kwargs"] or value.get("args")
    return value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
