"""The events of agents, chains, tools and retrievals.

A call of a model is an `Observation`; its events come from `hilt.recording.event_builder`. A
`Step` is what a framework records around such calls. Agents, workflows and chains become two
``system`` events at their boundaries; a tool becomes a ``tool_call`` and a ``tool_result``; a
retrieval becomes one ``retrieval`` event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from hilt._context import service_of_program
from hilt.genai.coerce import number_or_none
from hilt.genai.json_values import encode_json
from hilt.genai.media import without_binary
from hilt.genai.values import Failure
from hilt.recording.event_fields import EventDict, new_event
from hilt.recording.history import History, ToolCallEvent
from hilt.recording.pseudonyms import without_names

__all__ = ["Step", "begin_step", "end_step", "step_events"]


class Step(msgspec.Struct):
    """One step around the calls of a model. Times are nanoseconds since the epoch."""

    kind: str  #: ``agent``, ``workflow``, ``chain``, ``tool``, ``retrieval``, ``handoff``, ...
    operation: str  #: ``invoke_agent``, ``execute_tool``, ...
    name: str
    started: int
    ended: int
    session_id: str = ""
    agent: str | None = None  #: the agent that does it
    input_text: str | None = None  #: the input of an agent or a retrieval
    output_text: str | None = None  #: the result of an agent
    call_id: str | None = None
    arguments: object = None
    result: object = None
    documents: list[dict[str, object]] | None = None
    failure: Failure | None = None
    provenance: dict[str, object] = msgspec.field(default_factory=dict)
    extensions: dict[str, object] = msgspec.field(default_factory=dict)
    capture_content: bool = True
    start_id: str | None = None  #: the event of its beginning
    service: dict[str, str] | None = None  #: its own service; the program's if None


def step_events(step: Step, history: History) -> list[tuple[int, EventDict]]:
    """The events of a step with their times (in nanoseconds), unless they are already logged."""
    if step.operation == "create_agent":
        return [(step.ended, _end(step, "created"))]
    begun = [(step.started, event) for event in begin_step(step, history)]
    return begun + [(step.ended, event) for event in end_step(step, history)]


def begin_step(step: Step, history: History) -> list[EventDict]:
    """The events of the beginning of a step; those of its end reply to them."""
    if step.kind == "retrieval":
        return []
    if step.kind != "tool":
        return [_start(step)]
    if step.start_id:  # the answer that asks for it is in the log
        return []
    logged = history.tool_call(step.call_id, step.session_id or None)
    if logged is not None:
        step.start_id = logged.event_id
        return []
    return [_tool_call(step, history)]


def end_step(step: Step, history: History) -> list[EventDict]:
    """The events of the end of a step."""
    if step.kind == "retrieval":
        return [_retrieval(step)]
    if step.kind != "tool":
        return [_end(step)]
    if history.has_result(step.start_id):
        return []
    return [_tool_result(step, history)]


def _new_event(step: Step, unix_nanos: int, action: str, actor_type: str, who: str) -> EventDict:
    return new_event(step.session_id, unix_nanos, actor_type, who or actor_type, action)


def _complete(
    event: EventDict, step: Step, content: Mapping[str, object], extensions: Mapping[str, object]
) -> EventDict:
    if step.capture_content:
        present = without_binary(_present(content))
        if present:
            event["content"] = present
    service = service_of_program() if step.service is None else step.service
    event["provenance"] = {"operation": step.operation, **service, **step.provenance}
    fields = {**extensions, **step.extensions}
    event["extensions"] = _present(fields)
    if not step.capture_content:
        without_names([event])
    return event


def _latency(step: Step) -> float | None:
    """The duration of a step; None if the clock was set back meanwhile."""
    nanos = step.ended - step.started
    return round(nanos / 1e6, 3) if nanos >= 0 else None


def _actor(step: Step) -> str:
    return "agent" if step.kind in ("agent", "handoff") else "system"


def _start(step: Step) -> EventDict:
    event = _new_event(step, step.started, "system", _actor(step), step.name)
    step.start_id = event["event_id"]
    fields = {"phase": "start", "step": step.kind}
    return _complete(event, step, {"text": step.input_text}, fields)


def _end(step: Step, phase: str = "end") -> EventDict:
    event = _new_event(step, step.ended, "system", _actor(step), step.name)
    text = _outcome_of(step, step.output_text)
    fields = {"reply_to": step.start_id, "phase": phase, "step": step.kind}
    return _complete(event, step, {"text": text}, {**fields, **_result_fields(step)})


def _outcome_of(step: Step, result: Any) -> Any:
    """What a step came to: its error, or what a failed one gave back, if that says nothing."""
    return result if step.failure is None else step.failure.message or result or ""


def _result_fields(step: Step) -> dict[str, object]:
    failure = step.failure
    fields: dict[str, object] = {"latency_ms": _latency(step)}
    fields["outcome"] = failure.outcome if failure is not None else "completed"
    if failure is not None:
        fields["error_code"] = failure.error_code
        fields["error_type"] = failure.error_type
        fields["status_code"] = failure.status_code
    return fields


def _tool_call(step: Step, history: History) -> EventDict:
    event = _new_event(step, step.started, "tool_call", "agent", step.agent or "agent")
    tool = {"name": step.name, "call_id": step.call_id, "arguments": step.arguments}
    step.start_id = event["event_id"]
    if step.call_id:
        history.remember_tool_call(step.call_id, step.name, event["event_id"], step.session_id)
    logged = ToolCallEvent(step.call_id, step.name, event["event_id"], step.session_id)
    history.open_tool_calls.add(logged, step.arguments)
    return _complete(event, step, {"tool": _present(tool)}, {})


def _tool_result(step: Step, history: History) -> EventDict:
    event = _new_event(step, step.ended, "tool_result", "tool", step.name)
    if step.start_id:
        history.remember_tool_result(step.start_id, event["event_id"])
    result = _outcome_of(step, step.result)
    text = result if isinstance(result, str) or result is None else encode_json(result).decode()
    tool = {"name": step.name, "call_id": step.call_id, "result": result}
    content = {"text": text, "tool": _present(tool)}
    return _complete(event, step, content, {"reply_to": step.start_id, **_result_fields(step)})


def _retrieval(step: Step) -> EventDict:
    event = _new_event(step, step.ended, "retrieval", "tool", step.name)
    content: dict[str, object] = {"text": step.input_text, "documents": step.documents}
    if step.failure is not None:
        content["text"] = step.failure.message
    documents = step.documents or ()
    scores = [n for each in documents if (n := number_or_none(each.get("score"))) is not None]
    fields = {"reply_to": step.start_id, "score": max(scores, default=None)}
    return _complete(event, step, content, {**fields, **_result_fields(step)})


def _present(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
