"""ollama's own clients against a server that answers like Ollama."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Log
from tests.providers.scripted import Scripted
from tests.providers.wire import wire

ollama = pytest.importorskip("ollama")

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(autouse=True)
def collect_clients() -> Iterator[None]:
    """Let clients go here, where the sockets that they leave open are forgiven."""
    yield
    gc.collect()


MODEL = "qwen3"
HELLO = [{"role": "user", "content": "Hello"}]


def lines(*events: Any) -> str:
    """A stream as Ollama sends it: one JSON object a line."""
    return "".join(json.dumps(event) + "\n" for event in events)


def part(text: str, **more: Any) -> dict[str, Any]:
    """A chunk of a chat."""
    return {"model": MODEL, "message": {"role": "assistant", "content": text}, "done": False} | more


def test_chat(log: Log) -> None:
    """Text, thoughts and calls of tools each have their place."""
    with Scripted(wire("ollama/chat")) as server:
        ollama.Client(host=server.url).chat(
            model=MODEL, messages=HELLO, options={"temperature": 0.5, "num_predict": 9}
        )

    event = log.one("completion")
    assert log.one("prompt")["extensions"]["parameters"] == {"temperature": 0.5, "max_tokens": 9}
    assert event["content"]["text"] == "Hello."
    assert event["metrics"]["tokens"] == {"prompt": 5, "completion": 7, "total": 12}
    assert event["provenance"]["usage"] == {"prompt_eval_count": 5, "eval_count": 7}
    assert event["provenance"]["provider"] == "ollama"
    assert log.one("tool_call")["content"]["tool"] == {"name": "add", "arguments": {"a": 1}}


def test_thinking(log: Log) -> None:
    """Thoughts are reasoning, where the SDK knows of them."""
    if "thinking" not in ollama.Message.model_fields:
        pytest.skip("this version drops thoughts")
    with Scripted(wire("ollama/chat")) as server:
        ollama.Client(host=server.url).chat(model=MODEL, messages=HELLO)

    assert log.one("completion")["content"]["reasoning"] == "Hm."


def test_tool_results_and_images(log: Log) -> None:
    """What a tool said is an event of its own; an image is in the log by its hash."""
    messages = [
        {"role": "user", "content": "Look", "images": [bytes(8)]},
        {"role": "assistant", "content": "", "tool_calls": [
            {"function": {"name": "add", "arguments": {"a": 1}}},
        ]},
        {"role": "tool", "content": "2", "tool_name": "add"},
    ]  # fmt: skip
    with Scripted(wire("ollama/chat")) as server:
        ollama.Client(host=server.url).chat(model=MODEL, messages=messages)

    assert log.one("tool_result")["content"]["tool"]["result"] == "2"
    image = log.one("prompt")["content"]["media"][0]
    assert (image["modality"], image["size"]) == ("image", 8)


def test_stream(log: Log) -> None:
    """A stream's chunks are logged; the last brings the counts."""
    body = lines(
        part("One "), part("two."),
        part("", done=True, done_reason="length", prompt_eval_count=5, eval_count=2),
    )  # fmt: skip
    with Scripted(body) as server:
        stream = ollama.Client(host=server.url).chat(model=MODEL, messages=HELLO, stream=True)
        assert len(list(stream)) == 3

    assert [event.content.text for event in log.of("completion_chunk")] == ["One ", "two."]
    assert log.ending["extensions"]["outcome"] == "length"
    assert log.ending["metrics"]["tokens"]["total"] == 7


def test_stream_without_a_reason(log: Log) -> None:
    """Older servers end a stream without saying why; it is whole all the same."""
    with Scripted(lines(part("One."), part("", done=True))) as server:
        list(ollama.Client(host=server.url).chat(model=MODEL, messages=HELLO, stream=True))

    assert log.ending["extensions"]["outcome"] == "completed"
    assert "partial" not in log.ending["extensions"]


