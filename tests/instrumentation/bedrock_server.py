"""A server that speaks Bedrock's converse and invoke, with AWS's framing of events."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from typing import Any

from hilt.testing.provider import Provider
from hilt.testing.provider.server import HTTPAnswer, HTTPRequest, json_body

__all__ = ["BedrockProvider", "frame"]

_PIECES = ("One ", "two ", "three ", "four ", "five.")
_USAGE = {"inputTokens": 5, "outputTokens": 7, "totalTokens": 12}
_ERRORS = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    500: "InternalServerException",
}
_HEADERS = {"x-amzn-requestid": "req-1"}
_COUNTED = {
    **_HEADERS,
    "x-amzn-bedrock-input-token-count": "5",
    "x-amzn-bedrock-output-token-count": "7",
}


class BedrockProvider(Provider):
    """The embedded provider, with Bedrock's paths in front of what it says."""

    def handle(self, request: HTTPRequest) -> tuple[HTTPAnswer, Any]:
        """The embedded provider's answer, written as Bedrock writes it."""
        chat = {"model": "any", "messages": [{"role": "user", "content": "Hello"}]}
        inner = HTTPRequest("POST", "/v1/chat/completions", "", request.headers, json_body(chat))
        answer, fault = super().handle(inner)
        self.requests[-1].body = request.body
        operation = request.path.rpartition("/")[2]
        if answer.status != 200:
            kind = {**_HEADERS, "x-amzn-errortype": _ERRORS.get(answer.status, "Unknown")}
            return HTTPAnswer(answer.status, kind, b'{"message": "told to fail"}'), fault
        if operation.endswith("stream"):
            events = _invoked() if operation.startswith("invoke") else _conversed()
            kind = {**_HEADERS, "content-type": "application/vnd.amazon.eventstream"}
            return HTTPAnswer(200, kind, events=events), fault
        kind = {**_COUNTED, "content-type": "application/json"}
        whole = _claude() if operation == "invoke" else _whole()
        return HTTPAnswer(200, kind, json_body(whole)), fault


def _whole() -> dict[str, Any]:
    message = {"role": "assistant", "content": [{"text": "".join(_PIECES)}]}
    return {"output": {"message": message}, "stopReason": "end_turn", "usage": _USAGE}


def _claude() -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-3-haiku-20240307",
        "content": [{"type": "text", "text": "".join(_PIECES)}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 5, "output_tokens": 7},
    }


def _conversed() -> Iterator[bytes]:
    yield frame("messageStart", {"role": "assistant"})
    for piece in _PIECES:
        added = {"contentBlockIndex": 0, "delta": {"text": piece}}
        yield frame("contentBlockDelta", added)
    yield frame("contentBlockStop", {"contentBlockIndex": 0})
    yield frame("messageStop", {"stopReason": "end_turn"})
    yield frame("metadata", {"usage": _USAGE, "metrics": {"latencyMs": 1}})


def _invoked() -> Iterator[bytes]:
    begun = {**_claude(), "content": [], "stop_reason": None}
    yield _chunk({"type": "message_start", "message": begun})
    for piece in _PIECES:
        delta = {"type": "text_delta", "text": piece}
        yield _chunk({"type": "content_block_delta", "index": 0, "delta": delta})
    ending = {"stop_reason": "end_turn"}
    yield _chunk({"type": "message_delta", "delta": ending, "usage": {"output_tokens": 7}})
    metrics = {"inputTokenCount": 5, "outputTokenCount": 7}
    yield _chunk({"type": "message_stop", "amazon-bedrock-invocationMetrics": metrics})


def _chunk(event: dict[str, Any]) -> bytes:
    return frame("chunk", {"bytes": base64.b64encode(json_body(event)).decode()})


def frame(kind: str, payload: dict[str, Any], message: str = "event") -> bytes:
    """One message of the ``vnd.amazon.eventstream`` encoding."""
    named = {
        f":{message}-type": kind,
        ":content-type": "application/json",
        ":message-type": message,
    }
    headers = b"".join(
        bytes([len(name)])
        + name.encode()
        + b"\x07"
        + len(value).to_bytes(2, "big")
        + value.encode()
        for name, value in named.items()
    )
    body = json.dumps(payload).encode()
    total = 16 + len(headers) + len(body)
    prelude = total.to_bytes(4, "big") + len(headers).to_bytes(4, "big")
    head = prelude + zlib.crc32(prelude).to_bytes(4, "big") + headers + body
    return head + zlib.crc32(head).to_bytes(4, "big")
