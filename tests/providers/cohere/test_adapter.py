"""Cohere's own clients against a server that answers like Cohere."""

from __future__ import annotations

import asyncio
import gc
import json
import warnings
from contextlib import suppress
from typing import Any

import pytest

import hilt
from tests.conftest import Log
from tests.providers.scripted import Scripted
from tests.providers.wire import wire

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of pydantic's, about older releases
    cohere = pytest.importorskip("cohere")

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

MODEL = "command-r-08-2024"
HELLO = [{"role": "user", "content": "Hello"}]
TOOLS = [
    {
        "type": "function",
        "function": {"name": "get_weather", "description": "", "parameters": {"type": "object"}},
    }
]


def v1(url: str) -> Any:
    """A client of version 1."""
    return cohere.Client(api_key="SECRET-KEY", base_url=url)


def v2(url: str) -> Any:
    """A client of version 2."""
    return cohere.ClientV2(api_key="SECRET-KEY", base_url=url)


def test_billed_tokens_count(log: Log) -> None:
    """The tokens are those billed; what was consumed is in the usage, as Cohere sent it."""
    with Scripted(wire("cohere/chat_tools")) as server:
        v2(server.url).chat(model=MODEL, messages=HELLO, tools=TOOLS, temperature=0.5, k=3, p=0.9)

    asked, event = log.one("prompt"), log.one("completion")
    assert asked["extensions"]["parameters"] == {"temperature": 0.5, "top_k": 3, "top_p": 0.9}
    assert event["metrics"]["tokens"] == {"prompt": 11, "completion": 7, "total": 18}
    assert event["metrics"]["cost_usd"] > 0
    assert event["provenance"]["usage"] == wire("cohere/chat_tools")["usage"]
    assert "SECRET-KEY" not in json.dumps([each.to_dict() for each in log.events])


def test_tool_calls_and_results(log: Log) -> None:
    """Calls of tools are events, and so are the results that the next call brings."""
    first = wire("cohere/chat_tools")
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": "14 C"}
        for call in first["message"]["tool_calls"]
    ]
    with Scripted(first) as server:
        client = v2(server.url)
        client.chat(model=MODEL, messages=HELLO, tools=TOOLS)
        client.chat(model=MODEL, messages=[*HELLO, first["message"], *results], tools=TOOLS)

    calls, results_logged = log.of("tool_call"), log.of("tool_result")
    assert [call.content.tool["arguments"] for call in calls[:2]] == [
        {"city": "Oslo"},
        {"city": "Bergen"},
    ]
    assert log.endings[0].content.to_dict()["reasoning"] == "I will look at the weather."
    assert len(log.of("prompt")) == 1
    assert [each.extensions["reply_to"] for each in results_logged] == [
        call.event_id for call in calls[:2]
    ]


def test_stream_with_thoughts_and_citations(log: Log) -> None:
    """Text comes in chunks; thoughts and citations are with the whole answer."""
    with Scripted([*wire("cohere/chat_stream"), "[DONE]"]) as server:
        stream = v2(server.url).chat_stream(model=MODEL, messages=HELLO)
        list(stream)

    event = log.one("completion")
    assert [each.content.text for each in log.of("completion_chunk")] == ["Oslo is", " wet."]
    assert event["content"]["text"] == "Oslo is wet."
    assert event["content"]["reasoning"] == "The page says it."
    cited = json.dumps(event["content"])
    assert '"doc:0"' in cited
    assert event["extensions"]["outcome"] == "completed"


def test_interleaved_tool_calls(log: Log) -> None:
    """Pieces of parallel tool calls are put together by their index."""

    async def act(url: str) -> None:
        client = cohere.AsyncClientV2(api_key="SECRET-KEY", base_url=url)
        async for _ in client.chat_stream(model=MODEL, messages=HELLO):
            pass

    with Scripted([*wire("cohere/tool_stream"), "[DONE]"]) as server:
        asyncio.run(act(server.url))

    calls = [each.content.tool for each in log.of("tool_call")]
    assert [(call["call_id"], call["arguments"]) for call in calls] == [
        ("w_1", {"city": "Oslo"}),
        ("w_2", {"city": "Bergen"}),
    ]
    assert log.ending["content"]["reasoning"] == "I will look."


