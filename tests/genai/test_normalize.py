"""What has no sound shape is told all the same."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.core.event import Event
from hilt.genai.attributes import request_content
from hilt.genai.normalize import normalized_request, normalized_response, unread_response
from hilt.genai.observation import Observation
from hilt.genai.values import Request, Response, Usage
from hilt.providers._chat_messages import message_of
from hilt.recording.event_builder import EventBuilder
from hilt.recording.writer import encode_events

SOUND = {"role": "assistant", "parts": [{"type": "text", "content": "Hello"}]}


def told(request: Request, response: Response | None = None) -> list[dict[str, Any]]:
    """The events of a call, as a reader of the log gets them."""
    call = Observation(request, 1_700_000_000_000_000_000)
    call.response, call.ended, builder = response, call.started + 5, EventBuilder()
    events = [*builder.begin(call), *builder.end(call)]
    return [Event.from_json(line).to_dict() for line in encode_events(events).splitlines()]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (5, {"role": "user", "parts": [{"type": "unknown", "content": 5}]}),
        (
            {"role": "user", "content": 5},
            {"role": "user", "parts": [{"type": "unknown", "content": 5}]},
        ),
        (
            {"role": "user", "content": {"type": "text", "text": "Hi"}},
            {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
        ),
        (
            {"role": "assistant", "tool_calls": "f"},
            {"role": "assistant", "parts": [{"type": "unknown", "content": "f"}]},
        ),
        (
            {"role": ["user"], "content": "Hi"},
            {"role": "['user']", "parts": [{"type": "text", "content": "Hi"}]},
        ),
        (
            {"role": "user", "content": [{"type": "text", "text": ["Hi"]}]},
            {"role": "user", "parts": [{"type": "text", "content": '["Hi"]'}]},
        ),
        (
            {"role": "user", "content": [{}, {"type": ["text"]}]},
            {
                "role": "user",
                "parts": [
                    {"type": "unknown", "content": {}},
                    {"type": "unknown", "content": {"type": ["text"]}},
                ],
            },
        ),
        (
            {"role": "assistant", "tool_calls": [{"id": {"a": 1}, "function": {"name": ["f"]}}]},
            {
                "role": "assistant",
                "parts": [{"type": "tool_call", "id": '{"a":1}', "name": '["f"]', "arguments": {}}],
            },
        ),
    ],
)
def test_messages_of_any_shape(message: Any, shown: Any) -> None:
    """What came stands in the prompt, and everything around it as ever."""
    prompt, completion = told(
        Request("chat", "openai", "gpt-4o", [message], message_of), Response(messages=[SOUND])
    )

    assert prompt["content"]["messages"] == [shown]
    assert prompt["session_id"] == completion["session_id"] != ""
    assert completion["extensions"]["reply_to"] == prompt["event_id"]


def test_message_that_cannot_be_read() -> None:
    """A message that its adapter trips over is in the log as it came."""

    def read(raw: Any) -> Any:
        raise TypeError(raw)

    prompt, _ = told(Request("chat", "x", "m", [{"role": "user", "said": "Hi"}], read))

    (message,) = prompt["content"]["messages"]
    assert message["role"] == "user"
    assert message["parts"] == [{"type": "unknown", "content": {"role": "user", "said": "Hi"}}]


@pytest.mark.parametrize("citations", [5, "x", {"a": 1}])
def test_citations_of_any_shape(citations: Any) -> None:
    """What is cited is a list in the log, whatever it came as."""
    parts = [{"type": "tool_call", "id": ["c"]}, {"type": "text", "content": "Hello"}]
    parts[1]["citations"] = citations
    _, completion, *_ = told(
        Request("chat", "x"), Response(messages=[{"role": "assistant", "parts": parts}])
    )

    assert completion["content"]["citations"] == [citations]


@pytest.mark.parametrize("name", ["model", "conversation", "user", "server_address", "tools"])
def test_fields_of_any_shape(name: str) -> None:
    """A list where a text belongs costs nothing but its own place."""
    odd: dict[str, Any] = {name: [5]}
    messages = [{"role": "user", "content": "Hi"}]
    prompt, _ = told(Request(**{"operation": "chat", "provider": "x", **odd}, messages=messages,
                             read=message_of))  # fmt: skip

    assert prompt["content"]["text"] == "Hi"
    assert "[5]" in repr(prompt)


@pytest.mark.parametrize("result_id", [5, 1.5, True, {"a": 1}, ["a"], float("nan")])
def test_tool_results_are_said_by_a_name_that_is_text(result_id: Any) -> None:
    """An event's actor is text whatever a result calls its call."""
    message = {"role": "tool", "tool_call_id": result_id, "content": "14 C"}
    result, *_ = told(Request("chat", "openai", "gpt-4o", [message], message_of))

    assert result["action"] == "tool_result"
    assert result["content"]["text"] == "14 C"


