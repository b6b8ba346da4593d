"""Message batches: a prompt for each request when it is submitted, an ending when it is read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import anthropic
import pytest

import hilt
from tests.conftest import Log
from tests.instrumentation.anthropic_transport import MODEL, Canned
from tests.providers.anthropic_stream import message

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


class Batches:
    """A batch endpoint with one batch."""

    def __init__(self) -> None:
        self.id = f"msgbatch_{uuid4().hex[:12]}"
        self.results: list[dict[str, Any]] = []
        self.canned = Canned(self.answer, "application/x-jsonl")

    def answer(self, request: Any) -> Any:
        """The batch, or its results."""
        if request.url.path.endswith("/results"):
            return "".join(json.dumps(line) + "\n" for line in self.results).encode()
        if request.headers.get("x-test-status"):
            error = {"type": "invalid_request_error", "message": "Too many."}
            return 400, {"type": "error", "error": error}
        counts = {"processing": 0, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": "ended",
            "request_counts": counts,
            "results_url": f"https://api.anthropic.com/v1/messages/batches/{self.id}/results",
            "created_at": "2026-01-01T00:00:00Z",
            "expires_at": "2026-01-02T00:00:00Z",
        }

    def succeed(self, *keys: str) -> None:
        """Answer these requests."""
        for key in keys:
            made = {**message("text"), "id": f"msg_{key}", "model": "claude-haiku-4-5-20251001"}
            self.results.append(_line(key, {"type": "succeeded", "message": made}))


def _line(key: str, result: dict[str, Any]) -> dict[str, Any]:
    return {"custom_id": key, "result": result}


def requests(*keys: str) -> Iterator[Any]:
    """Requests of a batch, to be read once."""
    for key in keys:
        messages = [{"role": "user", "content": f"Question {key}"}]
        yield {
            "custom_id": key,
            "params": {"model": MODEL, "max_tokens": 9, "messages": messages},
        }


@pytest.fixture
def batches() -> Batches:
    """A batch endpoint."""
    return Batches()


@pytest.fixture
def client(batches: Batches) -> Any:
    """A client of it."""
    return anthropic.Anthropic(api_key="k", http_client=batches.canned.client, max_retries=0)


def test_batch(log: Log, client: Any, batches: Batches) -> None:
    """Each request of the batch is a prompt and one ending, at the price of a batch."""
    client.messages.batches.create(requests=requests("a", "b"))
    client.messages.batches.retrieve(batches.id)
    assert log.actions == ["prompt", "prompt"]
    batches.succeed("b", "a")

    keys = [line.custom_id for line in client.messages.batches.results(batches.id)]

    assert keys == ["b", "a"]
    assert log.actions == ["prompt", "prompt", "completion", "completion"]
    asked = {event.extensions["custom_id"]: event for event in log.of("prompt")}
    assert asked["a"].content.text == "Question a"
    for ending in log.endings:
        facts = ending.extensions
        assert facts["reply_to"] == asked[facts["custom_id"]].event_id
        assert ending.session_id == asked[facts["custom_id"]].session_id
        assert facts["batch_id"] == batches.id
        # 12 tokens at 1 USD a million and 7 at 5 USD, and half of that.
        assert ending.to_dict()["metrics"]["cost_usd"] == pytest.approx((12 + 35) / 1e6 / 2)
    assert log.internal_errors == 0


def test_results_are_logged_once(log: Log, client: Any, batches: Batches) -> None:
    """Reading the results again, or the rest of them later, logs nothing twice."""
    client.messages.batches.create(requests=requests("a", "b"))
    batches.succeed("a", "b")

    for line in client.messages.batches.results(batches.id):
        assert line.custom_id == "a"
        break
    list(client.messages.batches.results(batches.id))
    list(client.messages.batches.results(batches.id))

    assert sorted(event.extensions["custom_id"] for event in log.endings) == ["a", "b"]


@pytest.mark.parametrize(
    ("result", "outcome", "code", "status"),
    [
        (
            {
                "type": "errored",
                "error": {
                    "type": "error",
                    "error": {"type": "invalid_request_error", "message": "No."},
                },
            },
            "failed",
            "invalid_request",
            400,
        ),
        ({"type": "canceled"}, "cancelled", "cancelled", 499),
        ({"type": "expired"}, "timeout", "timeout", 408),
    ],
)
def test_requests_that_were_not_answered(
    log: Log,
    client: Any,
    batches: Batches,
    result: dict[str, Any],
    outcome: str,
    code: str,
    status: int,
) -> None:
    """What failed, was cancelled or ran out of time ends in a system event."""
    client.messages.batches.create(requests=requests("a"))
    batches.results.append(_line("a", result))

    list(client.messages.batches.results(batches.id))

    assert log.ending["action"] == "system"
    facts = log.ending["extensions"]
    assert (facts["outcome"], facts["error_code"], facts["status_code"]) == (outcome, code, status)


def test_batch_that_was_refused(log: Log, client: Any) -> None:
    """A submission that fails is the ending of every call in it."""
    with pytest.raises(anthropic.BadRequestError):
        client.messages.batches.create(
            requests=requests("a", "b"), extra_headers={"x-test-status": "400"}
        )

    assert log.actions == ["prompt", "prompt", "system", "system"]
    assert {event.extensions["error_code"] for event in log.endings} == {"invalid_request"}


def test_batch_of_another_process(instrumented: Any, client: Any, batches: Batches) -> None:
    """Results of a batch that was submitted elsewhere are logged with what they cost."""
    instrumented(providers=["anthropic"])
    client.messages.batches.create(requests=requests("a"))
    batches.succeed("a")
    hilt.uninstrument()
    log = instrumented(providers=["anthropic"])

    list(client.messages.batches.results(batches.id))

    ending = log.ending
    assert ending["session_id"].startswith("conv_")
    assert ending["metrics"]["cost_usd"] > 0
    assert "reply_to" not in ending["extensions"]
    assert "latency_ms" not in ending["extensions"]
    assert (ending["extensions"]["custom_id"], ending["extensions"]["batch_id"]) == (
        "a", batches.id,
    )  # fmt: skip


def test_asynchronous_beta(log: Log, batches: Batches) -> None:
    """The beta's batches, asynchronous: the same."""

    async def run() -> list[str]:
        http = batches.canned.async_client
        async with anthropic.AsyncAnthropic(api_key="k", http_client=http) as client:
            await client.beta.messages.batches.create(requests=list(requests("a")))
            batches.succeed("a")
            results = await client.beta.messages.batches.results(batches.id)
            return [line.custom_id async for line in results]

    assert asyncio.run(run()) == ["a"]
    assert log.actions == ["prompt", "completion"]
