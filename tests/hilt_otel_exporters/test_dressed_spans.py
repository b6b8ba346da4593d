"""The spans of one dialect, dressed as other emitters would: the events stay the same."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from hilt.core.guard import guard
from hilt_otel_exporters.span_record import SpanRecord
from tests.hilt_otel_exporters.conftest import MILLI, events_of, record
from tests.hilt_otel_exporters.stories import (
    ANSWER,
    ARGUMENTS,
    COUNTS,
    QUESTION,
    RESULT,
    STORIES,
    story,
)

Spans = list[SpanRecord]
AGENT, ASKING, TOOL, ANSWERING = range(4)
SESSIONS: dict[str, tuple[int, dict[str, Any]]] = {
    "the agent": (AGENT, {"session.id": "s-9"}),
    "a tool": (TOOL, {"session.id": "s-9"}),
    "the last call": (ANSWERING, {"session.id": "s-9"}),
    "a conversation": (AGENT, {"gen_ai.conversation.id": "s-9"}),
    "a thread": (AGENT, {"gen_ai.thread.id": "s-9"}),
    "by hand": (AGENT, {"thread_id": "s-9"}),
    "metadata": (AGENT, {"metadata": '{"thread_id": "s-9"}'}),
    "metadata of a call": (ASKING, {"metadata": '{"session_id": "s-9"}'}),
    "metadata in quotes": (ASKING, {"metadata": json.dumps('{"conversation_id": "s-9"}')}),
    "metadata, printed": (ASKING, {"metadata": "{'thread_id': 's-9'}"}),
    "Langfuse": (AGENT, {"langfuse.session.id": "s-9"}),
    "Traceloop": (ASKING, {"traceloop.association.properties.thread_id": "s-9"}),
    "LangSmith": (ASKING, {"langsmith.metadata.conversation_id": "s-9"}),
}


def outline(spans: Spans) -> list[tuple[Any, ...]]:
    """What the events of some spans say, apart from agents: times aside, all of the story."""
    errors = guard.errors
    events = events_of(*copy.deepcopy(spans))
    assert guard.errors == errors
    return [_line(each) for each in events if each["action"] != "system"]


def _line(event: dict[str, Any]) -> tuple[Any, ...]:
    content = event["content"]
    tool, tokens = content.get("tool", {}), event.get("metrics", {}).get("tokens", {})
    return {
        "prompt": ("prompt", content.get("text")),
        "completion": (
            "completion",
            content.get("text") or "",
            (tokens.get("prompt"), tokens.get("completion")),
        ),
        "tool_call": ("tool_call", tool.get("name"), tool.get("arguments")),
        "tool_result": ("tool_result", tool.get("result")),
    }[event["action"]]


def lines(tools: int = 1) -> list[tuple[Any, ...]]:
    """The story, with so many equal calls of the tool."""
    return [
        ("prompt", QUESTION),
        ("completion", "", COUNTS[0]),
        *[("tool_call", "get_weather", ARGUMENTS)] * tools,
        *[("tool_result", RESULT)] * tools,
        ("completion", ANSWER, COUNTS[1]),
    ]


EACH = pytest.mark.parametrize(
    ("dialect", "ids"),
    [
        *[(name, False) for name in STORIES],
        *[pytest.param(name, True, marks=pytest.mark.slow) for name in STORIES],
    ],
)
"""Every dialect; with ids, which make it easier, only where what is slow runs."""


@EACH
def test_the_story_is_told(dialect: str, ids: bool) -> None:
    """As it is, in one conversation, with each event's reply."""
    events = events_of(*story(dialect, ids=ids))

    replies = {each["event_id"]: each["action"] for each in events}
    said = [each for each in events if each["action"] in ("tool_call", "tool_result")]
    assert [replies[each["extensions"]["reply_to"]] for each in said] == ["completion", "tool_call"]
    assert len({each["session_id"] for each in events}) == 1
    assert outline(story(dialect, ids=ids)) == lines()


# -- sessions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", STORIES)
@pytest.mark.parametrize("where", SESSIONS)
def test_a_session_named_anywhere_is_that_of_the_run(dialect: str, where: str) -> None:
    """On whichever span it stands, and by whatever name."""
    index, attributes = SESSIONS[where]
    spans = story(dialect)
    spans[index].attributes = {**spans[index].attributes, **attributes}

    assert {each["session_id"] for each in events_of(*spans)} == {"s-9"}


@pytest.mark.parametrize("dialect", STORIES)
def test_the_session_of_a_program_counts_where_no_span_names_one(dialect: str) -> None:
    """It stands on the resource."""
    spans = story(dialect)
    for each in spans:
        each.resource = {"session.id": "s-9"}
    named = copy.deepcopy(spans)
    named[TOOL].attributes = {**named[TOOL].attributes, "session.id": "s-8"}

    assert {each["session_id"] for each in events_of(*spans)} == {"s-9"}
    assert {each["session_id"] for each in events_of(*named)} == {"s-8"}


