"""Tests for which spans stand below which, and what follows for steps."""

from __future__ import annotations

from typing import Any

import pytest

from hilt_otel_exporters.dialects import SpanReading, read_span
from hilt_otel_exporters.span_tree import (
    add_missing_prompts,
    ancestors,
    link_parents,
    steps_to_log,
)
from tests.hilt_otel_exporters.conftest import chat, record

AGENT = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "geo"}
CHAIN = {"gen_ai.operation.name": "chain"}
TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "f"}
PLUMBING = {"gen_ai.operation.name": "execute_task"}
SILENT = {name: value for name, value in chat().items() if "messages" not in name}


def tree(*spans: tuple[dict[str, Any], int | None], **more: Any) -> list[SpanReading]:
    """Spans 1, 2, ... by their attributes and the numbers of the spans above them."""
    readings = [
        read_span(record(attributes, span=number, parent=parent, **more))
        for number, (attributes, parent) in enumerate(spans, 1)
    ]
    link_parents(readings)
    return readings


def test_ancestors_are_the_spans_above_the_nearest_first() -> None:
    """Up to the root, or to a span that is not there."""
    readings = tree((AGENT, None), (CHAIN, 1), (chat(), 2), (TOOL, 9))

    assert list(ancestors(readings[2])) == [readings[1], readings[0]]
    assert list(ancestors(readings[0])) == list(ancestors(readings[3])) == []


def test_span_of_another_trace_is_not_above() -> None:
    """Span ids are unique in a trace only."""
    outer = read_span(record(AGENT, span=1, trace=1))
    inner = read_span(record(chat(), span=2, parent=1, trace=2))
    link_parents([outer, inner])

    assert list(ancestors(inner)) == []


def test_spans_that_a_damaged_file_ties_into_a_ring_end() -> None:
    """The walk up stops where it began, or after so many."""
    ring = tree((CHAIN, 2), (CHAIN, 1), (CHAIN, 1))
    own_parent = tree((CHAIN, 1))

    assert list(ancestors(ring[0])) == [ring[1]]
    assert len(list(ancestors(ring[2]))) == 64
    assert list(ancestors(own_parent[0])) == []


@pytest.mark.parametrize(
    ("spans", "logged"),
    [
        ([(AGENT, None), (CHAIN, 1)], [1]),
        ([(CHAIN, None), (AGENT, 1)], [1, 2]),
        ([(AGENT, None), (PLUMBING, 1), (CHAIN, 2)], [1]),
        ([(AGENT, None), (TOOL, 1)], [1, 2]),
        ([(AGENT, None), (TOOL, 1), (CHAIN, 2)], [1, 2, 3]),
        ([(AGENT, None), (AGENT, 1)], [1]),
        ([(AGENT, None), ({**AGENT, "gen_ai.agent.name": "other"}, 1)], [1, 2]),
        ([(chat(), None), (PLUMBING, None)], []),
    ],
)
def test_steps_that_become_events(spans: list[Any], logged: list[int]) -> None:
    """A chain within a step, and an agent within itself, are plumbing; what a tool does is not."""
    steps = steps_to_log(tree(*spans))

    assert [int(each.record.span_id, 16) for each in steps] == logged


def test_agent_takes_over_what_its_inner_span_knows() -> None:
    """Two spans record one agent: the outer has what either has."""
    known = {"gen_ai.input.messages": '["Hi"]', "gen_ai.output.messages": '["Hello"]'}
    readings = tree((AGENT, None), ({**AGENT, **known}, 1), status="ERROR")
    readings[0].step.failure = None  # type: ignore[union-attr]  # an agent has a step
    (step,) = steps_to_log(readings)

    assert step.step is not None
    assert (step.step.input_text, step.step.output_text) == ("Hi", "Hello")
    assert step.step.failure is not None


@pytest.mark.parametrize(
    ("spans", "prompts"),
    [
        ([({**AGENT, "input.value": "Hi"}, None), (SILENT, 1)], ["Hi"]),
        ([({**AGENT, "input.value": "Hi"}, None), (SILENT, 1), (SILENT, 1)], [None, None]),
        ([({**AGENT, "input.value": "No"}, None), (chat(), 1)], ["Hi"]),
        ([(AGENT, None), (SILENT, 1)], [None]),
        ([(SILENT, None)], [None]),
        ([({**AGENT, "input.value": "Hi"}, None), ({**SILENT, "gen_ai.operation.name": "rerank"}, 1)], [None]),
    ],
)  # fmt: skip
def test_call_without_a_prompt_has_that_of_the_step_around_it(
    spans: list[Any], prompts: list[str | None]
) -> None:
    """If it is the only call there, and of a model; the event says whose prompt it is."""
    calls = [each for each in tree(*spans) if each.call is not None]
    add_missing_prompts(calls)

    requests = [each.call.request for each in calls if each.call is not None]
    texts = [
        each.messages[0]["parts"][0]["content"] if each.messages else None for each in requests
    ]
    assert texts == prompts
