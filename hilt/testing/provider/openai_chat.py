"""OpenAI chat completions and legacy completions, which many other hosts offer too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hilt.testing.provider import parts
from hilt.testing.provider.answers import Answer, Json, Message, ParsedRequest, ToolCall
from hilt.testing.provider.endpoint import Endpoint, Exchange, object_schema, sse

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CHAT", "COMPLETIONS", "dated_model", "openai_error", "read_content"]

_REASONS = {"tool_call": "tool_calls"}
_SNAPSHOTS = {
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-4.1": "gpt-4.1-2025-04-14",
    "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
    "gpt-5": "gpt-5-2025-08-07",
    "gpt-5-mini": "gpt-5-mini-2025-08-07",
}
_ERRORS = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}


def dated_model(model: str) -> str:
    """The name with a date of the model that answers to a name without one."""
    return _SNAPSHOTS.get(model, model)


def openai_error(status: int, message: str, _request_id: str) -> Json:
    """The JSON of an error."""
    kind, code = _ERRORS.get(status, ("server_error", None))
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def read_content(content: Any) -> list[Json]:
    """The parts of a message's content: text, or a list of typed parts."""
    if isinstance(content, list):
        return [_read_part(part) for part in content if isinstance(part, dict)]
    return [parts.text(content)] if content else []


def _read_part(part: Json) -> Json:
    kind = part.get("type")
    if kind in ("text", "input_text", "output_text", "refusal"):
        return parts.text(part.get("text") or part.get("refusal"))
    if kind in ("image_url", "input_image") and (image := part.get("image_url")):
        return parts.link(image["url"] if isinstance(image, dict) else image)
    if kind == "input_audio":
        audio = part.get("input_audio") or {}
        return parts.blob(audio.get("data"), f"audio/{audio.get('format')}")
    return dict(part)


def _read_message(item: Json) -> Message:
    role = item.get("role", "user")
    if role == "tool":
        response = item.get("content")
        if isinstance(response, list):
            response = "".join(part.get("content") or "" for part in read_content(response))
        return parts.message("tool", [parts.result(response, item.get("tool_call_id"))])
    message_parts = read_content(item.get("content"))
    if item.get("reasoning_content"):
        message_parts.insert(0, parts.text(item["reasoning_content"], "reasoning"))
    for made in item.get("tool_calls") or ():
        function = made.get("function") or {}
        message_parts.append(
            parts.call(function.get("name"), function.get("arguments"), made.get("id"))
        )
    return parts.message(role, message_parts)


def _read_chat(body: Json, match: re.Match[str]) -> ParsedRequest:
    schema = (body.get("response_format") or {}).get("json_schema") or {}
    return ParsedRequest(
        api="openai.chat",
        operation="chat",
        model=body.get("model") or match.groupdict().get("model") or "",
        body=body,
        messages=[_read_message(item) for item in body.get("messages") or ()],
        stream=bool(body.get("stream")),
        tools=dict(map(_tool, body.get("tools") or ())),
        must_call=must_call(body.get("tool_choice")),
        schema=schema.get("schema"),
    )


def _tool(tool: Json) -> tuple[str, Json]:
    function = tool.get("function") or tool
    return str(function.get("name")), object_schema(function.get("parameters"))


def must_call(choice: Any) -> str | None:
    """The tool that ``tool_choice`` requires, ``*`` for any."""
    if isinstance(choice, dict):
        return str((choice.get("function") or choice).get("name") or "*")
    return "*" if choice == "required" else None


def _usage(exchange: Exchange) -> Json:
    if exchange.answer.usage is not None:
        return exchange.answer.usage
    tokens = exchange.request.counted(exchange.answer)
    prompt, completion = tokens.prompt or 0, tokens.completion or 0
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": tokens.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": tokens.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _envelope(exchange: Exchange, kind: str) -> Json:
    prefix = "cmpl-" if kind == "text_completion" else "chatcmpl-"
    return {
        "id": exchange.id(prefix, 29),
        "object": kind,
        "created": exchange.now,
        "model": exchange.answer.model or dated_model(exchange.request.model),
        "service_tier": "default",
        "system_fingerprint": "fp_embedded",
    }


def _call(exchange: Exchange, made: ToolCall) -> Json:
    return {
        "id": made.id or exchange.ids.new("call_"),
        "type": "function",
        "function": {"name": made.name, "arguments": made.json},
    }


def _message(exchange: Exchange, answer: Answer) -> Json:
    message: Json = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.reasoning is not None:
        message["reasoning_content"] = answer.reasoning
    if answer.tool_calls:
        message["tool_calls"] = [_call(exchange, made) for made in answer.tool_calls]
    return message


