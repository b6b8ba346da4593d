"""Which spans stand below which, and what follows for the steps around calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from hilt_otel_exporters.dialects import SpanReading
from hilt_otel_exporters.tool_runs import is_same_run, take_over, without_repeated_runs

__all__ = ["add_missing_prompts", "ancestors", "link_parents", "steps_to_log"]

_DEEPEST = 64  # a damaged file may tie spans into a ring
_LEAVES = ("tool", "retrieval")


def link_parents(readings: Sequence[SpanReading]) -> None:
    """Note of each span which one it stands below, among those that were read together."""
    by_id = {(each.record.trace_id, each.record.span_id): each for each in readings}
    for each in readings:
        if each.record.parent_span_id:
            each.parent = by_id.get((each.record.trace_id, each.record.parent_span_id))


def ancestors(reading: SpanReading) -> Iterator[SpanReading]:
    """The spans that one stands below, the nearest first."""
    parent = reading.parent
    for _ in range(_DEEPEST):
        if parent is None or parent is reading:
            return
        yield parent
        parent = parent.parent


def steps_to_log(readings: Sequence[SpanReading]) -> list[SpanReading]:
    """The steps that become events.

    A chain within another step is plumbing. An agent, a retrieval or a run of a tool that two spans
    record, one around the other, is one: the outer one takes over what the inner one knows.
    """
    steps = [each for each in readings if each.step is not None and not _is_plumbing(each)]
    if any(each.run != each.record.trace_id for each in steps):
        steps = _without_twins(steps)
    return without_repeated_runs(steps)


def _without_twins(steps: list[SpanReading]) -> list[SpanReading]:
    """Leave out what a second emitter says, in a trace of its own, of an agent or a retrieval."""
    named: dict[tuple[str, str, str], list[SpanReading]] = {}
    for each in steps:
        if each.step is not None:
            key = (each.step.kind, each.step.name, each.record.trace_id)
            named.setdefault(key, []).append(each)
    return [each for each in steps if not _has_twin(each, named)]


def _has_twin(reading: SpanReading, named: dict[tuple[str, str, str], list[SpanReading]]) -> bool:
    step = reading.step
    if step is None or reading.run == reading.record.trace_id:
        return False
    others = named.get((step.kind, step.name, reading.run), ())
    return any(_is_twin(reading, each) for each in others)


def _is_twin(reading: SpanReading, other: SpanReading) -> bool:
    step, kept = reading.step, other.step
    if step is None or kept is None or step.kind in ("tool", "chain"):
        return False
    overlap = min(step.ended, kept.ended) - max(step.started, kept.started)
    return overlap > 0


def _step_around(reading: SpanReading) -> SpanReading | None:
    """The nearest step that a span stands below."""
    return next((each for each in ancestors(reading) if each.step is not None), None)


def _is_plumbing(reading: SpanReading) -> bool:
    step, around = reading.step, _step_around(reading)
    outer = around.step if around is not None else None
    if step is None or outer is None:
        return False
    if step.kind == outer.kind == "retrieval" and step.input_text in (None, outer.input_text):
        outer.documents = outer.documents or step.documents
        outer.failure = outer.failure or step.failure
        return True
    if step.kind == outer.kind == "tool" and around is not None:
        same_emitter = reading.record.scope == around.record.scope
        if not is_same_run(step, outer, same_emitter=same_emitter):
            return False
        take_over(step, outer)
        return True
    if step.kind in _LEAVES or outer.kind in _LEAVES:
        return False
    if step.kind == "chain":
        return True
    if (step.kind, step.name, step.operation) != (outer.kind, outer.name, outer.operation):
        return False
    outer.input_text, outer.output_text = (
        outer.input_text or step.input_text,
        outer.output_text or step.output_text,
    )
    outer.failure = outer.failure or step.failure
    return True


def add_missing_prompts(calls: Sequence[SpanReading]) -> None:
    """Give a call without a prompt the input of the step around it, if it is the only call there.

    Some emitters leave the messages of a call that failed to the span of its agent.
    """
    around = [(each, _step_around(each)) for each in calls]
    counts = Counter(id(outer) for _, outer in around)
    for each, outer in around:
        call, step = each.call, outer.step if outer is not None else None
        if call is None or outer is None or step is None or not step.input_text:
            continue
        if not call.request.messages and counts[id(outer)] == 1 and each.kind == "model":
            text = {"type": "text", "content": step.input_text}
            call.request.messages = [{"role": "user", "parts": [text]}]
            call.provenance = {**(call.provenance or {}), "prompt_told_by": outer.record.name}
