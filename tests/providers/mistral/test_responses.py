"""Mistral's responses, which have the form of OpenAI's: plain, async, streamed, left early."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Log
from tests.providers.scripted import Scripted

mistral = pytest.importorskip("mistralai.client")
if not (hasattr(mistral, "Mistral") and hasattr(mistral.Mistral(api_key="test"), "responses")):
    pytest.skip("this mistralai has no responses", allow_module_level=True)

from tests.providers.mistral.test_adapter import client  # noqa: E402 # skips without mistralai

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

ASK: dict[str, Any] = {"model": "mistral-small-latest", "input": "Hello"}
OUTPUT = {
    "type": "message", "id": "m1", "role": "assistant", "status": "completed",
    "content": [{"type": "output_text", "text": "Hello.", "annotations": []}],
}  # fmt: skip


def response(status: str = "completed", **fields: Any) -> dict[str, Any]:
    """A response as the API sends it."""
    usage = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7,
             "input_tokens_details": {"cached_tokens": 0},
             "output_tokens_details": {"reasoning_tokens": 0}}  # fmt: skip
    return {
        "id": "resp_1", "object": "response", "created_at": 1, "status": status,
        "model": "mistral-small-2506", "output": [OUTPUT], "usage": usage,
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], **fields,
    }  # fmt: skip


EVENTS = [
    {"type": "response.created", "sequence_number": 0,
     "response": response("in_progress", output=[], usage=None)},
    {"type": "response.output_text.delta", "sequence_number": 1, "item_id": "m1",
     "output_index": 0, "content_index": 0, "delta": "Hello.", "logprobs": []},
    {"type": "response.completed", "sequence_number": 2, "response": response()},
]  # fmt: skip


@pytest.fixture(autouse=True)
def drop_clients() -> Iterator[None]:
    """Let the clients of a test go when it ends."""
    yield
    gc.collect()


def tokens(log: Log) -> Any:
    """What the ending counts."""
    assert log.ending["content"]["text"] == "Hello."
    assert log.ending["provenance"]["provider"] == "mistral_ai"
    return log.ending["metrics"]["tokens"]


@pytest.mark.parametrize("is_async", [False, True])
def test_response(log: Log, is_async: bool) -> None:
    """A prompt and a completion, with the counts."""
    with Scripted(response()) as server, client(server.url) as made:
        if is_async:
            asyncio.run(made.responses.create_async(**ASK))
        else:
            made.responses.create(**ASK)

    assert log.one("prompt")["content"]["text"] == "Hello"
    assert tokens(log) == {"prompt": 5, "completion": 2, "total": 7, "cached": 0, "reasoning": 0}


def test_stream(log: Log) -> None:
    """The text in chunks, and once as a whole."""
    with Scripted(EVENTS) as server, client(server.url) as made:
        assert len(list(made.responses.create(**ASK, stream=True))) == 3

    assert [each.content.text for each in log.of("completion_chunk")] == ["Hello."]
    assert tokens(log)["total"] == 7


def test_stream_that_is_left(log: Log) -> None:
    """What had come by then is kept."""
    with (
        Scripted(EVENTS) as server,
        client(server.url) as made,
        made.responses.create(**ASK, stream=True) as stream,
    ):
        next(stream)
        next(stream)

    assert log.ending["content"]["text"] == "Hello."
    assert log.ending["extensions"]["outcome"] == "closed"


def test_refused(log: Log) -> None:
    """A refusal is the SDK's exception, and a failure in the log."""
    with (
        Scripted((401, {"detail": "No."})) as server,
        client(server.url) as made,
        pytest.raises(Exception, match="No"),
    ):
        made.responses.create(**ASK)

    assert log.ending["extensions"]["error_code"] == "authentication"
