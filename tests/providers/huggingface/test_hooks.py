"""HuggingFace's inference clients against a server: what the caller and the log get of a stream."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any

import pytest

import hilt
from tests.conftest import Log
from tests.providers.scripted import Scripted
from tests.providers.wire import wire

huggingface_hub = pytest.importorskip("huggingface_hub")

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def generate(url: str) -> list[str]:
    """A streamed text generation, to its end."""
    with huggingface_hub.InferenceClient(model=url, token="hf_SECRET", timeout=5) as client:
        return list(client.text_generation("The capital is", stream=True))


@pytest.fixture
def log() -> Any:
    """What is logged of HuggingFace's SDK."""
    log = Log()
    hilt.instrument(session=log.session, providers=["huggingface"])
    yield log
    hilt.uninstrument()


def test_bare_texts_are_logged_with_their_counts(log: Log) -> None:
    """The caller sees texts; the log has the details of the last token, too."""
    with Scripted(wire("huggingface/generation_stream")) as server:
        texts = generate(server.url)

    ending = log.one("completion")
    assert texts == ["<s>", "Par", "is."]
    assert ending["content"]["text"] == "Paris."
    assert ending["extensions"]["outcome"] == "length"
    assert ending["provenance"]["usage"] == {"generated_tokens": 3, "input_length": 7}
    assert "SECRET" not in str([each.to_dict() for each in log.events])


def test_stream_that_reports_an_error_fails(log: Log) -> None:
    """The exception that the SDK makes of an event is the call's ending."""
    events = [
        *wire("huggingface/generation_stream")[:2],
        {"error": "no", "error_type": "overloaded"},
    ]

    with Scripted(events) as server, pytest.raises(huggingface_hub.errors.OverloadedError):
        generate(server.url)

    ending = log.one("system")
    assert ending["extensions"]["outcome"] == "failed"
    assert ending["extensions"]["partial"] is True


def test_stream_without_the_generators_is_ended_by_its_lines(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another SDK has no such generators, the lines have the ending."""
    inference = importlib.import_module("huggingface_hub.inference._client")
    original = inference._stream_text_generation_response.__wrapped__  # as above
    monkeypatch.setattr(inference, "_stream_text_generation_response", original)

    with Scripted(wire("huggingface/generation_stream")) as server:
        generate(server.url)

    assert log.one("completion")["extensions"]["outcome"] == "length"


def test_async_stream_left_early(log: Log) -> None:
    """An asynchronous stream that the caller closes is closed in the log."""

    async def ask(url: str) -> None:
        client = huggingface_hub.AsyncInferenceClient(model=url, timeout=5)
        stream = await client.text_generation("Hi", stream=True)
        await stream.__anext__()
        await stream.aclose()
        await client.close()

    with Scripted(wire("huggingface/generation_stream")) as server:
        asyncio.run(ask(server.url))

    assert log.one("completion")["extensions"]["outcome"] == "closed"


@pytest.mark.parametrize("body", ["<html>Sign in</html>", '{"choices":'])
@pytest.mark.parametrize("method", ["chat_completion", "text_generation", "feature_extraction"])
def test_page_in_place_of_an_answer(log: Log, method: str, body: str) -> None:
    """The SDK raises for it after the bytes came: it is no answer, although the status is 200."""
    hub = pytest.importorskip("huggingface_hub")
    asked: Any = [{"role": "user", "content": "Hi"}] if method == "chat_completion" else "Hi"
    with Scripted(body) as server, pytest.raises(ValueError, match="Expecting value"):
        getattr(hub.InferenceClient(model=server.url, token="test"), method)(asked)

    assert log.ending["action"] == "system"
    assert log.ending["content"]["text"] == f"the answer is not JSON: {body}"
    assert log.ending["extensions"]["outcome"] == "failed"
