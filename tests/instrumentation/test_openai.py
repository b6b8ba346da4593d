"""OpenAI's APIs through the front door: what the log says of each."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import inspect
import json
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from hilt.core import clock
from hilt.core.guard import guard
from hilt.instrumentation import OpenAIInstrumentor
from tests.conftest import Log
from tests.instrumentation.mock_http import http_of, openai_client, sse

USAGE = {
    "input_tokens": 10,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 6,
    "output_tokens_details": {"reasoning_tokens": 2},
    "total_tokens": 16,
}


def without(method: str, parameter: str = "model") -> pytest.MarkDecorator:
    """Skip where the installed SDK is older than a method, or than a parameter of it."""
    import openai

    try:
        known = inspect.signature(attrgetter(method)(openai.OpenAI(api_key="test"))).parameters
    except AttributeError:
        known = {}  # type: ignore[assignment]  # no parameters
    reason = f"{method} of this openai has no {parameter}"
    return pytest.mark.skipif(parameter not in known, reason=reason)


PICTURE = b"\x89PNG not really"


def response(status: str = "completed", **fields: Any) -> dict[str, Any]:
    """A response object as the API sends it."""
    return {
        "id": "resp_1", "object": "response", "created_at": 1, "status": status,
        "model": "gpt-4o-mini-2024-07-18", "output": [], "parallel_tool_calls": True,
        "tool_choice": "auto", "tools": [], "usage": USAGE if status == "completed" else None,
        **fields,
    }  # fmt: skip


def said(text: str) -> dict[str, Any]:
    """An output message."""
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
            "content": [part]}  # fmt: skip


def called(call_id: str = "call_1") -> dict[str, Any]:
    """A function call."""
    return {"type": "function_call", "id": "fc_1", "call_id": call_id, "name": "weather",
            "arguments": '{"city": "Paris"}', "status": "completed"}  # fmt: skip


# -- responses --------------------------------------------------------------------------------


@without("responses.create")
def test_response_is_a_prompt_and_a_completion(log: Log) -> None:
    """Instructions, text, reasoning, usage and the model that answered are in the log."""
    thought = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "Hm."}],
    }
    client = openai_client({"POST /responses": response(output=[thought, said("Hi!")])})
    client.responses.create(model="gpt-4o-mini", input="Hello", instructions="Be brief.")

    asked, ending = log.one("prompt"), log.ending
    assert asked["content"] == {
        "text": "Hello",
        "messages": [
            {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
            {"role": "user", "parts": [{"type": "text", "content": "Hello"}]},
        ],
    }
    assert ending["content"] == {"text": "Hi!", "reasoning": "Hm."}
    assert ending["metrics"]["tokens"] == {
        "prompt": 10, "completion": 6, "total": 16, "cached": 4, "reasoning": 2,
    }  # fmt: skip
    assert ending["provenance"]["usage"] == USAGE
    assert ending["provenance"]["response_model"] == "gpt-4o-mini-2024-07-18"
    assert ending["provenance"]["response_id"] == "resp_1"
    assert ending["extensions"]["outcome"] == "completed"
    assert ending["extensions"]["finish_reason"] == "completed"


@without("responses.create")
def test_streamed_response_has_a_chunk_per_delta(log: Log) -> None:
    """Text deltas are chunks, and the final response is the completion."""
    deltas = [
        {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0,
         "content_index": 0, "sequence_number": n, "delta": text, "logprobs": []}
        for n, text in enumerate(["Hi", "!"], 2)
    ]  # fmt: skip
    events = [
        {"type": "response.created", "sequence_number": 0, "response": response("in_progress")},
        *deltas,
        {
            "type": "response.completed",
            "sequence_number": 9,
            "response": response(output=[said("Hi!")]),
        },
    ]
    client = openai_client({"POST /responses": sse(events, done=False)})
    kinds = [
        e.type for e in client.responses.create(model="gpt-4o-mini", input="Hello", stream=True)
    ]

    assert kinds == [event["type"] for event in events]
    chunks = log.of("completion_chunk")
    assert [chunk.content.text for chunk in chunks] == ["Hi", "!"]
    assert log.ending["content"]["text"] == "Hi!"
    assert log.ending["metrics"]["tokens"]["total"] == 16


@without("responses.create")
def test_stream_cut_short_keeps_text_and_tool_calls(log: Log) -> None:
    """What deltas had brought is in the log when the final response never comes."""
    item = {**called(), "arguments": "", "status": "in_progress"}
    events = [
        {"type": "response.created", "sequence_number": 0, "response": response("in_progress")},
        {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0,
         "content_index": 0, "sequence_number": 1, "delta": "Let me see", "logprobs": []},
        {"type": "response.output_item.added", "output_index": 1, "sequence_number": 2, "item": item},
        {"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 1,
         "sequence_number": 3, "delta": '{"city": "Paris"}'},
    ]  # fmt: skip
    client = openai_client({"POST /responses": sse(events, done=False)})
    list(client.responses.create(model="gpt-4o-mini", input="Hello", stream=True))

    assert log.ending["content"]["text"] == "Let me see"
    assert log.ending["extensions"]["partial"] is True
    assert log.one("tool_call")["content"]["tool"] == {
        "name": "weather", "call_id": "call_1", "arguments": {"city": "Paris"},
    }  # fmt: skip


@without("responses.create")
@pytest.mark.parametrize(
    ("reason", "outcome"), [("max_output_tokens", "length"), ("content_filter", "filtered")]
)
def test_incomplete_response_says_why(log: Log, reason: str, outcome: str) -> None:
    """An incomplete response is a completion whose outcome is the reason."""
    body = response("incomplete", incomplete_details={"reason": reason}, output=[said("Once")])
    client = openai_client({"POST /responses": body})
    client.responses.create(model="gpt-4o-mini", input="Hello")

    assert log.ending["action"] == "completion"
    assert log.ending["extensions"]["outcome"] == outcome


@without("responses.create")
def test_failed_response_is_a_system_event(log: Log) -> None:
    """A response that reports an error has raised nothing, and has failed all the same."""
    error = {"code": "rate_limit_exceeded", "message": "Too fast."}
    client = openai_client({"POST /responses": response("failed", error=error)})
    client.responses.create(model="gpt-4o-mini", input="Hello")

    ending = log.ending
    assert (ending["action"], ending["content"]["text"]) == ("system", "Too fast.")
    assert ending["extensions"]["error_code"] == "rate_limit"
    assert ending["extensions"]["outcome"] == "failed"


@without("responses.create")
def test_refusal_is_kept_apart_from_text(log: Log) -> None:
    """A refusal is a part of its own."""
    message = {**said(""), "content": [{"type": "refusal", "refusal": "I cannot."}]}
    client = openai_client({"POST /responses": response(output=[message])})
    client.responses.create(model="gpt-4o-mini", input="Hello")

    assert log.ending["content"] == {
        "text": "",
        "parts": [{"type": "refusal", "content": "I cannot."}],
    }


@without("responses.create")
def test_tools_that_the_provider_runs_are_parts(log: Log) -> None:
    """Web search and the like are no tool calls of the caller's; pictures become blobs."""
    encoded = base64.b64encode(PICTURE).decode()
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed",
              "action": {"type": "search", "query": "news"}}  # fmt: skip
    picture = {
        "type": "image_generation_call",
        "id": "ig_1",
        "status": "completed",
        "result": encoded,
    }
    client = openai_client({"POST /responses": response(output=[search, picture, said("Here.")])})
    client.responses.create(model="gpt-4o-mini", input="Draw the news")

    content = log.ending["content"]
    assert [part["name"] for part in content["parts"]] == ["web_search", "image_generation"]
    assert content["parts"][0]["server_tool_call"]["action"]["query"] == "news"
    assert content["images"] == [
        {"type": "blob", "mime_type": "image/png", "modality": "image", "size": len(PICTURE),
         "sha256": hashlib.sha256(PICTURE).hexdigest()}
    ]  # fmt: skip
    assert encoded.encode() not in b"".join(log.sink.lines)
    assert not log.of("tool_call")


