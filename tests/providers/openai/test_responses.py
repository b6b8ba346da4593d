"""OpenAI's responses API: requests, answers, and the events of their streams."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.json_values import digest_of, get_path
from hilt.genai.values import Delta, Failure, Request, Response, ToolCallDelta, Usage
from hilt.providers._http import HttpRequest
from hilt.providers.openai.items import message_of_items
from hilt.providers.openai.responses import (
    Responses,
    fetch_response_request,
    request_parameters,
    responses_request,
)
from tests.providers.wire import folded

REASONS = "gen_ai.response.finish_reasons"
USAGE = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
HELLO = {"type": "message", "role": "assistant",
         "content": [{"type": "output_text", "text": "Hello", "annotations": []}]}  # fmt: skip
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
BODY = {"object": "response", "id": "resp_1", "model": "gpt-4o"}


def message(*parts: dict[str, Any]) -> dict[str, Any]:
    """A message of an answer."""
    return {"role": "assistant", "parts": list(parts)}


def text(content: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "content": content}


# -- requests ---------------------------------------------------------------------------------


def test_request() -> None:
    """Input, instructions, tools, and the response that this one continues."""
    body = {
        "model": "gpt-4o",
        "input": "Hi",
        "instructions": "Be brief.",
        "tools": [{"type": "web_search"}],
        "previous_response_id": "resp_0",
        "safety_identifier": "user-7",
        "temperature": 0.5,
    }

    assert responses_request(HttpRequest("post", "/responses", body)) == Request(
        "chat",
        "",
        model="gpt-4o",
        messages=[{"role": "user", "content": "Hi"}],
        read=message_of_items,
        instructions=[text("Be brief.")],
        attributes={"gen_ai.request.temperature": 0.5},
        tools=[{"type": "web_search"}],
        previous_response="resp_0",
        continued_by_id=True,
        user="user-7",
    )


@pytest.mark.parametrize("conversation", ["conv_1", {"id": "conv_1"}])
def test_request_in_a_conversation(conversation: Any) -> None:
    """OpenAI keeps the messages before."""
    request = responses_request(
        HttpRequest("post", "/responses", {"conversation": conversation, "user": "alice"})
    )

    assert (request.conversation, request.stored_history, request.user) == (
        "conv_1", True, "alice",
    )  # fmt: skip


PROMPT = {
    "id": "pmpt_1",
    "version": "2",
    "variables": {
        "city": "Rome",
        "day": {"type": "input_text", "text": "Friday"},
        "photo": {"type": "input_image", "image_url": "https://e.org/a.png"},
        "map": {"type": "input_image", "image_url": "data:image/png;base64,eA=="},
        "guide": {"type": "input_file", "file_id": "file-1"},
    },
}
PROMPT_PARTS = [
    {"type": "prompt", "id": "pmpt_1", "version": "2"},
    {**text("Rome"), "name": "city"},
    {**text("Friday"), "name": "day"},
    {"type": "uri", "modality": "image", "uri": "https://e.org/a.png", "name": "photo"},
    {"type": "blob", "modality": "image", "mime_type": "image/png", **digest_of(b"x"),
     "name": "map"},
    {"type": "file", "modality": "document", "file_id": "file-1", "name": "guide"},
]  # fmt: skip


def test_stored_prompt_without_an_input_is_what_the_user_says() -> None:
    """Its variables are all of the input, with files by their hash or their address."""
    request = responses_request(HttpRequest("post", "/responses", {"prompt": PROMPT}))

    assert [request.read(each) for each in request.messages] == [
        {"role": "user", "parts": PROMPT_PARTS}
    ]
    assert request.instructions is None


def test_stored_prompt_beside_an_input_is_an_instruction() -> None:
    """It is sent again with each call of a conversation, as instructions are."""
    body = {"prompt": PROMPT, "input": "Hi", "instructions": "Be brief."}
    request = responses_request(HttpRequest("post", "/responses", body))

    assert request.messages == [{"role": "user", "content": "Hi"}]
    assert request.instructions == [text("Be brief."), *PROMPT_PARTS]


@pytest.mark.parametrize(
    ("prompt", "parts"),
    [
        ({"id": "pmpt_1"}, [{"type": "prompt", "id": "pmpt_1"}]),
        ({"id": "pmpt_1", "variables": None}, [{"type": "prompt", "id": "pmpt_1"}]),
        ({"id": "pmpt_1", "variables": 5}, [{"type": "prompt", "id": "pmpt_1"}]),
        ({"id": "pmpt_1", "variables": {"n": 5}},
         [{"type": "prompt", "id": "pmpt_1"}, {"type": "unknown", "content": 5, "name": "n"}]),
    ],
)  # fmt: skip
def test_stored_prompt_of_any_shape(prompt: object, parts: list[Any]) -> None:
    """Also without variables, or with some that are none."""
    request = responses_request(HttpRequest("post", "/responses", {"prompt": prompt}))

    assert request.messages == [{"role": "user", "parts": parts}]


@pytest.mark.parametrize("prompt", ["pmpt_1", 5, {}, None])
def test_what_is_no_stored_prompt_is_left_out(prompt: object) -> None:
    """The API refuses it."""
    request = responses_request(HttpRequest("post", "/responses", {"prompt": prompt}))

    assert (list(request.messages), request.instructions) == ([], None)


@pytest.mark.parametrize(
    ("items", "turns"),
    [
        ([], []),
        ([HELLO, CALL], [[HELLO, CALL]]),
        ([{"role": "user", "content": "Hi"}, {"type": "reasoning"}, CALL,
          {"type": "function_call_output"}, CALL],
         [{"role": "user", "content": "Hi"}, [{"type": "reasoning"}, CALL],
          {"type": "function_call_output"}, [CALL]]),
        ({"role": "user", "content": "Hi"}, [{"role": "user", "content": "Hi"}]),
    ],
)  # fmt: skip
def test_items_of_one_answer_are_one_turn(items: Any, turns: list[Any]) -> None:
    """What the model said in a row was one answer; everything else stands by itself."""
    request = responses_request(HttpRequest("post", "/responses", {"input": items}))

    assert request.messages == turns


def test_parameters() -> None:
    """The API's own names, of which some are nested."""
    body = {
        "max_output_tokens": 9,
        "temperature": 0,
        "top_p": 0.5,
        "reasoning": {"effort": "high"},
        "text": {"format": {"type": "json_schema"}},
        "service_tier": "flex",
        "prompt": {"id": "pmpt_1", "version": "2"},
    }

    assert request_parameters(body) == {
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.temperature": 0,
        "gen_ai.request.top_p": 0.5,
        "gen_ai.request.reasoning.level": "high",
        "gen_ai.output.type": "json",
        "openai.request.service_tier": "flex",
        "gen_ai.prompt.name": "pmpt_1",
        "gen_ai.prompt.version": "2",
    }