@pytest.mark.parametrize("dialect", STORIES)
def test_a_thread_of_the_operating_system_names_no_session(dialect: str) -> None:
    """``thread.id`` is the number of a thread."""
    spans = story(dialect)
    spans[AGENT].attributes = {**spans[AGENT].attributes, "thread.id": 140123}

    assert "140123" not in {each["session_id"] for each in events_of(*spans)}


# -- dresses --------------------------------------------------------------------------------------


def _again(span: SpanRecord, number: int, **changes: Any) -> SpanRecord:
    """The same as another span says it, a little later and shorter."""
    again = copy.deepcopy(span)
    again.span_id = f"{number:016x}"
    again.started, again.ended = span.started + MILLI, span.ended - MILLI
    for name, value in changes.items():
        setattr(again, name, value)
    return again


def _in_reverse(spans: Spans) -> Spans:
    return spans[::-1]


def _shuffled(spans: Spans) -> Spans:
    return random.Random(5).sample(spans, len(spans))


def _without_its_agent(spans: Spans) -> Spans:
    return spans[1:]


def _within_a_request(spans: Spans) -> Spans:
    spans[AGENT].attributes, spans[AGENT].scope = {"http.method": "GET"}, "fastapi"
    return spans


def _without_its_tool(spans: Spans) -> Spans:
    return [*spans[:TOOL], spans[ANSWERING]]


def _tool_with_an_id_made_up(spans: Spans) -> Spans:
    ids = ("gen_ai.tool.call.id", "tool_call.id", "ai.toolCall.id")
    name = next((each for each in ids if each in spans[TOOL].attributes), ids[0])
    spans[TOOL].attributes = {**spans[TOOL].attributes, name: "made-up-1"}
    return spans


def _tool_while_the_answer_streams(spans: Spans) -> Spans:
    spans[TOOL].started, spans[TOOL].ended = 150 * MILLI, 180 * MILLI
    return spans


def _tool_that_ends_late(spans: Spans) -> Spans:
    spans[TOOL].ended = 320 * MILLI
    return spans


def _tool_within_its_call(spans: Spans) -> Spans:
    spans[TOOL].parent_span_id = spans[ASKING].span_id
    return spans


def _tool_within_itself(spans: Spans) -> Spans:
    return [*spans, _again(spans[TOOL], 9, parent_span_id=spans[TOOL].span_id)]


def _tool_within_that_of_another(spans: Spans) -> Spans:
    inner = _again(spans[TOOL], 9, parent_span_id=spans[TOOL].span_id, scope="other")
    return [inner, *spans]


def _tool_beside_that_of_another(spans: Spans) -> Spans:
    return [*spans, _again(spans[TOOL], 9, scope="other")]


def _call_within_itself(spans: Spans) -> Spans:
    return [*spans, _again(spans[ASKING], 9, parent_span_id=spans[ASKING].span_id)]


def _official_call(number: int, around: SpanRecord, parent: str | None) -> SpanRecord:
    """What an instrumentation of the SDK says, without content."""
    _, spans = STORIES["conventions"]
    attributes = list(spans([{"role": "user", "content": ""}] * 4, None))[number]
    for name in ("gen_ai.input.messages", "gen_ai.output.messages"):
        attributes.pop(name)
    again = _again(around, 9 + number, scope="opentelemetry.instrumentation.openai_v2")
    again.attributes, again.events, again.parent_span_id = attributes, [], parent
    return again


def _calls_within_those_of_another(spans: Spans) -> Spans:
    calls = (ASKING, ANSWERING)
    return [
        *[_official_call(each, spans[each], spans[each].span_id) for each in calls],
        *spans,
    ]


def _calls_beside_those_of_another(spans: Spans) -> Spans:
    calls = (ASKING, ANSWERING)
    return [
        *spans,
        *[_official_call(each, spans[each], spans[AGENT].span_id) for each in calls],
    ]


def _call_within_a_chain(spans: Spans) -> Spans:
    attributes = {"openinference.span.kind": "CHAIN", "input.value": QUESTION}
    chain = record(attributes, span=9, parent=1, at=(5, 205), scope="openinference.some")
    spans[ASKING].parent_span_id = chain.span_id
    return [*spans, chain]


def _each_value(spans: Spans, change: Callable[[str, Any], Any]) -> Spans:
    for each in spans:
        each.attributes = {name: change(name, value) for name, value in each.attributes.items()}
    return spans