@pytest.mark.parametrize(
    "odd",
    [
        {"id": ["r"]},
        {"model": {"a": 1}},
        {"service_tier": ["flex"]},
        {"finish_reasons": [["stop"]]},
        {"messages": [{"role": "assistant", "parts": [{"type": "text", "content": ["Hello"]}]}]},
        {"messages": [{"role": "assistant", "parts": [{"type": "tool_call", "id": ["c"]}]}]},
        {"messages": [{"role": "assistant"}]},
        {"raw_usage": {1: {2: object}}},
    ],
)
def test_answers_of_any_shape(odd: dict[str, Any]) -> None:
    """The ending is there, with what was counted."""
    answer = {"messages": [SOUND], "usage": Usage(1, 2), **odd}
    events = told(Request("chat", "openai", "gpt-4o"), Response(**answer))

    assert events[1]["action"] == "completion"
    assert events[1]["metrics"]["tokens"] == {"prompt": 1, "completion": 2, "total": 3}


def test_content_of_spans_too() -> None:
    """Where spans carry content, an odd message is on them as in the log."""
    request = Request(
        "chat", "openai", "gpt-4o", [5, {"role": "user", "content": "Hi"}], message_of
    )

    (shown,) = request_content(request).values()
    assert shown.startswith('[{"role":"user","parts":[{"type":"unknown","content":5}]},')


def test_answers_that_cannot_be_read() -> None:
    """JSON stands in the ending as it came, by its hash if it is long; an SDK's object does not."""
    short = unread_response({"id": "r1", "model": ["m"], "odd": 1})
    (long,) = unread_response({"id": "r1", "data": "x" * 20_000}).messages

    assert (short.id, short.model) == ("r1", '["m"]')
    assert short.messages[0]["parts"] == [
        {"type": "unknown", "content": {"id": "r1", "model": ["m"], "odd": 1}}
    ]
    assert (long["parts"][0]["type"], long["parts"][0]["size"]) == ("blob", 20_021)
    assert unread_response(object()) == Response()


PLAIN = {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}


def test_request_of_right_types_is_as_it_was() -> None:
    """Nothing of it is lost, and its messages are read."""
    right = Request(
        "embeddings", "acme", "m", [PLAIN], instructions=PLAIN["parts"], attributes={"a": 1},
        tools=[{"name": "f"}], conversation="c", previous_response="r", user="ann",
        server_address="h", server_port=80, documents=[{"text": "D"}], stream=True,
    )  # fmt: skip

    assert normalized_request(right) == right


def test_request_of_nothing_or_of_wrong_types() -> None:
    """What is missing has the usual value, and what has another type is text or plain JSON."""
    empty: Any = Request("", "")
    odd: Any = Request(
        7, ["p"], 5, {"role": "user"}, instructions=PLAIN["parts"][0], attributes={1: {2}},
        tools={"name": "f"}, conversation=1, previous_response=2, user=3, server_address=4,
        server_port="80", documents="D",
    )  # fmt: skip

    assert normalized_request(empty) == Request("chat", "unknown", None, [])
    assert normalized_request(odd) == Request(
        "7", '["p"]', "5",
        [{"role": "user", "parts": [{"type": "unknown", "content": {"role": "user"}}]}],
        instructions=PLAIN["parts"], attributes={"1": [2]}, tools=[{"name": "f"}],
        conversation="1", previous_response="2", user="3", server_address="4", documents=["D"],
    )  # fmt: skip