def _reason(answer: Answer) -> str:
    return _REASONS.get(answer.reason, answer.reason)


def _write_chat(exchange: Exchange) -> Json:
    choices = [
        {
            "index": index,
            "message": _message(exchange, answer),
            "logprobs": None,
            "finish_reason": _reason(answer),
        }
        for index, answer in enumerate(exchange.answer.all_choices)
    ]
    usage = {"usage": written} if (written := _usage(exchange)) else {}
    return {**_envelope(exchange, "chat.completion"), "choices": choices, **usage}


def _stream_chat(exchange: Exchange) -> Iterator[bytes]:
    envelope = _envelope(exchange, "chat.completion.chunk")
    for index, answer in enumerate(exchange.answer.all_choices):
        for delta in _deltas(exchange, answer):
            yield sse({**envelope, "choices": [_choice(index, delta)]})
        yield sse({**envelope, "choices": [_choice(index, {}, _reason(answer))]})
    if (usage := _usage(exchange)) and _sends_usage(exchange):
        yield sse({**envelope, "choices": [], "usage": usage})
    yield sse("[DONE]")


def _sends_usage(exchange: Exchange) -> bool:
    """Whether a stream ends with the usage; many hosts send it even if it was not requested."""
    options = exchange.request.body.get("stream_options")
    is_requested = isinstance(options, dict) and bool(options.get("include_usage"))
    return is_requested or bool(exchange.answer.usage)


def _choice(index: int, delta: Json, reason: str | None = None) -> Json:
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": reason}


def _deltas(exchange: Exchange, answer: Answer) -> Iterator[Json]:
    yield {"role": "assistant", "content": None if answer.text is None else "", "refusal": None}
    if answer.reasoning:
        yield {"reasoning_content": answer.reasoning}
    for piece in answer.pieces:
        yield {"content": piece}
    for number, made in enumerate(answer.tool_calls):
        whole = _call(exchange, made)
        arguments = whole["function"].pop("arguments")
        start = {**whole, "function": {**whole["function"], "arguments": ""}}
        yield {"tool_calls": [{"index": number, **start}]}
        for piece in in_two(arguments):
            yield {"tool_calls": [{"index": number, "function": {"arguments": piece}}]}


def in_two(text: str) -> list[str]:
    """The text in two pieces, as a stream might send it; in fewer if it is short."""
    middle = (len(text) + 1) // 2
    return [piece for piece in (text[:middle], text[middle:]) if piece]


def _read_completion(body: Json, match: re.Match[str]) -> ParsedRequest:
    prompt = body.get("prompt")
    prompts = [prompt] if isinstance(prompt, str) else prompt or []
    return ParsedRequest(
        api="openai.completions",
        operation="text_completion",
        model=body.get("model") or match.groupdict().get("model") or "",
        body=body,
        messages=[parts.message("user", [parts.text(str(each))]) for each in prompts],
        stream=bool(body.get("stream")),
    )


def _write_completion(exchange: Exchange) -> Json:
    choices = [
        {"index": index, "text": each.text or "", "logprobs": None, "finish_reason": _reason(each)}
        for index, each in enumerate(exchange.answer.all_choices)
    ]
    usage = {"usage": written} if (written := _usage(exchange)) else {}
    return {**_envelope(exchange, "text_completion"), "choices": choices, **usage}


def _stream_completion(exchange: Exchange) -> Iterator[bytes]:
    envelope = _envelope(exchange, "text_completion")
    for index, answer in enumerate(exchange.answer.all_choices):
        for piece in answer.pieces:
            choice = {"index": index, "text": piece, "logprobs": None, "finish_reason": None}
            yield sse({**envelope, "choices": [choice]})
        last = {"index": index, "text": "", "logprobs": None, "finish_reason": _reason(answer)}
        yield sse({**envelope, "choices": [last]})
    if (usage := _usage(exchange)) and _sends_usage(exchange):
        yield sse({**envelope, "choices": [], "usage": usage})
    yield sse("[DONE]")


_DEPLOYMENT = r"(?:.*/deployments/(?P<model>[^/]+))?.*"

CHAT = Endpoint(
    path=re.compile(_DEPLOYMENT + r"/chat/completions"),
    read=_read_chat,
    whole=_write_chat,
    stream=_stream_chat,
    error=openai_error,
)
"""``/chat/completions`` under any path, including Azure's deployments."""

COMPLETIONS = Endpoint(
    path=re.compile(_DEPLOYMENT + r"/completions"),
    read=_read_completion,
    whole=_write_completion,
    stream=_stream_completion,
    error=openai_error,
)
"""Legacy ``/completions``."""
