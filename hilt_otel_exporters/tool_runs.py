"""Each run of a tool once, and after the answer that requested it.

Two emitters see one run of a tool, or a framework records it twice, the inner span within the
outer one. And a program may run a tool while the answer that asks for it still streams.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from hilt.genai.json_values import json_or_text
from hilt.recording.step_events import Step
from hilt_otel_exporters.dialects import SpanReading

__all__ = ["comparable", "is_same_run", "move_behind_answers", "take_over", "without_repeated_runs"]

_SLACK = 5_000_000  # clocks of two instrumentations in one process differ by so many nanoseconds


def comparable(arguments: object) -> object:
    """Arguments out of what emitters put around them: JSON as text, ``{"args", "kwargs"}``."""
    value = json_or_text(arguments) if isinstance(arguments, str) else arguments
    if isinstance(value, dict) and isinstance(value.get("kwargs"), dict):
        return value["kwargs"] or value.get("args")
    return value


# -- one run, two spans ---------------------------------------------------------------------------


def is_same_run(step: Step, outer: Step, *, same_emitter: bool) -> bool:
    """Whether a tool's span within another one is the same run.

    To one emitter it is where nothing differs: a tool that calls itself gives itself other
    arguments.
    """
    if step.name != outer.name:
        return False
    if not same_emitter:
        return True
    if step.arguments is None or comparable(step.arguments) != comparable(outer.arguments):
        return False
    return None in (step.result, outer.result) or _has_same_result(step, outer)


def take_over(step: Step, kept: Step) -> None:
    """Fill what a span of a run lacks from another one."""
    kept.call_id = kept.call_id or step.call_id
    kept.arguments = step.arguments if kept.arguments is None else kept.arguments
    kept.result = step.result if kept.result is None else kept.result
    kept.failure = kept.failure or step.failure


def without_repeated_runs(steps: list[SpanReading]) -> list[SpanReading]:
    """The steps without runs of tools that another emitter's span, beside them, stands for."""
    tools = [each for each in steps if each.step is not None and each.step.kind == "tool"]
    if len({each.record.scope for each in tools}) < 2:  # noqa: PLR2004 # two emitters
        return steps
    kept: dict[tuple[str, str], list[tuple[SpanReading, set[str]]]] = {}
    repeated: set[int] = set()
    for each in sorted(tools, key=_longest_first):
        beside = kept.setdefault((each.run, each.step.name if each.step else ""), [])
        twin = next((one for one in beside if _is_twin(each, *one)), None)
        if twin is None or each.step is None or twin[0].step is None:
            beside.append((each, {each.record.scope}))
        else:
            twin[1].add(each.record.scope)
            take_over(each.step, twin[0].step)
            repeated.add(id(each))
    return [each for each in steps if id(each) not in repeated]


def _longest_first(reading: SpanReading) -> tuple[int, int]:
    return reading.record.started, -reading.record.ended


def _is_twin(reading: SpanReading, other: SpanReading, scopes: set[str]) -> bool:
    step, kept = reading.step, other.step
    if step is None or kept is None or reading.record.scope in scopes:
        return False
    if None not in (step.arguments, kept.arguments):
        if comparable(step.arguments) != comparable(kept.arguments):
            return False
    elif step.call_id is None or step.call_id != kept.call_id:
        return False
    if None not in (step.result, kept.result) and not _has_same_result(step, kept):
        return False
    return _is_within(step, kept) or _is_within(kept, step)


def _has_same_result(step: Step, other: Step) -> bool:
    return comparable(step.result) == comparable(other.result)


def _is_within(step: Step, other: Step) -> bool:
    return step.started >= other.started - _SLACK and step.ended <= other.ended + _SLACK


# -- tools that run before their answer has ended -------------------------------------------------


class _ToolRequest(NamedTuple):
    """A tool call of an answer."""

    call_id: object
    name: object
    arguments: object
    began: int
    ended: int


def move_behind_answers(logged: Sequence[SpanReading]) -> None:
    """Let no tool begin before the answer that asks for it has ended.

    Each run is that of the tool call with its id; else of the first with its name and arguments.
    """
    tools = [each for each in logged if each.step is not None and each.step.kind == "tool"]
    if not tools:
        return
    requested: dict[str, list[_ToolRequest]] = {}
    for each in logged:
        if each.call is not None and each.call.response is not None:
            requested.setdefault(each.run, []).extend(_tool_requests_of(each))
    for listed in requested.values():
        listed.sort(key=attrgetter("ended"))
    for each in sorted(tools, key=_longest_first):
        if each.step is not None and each.run in requested:
            _move(each.step, requested[each.run])


def _tool_requests_of(reading: SpanReading) -> Iterator[_ToolRequest]:
    call = reading.call
    messages = call.response.messages if call is not None and call.response is not None else ()
    for message in messages:
        for part in message.get("parts", ()) if isinstance(message, dict) else ():
            if call is not None and part.get("type") == "tool_call":
                arguments = comparable(part.get("arguments"))
                yield _ToolRequest(
                    part.get("id"), part.get("name"), arguments, call.started, call.ended
                )


def _move(step: Step, waiting: list[_ToolRequest]) -> None:
    begun = [each for each in waiting if each.began <= step.started]
    requested = next(
        (each for each in begun if step.call_id and each.call_id == step.call_id), None
    )
    if requested is None:
        given = comparable(step.arguments)
        alike = (each for each in begun if each.name == step.name and each.arguments == given)
        requested = next(alike, None)
    if requested is None:
        return
    waiting.remove(requested)
    if step.started < requested.ended:
        step.extensions["latency_ms"] = round((step.ended - step.started) / 1e6, 3)
        step.started = requested.ended
        step.ended = max(step.ended, step.started)