@without("responses.create")
def test_tool_loop_by_previous_response(log: Log) -> None:
    """A tool result answers the logged call; there is no second prompt."""
    client = openai_client(
        {
            "POST /responses": [
                response(output=[called()]),
                response(id="resp_2", output=[said("14 C")]),
            ]
        }
    )
    client.responses.create(model="gpt-4o-mini", input="Weather?")
    result = {"type": "function_call_output", "call_id": "call_1", "output": "14"}
    client.responses.create(model="gpt-4o-mini", input=[result], previous_response_id="resp_1")

    assert log.actions == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    _, first, call, result_event, second = log.events
    assert call.extensions["reply_to"] == first.event_id
    assert result_event.actor.id == "weather"
    assert result_event.extensions == {"reply_to": call.event_id, "context_of": first.event_id}
    assert second.extensions["reply_to"] == result_event.event_id
    assert len({event.session_id for event in log.events}) == 1


@without("responses.create", "prompt")
def test_stored_prompt_is_in_the_prompt_event(log: Log) -> None:
    """By its id and version, with what fills it, also where a loop of tools sends it again."""
    client = openai_client(
        {
            "POST /responses": [
                response(output=[called()]),
                response(id="resp_2", output=[said("14 C")]),
            ]
        }
    )
    stored: Any = {"id": "pmpt_1", "version": "2", "variables": {"city": "Rome"}}
    client.responses.create(prompt=stored, input="Weather?")
    result: Any = {"type": "function_call_output", "call_id": "call_1", "output": "14"}
    client.responses.create(prompt=stored, input=[result], previous_response_id="resp_1")

    assert log.actions == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    assert log.one("prompt")["content"] == {
        "text": "Weather?",
        "messages": [
            {
                "role": "system",
                "parts": [
                    {"type": "prompt", "id": "pmpt_1", "version": "2"},
                    {"type": "text", "content": "Rome", "name": "city"},
                ],
            },
            {"role": "user", "parts": [{"type": "text", "content": "Weather?"}]},
        ],
    }
    assert "messages" not in log.one("tool_result")["content"]


@without("responses.create")
def test_tool_loop_by_history(log: Log) -> None:
    """The same with the whole history sent again, reasoning items and all."""
    thought = {"type": "reasoning", "id": "rs_1", "summary": []}
    client = openai_client(
        {
            "POST /responses": [
                response(output=[thought, called()]),
                response(id="resp_2", output=[said("14 C")]),
                response(id="resp_3", output=[said("Bye")]),
            ]
        }
    )
    history: list[Any] = [{"role": "user", "content": "Weather?"}]
    first = client.responses.create(model="gpt-4o-mini", input=history)
    history += first.output
    history.append({"type": "function_call_output", "call_id": "call_1", "output": "14"})
    second = client.responses.create(model="gpt-4o-mini", input=history)
    history += [*second.output, {"role": "user", "content": "Thanks"}]
    client.responses.create(model="gpt-4o-mini", input=history)

    assert log.actions == [
        "prompt", "completion", "tool_call", "tool_result", "completion", "prompt", "completion",
    ]  # fmt: skip
    last = log.of("prompt")[1]
    assert last.extensions["context_of"] == log.of("completion")[1].event_id
    assert len(last.content.messages) == 1


