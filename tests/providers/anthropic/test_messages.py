"""Anthropic's messages: requests, whole answers and streams, from JSON and from SDK models."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.fold import Fold
from hilt.genai.values import Response, Usage
from hilt.providers.anthropic.blocks import message_of
from hilt.providers.anthropic.messages import Messages, request_parameters
from tests.providers.anthropic_stream import WIRE, events_of, message

NAMES = sorted(path.stem for path in WIRE.glob("*.json"))


def folded(events: Any) -> Response:
    """The answer that a stream adds up to, as the engine folds it."""
    surface, fold = Messages(), Fold()
    for event in events:
        text = surface.text(event)
        if text is not None:
            fold.text.append(text)
        elif (delta := surface.delta(event)) is not None:
            fold.add(delta)
    return fold.result()


@pytest.mark.parametrize("name", NAMES)
def test_stream_adds_up_to_the_whole_answer(name: str) -> None:
    """The same message, whole and streamed, gives the same values, part by part."""
    whole = message(name)
    answer = Messages().response(whole)

    found = folded(events_of(whole))

    expected = [{**each} for each in answer.messages]
    if not whole["content"]:  # nothing but a reason
        assert [each["parts"] for each in found.messages] == [[]]
    else:
        assert found.messages == expected
    assert found.finish_reasons == answer.finish_reasons == [whole["stop_reason"]]
    assert found.usage == answer.usage
    assert found.raw_usage == answer.raw_usage == whole["usage"]
    assert (found.id, found.model) == (whole["id"], whole["model"])
    assert found.service_tier == answer.service_tier


def _objects(value: Any) -> Any:
    if isinstance(value, dict):
        return SimpleNamespace(**{key: _objects(each) for key, each in value.items()})
    return [_objects(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", NAMES)
def test_objects_read_like_json(name: str) -> None:
    """An SDK's objects give what the JSON gives, and text deltas take the short way."""
    whole = message(name)

    found = folded(_objects(event) for event in events_of(whole))

    assert found.usage == Messages().response(whole).usage
    assert [part["type"] for part in found.messages[0]["parts"]] == [
        part["type"] for part in Messages().response(whole).messages[0]["parts"]
    ]


def test_server_tools_stand_where_they_ran() -> None:
    """Searches are parts of their own between the texts, and citations stay with their text."""
    parts = Messages().response(message("server_tools")).messages[0]["parts"]

    assert [part["type"] for part in parts] == [
        "text", "server_tool_call", "server_tool_call_response", "text", "text", "text",
    ]  # fmt: skip
    assert parts[1] == {
        "type": "server_tool_call",
        "id": "srvtoolu_1",
        "name": "web_search",
        "server_tool_call": {
            "type": "server_tool_use",
            "arguments": {"query": "capital of Assyria"},
        },
    }
    assert parts[2]["server_tool_call_response"]["type"] == "web_search_tool_result"
    assert parts[4]["citations"][0]["cited_text"] == "Assur was the first capital"


def test_stream_that_breaks_off_keeps_what_came() -> None:
    """The blocks that were complete and the one under way are in the answer, in their order."""
    events = list(events_of(message("thinking_and_tools")))
    cut = next(i for i, event in enumerate(events) if event.get("index") == 4) + 3

    found = folded(events[:cut])

    assert [part["type"] for part in found.messages[0]["parts"]] == [
        "reasoning", "reasoning", "text", "tool_call", "tool_call",
    ]  # fmt: skip
    assert found.messages[0]["parts"][4]["arguments"] == '{"city": "Osl'
    assert found.finish_reasons == []


def test_answer_sent_back_reads_as_the_answer() -> None:
    """A caller who appends ``response.content`` to the history sends the same parts again."""
    whole = message("thinking_and_tools")
    echo = {"role": "assistant", "content": whole["content"]}

    assert message_of(echo)["parts"] == Messages().response(whole).messages[0]["parts"]


