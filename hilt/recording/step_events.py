"""What goes on around the calls of a model: agents, chains, tools and retrievals, as events.

A call of a model is an `Observation`, told by `hilt.recording.event_builder`. A `Step` is what a
framework records around it. Agents, workflows and chains are two ``system`` events at their
boundaries; a tool is a ``tool_call`` and a ``tool_result``; a retrieval is one ``retrieval`` event.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hilt.core.event import HILT_VERSION
from hilt.core.ids import new_event_id
from hilt.core.timestamps import format_nanos
from hilt.genai.json_values import encode_json
from hilt.genai.values import Failure
from hilt.recording.event_builder import EventDict
from hilt.recording.history import History

__all__ = ["Step", "begin_step", "end_step", "step_events"]


class Step(msgspec.Struct):
    """One step around the calls of a model. Times are nanoseconds since the epoch."""

    kind: str  #: ``agent``, ``workflow``, ``chain``, ``tool`` or ``retrieval``
    operation: str  #: ``invoke_agent``, ``execute_tool``, ...
    name: str
    started: int
    ended: int
    session_id: str = ""
    agent: str | None = None  #: whose step it is
    asked: str | None = None  #: what an agent or a retrieval was given
    answered: str | None = None  #: what an agent came to
    call_id: str | None = None
    arguments: Any = None
    result: Any = None
    documents: list[dict[str, Any]] | None = None
    failure: Failure | None = None
    provenance: dict[str, Any] = msgspec.field(default_factory=dict)
    extensions: dict[str, Any] = msgspec.field(default_factory=dict)
    capture_content: bool = True
    start_id: str | None = None  #: the event of its beginning


def step_events(step: Step, history: History) -> list[tuple[int, EventDict]]:
    """The events of a step with their times: what the log has already is not told again."""
    if step.operation == "create_agent":
        return [(step.ended, _end(step, "created"))]
    begun = [(step.started, event) for event in begin_step(step, history)]
    return begun + [(step.ended, event) for event in end_step(step, history)]


def begin_step(step: Step, history: History) -> list[EventDict]:
    """The events of a step that begins; the end then links to them."""
    if step.kind == "retrieval":
        return []
    if step.kind != "tool":
        return [_start(step)]
    known = history.tool_call(step.call_id)
    if known is not None:
        step.start_id = known[1]
        return []
    return [_tool_call(step, history)]


def end_step(step: Step, history: History) -> list[EventDict]:
    """The events of a step that has ended."""
    if step.kind == "retrieval":
        return [_retrieval(step)]
    if step.kind != "tool":
        return [_end(step)]
    if history.has_result(step.call_id):
        return []
    return [_tool_result(step, history)]


def _event(step: Step, moment: int, action: str, kind: str, who: str) -> EventDict:
    return {
        "hilt_version": HILT_VERSION,
        "event_id": new_event_id(),
        "timestamp": format_nanos(moment),
        "session_id": step.session_id,
        "actor": {"type": kind, "id": who or kind},
        "action": action,
    }


def _close(
    event: EventDict, step: Step, content: dict[str, Any], extensions: dict[str, Any]
) -> EventDict:
    if step.capture_content:
        shown = {name: value for name, value in content.items() if value is not None}
        if shown:
            event["content"] = shown
    event["provenance"] = {"operation": step.operation, **step.provenance}
    facts = {**extensions, **step.extensions}
    event["extensions"] = {name: value for name, value in facts.items() if value is not None}
    return event


def _latency(step: Step) -> float:
    return round((step.ended - step.started) / 1e6, 3)


def _actor(step: Step) -> str:
    return "agent" if step.kind == "agent" else "system"


def _start(step: Step) -> EventDict:
    event = _event(step, step.started, "system", _actor(step), step.name)
    step.start_id = event["event_id"]
    facts = {"phase": "start", "step": step.kind}
    return _close(event, step, {"text": step.asked}, facts)


def _end(step: Step, phase: str = "end") -> EventDict:
    event = _event(step, step.ended, "system", _actor(step), step.name)
    text = step.failure.message if step.failure is not None else step.answered
    facts = {"reply_to": step.start_id, "phase": phase, "step": step.kind}
    return _close(event, step, {"text": text}, {**facts, **_measured(step)})


def _measured(step: Step) -> dict[str, Any]:
    failure = step.failure
    facts: dict[str, Any] = {"latency_ms": _latency(step)}
    facts["outcome"] = failure.outcome if failure is not None else "completed"
    if failure is not None:
        facts["error_code"] = failure.error_code
        facts["error_type"] = failure.error_type
        facts["status_code"] = failure.status_code
    return facts


def _tool_call(step: Step, history: History) -> EventDict:
    event = _event(step, step.started, "tool_call", "agent", step.agent or "agent")
    tool = {"name": step.name, "call_id": step.call_id, "arguments": step.arguments}
    step.start_id = event["event_id"]
    if step.call_id:
        history.remember_tool_call(step.call_id, step.name, event["event_id"])
    return _close(event, step, {"tool": _present(tool)}, {})


def _tool_result(step: Step, history: History) -> EventDict:
    event = _event(step, step.ended, "tool_result", "tool", step.name)
    if step.call_id:
        history.remember_tool_result(step.call_id, event["event_id"])
    result = step.failure.message if step.failure is not None else step.result
    text = result if isinstance(result, str) or result is None else encode_json(result).decode()
    tool = {"name": step.name, "call_id": step.call_id, "result": result}
    content = {"text": text, "tool": _present(tool)}
    return _close(event, step, content, {"reply_to": step.start_id, **_measured(step)})


def _retrieval(step: Step) -> EventDict:
    event = _event(step, step.ended, "retrieval", "tool", step.name)
    content: dict[str, Any] = {"text": step.asked, "documents": step.documents}
    if step.failure is not None:
        content["text"] = step.failure.message
    documents = step.documents or ()
    scores = [each["score"] for each in documents if isinstance(each.get("score"), (int, float))]
    facts = {"reply_to": step.start_id, "score": max(scores, default=None)}
    return _close(event, step, content, {**facts, **_measured(step)})


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
