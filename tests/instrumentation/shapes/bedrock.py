"""How boto3's Bedrock client is called."""

from __future__ import annotations

import json
from typing import Any

from tests.instrumentation.bedrock_server import BedrockProvider
from tests.instrumentation.shapes import Door, Shapes

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
ASK: dict[str, Any] = {
    "modelId": MODEL,
    "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
}
BODY = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "Hello"}],
}


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of the service at a URL."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(
            retries={"total_max_attempts": retries + 1, "mode": "standard"},
            read_timeout=timeout,
            connect_timeout=timeout,
        ),
    )


def create(client: Any) -> Any:
    """A whole answer."""
    return client.converse(**ASK)


def stream(client: Any) -> Any:
    """A stream."""
    return client.converse_stream(**ASK)["stream"]


def text(item: Any) -> str:
    """The text of an answer or a chunk."""
    if "output" in item:
        return "".join(block["text"] for block in item["output"]["message"]["content"])
    said: str = item.get("contentBlockDelta", {}).get("delta", {}).get("text", "")
    return said


def _invoke(client: Any) -> Any:
    return client.invoke_model(modelId=MODEL, body=json.dumps(BODY))["body"]


def _read(client: Any) -> Any:
    body = _invoke(client)
    return type(body), json.load(body), body.read()


def _read_in_pieces(client: Any) -> Any:
    body = _invoke(client)
    pieces = []
    while piece := body.read(7):
        pieces.append(piece)
    return pieces


def _chunks(client: Any) -> Any:
    return list(_invoke(client).iter_chunks(16))


def _lines(client: Any) -> Any:
    return list(_invoke(client).iter_lines())


def _readlines(client: Any) -> Any:
    return _invoke(client).readlines()


def _iterated(client: Any) -> Any:
    return list(_invoke(client))


def _buffered(client: Any) -> Any:
    body, buffer = _invoke(client), bytearray(4096)
    read = 0
    while count := body.readinto(memoryview(buffer)[read:]):
        read += count
    return bytes(buffer[:read])


def _raw(client: Any) -> Any:
    with _invoke(client) as raw:
        return type(raw), raw.read()


def _invoke_stream(client: Any) -> Any:
    answer = client.invoke_model_with_response_stream(modelId=MODEL, body=json.dumps(BODY))
    return [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]


def _bytes(client: Any) -> Any:
    return client.invoke_model(modelId=MODEL, body=json.dumps(BODY).encode())["body"].read()


DOORS = {
    "invoke read": Door(_read),
    "invoke read in pieces": Door(_read_in_pieces),
    "invoke iter_chunks": Door(_chunks),
    "invoke iter_lines": Door(_lines),
    "invoke readlines": Door(_readlines),
    "invoke iterated": Door(_iterated),
    "invoke readinto": Door(_buffered),
    "invoke with": Door(_raw),
    "invoke of bytes": Door(_bytes),
    "invoke stream": Door(_invoke_stream),
}


def _doors() -> dict[str, Door]:
    """The ways that the installed SDK has: some came with later releases."""
    found = dict(DOORS)
    try:
        from botocore.response import StreamingBody
    except ImportError:
        return {}
    if not hasattr(StreamingBody, "readinto"):
        del found["invoke readinto"]
    return found


SHAPES = Shapes(
    name="bedrock",
    package="boto3",
    client=client,
    create=create,
    stream=stream,
    text=text,
    server=lambda: BedrockProvider(seed=7),
    has_async=False,
    skip=frozenset(
        (
            "stream left by with",  # an EventStream is no context manager
            "stream left by an error",
            "truncated body",  # botocore makes an empty answer of what it cannot read
        )
    ),
    doors=_doors(),
)