def test_parameters() -> None:
    """Sampling parameters have the conventions' names, thinking and effort among them."""
    body = {
        "max_tokens": 100,
        "temperature": 0.0,
        "top_k": 5,
        "stop_sequences": ["END"],
        "service_tier": "auto",
        "stream": True,
        "thinking": {"type": "enabled", "budget_tokens": 2048},
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {}}},
    }

    assert request_parameters(body) == {
        "gen_ai.request.max_tokens": 100,
        "gen_ai.request.temperature": 0.0,
        "gen_ai.request.top_k": 5,
        "gen_ai.request.stop_sequences": ["END"],
        "gen_ai.request.reasoning.level": "low",
        "gen_ai.output.type": "json",
        "anthropic.request.service_tier": "auto",
        "anthropic.thinking.type": "enabled",
        "anthropic.thinking.budget_tokens": 2048,
    }


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [({"type": "overloaded_error", "message": "Too much."}, "overloaded", 529),
     ({"type": "something_new", "message": "Too much."}, "unknown", None),
     ({"type": "something_new", "code": 429, "message": "Too much."}, "rate_limit", 429)],
)  # fmt: skip
def test_error_that_comes_as_an_answer(
    error: dict[str, Any], code: str, status: int | None
) -> None:
    """A gateway may send it with status 200; in a raw stream, the SDK does not raise for it."""
    body = {"type": "error", "error": error, "request_id": "req_1"}
    begun = {"type": "message_start", "message": {"id": "m1", "model": "claude", "content": []}}
    piece = {"type": "content_block_delta", "index": 0,
             "delta": {"type": "text_delta", "text": "Hal"}}  # fmt: skip

    whole, streamed = Messages().response(body), folded([begun, piece, body])

    for response in (whole, streamed):
        failure = response.failure
        assert failure is not None
        assert (failure.error_code, failure.status_code) == (code, status)
        assert (failure.message, failure.provider_code) == ("Too much.", error["type"])
        assert failure.request_id == "req_1"
    assert whole.messages == []
    assert [part["content"] for part in streamed.messages[0]["parts"]] == ["Hal"]


def test_an_unknown_event_is_no_delta() -> None:
    """What is not known is passed over."""
    assert Messages().delta({"type": "ping"}) is None
    assert Messages().delta({"type": "content_block_delta", "delta": {"type": "new"}}) is None
    assert Messages().text({"type": "content_block_delta"}) is None


@pytest.mark.parametrize(
    ("block", "call"),
    [
        ({"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}},
         ("t1", "f", {"a": 1}, None)),
        ({"type": "tool_use", "id": "t1", "name": "f", "input": {}}, ("t1", "f", None, None)),
        ({"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}},
         ("s1", "web_search", {"query": "x"}, "server_tool_use")),
    ],
)  # fmt: skip
def test_tool_call_may_be_whole_where_it_begins(
    block: dict[str, Any], call: tuple[Any, ...]
) -> None:
    """With its arguments; mostly they follow in pieces."""
    event = {"type": "content_block_start", "index": 2, "content_block": block}

    delta = Messages().delta(event)

    assert delta is not None
    (found,) = delta.tool_calls
    assert (found.index, found.id, found.name, found.arguments, found.server) == (2, *call)


def test_stream_in_which_another_model_took_over() -> None:
    """It answers, by the last event; if that is missing, the counts are those of the first one."""
    start = {"id": "m", "model": "claude-opus-4-5", "content": [], "usage": {"input_tokens": 9}}
    block = {"type": "fallback", "from": {"model": "claude-opus-4-5"},
             "to": {"model": "claude-sonnet-4-5"}, "trigger": {"type": "refusal"}}  # fmt: skip
    events = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}},
    ]

    whole, broken = folded(events), folded(events[:-1])

    assert whole.model == "claude-sonnet-4-5"
    assert whole.messages[0]["parts"] == broken.messages[0]["parts"] == [block]
    assert (broken.model, broken.usage) == ("claude-opus-4-5", Usage(9))


@pytest.mark.parametrize(
    ("details", "parts"),
    [
        ({"type": "refusal", "category": "cyber", "explanation": "It could harm."},
         [{"type": "refusal", "content": "It could harm.", "category": "cyber"}]),
        ({"type": "refusal", "category": "bio", "explanation": None},
         [{"type": "refusal", "content": "bio", "category": "bio"}]),
        ({"type": "refusal", "category": None, "explanation": "No."},
         [{"type": "refusal", "content": "No."}]),
        ({"type": "refusal", "category": None, "fallback_credit_token": "t"}, []),
        ({"type": "other", "explanation": "No."}, []),
        (None, []),
    ],
)  # fmt: skip
def test_why_the_model_refused(details: Any, parts: list[dict[str, Any]]) -> None:
    """The policy and the explanation are a part of the answer, whole and streamed."""
    half = {"type": "text", "text": "Half"}
    whole = {"content": [half], "stop_reason": "refusal", "stop_details": details}
    start = {"id": "m", "model": "m", "content": [], "usage": {"input_tokens": 9}}
    ending = {"stop_reason": "refusal", "stop_details": details}
    found = folded(
        [
            {"type": "message_start", "message": start},
            {"type": "content_block_start", "index": 0, "content_block": half},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": ending, "usage": {}},
        ]
    )

    expected = [{"type": "text", "content": "Half"}, *parts]
    assert Messages().response(whole).messages[0]["parts"] == expected
    assert found.messages[0]["parts"] == expected