@without("responses.create", "conversation")
def test_conversation_is_the_session(log: Log) -> None:
    """OpenAI's own conversation id is the session, and its answers are what a call continues."""
    body = response(output=[said("Hi!")], conversation={"id": "conv_abc"})
    client = openai_client({"POST /responses": [body, {**body, "id": "resp_2"}]})
    for text in ("Hello", "Again"):
        client.responses.create(model="gpt-4o-mini", input=text, conversation="conv_abc")

    assert {event.session_id for event in log.events} == {"conv_abc"}
    assert log.of("prompt")[1].extensions["context_of"] == log.of("completion")[0].event_id


@without("responses.create")
def test_instructions_that_change_are_logged_again(log: Log) -> None:
    """Instructions are not carried over by the API: the log says which were in force."""
    client = openai_client(
        {
            "POST /responses": [
                response(output=[said("1")]),
                response(id="resp_2", output=[said("2")]),
            ]
        }
    )
    client.responses.create(model="gpt-4o-mini", input="One", instructions="Be brief.")
    client.responses.create(
        model="gpt-4o-mini", input="Two", instructions="Be long.", previous_response_id="resp_1"
    )

    roles = [message["role"] for message in log.of("prompt")[1].content.messages]
    assert roles == ["system", "user"]


# -- responses in the background --------------------------------------------------------------


@without("responses.create", "background")
def test_background_response_ends_once_when_it_is_fetched(log: Log) -> None:
    """A prompt at once, and one completion when a fetch sees that it is over."""
    done = response(output=[said("Done.")], background=True)
    client = openai_client(
        {
            "POST /responses": response("queued", background=True),
            "GET /responses/resp_1": [response("in_progress", background=True), done, done],
        }
    )
    client.responses.create(model="gpt-4o-mini", input="Think", background=True)
    assert log.actions == ["prompt"]
    client.responses.retrieve("resp_1")
    assert log.actions == ["prompt"]
    client.responses.retrieve("resp_1")
    client.responses.retrieve("resp_1")

    assert log.actions == ["prompt", "completion"]
    ending = log.ending
    assert ending["content"]["text"] == "Done."
    assert ending["extensions"]["reply_to"] == log.one("prompt")["event_id"]
    assert ending["metrics"]["tokens"]["total"] == 16


@without("responses.create", "background")
def test_background_response_ends_in_a_fetched_stream(log: Log) -> None:
    """A fetch may stream: its chunks and its ending belong to the prompt."""
    events = [
        {"type": "response.in_progress", "sequence_number": 1, "response": response("in_progress", background=True)},
        {"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "content_index": 0,
         "sequence_number": 2, "delta": "Done.", "logprobs": []},
        {"type": "response.completed", "sequence_number": 3,
         "response": response(output=[said("Done.")], background=True)},
    ]  # fmt: skip
    client = openai_client(
        {
            "POST /responses": response("queued", background=True),
            "GET /responses/resp_1": sse(events, done=False),
        }
    )
    client.responses.create(model="gpt-4o-mini", input="Think", background=True)
    list(client.responses.retrieve("resp_1", stream=True))

    assert log.actions == ["prompt", "completion"]
    assert [chunk.content.text for chunk in log.of("completion_chunk")] == ["Done."]
    assert log.of("completion_chunk")[0].extensions["reply_to"] == log.one("prompt")["event_id"]


def begun(text: str) -> list[dict[str, Any]]:
    """The events of a background stream that breaks off."""
    return [
        {"type": "response.in_progress", "sequence_number": 1, "response": response("in_progress", background=True)},
        {"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "content_index": 0,
         "sequence_number": 2, "delta": text, "logprobs": []},
    ]  # fmt: skip


@without("responses.create", "background")
def test_background_stream_that_is_resumed_has_one_whole_answer(log: Log) -> None:
    """What came before it broke off is not there twice."""
    whole = response(output=[said("Hello world")], background=True)
    events = [
        {**begun(" world")[1], "sequence_number": 3},
        {"type": "response.completed", "sequence_number": 4, "response": whole},
    ]
    client = openai_client(
        {
            "POST /responses": sse(begun("Hello"), done=False),
            "GET /responses/resp_1": sse(events, done=False),
        }
    )
    list(client.responses.create(model="gpt-4o-mini", input="Hi", background=True, stream=True))
    list(client.responses.retrieve("resp_1", stream=True, starting_after=2))

    assert log.actions == ["prompt", "completion"]
    assert log.ending["content"]["text"] == "Hello world"
    assert [each.content.text for each in log.of("completion_chunk")] == ["Hello", " world"]


@without("responses.create", "background")
@pytest.mark.parametrize("is_ended", [True, False])
def test_background_stream_that_is_resumed_twice_has_all_chunks(log: Log, is_ended: bool) -> None:
    """Those of the stream in the middle, too, which brought no ending, and if none has come."""
    whole = response(output=[said("Hello world")], background=True)
    rest = [
        {**begun("ld")[1], "sequence_number": 4},
        {"type": "response.completed", "sequence_number": 5, "response": whole},
    ]
    client = openai_client(
        {
            "POST /responses": sse(begun("Hello"), done=False),
            "GET /responses/resp_1": [
                sse([{**begun(" wor")[1], "sequence_number": 3}], done=False),
                sse(rest, done=False),
            ],
        }
    )
    list(client.responses.create(model="gpt-4o-mini", input="Hi", background=True, stream=True))
    list(client.responses.retrieve("resp_1", stream=True, starting_after=2))
    if is_ended:
        list(client.responses.retrieve("resp_1", stream=True, starting_after=3))
    else:
        OpenAIInstrumentor().end_pending()

    chunks = ["Hello", " wor", "ld"] if is_ended else ["Hello", " wor"]
    assert [each.content.text for each in log.of("completion_chunk")] == chunks
    assert log.ending["content"]["text"] == ("Hello world" if is_ended else "Hello wor")


