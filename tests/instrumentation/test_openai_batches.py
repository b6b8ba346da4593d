"""OpenAI's batches: prompts when a batch is made, endings when its file of answers is fetched."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import Log
from tests.instrumentation.mock_http import openai_client

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

MODEL = "gpt-4o-mini-2024-07-18"
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": MODEL,
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Paris."}, "finish_reason": "stop"}
    ],
    "usage": USAGE,
}
ERROR = {"message": "Bad.", "type": "invalid_request_error", "param": None, "code": "bad_value"}


def jsonl(*lines: Any) -> bytes:
    """A file with a line of JSON for each value."""
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def asking(*keys: str) -> bytes:
    """A file of requests."""
    return jsonl(
        *(
            {
                "custom_id": key,
                "method": "POST",
                "url": "/v1/chat/completions",
                "body": {
                    "model": "gpt-4o-mini",
                    "messages": [{"role": "user", "content": f"Question {key}"}],
                },
            }
            for key in keys
        )
    )


def answered(key: str, body: Any = ANSWER, status: int = 200) -> dict[str, Any]:
    """A line of a file of answers."""
    response = {"status_code": status, "request_id": f"req_{key}", "body": body}
    return {"id": f"batch_req_{key}", "custom_id": key, "response": response, "error": None}


class Batches:
    """The files and the batch of one test, under ids of its own."""

    def __init__(self, *, is_async: bool = False) -> None:
        made = uuid4().hex[:8]
        self.id, self.asked, self.output = f"batch_{made}", f"file-in-{made}", f"file-out-{made}"
        self.lines: list[Any] = []
        batch = {
            "id": self.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "input_file_id": self.asked,
            "completion_window": "24h",
            "status": "completed",
            "output_file_id": self.output,
            "created_at": 1,
        }
        file = {"id": self.asked, "object": "file", "purpose": "batch", "bytes": 1,
                "created_at": 1, "filename": "in.jsonl", "status": "processed"}  # fmt: skip
        self.client = openai_client(
            {
                "POST /files": file,
                "POST /batches": {**batch, "status": "validating", "output_file_id": None},
                f"GET /batches/{self.id}": batch,
                "GET /batches": {"object": "list", "data": [batch], "has_more": False},
                f"GET /files/{self.output}/content": lambda _: self.client.wire.http.Response(
                    200, content=jsonl(*self.lines), headers={"content-type": "text/plain"}
                ),
            },
            is_async=is_async,
        )

    def submit(self, file: Any) -> None:
        """Upload a file and make a batch of it."""
        client = self.client
        made = client.files.create(file=file, purpose="batch")
        client.batches.create(
            input_file_id=made.id, endpoint="/v1/chat/completions", completion_window="24h"
        )


def test_batch(log: Log) -> None:
    """Each request is a prompt and one ending, linked, at the price of a batch."""
    batches = Batches()
    batches.submit(("in.jsonl", asking("a", "b")))
    batches.client.batches.retrieve(batches.id)
    assert log.actions == ["prompt", "prompt"]
    batches.lines = [answered("b"), answered("a")]

    content = batches.client.files.content(batches.output)

    assert content.text.encode() == jsonl(*batches.lines)
    assert log.actions == ["prompt", "prompt", "completion", "completion"]
    asked = {event.extensions["custom_id"]: event for event in log.of("prompt")}
    assert asked["a"].content.text == "Question a"
    for ending in log.endings:
        facts = ending.extensions
        assert facts["reply_to"] == asked[facts["custom_id"]].event_id
        assert facts["batch_id"] == batches.id
        assert ending.session_id == asked[facts["custom_id"]].session_id
        # 1,000 tokens at 0.15 USD a million and 100 at 0.60 USD, and half of that.
        expected = (1000 * 0.15 + 100 * 0.60) / 1e6 / 2
        assert ending.to_dict()["metrics"]["cost_usd"] == pytest.approx(expected)


def test_async_batch_from_a_path(log: Log, tmp_path: Path) -> None:
    """The asynchronous client is logged as the other is, and a path is read by the SDK."""
    path = tmp_path / "in.jsonl"
    path.write_bytes(asking("a"))
    batches = Batches(is_async=True)
    batches.lines = [answered("a")]

    async def run() -> None:
        client = batches.client
        made = await client.files.create(file=path, purpose="batch")
        await client.batches.create(
            input_file_id=made.id, endpoint="/v1/chat/completions", completion_window="24h"
        )
        _ = (await client.batches.list()).data
        await client.files.content(batches.output)

    asyncio.run(run())

    assert log.actions == ["prompt", "completion"]
    assert log.one("completion")["extensions"]["batch_id"] == batches.id


def test_open_file_is_not_read(log: Log, tmp_path: Path) -> None:
    """What is open is the caller's: the answers are logged without their prompts."""
    path = tmp_path / "in.jsonl"
    path.write_bytes(asking("a"))
    batches = Batches()
    batches.lines = [answered("a")]
    with path.open("rb") as file:
        batches.submit(file)

    batches.client.files.content(batches.output)

    sent = next(each for each in batches.client.wire.requests if each.url.path.endswith("/files"))
    assert asking("a") in sent.content
    assert log.actions == ["completion"]
    ending = log.one("completion")
    assert ending["content"]["text"] == "Paris."
    assert ending["extensions"]["batch_id"] == batches.output
    assert ending["metrics"]["cost_usd"] == pytest.approx(0.000105)


