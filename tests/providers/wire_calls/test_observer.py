"""The wire observer: what it observes, what it leaves to others, and that it harms nobody."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import hilt
from hilt import _in_force
from hilt.instrumentation.enclosing_calls import logged_here
from hilt.instrumentation.engine import Call
from hilt.instrumentation.model_hosts import is_model_host
from hilt.providers.registry import PROVIDERS
from hilt.providers.wire import answers, libraries
from hilt.providers.wire.observer import WireObserver, host_and_port
from hilt.providers.wire.routes import Wire
from hilt.testing.provider import Provider
from tests.conftest import Log
from tests.providers.scripted import Scripted

httpx = pytest.importorskip("httpx")
pytest.importorskip("aiohttp")
pytest.importorskip("urllib3")
openai = pytest.importorskip("openai")

from tests.providers.wire_calls.clients import CLIENTS  # noqa: E402 # after the packages it needs

BODY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}
PATH = "/v1/chat/completions"


@pytest.fixture
def log() -> Log:
    """A log, and nothing that is instrumented."""
    return Log()


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider on this machine."""
    with Provider() as provider:
        yield provider


@pytest.fixture
def observe(log: Log) -> Iterator[Any]:
    """Starts the observer; this machine is named as a host."""
    yield lambda **more: hilt.instrument(
        session=log.session, **{"providers": [], "wire_hosts": ["127.0.0.1"], **more}
    )
    hilt.uninstrument()


def _post(provider: Provider, path: str, body: Any, **more: Any) -> Any:
    return httpx.post(provider.url + path, json=body, **more)


GEMINI = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
MESSAGES = {**BODY, "model": "claude-sonnet-4-5", "max_tokens": 9}
APIS: dict[str, tuple[str, Any, str]] = {
    "chat completions": ("/any/base/v1/chat/completions", BODY, "gpt-4o-mini"),
    "Azure": (
        "/openai/deployments/gpt-4o-mini/chat/completions",
        {"messages": BODY["messages"]},
        "gpt-4o-mini",
    ),
    "Azure with a model": ("/openai/deployments/mine/chat/completions", BODY, "gpt-4o-mini"),
    "responses": ("/v1/responses", {"model": "gpt-4o-mini", "input": "Hello"}, "gpt-4o-mini"),
    "messages": ("/v1/messages", MESSAGES, "claude-sonnet-4-5"),
    "Gemini": ("/v1beta/models/gemini-2.5-flash:generateContent", GEMINI, "gemini-2.5-flash"),
    "Cohere": ("/v2/chat", {**BODY, "model": "command-r"}, "command-r"),
}
STREAMS: dict[str, tuple[str, Any]] = {
    "chat completions": (PATH, {**BODY, "stream": True}),
    "responses": ("/v1/responses", {"model": "gpt-4o-mini", "input": "Hello", "stream": True}),
    "messages": ("/v1/messages", {**MESSAGES, "stream": True}),
    "Gemini": ("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", GEMINI),
    "Cohere": ("/v2/chat", {**BODY, "model": "command-r", "stream": True}),
}


@pytest.mark.parametrize("api", APIS)
def test_whole_answer_of_each_api(api, provider, log, observe):
    """The reader of the adapter that has the API reads it, at any base path."""
    path, body, model = APIS[api]
    observe()

    assert _post(provider, path, body).status_code == 200
    assert log.actions == ["prompt", "completion"]
    assert log.one("prompt")["content"]["text"] == "Hello"
    assert log.ending["content"]["text"] == "You said: Hello"
    assert log.ending["extensions"]["model"] == model
    assert log.ending["metrics"]["tokens"]["total"] > 0


@pytest.mark.parametrize("api", STREAMS)
def test_stream_of_each_api(api, provider, log, observe):
    """Its events are read as they come, and the usage at the end."""
    provider.answer(chunks=["Good ", "morning"])
    path, body = STREAMS[api]
    observe()

    with httpx.stream("POST", provider.url + path, json=body) as response:
        assert response.read()
    assert [each.content.text for each in log.of("completion_chunk")] == ["Good ", "morning"]
    assert log.ending["content"]["text"] == "Good morning"
    assert log.ending["extensions"]["outcome"] == "completed"
    assert "time_to_first_chunk_ms" in log.ending["extensions"]


def test_stream_that_ends_with_an_event(provider, log, observe):
    """A program that reads no further than the last event has a whole answer."""
    path, body = STREAMS["messages"]
    observe()

    with httpx.stream("POST", provider.url + path, json=body) as response:
        for line in response.iter_lines():
            if "message_stop" in line:
                break
    assert log.ending["extensions"]["outcome"] == "completed"


