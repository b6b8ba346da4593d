"""Which answer asked for the tool that a span runs: one tool call, seen by a model and by a tool.

Emitters that watch tools often have no id of the call, or one that their framework made up. What
they have is the tool's name, its arguments, and the trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter

from hilt.core.bounded import BoundedDict
from hilt.genai.json_values import encode_json
from hilt.recording.event_fields import EventDict
from hilt.recording.step_events import Step
from hilt_otel_exporters.dialects import SpanReading
from hilt_otel_exporters.tool_runs import comparable

__all__ = ["AskedTools", "take_in_tool_calls", "use_call_ids_of_history"]


_TRACES = 1_000
_CALLS = 1_000  # of one trace


class AskedTools:
    """The tool calls that the answers of each trace ask for, and that no span has run so far.

    A tool may run long after the answer was written: those of the newest traces are remembered.
    """

    def __init__(self) -> None:
        self._open: BoundedDict[str, list[_Asked]] = BoundedDict(_TRACES)

    def add(self, trace_id: str, events: list[EventDict]) -> None:
        """Note the tool calls among the events of an answer."""
        for event in events:
            if event["action"] == "tool_call":
                tool = (event.get("content") or {}).get("tool") or {}
                waiting = self._open.get(trace_id, [])
                self._open.keep(trace_id, [*waiting[-_CALLS:], _Asked(event, tool)])

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
            given = comparable(step.arguments)
            exact = (each for each in alike if each.arguments == given)
            asked = next(exact, alike[0] if alike else None)
        if asked is not None:
            waiting.remove(asked)
            step.start_id = asked.event_id
            step.call_id = asked.call_id or step.call_id


def take_in_tool_calls(readings: Sequence[SpanReading]) -> None:
    """Put into an answer the tool calls that its emitter records as spans below it.

    They are those that have no result: nothing ran there.
    """
    for each in readings:
        step, call = each.step, each.parent.call if each.parent is not None else None
        if step is None or step.kind != "tool" or step.result is not None or step.failure:
            continue
        if call is None or call.response is None:
            continue
        messages = call.response.messages
        if not messages:
            messages.append({"role": "assistant", "parts": []})
        parts = [part for message in messages for part in message["parts"]]
        if step.call_id not in [part.get("id") for part in parts if part["type"] == "tool_call"]:
            asked = {"type": "tool_call", "id": step.call_id, "name": step.name}
            messages[0]["parts"].append({**asked, "arguments": step.arguments})
        each.step = None


def use_call_ids_of_history(readings: Sequence[SpanReading]) -> None:
    """Give a tool's span the id of the tool call that it runs, where a later call has sent that.

    It is the tool call with the tool's name and arguments; so the result in the history is the one
    that the tool's span gave. An id of the span that no call of the trace knows is made up.
    """
    traces: dict[str, list[Step]] = {}
    for each in readings:
        if each.step is not None and each.step.kind == "tool":
            traces.setdefault(each.record.trace_id, []).append(each.step)
    ids_by_result = {trace_id: _ids_by_result(steps) for trace_id, steps in traces.items()}
    for each in readings if traces else ():
        _name_results(each, ids_by_result.get(each.record.trace_id, {}))
    sent = [
        (each.record.trace_id, part)
        for each in (readings if traces else ())
        if each.record.trace_id in traces
        for part in _tool_calls(each)
    ]
    ids = {part.get("id") for _, part in sent}
    for trace_id, part in sent:
        steps, call_id = traces[trace_id], _text(part.get("id"))
        if call_id in [step.call_id for step in steps]:
            continue
        asked = part.get("name"), comparable(part.get("arguments"))
        unnamed = (step for step in steps if step.call_id not in ids)
        ran = next(
            (each for each in unnamed if (each.name, comparable(each.arguments)) == asked), None
        )
        if ran is not None:
            ran.call_id = call_id


def _ids_by_result(steps: Sequence[Step]) -> dict[bytes, dict[str, str]]:
    """The names of the tools that gave a result, by their ids, in the order of time."""
    ids: dict[bytes, dict[str, str]] = {}
    for each in sorted(steps, key=attrgetter("started")):
        if each.call_id and each.result is not None:
            ids.setdefault(_result_key(each.result), {})[each.call_id] = each.name
    return ids


def _result_key(result: object) -> bytes:
    return encode_json(comparable(result), in_order=True)


def _name_results(reading: SpanReading, ids_by_result: dict[bytes, dict[str, str]]) -> None:
    """Give the results without an id that a call sends the id of the tool that gave them.

    Of tools with the same result, the first gave the first of them.
    """
    call = reading.call
    messages = call.request.messages if call is not None and ids_by_result else ()
    unused: dict[bytes, Iterator[tuple[str, str]]] = {}
    # A framework's own objects for messages, as of LangChain, have the ids already.
    for message in (each for each in messages if isinstance(each, dict)):
        for part in message.get("parts", ()):
            if part.get("type") != "tool_call_response" or part.get("id"):
                continue
            key = _result_key(part.get("response"))
            if key not in unused:
                unused[key] = iter(ids_by_result.get(key, {}).items())
            call_id, name = next(unused[key], (None, None))
            if call_id is not None:
                part.update(id=call_id, name=part.get("name") or name)


def _tool_calls(reading: SpanReading) -> Iterator[dict[str, object]]:
    """The tool calls in what a call sends: the answers before it."""
    if reading.call is None:
        return
    request = reading.call.request
    for message in request.messages:
        for part in request.read(message).get("parts", ()):
            if part.get("type") == "tool_call":
                yield part


class _Asked:
    """One tool call of an answer."""

    def __init__(self, event: EventDict, tool: dict[str, object]) -> None:
        self.event_id: str = event["event_id"]
        self.name = tool.get("name")
        self.call_id = _text(tool.get("call_id"))
        self.arguments = comparable(tool.get("arguments"))


def _hands_over_to(asked: object, agent: str) -> bool:
    """Whether a tool is the handoff to an agent, which is no tool of that name."""
    name = str(asked).lower()
    return name.startswith(("transfer_to_", "handoff_to_")) and name.endswith(
        agent.lower().removeprefix("handoff to ").replace(" ", "_")
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