def test_version_1(log: Log) -> None:
    """Version 1 has one message, its history and a preamble; the answer has citations."""
    history = [{"role": "USER", "message": "Hi"}, {"role": "CHATBOT", "message": "Hello."}]
    with Scripted(wire("cohere/v1_chat")) as server:
        v1(server.url).chat(
            message="Is Oslo wet?", preamble="Be brief.", chat_history=history, model="command-r"
        )

    asked, event = log.one("prompt"), log.one("completion")
    assert asked["content"]["text"] == "Is Oslo wet?"
    roles = [each["role"] for each in asked["content"]["messages"]]
    assert roles[-3:] == ["user", "assistant", "user"]
    assert event["content"]["text"] == "Oslo is wet."
    assert event["metrics"]["tokens"] == {"prompt": 3, "completion": 4, "total": 7}
    assert event["provenance"]["response_id"] == "r-1"


def test_version_1_stream(log: Log) -> None:
    """Its streams are lines of JSON, the last of which has the whole answer."""
    lines = "".join(json.dumps(each) + "\n" for each in wire("cohere/v1_stream"))
    with Scripted(lines) as server:
        list(v1(server.url).chat_stream(message="Is Oslo wet?", model="command-r"))

    event = log.one("completion")
    assert event["content"]["text"] == "Oslo is wet."
    assert event["extensions"]["finish_reason"] == "COMPLETE"
    assert event["metrics"]["tokens"]["completion"] == 4
    assert len(log.of("completion_chunk")) == 2


def test_version_1_tools(log: Log) -> None:
    """Its tool calls have objects for arguments, and its results follow the message."""
    with Scripted(wire("cohere/v1_tools")) as server:
        v1(server.url).chat(message="Weather?", model="command-r")
        call = {"name": "get_weather", "parameters": {"city": "Oslo"}}
        results = [{"call": call, "outputs": [{"rain": True}]}]
        v1(server.url).chat(message="", model="command-r", tool_results=results)

    assert log.of("tool_call")[0].content.tool["arguments"] == {"city": "Oslo"}
    assert log.of("tool_result")[0].to_dict()["actor"]["id"] == "get_weather"


def test_embeddings_by_type(log: Log) -> None:
    """An embedding says how many vectors of every type came, and how long they are."""
    with Scripted(wire("cohere/embed")) as server:
        v2(server.url).embed(
            model="embed-v4.0",
            input_type="search_document",
            texts=["a", "b"],
            embedding_types=["float", "int8"],
        )

    event = log.one("embedding")
    assert (event["extensions"]["vectors"], event["extensions"]["dimensions"]) == (4, 3)
    assert event["metrics"]["tokens"]["prompt"] == 2


def test_embeddings_from_a_pool(log: Log) -> None:
    """Version 1 embeds in the threads of a pool; the conversation is the caller's."""
    answer = {
        "id": "e",
        "response_type": "embeddings_floats",
        "embeddings": [[0.1]],
        "texts": ["a"],
        "meta": {},
    }
    with (
        Scripted(answer) as server,
        hilt.conversation("order-42"),
        suppress(AttributeError),  # older releases trip over merging the answers
    ):
        v1(server.url).embed(texts=["a"] * 100, model="embed-english-v3.0")

    assert log.actions.count("embedding") == 2  # one for each request
    assert {event.session_id for event in log.events} == {"order-42"}


def test_rerank(log: Log) -> None:
    """A reranking has the documents by rank, with scores and texts."""
    with Scripted(wire("cohere/rerank")) as server:
        v2(server.url).rerank(model="rerank-v3.5", query="rain", documents=["sun", "rain"], top_n=2)

    event = log.one("rerank")
    ranked = event["content"]["documents"]
    assert [(row["index"], row["score"]) for row in ranked] == [(1, 0.9), (0, 0.1)]
    assert event["provenance"]["usage"] == {"billed_units": {"search_units": 1}}


def test_error_in_a_stream(log: Log) -> None:
    """A stream that ends in an error of Cohere's is no completion; its text is kept."""
    events = wire("cohere/chat_stream")[:6]
    events.append({"type": "message-end", "delta": {"finish_reason": "ERROR", "error": "broke"}})
    with Scripted(events) as server:
        list(v2(server.url).chat_stream(model=MODEL, messages=HELLO))

    event = log.ending
    assert (event["action"], event["extensions"]["error_code"]) == ("system", "server_error")