@pytest.mark.parametrize(
    "path", ["/responses/resp_1", "/responses/resp_1/cancel", "/v1/responses/resp_1/"]
)
def test_request_for_an_earlier_response(path: str) -> None:
    """It names the response that it fetches."""
    assert fetch_response_request(HttpRequest("get", path, {})) == Request(
        "fetch_response", "", fetched_response="resp_1"
    )


# -- answers ----------------------------------------------------------------------------------


def test_whole_answer() -> None:
    """All items are one message, and the status is why it ended."""
    body = {
        **BODY,
        "status": "completed",
        "service_tier": "default",
        "conversation": {"id": "conv_1"},
        "output": [HELLO],
        "usage": USAGE,
    }

    assert Responses().response(body) == Response(
        id="resp_1",
        model="gpt-4o",
        messages=[message(text("Hello"))],
        finish_reasons=["completed"],
        usage=Usage(3, 2, 5),
        raw_usage=USAGE,
        service_tier="default",
        conversation="conv_1",
        status="completed",
        attributes={"openai.response.service_tier": "default", REASONS: ["stop"]},
    )


@pytest.mark.parametrize(
    ("body", "reason", "outcome", "failure"),
    [
        ({"status": "completed", "output": [CALL]}, "tool_call", None, None),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
         "length", "length", None),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
         "content_filter", "filtered", None),
        ({"status": "incomplete"}, "incomplete", "length", None),
        ({"status": "failed", "error": {"code": "rate_limit_exceeded", "message": "Slow"}},
         "error", None, Failure("rate_limit", "rate_limit_exceeded", "Slow",
                                provider_code="rate_limit_exceeded")),
        ({"status": "failed", "error": {"code": "invalid_image"}},
         "error", None, Failure("invalid_request", "invalid_image", "the response failed",
                                provider_code="invalid_image")),
        ({"status": "failed"},
         "error", None, Failure("unknown", "unknown", "the response failed",
                                provider_code="unknown")),
        ({"status": "cancelled"},
         "error", None, Failure("cancelled", "cancelled", "the response was cancelled", 499,
                                "cancelled")),
    ],
)  # fmt: skip
def test_ending(body: dict[str, Any], reason: str, outcome: Any, failure: Any) -> None:
    """Why a response ended, on the span and in the log."""
    response = Responses().response({**BODY, **body})

    assert response.attributes == {REASONS: [reason]}
    assert (response.finish_reasons, response.outcome, response.failure) == (
        [body["status"]], outcome, failure,
    )  # fmt: skip


