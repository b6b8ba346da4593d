"""Bedrock through aiobotocore, the asynchronous sibling of boto3; needs aiobotocore installed."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.conftest import Log
from tests.instrumentation.bedrock_server import BedrockProvider
from tests.instrumentation.shapes.bedrock import ASK, BODY, MODEL

session = pytest.importorskip("aiobotocore.session")

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def run(act: Callable[[Any], Awaitable[None]], **fault: Any) -> None:
    """Do something with a client of a server of its own."""

    async def main(url: str) -> None:
        made = session.get_session().create_client(
            "bedrock-runtime",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        async with made as client:
            await act(client)

    with BedrockProvider(seed=7) as provider:
        if fault:
            provider.fail(**fault)
        asyncio.run(main(provider.url))
    gc.collect()


def ended(log: Log) -> dict[str, Any]:
    """The ending of the only call, which has one prompt."""
    assert len(log.of("prompt")) == 1
    return log.ending


def test_converse(log: Log) -> None:
    """A whole answer."""

    async def act(client: Any) -> None:
        await client.converse(**ASK)

    run(act)
    assert ended(log)["content"]["text"] == "One two three four five."


def test_converse_stream(log: Log) -> None:
    """A stream, read to its end."""

    async def act(client: Any) -> None:
        async for _ in (await client.converse_stream(**ASK))["stream"]:
            pass

    run(act)
    assert ended(log)["extensions"]["outcome"] == "completed"
    assert len(log.of("completion_chunk")) == 5


def test_stream_closed(log: Log) -> None:
    """A stream that is closed early."""

    async def act(client: Any) -> None:
        stream = (await client.converse_stream(**ASK))["stream"]
        async for event in stream:
            if "contentBlockDelta" in event:
                break
        stream.close()

    run(act)
    assert ended(log)["extensions"]["outcome"] == "closed"
    assert ended(log)["content"]["text"] == "One "


def test_invoke_model(log: Log) -> None:
    """A body that the caller awaits."""

    async def act(client: Any) -> None:
        answer = await client.invoke_model(modelId=MODEL, body=json.dumps(BODY))
        assert json.loads(await answer["body"].read())["role"] == "assistant"

    run(act)
    assert ended(log)["content"]["text"] == "One two three four five."
    assert ended(log)["metrics"]["cost_usd"] > 0


def test_throttled(log: Log) -> None:
    """An error, after as many attempts as there were."""

    async def act(client: Any) -> None:
        with pytest.raises(client.exceptions.ThrottlingException):
            await client.converse(**ASK)

    run(act, status=429, times=None)
    facts = ended(log)["extensions"]
    assert (facts["error_code"], facts["status_code"]) == ("rate_limit", 429)
    assert facts["attempts"] > 1