def test_answer_of_right_types_is_as_it_was_and_one_of_wrong_types_is_not() -> None:
    """Whatever is a text in it is one afterwards."""
    right = Response(
        "r", "m", [PLAIN], ["stop"], Usage(1), {"in": 1}, "flex", conversation="c",
        attributes={"a": 1},
    )  # fmt: skip
    odd: Any = Response(
        1, 2, PLAIN, "stop", Usage(1), {1: {2}}, 3, conversation=4, attributes={5: {6}},
    )  # fmt: skip

    assert normalized_response(right) == right
    assert normalized_response(odd) == Response(
        "1", "2", [PLAIN], ["stop"], Usage(1), {"1": [2]}, "3", conversation="4",
        attributes={"5": [6]},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"parts": []}, {"role": "user", "parts": []}),
        ({"role": None, "parts": None}, {"role": "user", "parts": []}),
        ({"role": ["a"], "parts": []}, {"role": '["a"]', "parts": []}),
        ({"role": "tool"}, {"role": "tool", "parts": [{"type": "unknown", "content": {"role": "tool"}}]}),
        ({"role": 5}, {"role": "user", "parts": [{"type": "unknown", "content": {"role": 5}}]}),
        ("Hi", {"role": "user", "parts": [{"type": "unknown", "content": "Hi"}]}),
        ({"role": "user", "parts": [], "name": 5, "finish_reason": ["stop"]},
         {"role": "user", "parts": [], "name": "5", "finish_reason": '["stop"]'}),
        ({"role": "user", "parts": [], "name": None}, {"role": "user", "parts": [], "name": None}),
        ({"role": "user", "parts": "Hi"},
         {"role": "user", "parts": [{"type": "unknown", "content": "Hi"}]}),
        ({"role": "user", "parts": [{"type": 5}, {}, 5]},
         {"role": "user", "parts": [{"type": "unknown", "content": each} for each in ({"type": 5}, {}, 5)]}),
        ({"role": "user", "parts": [{"type": each, "content": None} for each in
                                    ("text", "reasoning", "refusal", "image")]},
         {"role": "user", "parts": [{"type": "text", "content": ""},
                                    {"type": "reasoning", "content": ""},
                                    {"type": "refusal", "content": ""},
                                    {"type": "image", "content": None}]}),
        ({"role": "user", "parts": [{"type": "text", "content": 0}, {"type": "text", "content": [1]}]},
         {"role": "user", "parts": [{"type": "text", "content": ""}, {"type": "text", "content": "[1]"}]}),
        ({"role": "user", "parts": [{"type": "x", "id": 1, "name": ["f"], "citations": 5}]},
         {"role": "user", "parts": [{"type": "x", "id": "1", "name": '["f"]', "citations": [5]}]}),
        ({"role": "user", "parts": [{"type": "x", "id": None, "citations": (1,)}]},
         {"role": "user", "parts": [{"type": "x", "id": None, "citations": [1]}]}),
    ],
)  # fmt: skip
def test_message_of_any_form(raw: Any, message: Any) -> None:
    """As a part of a request, and of an answer; and what came is not changed."""
    before = repr(raw)

    request = normalized_request(Request("chat", "acme", messages=[raw]))
    response = normalized_response(Response(messages=[raw]))

    assert request.messages == response.messages == [message]
    assert repr(raw) == before


@pytest.mark.parametrize(("length", "kind"), [(16_384, "unknown"), (16_385, "blob")])
def test_longest_answer_that_is_kept_as_it_came(length: int, kind: str) -> None:
    """What is longer may be a picture."""
    (message,) = unread_response(["x" * (length - len('[""]'))]).messages

    assert message["role"] == "assistant"
    assert [part["type"] for part in message["parts"]] == [kind]