def test_error_names_the_exception(log: Log) -> None:
    """What the caller catches is what the log names, without the headers it prints."""
    with (
        Scripted((429, {"retry-after": "7"}, {"message": "slow down"})) as server,
        pytest.raises(cohere.TooManyRequestsError) as caught,
    ):
        v2(server.url).chat(model=MODEL, messages=HELLO, request_options={"max_retries": 0})

    facts = log.ending["extensions"]
    kind = type(caught.value)
    assert facts["error_type"] == f"{kind.__module__}.{kind.__qualname__}"
    assert (facts["error_code"], facts["status_code"]) == ("rate_limit", 429)
    assert facts["retry_after_s"] == 7.0
    assert log.ending["content"]["text"] == "slow down"


@pytest.mark.parametrize(
    ("body", "action", "text"),
    [
        ({"message": "Hi"}, "system", "Hi"),
        ({"finish_reason": "COMPLETE", "message": "Hi"}, "completion", "Hi"),
        ({"finish_reason": "COMPLETE", "message": ["Hi"]}, "completion", ""),
        ({"finish_reason": "COMPLETE", "message": {"content": "Hi"}}, "completion", "Hi"),
        ({"finish_reason": "COMPLETE", "message": {"content": ["Hi"]}}, "completion", "Hi"),
        ({"message": {"content": {"text": "Hi"}, "tool_calls": "odd"}}, "completion", "Hi"),
        ({"finish_reason": "ERROR", "message": "broke"}, "system", "broke"),
        ({"text": "Hi"}, "completion", ""),
        ("<html>", "system", "<html>"),
        ("7", "system", "7"),
        ("null", "completion", ""),
        ('"Hi"', "system", "Hi"),
        ('["Hi"]', "system", "['Hi']"),
    ],
)
def test_odd_bodies(log: Log, body: Any, action: str, text: str) -> None:
    """What is no answer of Cohere's has one ending and no internal error, and an odd one a text."""
    errors = hilt.core.guard.guard.errors
    with Scripted(body) as server, suppress(Exception):  # Cohere's own releases differ
        v2(server.url).chat(model=MODEL, messages=HELLO)

    assert log.actions == ["prompt", action]
    assert (log.ending.get("content") or {}).get("text") == text
    assert hilt.core.guard.guard.errors == errors


@pytest.mark.parametrize("body", ["7", "<html>"])
def test_body_that_is_no_object_names_the_exception(log: Log, body: str) -> None:
    """Of an answer that the SDK cannot read, the log names what the caller catches."""
    with Scripted(body) as server, pytest.raises(Exception) as caught:
        v2(server.url).chat(model=MODEL, messages=HELLO)

    kind = type(caught.value)
    name = kind.__name__ if kind is TypeError else f"{kind.__module__}.{kind.__qualname__}"
    assert log.ending["extensions"]["error_type"] == name


ERROR_BODIES = {
    "cohere's": ({"id": "e-1", "message": "slow down"}, "unknown"),
    "gateway's": ({"error": {"code": "429", "message": "slow down"}}, "rate_limit"),
}
ASK = {
    "chat v1": lambda url: v1(url).chat(model=MODEL, message="Hello"),
    "chat v2": lambda url: v2(url).chat(model=MODEL, messages=HELLO),
    "stream v1": lambda url: list(v1(url).chat_stream(model=MODEL, message="Hello")),
    "generate": lambda url: v1(url).generate(prompt="Hello"),
    "embed": lambda url: v2(url).embed(
        model="m", texts=["Hello"], input_type="search_query", embedding_types=["float"]
    ),
    "rerank": lambda url: v2(url).rerank(model="m", query="rain", documents=["sun"]),
    "classify": lambda url: v1(url).classify(model="m", inputs=["Hello"]),
}


@pytest.mark.parametrize("error", ERROR_BODIES)
@pytest.mark.parametrize("ask", ASK)
def test_error_with_status_200_is_no_answer(log: Log, ask: str, error: str) -> None:
    """The body of an error is a failed call, although the SDK takes most of them for answers."""
    body, code = ERROR_BODIES[error]
    with Scripted(body) as server, suppress(Exception):  # Cohere's own releases differ
        ASK[ask](server.url)

    facts = log.ending["extensions"]
    assert (log.ending["action"], facts["outcome"]) == ("system", "failed")
    assert facts["error_code"] == code
    assert log.ending["content"] == {"text": "slow down"}


def test_finished_stream_is_complete_when_dropped(log: Log) -> None:
    """Who leaves a stream after its last word has missed nothing."""
    with Scripted(wire("cohere/chat_stream")) as server:
        stream = v2(server.url).chat_stream(model=MODEL, messages=HELLO)
        for event in stream:
            if event.type == "message-end":
                break
        del stream
        gc.collect()

    assert log.ending["extensions"]["outcome"] == "completed"