def test_async_stream_is_a_generator(log: Log) -> None:
    """The asynchronous stream keeps its type, and closing it ends the call."""

    async def ask(url: str) -> None:
        client = ollama.AsyncClient(host=url)
        stream = await client.chat(model=MODEL, messages=HELLO, stream=True)
        await stream.__anext__()
        await stream.aclose()

    with Scripted(lines(part("One "), part("two."), part("", done=True))) as server:
        asyncio.run(ask(server.url))

    assert log.ending["extensions"]["outcome"] == "closed"
    assert log.ending["content"]["text"] == "One "


def test_generate(log: Log) -> None:
    """A prompt with a system text is completed."""
    answer = {"model": MODEL, "response": "Four.", "done": True, "done_reason": "stop"}
    with Scripted(answer) as server:
        ollama.Client(host=server.url).generate(model=MODEL, prompt="2+2", system="Be brief.")

    system, asked = log.one("prompt")["content"]["messages"]
    assert system["parts"][0]["content"] == "Be brief."
    assert asked["parts"][0]["content"] == "2+2"
    assert log.ending["content"]["text"] == "Four."


def test_embeddings(log: Log) -> None:
    """Embeddings say how many vectors, and how long they are."""
    with Scripted(wire("ollama/embed")) as server:
        ollama.Client(host=server.url).embed(model="nomic-embed-text", input=["a", "b"])

    facts = log.one("embedding")["extensions"]
    assert (facts["vectors"], facts["dimensions"]) == (2, 3)


def test_functions_of_the_module(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """``ollama.chat`` is bound to a client that was made at import, and is seen all the same."""
    with Scripted(wire("ollama/chat")) as server:
        made = ollama.Client(host=server.url)
        monkeypatch.setattr(ollama.chat.__self__, "_client", made._client)
        ollama.chat(model=MODEL, messages=HELLO)

    assert log.actions == ["prompt", "completion", "tool_call"]


def test_errors(log: Log) -> None:
    """A model that is not there is an error with the server's number."""
    with Scripted((404, {"error": "no such model"})) as server, pytest.raises(ollama.ResponseError):
        ollama.Client(host=server.url).chat(model=MODEL, messages=HELLO)

    facts = log.ending["extensions"]
    assert (facts["error_code"], facts["status_code"]) == ("not_found", 404)
    assert "no such model" in log.ending["content"]["text"]


def test_error_in_a_stream(log: Log) -> None:
    """An error in the middle of a stream keeps what had come."""
    with (
        Scripted(lines(part("One "), {"error": "out of memory"})) as server,
        pytest.raises(ollama.ResponseError),
    ):
        list(ollama.Client(host=server.url).chat(model=MODEL, messages=HELLO, stream=True))

    assert log.ending["extensions"]["outcome"] == "failed"
    assert log.ending["content"]["partial_text"] == "One "


def test_other_requests_are_no_calls(log: Log) -> None:
    """Listing models asks no model for anything."""
    with Scripted({"models": []}) as server:
        ollama.Client(host=server.url).list()

    assert log.events == []


@pytest.mark.skipif(not hasattr(ollama.Client, "systemone"), reason="came with 0.6.3")
def test_scores(log: Log) -> None:
    """Questions about a text or JSON, and their answers by name."""
    answers = {"angry": {"type": "noul", "noul": 0.9}}
    body = {"model": MODEL, "answers": answers, "usage": {"input_tokens": 9, "output_tokens": 2}}
    with Scripted(body) as server:
        ollama.Client(host=server.url).systemone(
            MODEL, {"order": 7}, {"angry": {"type": "noul", "instructions": "Angry?"}}
        )

    assert log.one("prompt")["content"]["text"] == '{"order":7}'
    assert log.ending["content"]["text"] == "angry: 0.9"
    assert log.ending["metrics"]["tokens"] == {"prompt": 9, "completion": 2, "total": 11}
