"""google-genai's interactions: plain, streamed, in the background, refused."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Log
from tests.providers.scripted import Scripted
from tests.providers.wire import wire

genai = pytest.importorskip("google.genai")

pytestmark = [
    pytest.mark.skipif(not hasattr(genai.Client, "interactions"), reason="came with 1.55"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

ASK: dict[str, Any] = {"model": "gemini-2.5-flash", "input": "What colour is the sky?"}


_made: list[Any] = []
"""Clients in use: one that is dropped closes itself."""


@pytest.fixture(autouse=True)
def drop_clients() -> Iterator[None]:
    """Let the clients of a test go when it ends."""
    yield
    _made.clear()
    gc.collect()  # here, where the sockets that they leave open are forgiven


def _kept(made: Any) -> Any:
    _made.append(made)
    return made


def client(url: str) -> Any:
    """A client at a URL."""
    return _kept(genai.Client(api_key="SECRET-KEY", http_options={"base_url": url}))


def test_interaction(log: Log) -> None:
    """An interaction's steps are one answer; thoughts and tools count as elsewhere."""
    with Scripted(wire("gemini/interaction")) as server:
        client(server.url).interactions.create(
            **ASK, system_instruction="Be brief.", generation_config={"temperature": 0.5}
        )

    asked, event = log.one("prompt"), log.one("completion")
    assert asked["content"]["text"] == ASK["input"]
    assert asked["content"]["messages"][0]["role"] == "system"
    assert asked["extensions"]["parameters"] == {"temperature": 0.5}
    assert event["content"]["text"] == "Blue."
    assert event["content"]["reasoning"] == "Hm."
    assert event["metrics"]["tokens"] == {
        "prompt": 12, "completion": 10, "total": 22, "cached": 0, "reasoning": 6,
    }  # fmt: skip
    assert event["provenance"]["response_id"] == "int_1"
    assert event["extensions"]["finish_reason"] == "completed"
    assert log.one("tool_call")["content"]["tool"]["arguments"] == {"at": "sky"}


def test_stream(log: Log) -> None:
    """A streamed interaction gives its chunks, and the arguments of its calls in one piece."""
    with Scripted(wire("gemini/interaction_stream")) as server:
        events = list(client(server.url).interactions.create(**ASK, stream=True))

    assert len(events) == 10
    assert [event.content.text for event in log.of("completion_chunk")] == ["Bl", "ue."]
    event = log.one("completion")
    assert event["content"]["text"] == "Blue."
    assert event["metrics"]["tokens"]["total"] == 10
    assert event["extensions"]["outcome"] == "completed"
    assert log.one("tool_call")["content"]["tool"]["arguments"] == {"at": "sky"}


def test_async_stream(log: Log) -> None:
    """The asynchronous stream is logged as the synchronous one is."""

    async def ask(url: str) -> int:
        stream = await client(url).aio.interactions.create(**ASK, stream=True)
        return len([event async for event in stream])

    with Scripted(wire("gemini/interaction_stream")) as server:
        assert asyncio.run(ask(server.url)) == 10

    assert log.one("completion")["content"]["text"] == "Blue."


def test_stream_left(log: Log) -> None:
    """A stream that is left by ``with`` was closed, and keeps what had come."""
    with (
        Scripted(wire("gemini/interaction_stream")) as server,
        client(server.url).interactions.create(**ASK, stream=True) as stream,
    ):
        for event in stream:
            if getattr(event, "event_type", "") == "step.delta":
                break

    assert log.ending["extensions"]["outcome"] == "closed"
    assert log.ending["extensions"]["partial"] is True


def test_background(log: Log) -> None:
    """Work in the background ends when somebody fetches its answer."""
    with Scripted(wire("gemini/interaction_background"), wire("gemini/interaction")) as server:
        answered = {**wire("gemini/interaction"), "id": "int_2"}
        server.answers[1] = answered
        made = client(server.url)
        made.interactions.create(agent="deep-research", input="Dig", background=True)
        assert log.actions == ["prompt"]
        made.interactions.get("int_2")

    assert log.actions == ["prompt", "completion", "tool_call"]
    assert log.ending["extensions"]["reply_to"] == log.one("prompt")["event_id"]
    assert log.ending["content"]["text"] == "Blue."


def test_refusal(log: Log) -> None:
    """An error is logged under the name of the exception that the caller gets."""
    body = {"error": {"code": "not_found", "message": "No such model."}}
    with Scripted((404, body)) as server, pytest.raises(Exception, match="404") as caught:
        client(server.url).interactions.create(**ASK)

    facts = log.ending["extensions"]
    assert (facts["error_code"], facts["status_code"]) == ("not_found", 404)
    assert facts["error_type"].rpartition(".")[2] == type(caught.value).__name__
    assert "No such model." in log.ending["content"]["text"]