@pytest.mark.parametrize(("background", "pending"), [(True, True), (False, False)])
def test_response_in_the_background(background: bool, pending: bool) -> None:
    """A later request fetches it; in a stream, the events bring the rest."""
    response = Responses().response({**BODY, "status": "queued", "background": background})

    assert response == Response(id="resp_1", model="gpt-4o", status="queued", pending=pending)


@pytest.mark.parametrize(
    ("body", "by_id"),
    [
        ({"input": "Hi"}, True),
        ({"input": "Hi", "store": True}, True),
        ({"input": [{"role": "user", "content": "Hi"}], "previous_response_id": "r0"}, True),
        ({"input": [{"role": "user", "content": "Hi"}]}, False),
        ({"input": "Hi", "store": False}, False),
    ],
)
def test_program_that_lets_the_provider_keep_the_history(body: dict[str, Any], by_id: bool) -> None:
    """It sends text alone; one that keeps it itself sends a list."""
    assert responses_request(HttpRequest("post", "/responses", body)).continued_by_id is by_id


def test_references_to_items() -> None:
    """The turns that stand for items of an earlier answer, by the items' ids."""
    items = [
        {"role": "user", "content": "Hi"},
        {"type": "item_reference", "id": "rs_1"},
        {"type": "item_reference", "id": "msg_1"},
        {"role": "user", "content": "More"},
        {"type": "item_reference", "id": 7},
    ]

    request = responses_request(HttpRequest("post", "/responses", {"input": items}))

    assert [get_path(turn, "id") for turn in request.messages] == [None, "rs_1", "msg_1", None, 7]
    assert request.references == {1: "rs_1", 2: "msg_1"}


def test_reference_beside_items_of_the_answer() -> None:
    """Both are one answer, in either order."""
    reference = {"type": "item_reference", "id": "rs_1"}

    for turn in ([reference, CALL], [CALL, reference]):
        request = responses_request(HttpRequest("post", "/responses", {"input": turn}))
        assert (request.messages, request.references) == ([turn], {0: "rs_1"})


def test_ids_of_items() -> None:
    """A later request may refer to what has one."""
    response = Responses().response({**BODY, "output": [{**HELLO, "id": "msg_1"}, CALL]})

    assert response.items == ["msg_1"]


def test_compaction() -> None:
    """It has no status, and is complete."""
    response = Responses().response({"object": "response.compaction", "id": "resp_1"})

    assert (response.id, response.status) == ("resp_1", "completed")


# -- events -----------------------------------------------------------------------------------