def test_embeddings(provider, log, observe):
    """An embedding is one."""
    observe()
    _post(provider, "/v1/embeddings", {"model": "text-embedding-3-small", "input": ["Hello"]})

    assert log.actions == ["prompt", "embedding"]


def test_stream_as_a_list(provider, log, observe):
    """Gemini without ``alt=sse`` sends its chunks as one JSON list."""
    observe()
    answer = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]},
                              "finishReason": "STOP"}]}  # fmt: skip
    call = _begun_call(GEMINI, "/v1beta/models/gemini-2.5-flash:streamGenerateContent")
    answers._Observer(call, answers.Head(200, {})).end(answers.Ending.RETURNED, [answer, answer])

    assert log.ending["content"]["text"] == "HiHi"
    assert log.ending["extensions"]["outcome"] == "completed"


def test_page_in_place_of_a_stream(log, observe):
    """It is no answer, although the status is 200."""
    path, body = STREAMS["chat completions"]
    observe()

    with Scripted((200, {"content-type": "text/html"}, "<html>Sign in</html>")) as server:
        httpx.post(server.url + path, json=body)

    assert log.ending["action"] == "system"
    assert log.ending["content"]["text"] == "the answer is not JSON: <html>Sign in</html>"


def _begun_call(body: Any, path: str) -> Call:
    observer = _in_force.state.wire
    assert observer is not None
    import json

    sent = libraries.SentRequest(
        "httpx", "POST", "127.0.0.1", 80, path, "", {}, lambda: json.dumps(body)
    )
    call = observer.begin(sent)
    assert call is not None
    return call


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("is_async", [False, True])
def test_adapter_has_the_call(stream, is_async, provider, log, observe):
    """What an adapter observes is logged once, by the adapter."""
    observe(providers=["openai"])
    arguments: dict[str, Any] = {**BODY, "stream": stream}

    async def use() -> None:
        async with openai.AsyncOpenAI(api_key="test", base_url=provider.openai_url) as client:
            answer = await client.chat.completions.create(**arguments)
            if stream:
                assert [item async for item in answer]

    if is_async:
        asyncio.run(use())
    else:
        with openai.OpenAI(api_key="test", base_url=provider.openai_url) as client:
            answer = client.chat.completions.create(**arguments)
            assert list(answer) if stream else answer
    assert log.actions == ["prompt", "completion"]
    assert log.ending["provenance"]["sdk"].startswith("openai ")


def test_provider_that_is_left_out(provider, log, observe):
    """An SDK that the program does not want to be observed is not observed here either."""
    if not PROVIDERS["mcp"].is_installed:
        pytest.skip("another SDK is not installed")
    observe(providers=["mcp"])
    with openai.OpenAI(api_key="test", base_url=provider.openai_url) as client:
        client.chat.completions.create(**BODY)

    assert log.actions == []


def test_call_that_is_logged_by_hand(provider, log, observe):
    """A helper that logs by hand has the call."""
    observe()
    with logged_here():
        _post(provider, PATH, BODY)

    assert log.actions == []


def test_logged_call_is_not_counted(provider, log, observe, monkeypatch):
    """The counter passes over what the observer logs, and counts what it cannot read."""
    monkeypatch.setattr("hilt.instrumentation.model_hosts._HOSTS", frozenset(["127.0.0.1"]))
    is_model_host.cache_clear()
    observe(wire_hosts=None, wire=True, providers=["openai"])
    _post(provider, PATH, BODY)
    httpx.post(provider.url + PATH, content=iter([b"{}"]))
    counter = _in_force.state.unseen_calls

    assert log.actions == ["prompt", "completion", "system"]
    assert [each.path for each in counter.counts] == [PATH]
    is_model_host.cache_clear()


OTHERS: dict[str, dict[str, Any]] = {
    "list of models": {"method": "GET", "path": "/v1/models"},
    "count of tokens": {"path": "/v1/messages/count_tokens", "json": BODY},
    "no JSON": {"path": PATH, "content": b"hello"},
    "a JSON list": {"path": PATH, "content": b"[]"},
    "no input": {"path": PATH, "content": b'{"model": "m"}'},
    "a body to be read once": {"path": PATH, "content": iter([b"{}"])},
    "another path": {"path": "/v1/chat", "json": {"text": "Hello"}},
}


@pytest.mark.parametrize("other", OTHERS)
def test_what_is_no_call(other, provider, log, observe):
    """Other requests to the host are not looked at."""
    observe()
    request = {"method": "POST", **OTHERS[other]}
    httpx.request(request.pop("method"), provider.url + request.pop("path"), **request)

    assert log.actions == []
    assert len(provider.requests) == 1


def test_other_host(provider, log, observe):
    """A host that nobody named is not observed, whatever it serves."""
    observe(wire_hosts=["llm.example.com"])
    _post(provider, PATH, BODY)

    assert log.actions == []