@without("responses.create", "background")
def test_background_response_that_nobody_fetches_is_pending(log: Log) -> None:
    """Its ending names the response, so that it can be fetched later."""
    client = openai_client({"POST /responses": sse(begun("Hello"), done=False)})
    list(client.responses.create(model="gpt-4o-mini", input="Hi", background=True, stream=True))

    OpenAIInstrumentor().end_pending()

    extensions = log.ending["extensions"]
    assert log.actions == ["prompt", "completion"]
    assert (extensions["outcome"], extensions["partial"]) == ("pending", True)
    assert log.ending["provenance"]["response_id"] == "resp_1"
    assert log.ending["content"]["text"] == "Hello"


@without("responses.create", "background")
def test_background_response_that_is_cancelled(log: Log) -> None:
    """Cancelling is an ending."""
    client = openai_client(
        {
            "POST /responses": response("queued", background=True),
            "POST /responses/resp_1/cancel": response("cancelled", background=True),
        }
    )
    client.responses.create(model="gpt-4o-mini", input="Think", background=True)
    client.responses.cancel("resp_1")

    assert log.actions == ["prompt", "system"]
    assert log.ending["extensions"]["outcome"] == "cancelled"
    assert log.ending["extensions"]["status_code"] == 499


@without("responses.create")
def test_fetching_what_is_not_pending_logs_nothing(log: Log) -> None:
    """A response that was logged, or made elsewhere, is not counted again."""
    client = openai_client({"GET /responses/resp_9": response(id="resp_9", output=[said("Old.")])})

    assert client.responses.retrieve("resp_9").output_text == "Old."
    assert log.events == []


@without("responses.create", "background")
def test_background_stream_that_is_left_can_be_fetched(log: Log) -> None:
    """Leaving the stream of a background response does not end it."""
    opening = {"type": "response.created", "sequence_number": 0,
               "response": response("queued", background=True)}  # fmt: skip
    client = openai_client(
        {
            "POST /responses": sse([opening, opening], done=False),
            "GET /responses/resp_1": response(output=[said("Done.")], background=True),
        }
    )
    with client.responses.create(
        model="gpt-4o-mini", input="Think", background=True, stream=True
    ) as stream:
        next(iter(stream))
    assert log.actions == ["prompt"]
    client.responses.retrieve("resp_1")

    assert log.actions == ["prompt", "completion"]


@without("responses.create")
def test_answer_from_a_cache_of_a_gateway_costs_nothing(log: Log) -> None:
    """Its usage is that of the call which was paid."""
    client = openai_client({"POST /responses": response(output=[said("Hi!")])})

    def answer_from_cache(request: Any) -> Any:
        headers = {"helicone-cache": "HIT"}
        return client.wire.http.Response(200, json=response(output=[said("Hi!")]), headers=headers)

    client.wire.answers["POST /v1/responses"] = answer_from_cache
    client.responses.create(model="gpt-4o-mini", input="Hello")

    assert "cost_usd" not in log.ending["metrics"]
    assert log.ending["extensions"]["cost_unknown"] == (
        "the answer came from a cache (helicone-cache: HIT): no provider was asked"
    )


# -- embeddings, moderations ------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    ["one", ["one", "two"], [1, 2, 3], [[1, 2], [3]]],
    ids=["text", "texts", "tokens", "lists"],
)
def test_embedding(log: Log, given: Any) -> None:
    """Vectors are counted and measured, never written."""
    vector = base64.b64encode(b"\x00" * 4 * 8).decode()
    count = len(given) if isinstance(given, list) and not isinstance(given[0], int) else 1
    rows = [{"object": "embedding", "index": n, "embedding": vector} for n in range(count)]
    body = {"object": "list", "model": "text-embedding-3-small", "data": rows,
            "usage": {"prompt_tokens": 3, "total_tokens": 3}}  # fmt: skip
    client = openai_client({"POST /embeddings": body})
    client.embeddings.create(model="text-embedding-3-small", input=given, encoding_format="base64")

    ending = log.ending
    assert ending["action"] == "embedding"
    assert len(log.one("prompt")["content"]["messages"]) == count
    assert (ending["extensions"]["vectors"], ending["extensions"]["dimensions"]) == (count, 8)
    assert ending["metrics"]["tokens"] == {"prompt": 3, "total": 3}
    assert vector.encode() not in b"".join(log.sink.lines)


def test_moderation(log: Log) -> None:
    """What was flagged, and the scores."""
    result = {"flagged": True, "categories": {"violence": True, "hate": False},
              "category_scores": {"violence": 0.9, "hate": 0.1},
              "category_applied_input_types": {"violence": ["text"]}}  # fmt: skip
    body = {"id": "modr_1", "model": "omni-moderation-latest", "results": [result]}
    client = openai_client({"POST /moderations": body})
    client.moderations.create(model="omni-moderation-latest", input="I will hit you")

    assert log.one("prompt")["content"]["text"] == "I will hit you"
    assert log.ending["extensions"]["outcome"] == "completed"
    assert log.ending["content"]["parts"] == [
        {"type": "moderation", "flagged": True, "categories": ["violence"],
         "scores": {"violence": 0.9, "hate": 0.1}}
    ]  # fmt: skip


# -- images and audio -------------------------------------------------------------------------