def test_text_event() -> None:
    """Text of an object is read at once, text of JSON by `delta`."""
    kind = "response.output_text.delta"

    assert Responses().text(SimpleNamespace(type=kind, delta="Hel")) == "Hel"
    assert Responses().text(SimpleNamespace(type="response.created", delta="Hel")) is None
    assert Responses().text({"type": kind, "delta": "Hel"}) is None
    assert Responses().delta({"type": kind, "delta": "Hel"}) == Delta(text="Hel")


@pytest.mark.parametrize(
    ("event", "delta"),
    [
        ({"type": "response.reasoning_text.delta", "delta": "Hm"}, Delta(reasoning="Hm")),
        ({"type": "response.reasoning_summary_text.delta", "delta": "Hm"}, Delta(reasoning="Hm")),
        ({"type": "response.refusal.delta", "delta": "No"},
         Delta(parts=[{"type": "refusal", "content": "No"}])),
        ({"type": "response.refusal.done", "refusal": "No."}, None),
        ({"type": "response.output_item.added", "output_index": 1, "item": CALL},
         Delta(tool_calls=[ToolCallDelta(1, "c1", "f")])),
        ({"type": "response.function_call_arguments.delta", "output_index": 1, "delta": '{"a'},
         Delta(tool_calls=[ToolCallDelta(1, arguments='{"a')])),
        ({"type": "response.custom_tool_call_input.delta", "delta": "x"},
         Delta(tool_calls=[ToolCallDelta(0, arguments="x")])),
        ({"type": "response.output_item.done", "item": {"type": "web_search_call", "id": "ws_1"}},
         Delta(parts=[{"type": "server_tool_call", "id": "ws_1", "name": "web_search",
                       "server_tool_call": {"type": "web_search_call"}}])),
        ({"type": "error", "code": "server_error", "message": "Oops"},
         Delta(response=Response(failure=Failure("server_error", "server_error", "Oops",
                                                 provider_code="server_error")))),
        ({"type": "response.output_item.added", "item": HELLO}, None),
        ({"type": "response.output_item.done", "item": HELLO}, None),
        ({"type": "response.output_item.done", "output_index": 1, "item": CALL},
         Delta(tool_calls=[ToolCallDelta(1, "c1", "f", CALL["arguments"], whole=True)])),
        ({"type": "response.new_event"}, None),
        ({"type": ["odd"]}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_event(event: dict[str, Any], delta: Delta | None) -> None:
    """What each event adds; those whose content came in deltas add nothing."""
    assert Responses().delta(event) == delta


def test_error_that_comes_as_an_answer() -> None:
    """A gateway may send it with status 200; a response has a status and an error that is null."""
    error = {"code": 429, "message": "Too much."}

    assert Responses().response({"error": error}).failure == Failure(
        "rate_limit", "429", "Too much.", 429, provider_code="429"
    )
    assert Responses().response({**BODY, "status": "completed", "error": None}).failure is None


@pytest.mark.parametrize("status", ["completed", "incomplete", "failed"])
def test_end_without_output_keeps_what_was_streamed(status: str) -> None:
    """Some hosts send the counts at the end, and an empty list for what they have streamed."""
    body = {**BODY, "status": status, "output": [], "usage": USAGE}
    events = [
        {"type": "response.output_text.delta", "delta": "Hel"},
        {"type": "response.output_text.delta", "delta": "lo"},
        {
            "type": "response.output_item.added",
            "output_index": 1,
            "item": {**CALL, "arguments": ""},
        },
        {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "{}"},
        {"type": f"response.{status}", "response": body},
    ]

    response = folded(Responses(), events)

    assert response.messages == [
        {
            "role": "assistant",
            "parts": [
                {"type": "text", "content": "Hello"},
                {"type": "tool_call", "id": "c1", "name": "f", "arguments": {}},
            ],
        }
    ]
    assert response.finish_reasons == [status]
    assert response.usage is not None
    assert response.usage.output_tokens == USAGE["output_tokens"]


TOOL_CALLS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "function": (
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a": 1}'},
        "response.function_call_arguments.delta",
        {"a": 1},
    ),
    "custom": (
        {"type": "custom_tool_call", "call_id": "c1", "name": "f", "input": "ls"},
        "response.custom_tool_call_input.delta",
        "ls",
    ),
}


@pytest.mark.parametrize("pieces", [[], ["all"], ["ends", "early"]])
@pytest.mark.parametrize("is_announced", [True, False])
@pytest.mark.parametrize("kind", TOOL_CALLS)
def test_end_of_a_tool_call_has_its_arguments(
    kind: str, is_announced: bool, pieces: list[str]
) -> None:
    """Some hosts send no deltas of them; where they do, the arguments are there once."""
    item, delta, arguments = TOOL_CALLS[kind]
    field = "input" if "input" in item else "arguments"
    sent = [item[field]] if pieces == ["all"] else pieces
    begin = {"type": "response.output_item.added", "output_index": 0, "item": {**item, field: ""}}
    events = [begin] if is_announced else []
    events += [{"type": delta, "output_index": 0, "delta": piece} for piece in sent]
    events.append({"type": "response.output_item.done", "output_index": 0, "item": item})

    (answer,) = folded(Responses(), events).messages

    assert answer["parts"] == [
        {"type": "tool_call", "id": "c1", "name": "f", "arguments": arguments}
    ]


def test_refusal_that_is_cut_short_is_kept() -> None:
    """Its pieces are one part, as the whole response has it."""
    events = [
        {"type": "response.refusal.delta", "delta": "I can"},
        {"type": "response.refusal.delta", "delta": "not."},
        {"type": "response.refusal.done", "refusal": "I cannot."},
    ]

    assert (
        folded(Responses(), events[:2]).messages
        == folded(Responses(), events).messages
        == [{"role": "assistant", "parts": [{"type": "refusal", "content": "I cannot."}]}]
    )


def test_whole_response_at_the_end_replaces_the_deltas() -> None:
    """An event that carries the response is taken for the answer once it is over."""
    begun = {"type": "response.created", "response": {**BODY, "status": "in_progress"}}
    body = {**BODY, "status": "completed", "output": [HELLO], "usage": USAGE}
    events = [
        begun,
        {"type": "response.output_text.delta", "delta": "Hel"},
        {"type": "response.completed", "response": body},
    ]

    found = folded(Responses(), events)

    assert found.messages == [message(text("Hello"))]
    assert (found.status, found.usage) == ("completed", Usage(3, 2, 5))


def test_stream_that_breaks_off_has_its_deltas() -> None:
    """What came is in the answer."""
    begun = {"type": "response.created", "response": {**BODY, "status": "in_progress"}}

    found = folded(Responses(), [begun, {"type": "response.output_text.delta", "delta": "Hel"}])

    assert [each["parts"] for each in found.messages] == [[text("Hel")]]


def test_stream_that_is_cut_has_what_came() -> None:
    """Citations, and the parts of a summary in lines, without the response in the end."""
    cited = {"type": "url_citation", "url": "https://example.com"}
    events = [
        {"type": "response.reasoning_summary_part.added", "summary_index": 0},
        {"type": "response.reasoning_summary_text.delta", "delta": "Hm"},
        {"type": "response.reasoning_summary_part.added", "summary_index": 1},
        {"type": "response.reasoning_summary_text.delta", "delta": "so"},
        {"type": "response.output_text.delta", "delta": "Hello"},
        {"type": "response.output_text.annotation.added", "annotation": cited},
    ]

    (found,) = folded(Responses(), events).messages

    assert found["parts"] == [
        {"type": "reasoning", "content": "Hm\nso"},
        {**text("Hello"), "annotations": [cited]},
    ]


def test_a_text_that_comes_with_the_response_is_a_text() -> None:
    """Some servers send the whole response with each event; only the text is new."""
    event = {
        "type": "response.output_text.delta",
        "delta": "Hi",
        "response": {**BODY, "status": "in_progress"},
    }
    surface = Responses()

    assert surface.text(SimpleNamespace(**event)) == "Hi"
    found = surface.delta(event)
    assert found is None or found.response is None
    started = surface.delta({"type": "response.created", "response": event["response"]})
    assert started is not None
    assert (started.response.id, started.whole) == ("resp_1", False)