def test_answers_are_logged_once(log: Log) -> None:
    """A file that is fetched again, before and after its batch is known, logs nothing twice."""
    batches = Batches()
    batches.lines = [answered("a"), answered("b")]

    batches.client.files.content(batches.output)
    batches.client.batches.retrieve(batches.id)
    batches.client.files.content(batches.output)

    assert [event.extensions["custom_id"] for event in log.endings] == ["a", "b"]


def test_raw_response(log: Log) -> None:
    """With ``with_raw_response`` the answers are logged when the caller has them."""
    batches = Batches()
    batches.lines = [answered("a")]

    raw = batches.client.files.with_raw_response.content(batches.output)

    assert raw.status_code == 200
    assert log.actions == ["completion"]


def test_streamed_response(log: Log) -> None:
    """With ``with_streaming_response`` they are logged when the caller has read the file."""
    batches = Batches()
    http = batches.client.wire.http
    batches.client.wire.answers[f"GET /v1/files/{batches.output}/content"] = lambda _: (
        http.Response(200, stream=http.ByteStream(jsonl(answered("a"))))
    )

    with batches.client.files.with_streaming_response.content(batches.output) as raw:
        assert log.actions == []
        _ = list(raw.iter_bytes())

    assert log.actions == ["completion"]


@pytest.mark.parametrize(
    ("line", "outcome", "code", "status"),
    [
        (answered("a", {"error": ERROR}, 400), "failed", "invalid_request", 400),
        ({"custom_id": "a", "response": None, "error": {"code": "batch_expired", "message": "Late."}},
         "timeout", "timeout", 408),
        ({"custom_id": "a", "response": None, "error": {"code": "batch_cancelled", "message": "No."}},
         "cancelled", "cancelled", 499),
    ],
)  # fmt: skip
def test_request_that_failed(log: Log, line: Any, outcome: str, code: str, status: int) -> None:
    """Each way to fail is an ending that says so."""
    batches = Batches()
    batches.submit(asking("a"))
    batches.client.batches.retrieve(batches.id)
    batches.lines = [line]

    batches.client.files.content(batches.output)

    facts = log.one("system")["extensions"]
    assert (facts["outcome"], facts["error_code"], facts["status_code"]) == (outcome, code, status)
    assert facts["reply_to"] == log.one("prompt")["event_id"]


def test_refused_batch(log: Log) -> None:
    """If the batch is refused, none of its calls will be answered."""
    import openai

    batches = Batches()
    batches.client.wire.answers["POST /v1/batches"] = lambda _: batches.client.wire.http.Response(
        400, json={"error": ERROR}
    )

    with pytest.raises(openai.BadRequestError):
        batches.submit(asking("a", "b"))

    assert log.actions == ["prompt", "prompt", "system", "system"]


@pytest.mark.parametrize(
    ("body", "action", "operation"),
    [
        ({"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
          "model": "text-embedding-3-small", "usage": {"prompt_tokens": 2, "total_tokens": 2}},
         "embedding", "embeddings"),
        ({"id": "modr-1", "model": "omni-moderation-latest", "results": []},
         "completion", "moderation"),
        ({"created": 1, "data": [{"b64_json": "aGk="}]}, "completion", "generate_content"),
    ],
)  # fmt: skip
def test_answers_of_other_endpoints(log: Log, body: Any, action: str, operation: str) -> None:
    """An answer says by itself what it is, where nobody has seen the request."""
    batches = Batches()
    batches.lines = [answered("a", body)]

    batches.client.files.content(batches.output)

    assert log.one(action)["provenance"]["operation"] == operation


@pytest.mark.parametrize("content", [b"", b"\x89PNG", b'{"messages": []}\n', b'"custom_id"'])
def test_other_files_log_nothing(log: Log, content: bytes) -> None:
    """A file that is no batch's goes by."""
    batches = Batches()
    path = f"GET /v1/files/{batches.output}/content"
    batches.client.wire.answers[path] = lambda _: batches.client.wire.http.Response(
        200, content=content
    )

    assert batches.client.files.content(batches.output).content == content
    assert log.actions == []