@without("images.generate")
def test_image(log: Log) -> None:
    """A picture is a blob; its tokens are counted."""
    usage = {"input_tokens": 5, "output_tokens": 100, "total_tokens": 105,
             "input_tokens_details": {"text_tokens": 5, "image_tokens": 0}}  # fmt: skip
    body = {
        "created": 1,
        "data": [{"b64_json": base64.b64encode(PICTURE).decode()}],
        "usage": usage,
    }
    client = openai_client({"POST /images/generations": body})
    client.images.generate(model="gpt-image-1", prompt="A cat")

    assert log.one("prompt")["content"]["text"] == "A cat"
    (image,) = log.ending["content"]["images"]
    assert (image["type"], image["size"]) == ("blob", len(PICTURE))
    assert log.ending["metrics"]["tokens"] == {"prompt": 5, "completion": 100, "total": 105}


@without("images.generate")
def test_edited_image_names_the_files_that_were_sent(log: Log, tmp_path: Path) -> None:
    """Bytes that were sent are blobs, and an open file is not read by the log."""
    path = tmp_path / "cat.png"
    path.write_bytes(PICTURE)
    body = {"created": 1, "data": [{"url": "https://example.com/cat.png"}]}
    client = openai_client({"POST /images/edits": [body, body]})
    client.images.edit(
        model="gpt-image-1", image=("cat.png", PICTURE, "image/png"), prompt="Add a hat"
    )
    with path.open("rb") as file:
        client.images.edit(model="gpt-image-1", image=file, prompt="Add a hat")

    first, second = (event.content.messages[0]["parts"] for event in log.of("prompt"))
    assert first[1]["sha256"] == hashlib.sha256(PICTURE).hexdigest()
    assert second[1] == {"type": "file", "modality": "image", "filename": str(path)}
    for request in client.wire.requests:
        assert PICTURE in request.content
    assert log.of("completion")[0].content.to_dict()["parts"] == [
        {
            "type": "uri",
            "modality": "image",
            "uri": "https://example.com/cat.png",
            "mime_type": "image/png",
        }
    ]


@without("images.generate", "stream")
def test_streamed_image(log: Log) -> None:
    """The sketches on the way are not the answer."""
    encoded = base64.b64encode(PICTURE).decode()
    common = {"background": "auto", "created_at": 1, "output_format": "png", "quality": "low",
              "size": "1024x1024", "b64_json": encoded}  # fmt: skip
    usage = {"input_tokens": 5, "output_tokens": 9, "total_tokens": 14,
             "input_tokens_details": {"text_tokens": 5, "image_tokens": 0}}  # fmt: skip
    events = [
        {"type": "image_generation.partial_image", "partial_image_index": 0, **common},
        {"type": "image_generation.completed", "usage": usage, **common},
    ]
    client = openai_client({"POST /images/generations": sse(events, done=False)})
    list(client.images.generate(model="gpt-image-1", prompt="A cat", stream=True))

    assert len(log.ending["content"]["images"]) == 1
    assert log.ending["extensions"]["outcome"] == "completed"
    assert "partial" not in log.ending["extensions"]


def test_transcription(log: Log) -> None:
    """Sound goes in as a blob, text comes out."""
    usage = {"type": "tokens", "input_tokens": 14, "output_tokens": 4, "total_tokens": 18,
             "input_token_details": {"text_tokens": 0, "audio_tokens": 14}}  # fmt: skip
    client = openai_client({"POST /audio/transcriptions": {"text": "Hello there", "usage": usage}})
    client.audio.transcriptions.create(
        model="gpt-4o-transcribe", file=("a.wav", b"RIFF", "audio/wav")
    )

    (part,) = log.one("prompt")["content"]["messages"][0]["parts"]
    assert (part["type"], part["size"], part["filename"]) == ("blob", 4, "a.wav")
    assert log.ending["content"]["text"] == "Hello there"
    assert log.ending["metrics"]["tokens"]["audio"] == 14


@pytest.mark.parametrize("written", ["1\n00:00 --> 00:01\nHi\n", "42"], ids=["srt", "number"])
def test_transcription_as_text(log: Log, written: str) -> None:
    """Formats that are no JSON are the text that came, even where it looks like JSON."""
    client = openai_client(
        {"POST /audio/transcriptions": lambda _: client.wire.http.Response(200, text=written)}
    )
    given = client.audio.transcriptions.create(
        model="whisper-1", file=("a.wav", b"RIFF"), response_format="srt"
    )

    assert str(given) == written  # old SDKs make a number of it
    assert log.ending["content"]["text"] == written


@without("audio.transcriptions.create", "stream")
def test_streamed_transcription(log: Log) -> None:
    """Deltas are chunks."""
    events = [
        {"type": "transcript.text.delta", "delta": "Hello"},
        {"type": "transcript.text.delta", "delta": " there"},
        {"type": "transcript.text.done", "text": "Hello there"},
    ]
    client = openai_client({"POST /audio/transcriptions": sse(events)})
    list(
        client.audio.transcriptions.create(
            model="gpt-4o-transcribe", file=("a.wav", b"RIFF"), stream=True
        )
    )

    assert [chunk.content.text for chunk in log.of("completion_chunk")] == ["Hello", " there"]
    assert log.ending["content"]["text"] == "Hello there"


def test_speech(log: Log) -> None:
    """The sound that came is a blob, and the caller reads it as ever."""
    sound = b"ID3 sound"
    client = openai_client(
        {
            "POST /audio/speech": lambda _: client.wire.http.Response(
                200, content=sound, headers={"content-type": "audio/mpeg"}
            )
        }
    )
    spoken = client.audio.speech.create(model="tts-1", voice="alloy", input="Say it")

    assert spoken.content == sound
    assert log.one("prompt")["content"]["text"] == "Say it"
    (part,) = log.ending["content"]["media"]
    assert part["mime_type"] == "audio/mpeg"
    assert part["sha256"] == hashlib.sha256(sound).hexdigest()


