"""Cohere's API, version 2: chat, embeddings and reranking."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hilt.testing.provider import parts
from hilt.testing.provider.answers import Json, ParsedRequest, Tokens, ToolCall, count_tokens
from hilt.testing.provider.endpoint import Endpoint, Exchange, sse
from hilt.testing.provider.openai_chat import CHAT, in_two
from hilt.testing.provider.openai_embeddings import vectors_for

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CHAT_V2", "EMBED_V2", "RERANK"]

_REASONS = {
    "stop": "COMPLETE",
    "length": "MAX_TOKENS",
    "tool_call": "TOOL_CALL",
    "content_filter": "ERROR_TOXIC",
}


def _error(_status: int, message: str, request_id: str) -> Json:
    return {"id": request_id, "message": message}


def _read(body: Json, match: re.Match[str]) -> ParsedRequest:
    # Messages, tools and the choice of a tool are those of OpenAI.
    chat = CHAT.read(body, match)
    return ParsedRequest(
        api="cohere.chat",
        operation="chat",
        model=chat.model,
        body=body,
        messages=chat.messages,
        stream=chat.stream,
        tools=chat.tools,
        must_call="*" if body.get("tool_choice") == "REQUIRED" else None,
        schema=(body.get("response_format") or {}).get("json_schema"),
    )


def _usage(exchange: Exchange) -> Json:
    if exchange.answer.usage is not None:
        return exchange.answer.usage
    tokens: Tokens = exchange.request.counted(exchange.answer)
    counts = {"input_tokens": tokens.prompt, "output_tokens": tokens.completion}
    return {"billed_units": counts, "tokens": counts}


def _call(exchange: Exchange, made: ToolCall) -> Json:
    return {
        "id": made.id or f"{made.name}_{exchange.ids.new('', 12)}",
        "type": "function",
        "function": {"name": made.name, "arguments": made.json},
    }


def _write(exchange: Exchange) -> Json:
    answer = exchange.answer
    message: Json = {"role": "assistant"}
    if answer.tool_calls:
        message["tool_plan"] = answer.text or ""
        message["tool_calls"] = [_call(exchange, made) for made in answer.tool_calls]
    else:
        message["content"] = [{"type": "text", "text": answer.text or ""}]
    return {
        "id": exchange.id("", 36),
        "finish_reason": _REASONS.get(answer.reason, answer.reason),
        "message": message,
        "usage": _usage(exchange),
    }


def _stream(exchange: Exchange) -> Iterator[bytes]:
    for event in _events(exchange):
        yield sse(event, event["type"])


def _delta(kind: str, message: Json, **more: object) -> Json:
    return {"type": kind, **more, "delta": {"message": message}}


def _events(exchange: Exchange) -> Iterator[Json]:
    whole = _write(exchange)
    empty = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    yield _delta("message-start", empty, id=whole["id"])
    if "tool_calls" in whole["message"]:
        yield from _call_events(exchange, whole["message"]["tool_calls"])
    else:
        yield from _text_events(exchange)
    ending = {"finish_reason": whole["finish_reason"], "usage": whole["usage"]}
    yield {"type": "message-end", "id": whole["id"], "delta": ending}


def _text_events(exchange: Exchange) -> Iterator[Json]:
    yield _delta("content-start", {"content": {"type": "text", "text": ""}}, index=0)
    for piece in exchange.answer.pieces:
        yield _delta("content-delta", {"content": {"text": piece}}, index=0)
    yield {"type": "content-end", "index": 0}


def _call_events(exchange: Exchange, calls: list[Json]) -> Iterator[Json]:
    for piece in exchange.answer.pieces:
        yield _delta("tool-plan-delta", {"tool_plan": piece})
    for index, made in enumerate(calls):
        function = {"name": made["function"]["name"], "arguments": ""}
        yield _delta("tool-call-start", {"tool_calls": {**made, "function": function}}, index=index)
        for piece in in_two(made["function"]["arguments"]):
            part = {"tool_calls": {"function": {"arguments": piece}}}
            yield _delta("tool-call-delta", part, index=index)
        yield {"type": "tool-call-end", "index": index}


def _read_embed(body: Json, _match: re.Match[str]) -> ParsedRequest:
    return ParsedRequest(
        api="cohere.embed",
        operation="embeddings",
        model=body.get("model") or "",
        body=body,
        inputs=[str(text) for text in body.get("texts") or ()],
    )


def _write_embed(exchange: Exchange) -> Json:
    vectors = [
        list(each) for each in vectors_for(exchange, exchange.request.body.get("output_dimension"))
    ]
    count = sum(map(count_tokens, exchange.request.inputs))
    return {
        "id": exchange.id("", 36),
        "embeddings": {"float": vectors},
        "texts": list(exchange.request.inputs),
        "meta": {
            "api_version": {"version": "2"},
            **(exchange.answer.usage or {"billed_units": {"input_tokens": count}}),
        },
    }


def _read_rerank(body: Json, _match: re.Match[str]) -> ParsedRequest:
    return ParsedRequest(
        api="cohere.rerank",
        operation="rerank",
        model=body.get("model") or "",
        body=body,
        messages=[parts.message("user", [parts.text(body.get("query"))])],
        inputs=[str(document) for document in body.get("documents") or ()],
    )


def _scores(exchange: Exchange) -> list[float]:
    if exchange.answer.scores is not None:
        return list(exchange.answer.scores)
    query = set(re.findall(r"\w+", exchange.request.text.lower()))
    words = [set(re.findall(r"\w+", text.lower())) for text in exchange.request.inputs]
    return [round(len(query & each) / (len(query | each) or 1), 6) for each in words]


def _write_rerank(exchange: Exchange) -> Json:
    scores = _scores(exchange)
    ranked = sorted(range(len(scores)), key=lambda index: -scores[index])
    wanted = ranked[: exchange.request.body.get("top_n") or len(ranked)]
    return {
        "id": exchange.id("", 36),
        "results": [{"index": index, "relevance_score": scores[index]} for index in wanted],
        "meta": {
            "api_version": {"version": "2"},
            **(exchange.answer.usage or {"billed_units": {"search_units": 1}}),
        },
    }


CHAT_V2 = Endpoint(
    path=re.compile(r".*/v2/chat"),
    read=_read,
    whole=_write,
    stream=_stream,
    error=_error,
)
"""``/v2/chat``."""

EMBED_V2 = Endpoint(
    path=re.compile(r".*/v2/embed"),
    read=_read_embed,
    whole=_write_embed,
    error=_error,
)
"""``/v2/embed``."""

RERANK = Endpoint(
    path=re.compile(r".*/v[12]/rerank"),
    read=_read_rerank,
    whole=_write_rerank,
    error=_error,
)
"""``/v2/rerank``."""