def test_host_with_a_port(provider, log, observe):
    """A host may be named with its port, and as a URL."""
    observe(wire_hosts=[f"{provider.url}/v1", "127.0.0.1:1"])
    _post(provider, PATH, BODY)

    assert log.actions == ["prompt", "completion"]
    assert host_and_port("https://LLM.example.com/v1") == "llm.example.com"
    assert host_and_port("http://me:secret@llm.example.com:8000/v1") == "llm.example.com:8000"
    assert host_and_port("http://[::1]:8000") == "::1:8000"


def test_key_is_not_logged(provider, log, observe):
    """A key of the headers or of the query that the server repeats is not in the log."""
    observe()
    for key, more in {
        "abcdef123456xyz": {"headers": {"authorization": "Bearer abcdef123456xyz"}},
        "query987654abc": {"params": {"key": "query987654abc"}},
    }.items():
        provider.fail(status=401, message=f"Incorrect API key: {key}")
        _post(provider, PATH, BODY, **more)

    texts = [each.content.text for each in log.of("system")]
    assert [text.startswith("Incorrect API key: ") for text in texts] == [True, True]
    assert "abcdef123456xyz" not in str(texts)
    assert "query987654abc" not in str(texts)


def test_conversation_and_history(provider, log, observe):
    """The second call of a conversation continues the first."""
    observe()
    with hilt.conversation("order-42"):
        _post(provider, PATH, BODY)
        messages = [
            *BODY["messages"],
            {"role": "assistant", "content": "You said: Hello"},
            {"role": "user", "content": "And?"},
        ]
        _post(provider, PATH, {**BODY, "messages": messages})

    first, second = log.of("prompt")
    assert {each.session_id for each in log.events} == {"order-42"}
    assert second.extensions["context_of"] == log.of("completion")[0].event_id
    assert len(second.content.messages) == 1
    assert first.event_id != second.event_id


def test_without_content(provider, log, observe):
    """With ``capture_content=False`` there is no text."""
    observe(capture_content=False)
    _post(provider, PATH, BODY)

    assert [each.content for each in log.events] == [None, None]


def _break(monkeypatch: Any, owner: Any, name: str) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("sabotage")

    monkeypatch.setattr(owner, name, broken)


SABOTAGE = {
    "reading the request": (Wire, "request"),
    "reading the failure": (Wire, "failure"),
    "looking at the host": (WireObserver, "_is_of_interest"),
    "making the engine": (WireObserver, "_engine_for"),
    "looking at the answer": (answers, "request_id_of"),
    "decoding": (answers, "_decoder_of"),
    "ending": (answers._Observer, "_end"),
    "an event": (Call, "item"),
    "the start of a stream": (Call, "open_stream"),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("where", SABOTAGE)
@pytest.mark.parametrize("name", CLIENTS)
def test_sabotage(name, where, stream, provider, observe, monkeypatch):
    """Whatever fails in HILT, the program gets its answer."""
    observe()
    _break(monkeypatch, *SABOTAGE[where])
    how = "lines" if stream else "whole"
    body = {**BODY, "stream": stream}

    status, answer = CLIENTS[name](provider.url + PATH, how, json=body)

    assert status == 200
    assert answer.endswith(b"data: [DONE]\n\n") if stream else answer.startswith(b"{")


def test_functions_are_given_back(log):
    """After ``uninstrument()`` the libraries have their own functions."""
    before = httpx.HTTPTransport.handle_request.__code__
    hilt.instrument(session=log.session, providers=[], wire=True)
    during = httpx.HTTPTransport.handle_request.__code__
    hilt.uninstrument()

    assert during is not before
    assert httpx.HTTPTransport.handle_request.__code__ is before
    assert _in_force.state.wire is None


@pytest.mark.parametrize(
    ("variables", "on"),
    [
        ({}, False),
        ({"HILT_WIRE": "true"}, True),
        ({"HILT_WIRE_HOSTS": "a.example.com, b.example.com:80"}, True),
    ],
)
def test_variables(variables, on, log, monkeypatch):
    """It is off, unless an argument or a variable says so."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    hilt.instrument(session=log.session, providers=[])
    observer = _in_force.state.wire
    hilt.uninstrument()

    assert (observer is not None) is on


def test_nothing_is_imported_for_it():
    """Without it no module of it is loaded; with it no HTTP library is."""
    code = (
        "import sys, hilt\n"
        "hilt.instrument(filepath='/dev/null', providers=[])\n"
        "assert 'hilt.providers.wire' not in sys.modules\n"
        "hilt.instrument(filepath='/dev/null', providers=[], wire=True)\n"
        "print([name for name in ('httpx', 'aiohttp', 'urllib3') if name in sys.modules])\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