@without("audio.speech.with_streaming_response.create")
def test_speech_that_is_streamed_is_logged_when_it_was_read(log: Log) -> None:
    """Nothing is read that the caller does not read."""
    sound = b"line one\nline two\n"
    client = openai_client({"POST /audio/speech": lambda _: _octets(client, sound)})
    create = client.audio.speech.with_streaming_response.create
    with create(model="tts-1", voice="alloy", input="Say it") as spoken:
        assert log.actions == ["prompt"]
        assert b"".join(spoken.iter_bytes()) == sound

    (part,) = log.ending["content"]["media"]
    assert part["size"] == len(sound)


def _octets(client: Any, data: bytes) -> Any:
    from tests.instrumentation.mock_http import _Body

    http = client.wire.http
    return http.Response(200, stream=_Body(http, data), headers={"content-type": "audio/mpeg"})


# -- assistants -------------------------------------------------------------------------------


def run(status: str, **fields: Any) -> dict[str, Any]:
    """A run as the API sends it."""
    return {"id": "run_1", "object": "thread.run", "thread_id": "thread_1", "status": status,
            "assistant_id": "asst_1", "model": "gpt-4o", "created_at": 1, "instructions": "",
            "tools": [], "metadata": {}, "parallel_tool_calls": True, **fields}  # fmt: skip


def test_run_with_a_tool_is_one_call(log: Log) -> None:
    """Polls and submitted tool outputs belong to the run's one prompt and one ending."""
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [call]}}
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    client = openai_client(
        {
            "POST /threads/thread_1/runs": run("queued"),
            "GET /threads/thread_1/runs/run_1": [
                run("requires_action", required_action=action),
                run("completed", usage=usage),
            ],
            "POST /threads/thread_1/runs/run_1/submit_tool_outputs": run("queued"),
        }
    )
    runs = client.beta.threads.runs
    runs.create(thread_id="thread_1", assistant_id="asst_1")
    runs.retrieve("run_1", thread_id="thread_1")
    runs.submit_tool_outputs(
        "run_1", thread_id="thread_1", tool_outputs=[{"tool_call_id": "call_1", "output": "14"}]
    )
    runs.retrieve("run_1", thread_id="thread_1")

    assert log.actions == ["prompt", "completion", "tool_call"]
    assert log.ending["metrics"]["tokens"] == {"prompt": 7, "completion": 3, "total": 10}
    assert {event.session_id for event in log.events} == {"thread_1"}


@without("beta.responses.create")
def test_beta_response_is_logged_as_the_response_that_it_is(log: Log) -> None:
    """The SDK adds a query to the path of its beta surface, which hides nothing."""
    client = openai_client({"POST /responses": response(output=[said("Hi!")])})
    client.beta.responses.create(model="gpt-4o-mini", input="Hello")

    assert [event.content.text for event in log.events if event.content] == ["Hello", "Hi!"]
    assert log.ending["metrics"]["tokens"]["total"] == 16


# -- hosts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://eu.api.openai.com/v1", "openai"),
        ("https://api.deepseek.com/v1", "deepseek"),
        ("https://openrouter.ai/v1", "openrouter"),
        ("https://api.groq.com/v1", "groq"),
        ("https://api.x.ai/v1", "x_ai"),
        ("https://api.mistral.ai/v1", "mistral_ai"),
        ("https://api.perplexity.ai/v1", "perplexity"),
        ("https://api.fireworks.ai/v1", "fireworks"),
        ("http://localhost:11434/v1", "ollama"),
        ("http://127.0.0.1:1234/v1", "lm_studio"),
        ("http://localhost:8000/v1", "vllm"),
        ("http://litellm.internal:4000/v1", "litellm"),
        ("https://llm.example.com/v1", "openai"),
    ],
)
def test_provider_is_told_by_the_host(log: Log, url: str, provider: str) -> None:
    """Whoever speaks OpenAI's API is named by where it was called."""
    body = {"object": "list", "model": "m", "data": []}
    client = openai_client({"POST /embeddings": body}, base_url=url)
    client.embeddings.create(model="m", input="Hello", encoding_format="base64")

    assert log.one("prompt")["provenance"]["provider"] == provider
    assert log.ending["actor"]["id"] == provider


def test_azure(log: Log) -> None:
    """Azure's client is known by its class where the host is the company's own."""
    import openai

    from tests.instrumentation.mock_http import Wire

    body = {"id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-4o-2024-08-06",
            "choices": [{"index": 0, "finish_reason": "stop",
                         "message": {"role": "assistant", "content": "Hi"}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}  # fmt: skip
    wire = Wire({"POST /openai/deployments/gpt-4o/chat/completions": body})
    client = openai.AzureOpenAI(
        azure_endpoint="https://ai.example.com", api_key="test", api_version="2024-06-01",
        azure_deployment="gpt-4o", http_client=wire.client(), max_retries=0,
    )  # fmt: skip
    client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hello"}])

    assert log.ending["provenance"]["provider"] == "azure.ai.openai"
    assert log.ending["provenance"]["server"] == "ai.example.com"
    assert json.loads(wire.requests[0].content)["model"] == "gpt-4o"


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        ({"code": 429, "message": "slow down"}, "rate_limit", 429),
        ({"code": "503", "message": "slow down", "type": "busy"}, "overloaded", 503),
        ({"code": "odd", "message": "slow down"}, "unknown", 200),
        ({"code": "odd", "status": 401, "message": "slow down"}, "authentication", 401),
        ("slow down", "unknown", 200),
    ],
)
def test_error_in_an_answer_of_status_200(log: Log, error: Any, code: str, status: int) -> None:
    """Gateways answer so: the caller gets no exception, and the log says what came."""
    client = openai_client({"POST /chat/completions": {"error": error}})
    answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])

    assert answer.choices is None
    assert log.actions == ["prompt", "system"]
    assert log.ending["content"] == {"text": "slow down"}
    assert log.ending["extensions"]["outcome"] == "failed"
    assert log.ending["extensions"]["error_code"] == code
    assert log.ending["extensions"]["status_code"] == status