def _numbers_as_texts(spans: Spans) -> Spans:
    return _each_value(spans, lambda _, value: str(value) if isinstance(value, int) else value)


def _numbers_with_fractions(spans: Spans) -> Spans:
    return _each_value(spans, lambda _, value: float(value) if isinstance(value, int) else value)


def _json_as_values(spans: Spans) -> Spans:
    return _each_value(
        spans, lambda _, value: json.loads(value) if str(value)[:1] in "[{" else value
    )


def _roles(spans: Spans, name_of: Callable[[str], str]) -> Spans:
    def change(name: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if name.endswith("role"):
            return name_of(value)
        return re.sub(r'("role": ")(\w+)', lambda found: found[1] + name_of(found[2]), value)

    for each in spans:
        for event in each.events:
            event.attributes = {
                name: change(name, event.attributes[name]) for name in event.attributes
            }
    return _each_value(spans, change)


def _roles_of_langchain(spans: Spans) -> Spans:
    return _roles(spans, lambda role: {"user": "human", "assistant": "ai"}.get(role, role))


def _roles_in_capitals(spans: Spans) -> Spans:
    return _roles(spans, str.upper)


def _roles_as_members(spans: Spans) -> Spans:
    return _roles(spans, lambda role: f"MessageRole.{role.upper()}")


def _models_with_providers(spans: Spans) -> Spans:
    def change(name: str, value: Any) -> Any:
        return f"openai/{value}" if "model" in name and str(value)[:3] == "gpt" else value

    return _each_value(spans, change)


def _protocol_bodies(spans: Spans) -> Spans:
    """Results of tools as MCP has them."""
    blocks = [{"type": "text", "text": RESULT, "annotations": None}]
    body = json.dumps({"content": blocks, "structuredContent": None, "isError": False})
    results = (RESULT, json.dumps(RESULT), json.dumps({"output": RESULT}))
    tool = spans[TOOL]
    tool.attributes = {
        name: body if value in results else value for name, value in tool.attributes.items()
    }
    return spans


def _json_in_quotes(spans: Spans) -> Spans:
    return _each_value(
        spans, lambda _, value: json.dumps(value) if str(value)[:1] in "[{" else value
    )


def _printed(spans: Spans) -> Spans:
    return _each_value(
        spans, lambda _, value: repr(json.loads(value)) if str(value)[:1] in "[{" else value
    )


DRESSES = (
    _in_reverse,
    _shuffled,
    _without_its_agent,
    _within_a_request,
    _without_its_tool,
    _tool_with_an_id_made_up,
    _tool_while_the_answer_streams,
    _tool_that_ends_late,
    _tool_within_its_call,
    _tool_within_itself,
    _tool_within_that_of_another,
    _tool_beside_that_of_another,
    _call_within_itself,
    _calls_within_those_of_another,
    _calls_beside_those_of_another,
    _call_within_a_chain,
    _numbers_as_texts,
    _numbers_with_fractions,
    _json_as_values,
    _roles_of_langchain,
    _roles_in_capitals,
    _roles_as_members,
    _models_with_providers,
    _protocol_bodies,
)
QUOTED = ("conventions", "events", "openinference", "openllmetry", "langfuse", "langsmith")
"""Dialects that others write, too, and not always as their own emitter does."""


@EACH
@pytest.mark.parametrize("dress", DRESSES, ids=lambda dress: dress.__name__)
def test_dressed_spans_are_the_same_events(
    dialect: str, ids: bool, dress: Callable[[Spans], Spans]
) -> None:
    """Whoever else records the run, and however the values are written."""
    spans = dress(story(dialect, ids=ids))
    found = outline(spans)

    if dress is _without_its_tool:  # its result is in the history alone
        assert [each for each in found if each[0] != "tool_result"] == [
            each for each in lines() if each[0] != "tool_result"
        ]
    else:
        assert found == lines()


@pytest.mark.parametrize("dress", [_json_in_quotes, _printed], ids=lambda dress: dress.__name__)
@pytest.mark.parametrize("ids", [True, False])
@pytest.mark.parametrize("dialect", QUOTED)
def test_values_within_texts_are_the_same_events(
    dialect: str, ids: bool, dress: Callable[[Spans], Spans]
) -> None:
    """JSON that was quoted once more, and what Python prints."""
    assert outline(dress(story(dialect, ids=ids))) == lines()


@EACH
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_spans_that_are_written_apart_are_the_same_events(
    dialect: str, ids: bool, limit: int
) -> None:
    """No more spans wait than the limit says: a tool may run long after its answer was written."""
    events = events_of(*story(dialect, ids=ids), limit=limit)

    assert [_line(each) for each in events if each["action"] != "system"] == lines()
