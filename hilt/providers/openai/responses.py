"""OpenAI's responses API: requests, answers, streams, and answers that are fetched later."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, str_or_empty, text_or_none, to_text
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Delta, Failure, Part, Request, Response, Surface, ToolCallDelta
from hilt.providers._chat_usage import usage_of
from hilt.providers._stainless import Options
from hilt.providers.openai.items import message_of_items, message_of_output

__all__ = ["Responses", "fetch_response_request", "responses_request"]

_PARAMETERS = (
    ("max_output_tokens", semconv.REQUEST_MAX_TOKENS),
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("top_p", semconv.REQUEST_TOP_P),
)
_OUTPUT_TYPES = {"json_object": "json", "json_schema": "json", "text": "text"}
_FETCH = re.compile(r".*/responses/([^/]+?)(?:/cancel)?/?")
_UNFINISHED = frozenset(("queued", "in_progress"))
_INCOMPLETE = {
    "max_output_tokens": ("length", "length"),
    "content_filter": ("filtered", "content_filter"),
}
_ERROR_CODES = {
    "rate_limit_exceeded": "rate_limit",
    "server_error": "server_error",
    "vector_store_timeout": "timeout",
}


def responses_request(sent: Options) -> Request:
    """What ``responses.create`` and its kin ask for."""
    body = sent.body
    asked = body.get("input")
    conversation = body.get("conversation")
    if not isinstance(conversation, str):
        conversation = get_path(conversation, "id")
    instructions = body.get("instructions")
    return Request(
        "chat",
        "",
        model=_text(body.get("model")),
        messages=_turns(asked),
        read=message_of_items,
        instructions=[{"type": "text", "content": to_text(instructions)}] if instructions else None,
        attributes=_parameters(body),
        tools=body.get("tools"),
        conversation=_text(conversation),
        stored_history=conversation is not None,
        previous_response=_text(body.get("previous_response_id")),
        user=_text(body.get("user")) or _text(body.get("safety_identifier")),
    )


def fetch_response_request(sent: Options) -> Request:
    """What asks again for a response: ``retrieve`` and ``cancel``."""
    found = _FETCH.fullmatch(sent.path)
    return Request("fetch_response", "", fetched_response=found[1] if found else None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, attribute in _PARAMETERS:
        value = body.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            found[attribute] = value
    effort = get_path(body.get("reasoning"), "effort")
    if isinstance(effort, str):
        found[semconv.REQUEST_REASONING_LEVEL] = effort
    output = _OUTPUT_TYPES.get(str_or_empty(get_path(body.get("text"), "format", "type")))
    if output:
        found[semconv.OUTPUT_TYPE] = output
    tier = body.get("service_tier")
    if isinstance(tier, str) and tier != "auto":
        found[semconv.OPENAI_REQUEST_SERVICE_TIER] = tier
    template = body.get("prompt")
    for name, attribute in (("id", semconv.PROMPT_NAME), ("version", semconv.PROMPT_VERSION)):
        value = get_path(template, name)
        if isinstance(value, str):
            found[attribute] = value
    return found


def _turns(asked: Any) -> list[Any]:
    """The input as turns: what the model said in one answer are several items in a row."""
    if isinstance(asked, str):
        return [{"role": "user", "content": asked}]
    turns: list[Any] = []
    answering = False
    for item in as_list(asked):
        of_model = _is_of_model(item)
        if of_model and answering:
            turns[-1].append(item)
        else:
            turns.append([item] if of_model else item)
        answering = of_model
    return turns


def _is_of_model(item: Any) -> bool:
    role, kind = get_path(item, "role"), str_or_empty(get_path(item, "type"))
    if role is not None:
        return bool(role == "assistant")
    return kind in {"reasoning", "compaction"} or kind.endswith("_call")


class Responses(Surface):
    """Answers of ``responses``."""

    name = "responses"

    def response(self, body: Any) -> Response:
        """The whole answer, or as much as there is of one that runs in the background."""
        status = text_or_none(get_path(body, "status"))
        usage = get_path(body, "usage")
        tier = get_path(body, "service_tier")
        message = message_of_output(get_path(body, "output"))
        found = Response(
            id=text_or_none(get_path(body, "id")),
            model=get_path(body, "model") or None,
            messages=[message] if message["parts"] else [],
            usage=usage_of(usage),
            raw_usage=to_plain_json(usage) if usage else None,
            service_tier=tier or None,
            conversation=get_path(body, "conversation", "id"),
            status=status,
            pending=status in _UNFINISHED and bool(get_path(body, "background")),
            attributes={semconv.OPENAI_RESPONSE_SERVICE_TIER: tier} if tier else {},
        )
        if status and status not in _UNFINISHED:
            found.finish_reasons = [status]
            self._judge(found, body)
        elif status is None and get_path(body, "object") == "response.compaction":
            found.status = "completed"
        return found

    def _judge(self, found: Response, body: Any) -> None:
        """Why it ended, in the conventions' words on the span, and in ours."""
        reason = "stop"
        if found.status == "incomplete":
            why = str_or_empty(get_path(body, "incomplete_details", "reason"))
            found.outcome, reason = _INCOMPLETE.get(why, (None, "incomplete"))
        elif found.status == "failed":
            found.failure, reason = _failure(get_path(body, "error")), "error"
        elif found.status == "cancelled":
            found.failure, reason = _cancelled(), "error"
        elif any(part["type"] == "tool_call" for each in found.messages for part in each["parts"]):
            reason = "tool_call"
        found.attributes[semconv.RESPONSE_FINISH_REASONS] = [reason]

    def text(self, chunk: Any) -> str | None:
        """The text of ``response.output_text.delta``."""
        try:
            text = chunk.delta if chunk.type == "response.output_text.delta" else None
        except AttributeError:
            return None
        return text if type(text) is str else None

    def delta(self, chunk: Any) -> Delta | None:
        """What an event adds; those that carry the whole response replace what was added."""
        kind = get_path(chunk, "type")
        if type(kind) is not str:
            kind = ""
        if kind == "response.output_text.delta":
            return Delta(text=to_text(get_path(chunk, "delta")))
        if get_path(chunk, "response") is not None:
            return self._state(kind, get_path(chunk, "response"))
        if kind in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
            return Delta(reasoning=to_text(get_path(chunk, "delta")))
        if kind.endswith(("call_arguments.delta", "tool_call_input.delta")):
            return self._call(chunk, arguments=get_path(chunk, "delta"))
        if kind == "response.refusal.done":
            return Delta(
                parts=[{"type": "refusal", "content": to_text(get_path(chunk, "refusal"))}]
            )
        if kind in ("response.output_item.added", "response.output_item.done"):
            return self._item(kind, chunk)
        if kind == "error":
            return Delta(response=Response(failure=_failure(chunk)))
        return None

    def _state(self, kind: str, body: Any) -> Delta:
        response = self.response(body)
        whole = bool(response.finish_reasons)
        if not whole:
            response.messages = []  # the deltas bring them
        return Delta(response=response, whole=whole)

    def _item(self, kind: str, chunk: Any) -> Delta | None:
        item = get_path(chunk, "item")
        if get_path(item, "type") in ("function_call", "custom_tool_call"):
            if kind.endswith("added"):
                return self._call(chunk, id=get_path(item, "call_id"), name=get_path(item, "name"))
            return None
        if get_path(item, "type") in ("message", "reasoning") or kind.endswith("added"):
            return None
        return Delta(parts=_parts(item))

    def _call(self, chunk: Any, **facts: Any) -> Delta:
        index = get_path(chunk, "output_index")
        index = index if isinstance(index, (int, str)) else 0
        return Delta(tool_calls=[ToolCallDelta(index=index, **facts)])


def _parts(item: Any) -> list[Part]:
    parts: list[Part] = message_of_output([item])["parts"]
    return parts


def _failure(error: Any) -> Failure:
    code = str(get_path(error, "code") or "unknown")
    known = _ERROR_CODES.get(code)
    if known is None:
        known = "invalid_request" if "invalid" in code or "image" in code else "unknown"
    return Failure(
        error_code=known,
        error_type=code,
        message=str(get_path(error, "message") or "the response failed"),
        provider_code=code,
    )


def _cancelled() -> Failure:
    return Failure(
        error_code="cancelled",
        error_type="cancelled",
        message="the response was cancelled",
        status_code=499,
        outcome="cancelled",
    )