def test_prompt_that_azure_filters_with_status_200(log: Log) -> None:
    """A filter that stepped in is no failure."""
    error = {"code": "content_filter", "message": "The prompt was filtered.", "status": 400}
    client = openai_client({"POST /chat/completions": {"error": error}})
    client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])

    assert log.actions == ["prompt", "completion"]
    assert log.ending["extensions"]["outcome"] == "filtered"


def test_clock_that_is_set_back_during_a_call(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is not logged before its question; the duration is that of another clock."""
    moments = iter([1_800_000_000_000_000_000])

    def unix_nanos() -> int:
        return next(moments, 1_700_000_000_000_000_000)

    monkeypatch.setattr(clock, "unix_nanos", unix_nanos)
    body = {"id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-4o",
            "choices": [{"index": 0, "finish_reason": "stop",
                         "message": {"role": "assistant", "content": "Hi"}}]}  # fmt: skip
    openai_client({"POST /chat/completions": body}).chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "Hi"}]
    )

    prompt, ending = log.events
    assert prompt.timestamp == ending.timestamp == "2027-01-15T08:00:00.000000Z"
    assert 0 <= ending.extensions["latency_ms"] < 60_000


@pytest.mark.parametrize("logprob", ["-1.5", "-Infinity", "NaN"])
def test_answer_that_is_more_than_json(log: Log, logprob: str) -> None:
    """Servers in Python may send numbers that JSON has not; the SDK reads them, and so do we."""
    body = (
        b'{"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [{'
        b'"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"},'
        b'"logprobs": {"content": [{"token": "Hi", "logprob": %b, "top_logprobs": []}]}}],'
        b'"usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}'
    ) % logprob.encode()
    http = http_of("openai")
    headers = {"content-type": "application/json"}
    client = openai_client(
        {"POST /chat/completions": http.Response(200, content=body, headers=headers)}
    )
    errors = guard.errors

    answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "?"}])

    ending = log.one("completion")
    assert answer.choices[0].message.content == ending["content"]["text"] == "Hi"
    assert ending["metrics"]["tokens"] == {"prompt": 3, "completion": 2, "total": 5}
    assert ending["extensions"]["finish_reason"] == "stop"
    assert guard.errors == errors


# -- answers that the SDK raises for ----------------------------------------------------------


@without("chat.completions.parse", "response_format")
@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("reason", "error_type"),
    [("length", "openai.LengthFinishReasonError"),
     ("content_filter", "openai.ContentFilterFinishReasonError"),
     ("stop", "pydantic_core.ValidationError")],
)  # fmt: skip
def test_answer_that_the_sdk_cannot_parse_was_paid_for(
    log: Log, reason: str, error_type: str, is_async: bool
) -> None:
    """The call failed for the program, and the log has what came, its tokens and its cost."""
    pydantic = pytest.importorskip("pydantic")
    answer_type = pydantic.create_model("Answer", city=(str, ...))
    body = {"id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini-2024-07-18",
            "choices": [{"index": 0, "finish_reason": reason,
                         "message": {"role": "assistant", "content": '{"town": '}}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}}  # fmt: skip
    ask = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Where?"}],
           "response_format": answer_type}  # fmt: skip
    client = openai_client({"POST /chat/completions": body}, is_async=is_async)

    async def parse() -> None:
        parsed = client.chat.completions.parse(**ask)
        if is_async:
            await parsed

    with pytest.raises(Exception) as raised:  # the SDK's own, or pydantic's
        asyncio.run(parse())

    ending = log.ending
    assert error_type.endswith(type(raised.value).__name__)
    assert ending["action"] == "system"
    assert ending["content"]["text"].startswith(str(raised.value)[:20])
    assert ending["content"]["partial_text"] == '{"town": '
    assert ending["metrics"]["tokens"] == {"prompt": 1000, "completion": 100, "total": 1100}
    assert ending["metrics"]["cost_usd"] == pytest.approx((1000 * 0.15 + 100 * 0.6) / 1e6)
    assert ending["provenance"]["response_id"] == "c1"
    said = ending["extensions"]
    assert (said["outcome"], said["error_type"]) == ("failed", error_type)
    assert (said["finish_reason"], said["status_code"]) == (reason, 200)


def test_refused_request_has_no_answer(log: Log) -> None:
    """The body of an error is not read as an answer, whatever it has."""
    http = http_of("openai")
    body = {"error": {"message": "no"}, "usage": {"prompt_tokens": 5, "completion_tokens": 0}}
    client = openai_client({"POST /chat/completions": http.Response(400, json=body)})

    with pytest.raises(Exception, match="no"):
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])

    assert "metrics" not in log.ending
    assert "response_id" not in log.ending["provenance"]


# -- streams of events that are read whole ----------------------------------------------------

SOUNDS = [{"type": "speech.audio.delta", "audio": base64.b64encode(b"sound").decode()},
          {"type": "speech.audio.delta", "audio": base64.b64encode(b"ing").decode()},
          {"type": "speech.audio.done",
           "usage": {"input_tokens": 10, "output_tokens": 50, "total_tokens": 60}}]  # fmt: skip


@without("audio.speech.create", "stream_format")
@pytest.mark.parametrize("is_async", [False, True])
def test_speech_in_events_that_is_read_whole(log: Log, is_async: bool) -> None:
    """The caller gets the bytes of the events, and the log has the sound in them and its cost."""
    body = sse(SOUNDS, done=False)
    client = openai_client({"POST /audio/speech": body}, is_async=is_async)
    ask = {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": "Hi", "stream_format": "sse"}

    async def speak() -> Any:
        answer = client.audio.speech.create(**ask)
        return await answer if is_async else answer

    assert asyncio.run(speak()).content == body
    ending = log.ending
    assert ending["content"]["media"] == [
        {"type": "blob", "modality": "audio", "size": 8,
         "sha256": hashlib.sha256(b"sounding").hexdigest()}
    ]  # fmt: skip
    assert ending["metrics"]["tokens"] == {"prompt": 10, "completion": 50, "total": 60}
    assert ending["metrics"]["cost_usd"] == pytest.approx((10 * 0.6 + 50 * 12) / 1e6)
    assert ending["extensions"]["outcome"] == "completed"


def test_raw_stream_that_a_hook_of_the_client_has_read(log: Log) -> None:
    """As programs do that write down what they receive: nothing comes any more, all is there."""
    import openai

    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m",
             "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}  # fmt: skip
    http = openai_client({"POST /chat/completions": sse([chunk])}).wire.client()
    http.event_hooks["response"].append(lambda response: response.read())
    client = openai.OpenAI(api_key="test", base_url="https://api.openai.com/v1", http_client=http)

    raw = client.chat.completions.with_raw_response.create(
        model="m", messages=[{"role": "user", "content": "?"}], stream=True
    )

    assert [each.choices[0].delta.content for each in raw.parse()] == ["Hi"]
    assert [each.content.text for each in log.of("completion_chunk")] == ["Hi"]
    assert log.ending["content"]["text"] == "Hi"
    assert log.ending["extensions"]["outcome"] == "completed"


# -- answers that are none --------------------------------------------------------------------


@pytest.mark.parametrize("is_raw", [False, True])
def test_page_in_place_of_an_answer(log: Log, is_raw: bool) -> None:
    """A wrong address has one, and so has a proxy: with status 200, and the SDK takes it."""
    http = http_of("openai")
    page = http.Response(200, text="<html>Sign in</html>", headers={"content-type": "text/html"})
    client = openai_client({"POST /chat/completions": page})
    ask = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}

    if is_raw:
        raw = client.chat.completions.with_raw_response.create(**ask)
        assert raw.http_response.text == page.text
    else:
        assert client.chat.completions.create(**ask) == page.text

    ending = log.ending
    assert ending["action"] == "system"
    assert ending["content"]["text"] == "the answer is not JSON: <html>Sign in</html>"
    facts = ending["extensions"]
    assert (facts["outcome"], facts["error_code"], facts["status_code"]) == (
        "failed",
        "unknown",
        200,
    )


@pytest.mark.parametrize(
    ("path", "ask"),
    [
        ("/embeddings", lambda c: c.embeddings.with_raw_response.create(model="m", input="Hi")),
        ("/images/generations", lambda c: c.images.generate(model="m", prompt="A cat")),
        ("/moderations", lambda c: c.moderations.create(model="m", input="Hi")),
        ("/responses", lambda c: c.responses.create(model="m", input="Hi")),
    ],
)
@without("responses.create")
def test_error_of_a_gateway_in_place_of_an_answer(log: Log, path: str, ask: Any) -> None:
    """With status 200, and nothing else in the body, whichever API was asked."""
    error = {"error": {"code": 429, "message": "Too much."}}

    ask(openai_client({f"POST {path}": error}))

    assert log.ending["action"] == "system"
    assert log.ending["content"]["text"] == "Too much."
    facts = log.ending["extensions"]
    assert (facts["outcome"], facts["error_code"], facts["status_code"]) == (
        "failed", "rate_limit", 429,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["application/json", "text/html; charset=utf-8"])
@pytest.mark.parametrize("path", ["/chat/completions", "/responses"])
@without("responses.create")
def test_answer_in_place_of_a_stream(log: Log, path: str, kind: str) -> None:
    """The SDK finds no event in it, and the program reads an empty stream."""
    http = http_of("openai")
    body = http.Response(200, text='{"error": "Too much."}', headers={"content-type": kind})
    client = openai_client({f"POST {path}": body})
    if path == "/responses":
        stream = client.responses.create(model="m", input="Hi", stream=True)
    else:
        asked = [{"role": "user", "content": "Hi"}]
        stream = client.chat.completions.create(model="m", messages=asked, stream=True)

    assert list(stream) == []
    assert log.ending["action"] == "system"
    assert log.ending["content"]["text"] == f"the answer is no stream, its type is {kind}"
    facts = log.ending["extensions"]
    assert (facts["outcome"], facts["error_code"], facts["status_code"]) == (
        "failed",
        "unknown",
        200,
    )


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [('{"error": {"code": 429, "message": "Too much."}}', "rate_limit", "Too much."),
     ("<html>Sign in</html>", "unknown", "the answer is not JSON: <html>Sign in</html>")],
)  # fmt: skip
def test_answer_in_place_of_a_raw_stream(log: Log, body: str, code: str, said: str) -> None:
    """What the program reads of the response is read by the log, too."""
    http = http_of("openai")
    client = openai_client({"POST /chat/completions": http.Response(200, text=body)})

    raw = client.chat.completions.with_raw_response.create(
        model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
    )

    assert list(raw.parse()) == []
    assert (log.ending["action"], log.ending["content"]["text"]) == ("system", said)
    assert log.ending["extensions"]["error_code"] == code


def test_stream_without_an_event_is_empty(log: Log) -> None:
    """A host may send nothing: the call is complete, as far as one can see."""
    client = openai_client({"POST /chat/completions": sse([])})

    asked = [{"role": "user", "content": "Hi"}]
    assert list(client.chat.completions.create(model="m", messages=asked, stream=True)) == []
    assert log.ending["extensions"]["outcome"] == "completed"
    assert log.ending["extensions"]["partial"] is True
