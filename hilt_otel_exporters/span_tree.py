"""Steps within steps: which of them are worth an event, and what they know of the calls below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hilt_otel_exporters.dialects import SpanReading

__all__ = ["above", "ask_around", "tree_of", "worth_telling"]

_DEEPEST = 64  # a damaged file may tie spans into a ring

Tree = dict[tuple[str, str], SpanReading]


def tree_of(seen: list[SpanReading]) -> Tree:
    """The spans by their ids."""
    return {(each.record.trace_id, each.record.span_id): each for each in seen}


def above(seen: SpanReading, tree: Tree) -> Iterator[SpanReading]:
    """The spans that one stands below, the nearest first."""
    at = seen
    for _ in range(_DEEPEST):
        parent = tree.get((at.record.trace_id, at.record.parent_span_id or ""))
        if parent is None or parent is seen:
            return
        yield parent
        at = parent


def worth_telling(seen: list[SpanReading]) -> list[SpanReading]:
    """The steps that become events.

    A chain within another step is plumbing. An agent told by two spans, one around the other, is
    one: the outer one takes over what the inner one knows.
    """
    tree = tree_of(seen)
    return [each for each in seen if each.step is not None and not _is_plumbing(each, tree)]


def _is_plumbing(seen: SpanReading, tree: Tree) -> bool:
    step = seen.step
    if step is None or step.kind in ("tool", "retrieval"):
        return False
    outer = next((each.step for each in above(seen, tree) if each.step is not None), None)
    if outer is None or outer.kind in ("tool", "retrieval"):
        return False
    if step.kind == "chain":
        return True
    if (step.kind, step.name, step.operation) == (outer.kind, outer.name, outer.operation):
        outer.asked, outer.answered = outer.asked or step.asked, outer.answered or step.answered
        outer.failure = outer.failure or step.failure
        return True
    return False


def ask_around(told: list[SpanReading], seen: list[SpanReading]) -> None:
    """Give a call without a prompt what the step around it was asked, if it is the only call there.

    Some emitters leave the messages of a call that failed to the span of its agent.
    """
    tree = tree_of(seen)
    calls = Counter(id(_around(each, tree)) for each in told if each.call is not None)
    for each in told:
        call, outer = each.call, _around(each, tree) if each.call is not None else None
        if call is None or outer is None or outer.step is None or not outer.step.asked:
            continue
        if not call.request.messages and calls[id(outer)] == 1 and each.kind == "model":
            text = {"type": "text", "content": outer.step.asked}
            call.request.messages = [{"role": "user", "parts": [text]}]
            call.provenance = {**(call.provenance or {}), "prompt_told_by": outer.record.name}


def _around(seen: SpanReading, tree: Tree) -> SpanReading | None:
    return next((each for each in above(seen, tree) if each.step is not None), None)
