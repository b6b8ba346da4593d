"""OpenAI's responses API: requests, answers, streams, and answers that are fetched later."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from hilt import semconv
from hilt.core.plain_json import to_sent_json
from hilt.genai.coerce import (
    as_list,
    count_or_none,
    list_or_empty,
    str_or_empty,
    str_or_none,
    text_or_none,
    to_text,
)
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.outcome import failure_in_body
from hilt.genai.values import (
    Delta,
    Failure,
    Part,
    Request,
    Response,
    Surface,
    ToolCallDelta,
    Usage,
    as_is,
)
from hilt.providers._chat_completions import add_service_tier, usage_of
from hilt.providers._http import HttpRequest
from hilt.providers._message_parts import text_part
from hilt.providers._parameters import Attributes, add_output_type, number_attributes
from hilt.providers._server_tools import counted_calls
from hilt.providers.openai.items import message_of_items, message_of_output, prompt_parts

__all__ = ["Responses", "fetch_response_request", "responses_request", "turns_of"]

_PARAMETERS = (
    ("max_output_tokens", semconv.REQUEST_MAX_TOKENS),
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("top_p", semconv.REQUEST_TOP_P),
)
_TEXT_PARAMETERS = (
    (("reasoning", "effort"), semconv.REQUEST_REASONING_LEVEL),
    (("prompt", "id"), semconv.PROMPT_NAME),
    (("prompt", "version"), semconv.PROMPT_VERSION),
)
_RESPONSE_PATH = re.compile(r".*/responses/([^/]+?)(?:/cancel)?/?")
_UNFINISHED = frozenset(("queued", "in_progress"))
_INCOMPLETE = {  # by the reason in ``incomplete_details``: outcome and finish reason
    "max_output_tokens": ("length", "length"),
    "content_filter": ("filtered", "content_filter"),
    "steered": ("closed", "incomplete"),  # by the caller, who had more to say
}
_ERROR_CODES = {
    "rate_limit_exceeded": "rate_limit",
    "server_error": "server_error",
    "vector_store_timeout": "timeout",
}
_CALLER_TOOLS = frozenset(("function_call", "custom_tool_call"))
_ITEMS_OF_MODEL = frozenset(("reasoning", "compaction", "compaction_summary"))
_TEXT_ITEMS = frozenset(("message", "reasoning"))


# -- requests ---------------------------------------------------------------------------------


def responses_request(sent: HttpRequest) -> Request:
    """A request of ``responses.create``, ``parse``, ``stream`` and ``compact``."""
    body = sent.body
    conversation, instructions = body.get("conversation"), body.get("instructions")
    if not isinstance(conversation, str):
        conversation = get_path(conversation, "id")
    turns = turns_of(body.get("input"))
    request = Request(
        "chat",
        "",
        model=str_or_none(body.get("model")),
        messages=turns,
        read=message_of_items,
        instructions=[text_part(instructions)] if instructions else None,
        attributes=request_parameters(body),
        tools=as_list(body.get("tools")) or None,
        conversation=str_or_none(conversation),
        stored_history=conversation is not None,
        previous_response=str_or_none(body.get("previous_response_id")),
        continued_by_id=_is_continued_by_id(body),
        references=_references(turns),
        user=str_or_none(body.get("user")) or str_or_none(body.get("safety_identifier")),
    )
    if body.get("prompt"):
        _add_stored_prompt(request, prompt_parts(body["prompt"]))
    return request


def _add_stored_prompt(request: Request, parts: list[Part]) -> None:
    """Add a prompt that OpenAI stores: to the instructions, or as what the user says.

    Instructions are sent again with each call, as it is. Where there is no input, the variables of
    the prompt have it.
    """
    if request.messages:
        request.instructions = [*(request.instructions or ()), *parts]
    elif parts:
        request.messages, request.read = [{"role": "user", "parts": parts}], as_is


def _is_continued_by_id(body: Mapping[str, object]) -> bool:
    """Whether the provider keeps the answer, and the program does not send a history itself."""
    if body.get("store") is False:
        return False
    return body.get("previous_response_id") is not None or isinstance(body.get("input"), str)


def fetch_response_request(sent: HttpRequest) -> Request:
    """A request for a response that an earlier call made: ``retrieve`` and ``cancel``."""
    response = _RESPONSE_PATH.fullmatch(sent.path)
    return Request("fetch_response", "", fetched_response=response[1] if response else None)


def request_parameters(body: Mapping[str, object]) -> Attributes:
    """``gen_ai.request.*`` for the parameters of a request's body."""
    attributes = number_attributes(body, _PARAMETERS)
    for path, attribute in _TEXT_PARAMETERS:
        value = get_path(body, *path)
        if isinstance(value, str):
            attributes[attribute] = value
    add_output_type(attributes, get_path(body.get("text"), "format", "type"))
    add_service_tier(attributes, body.get("service_tier"))
    return attributes


def turns_of(value: object) -> list[Any]:
    """An input as turns: an item each, and the items of one answer of the model in a list.

    A reference to an item is one of them if it stands beside what the model answered.
    """
    if isinstance(value, str):
        return [{"role": "user", "content": value}]
    turns: list[Any] = []
    in_answer = False
    for item in as_list(value):
        is_of_model = _is_of_model(item) or (in_answer and _is_reference(item))
        if is_of_model and not in_answer and turns and _is_reference(turns[-1]):
            turns[-1] = [turns[-1], item]
        elif is_of_model and in_answer:
            turns[-1].append(item)
        else:
            turns.append([item] if is_of_model else item)
        in_answer = is_of_model
    return turns


def _is_of_model(item: object) -> bool:
    role, kind = get_path(item, "role"), str_or_empty(get_path(item, "type"))
    if role is not None:
        return bool(role == "assistant")
    return kind in _ITEMS_OF_MODEL or kind.endswith("_call")


def _is_reference(item: object) -> bool:
    return bool(get_path(item, "type") == "item_reference")


def _references(turns: list[Any]) -> dict[int, str] | None:
    """The turns that refer to items of an answer, with the id of the last item."""
    references: dict[int, str] = {}
    for index, turn in enumerate(turns):
        for item in as_list(turn):
            item_id = get_path(item, "id") if _is_reference(item) else None
            if isinstance(item_id, str):
                references[index] = item_id
    return references or None


# -- answers ----------------------------------------------------------------------------------


class Responses(Surface):
    """Answers of ``responses``."""

    name = "responses"
    json = True

    def response(self, body: object) -> Response:
        """The whole answer, or as much as there is of one that runs in the background."""
        status, tier = text_or_none(get_path(body, "status")), get_path(body, "service_tier")
        usage = get_path(body, "usage")
        output = get_path(body, "output")
        message = message_of_output(output)
        response = Response(
            id=text_or_none(get_path(body, "id")),
            model=get_path(body, "model") or None,
            messages=[message] if message["parts"] else [],
            usage=_usage_of(usage, body),
            raw_usage=to_plain_json(usage) if usage else None,
            service_tier=tier or None,
            conversation=get_path(body, "conversation", "id"),
            items=[str(item) for each in as_list(output) if (item := get_path(each, "id"))] or None,
            status=status,
            pending=status in _UNFINISHED and bool(get_path(body, "background")),
            attributes={semconv.OPENAI_RESPONSE_SERVICE_TIER: tier} if tier else {},
        )
        if status and status not in _UNFINISHED:
            response.finish_reasons = [status]
            _set_ending(response, body)
        elif status is None and get_path(body, "object") == "response.compaction":
            response.status = "completed"
        elif status is None and get_path(body, "error"):  # of a gateway, with status 200
            response.failure = failure_in_body(get_path(body, "error"))
        return response

    def text(self, chunk: Any) -> str | None:
        """The text of ``response.output_text.delta``."""
        try:
            text = chunk.delta if chunk.type == "response.output_text.delta" else None
        except AttributeError:
            return None
        return text if type(text) is str else None

    def delta(self, chunk: object) -> Delta | None:
        """What an event adds; those that carry the whole response replace what was added."""
        kind = str_or_empty(get_path(chunk, "type"))
        response = get_path(chunk, "response")
        if response is not None and kind != "response.output_text.delta":
            return self._response_delta(response)
        read = _EVENTS.get(kind)
        if read is None and kind.endswith(("call_arguments.delta", "tool_call_input.delta")):
            read = _arguments_delta
        return read(chunk) if read is not None else None

    def _response_delta(self, body: object) -> Delta:
        response = self.response(body)
        is_whole = bool(response.finish_reasons)
        if not is_whole:
            response.messages = []  # the deltas bring them
        return Delta(response=response, whole=is_whole)


def _usage_of(usage: object, body: object) -> Usage | None:
    """The counts, with the paid calls of OpenAI's own tools.

    These stand in the output; newer answers also say which of the searches are billed, and how many
    tokens the model of the images took.
    """
    counts = usage_of(usage)
    if counts is None:
        return None
    output = list_or_empty(get_path(body, "output"))
    units = counted_calls(output)
    billed = get_path(body, "tool_usage")
    if billed:
        searches = count_or_none(get_path(billed, "web_search", "num_requests"))
        if searches is not None:
            units["web_searches"] = searches
        images, model = get_path(billed, "image_gen"), _image_model(get_path(body, "tools"))
        has_svg = any(get_path(item, "svg_usage") for item in output)  # of one more model
        if model and get_path(images, "total_tokens") and not has_svg:
            counts.by_model = {model: usage_of(images) or Usage()}
            units.pop("image_generation_calls", None)
    counts.units = {**{name: count for name, count in units.items() if count}, **counts.units}
    return counts


def _image_model(tools: object) -> str | None:
    """The model that makes images, where the tool names it."""
    models = (
        str_or_none(get_path(tool, "model"))
        for tool in as_list(tools)
        if get_path(tool, "type") == "image_generation"
    )
    return next(filter(None, models), None)


def _set_ending(response: Response, body: object) -> None:
    """Set why it ended, in the conventions' terms on the span, and in HILT's."""
    reason = "stop"
    if response.status == "incomplete":
        details = str_or_empty(get_path(body, "incomplete_details", "reason"))
        response.outcome, reason = _INCOMPLETE.get(details, ("length", "incomplete"))
    elif response.status == "failed":
        response.failure, reason = _failure_of(get_path(body, "error")), "error"
    elif response.status == "cancelled":
        response.failure, reason = _cancelled(), "error"
    elif any(part["type"] == "tool_call" for each in response.messages for part in each["parts"]):
        reason = "tool_call"
    response.attributes[semconv.RESPONSE_FINISH_REASONS] = [reason]


def _failure_of(error: object) -> Failure:
    code = str(get_path(error, "code") or "unknown")
    error_code = _ERROR_CODES.get(code)
    if error_code is None:
        error_code = "invalid_request" if "invalid" in code or "image" in code else "unknown"
    return Failure(
        error_code=error_code,
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


# -- events of a stream -----------------------------------------------------------------------


def _text_delta(chunk: object) -> Delta:
    return Delta(text=to_text(get_path(chunk, "delta")))


def _reasoning_delta(chunk: object) -> Delta:
    return Delta(reasoning=to_text(get_path(chunk, "delta")))


def _reasoning_begin_delta(chunk: object) -> Delta | None:
    """A further part of a summary stands in a line of its own."""
    return Delta(reasoning="\n") if get_path(chunk, "summary_index") else None


def _annotation_delta(chunk: object) -> Delta | None:
    annotation = get_path(chunk, "annotation")
    return Delta(details={"annotations": [to_sent_json(annotation)]}) if annotation else None


def _refusal_delta(chunk: object) -> Delta:
    return Delta(parts=[{"type": "refusal", "content": to_text(get_path(chunk, "delta"))}])


def _error_delta(chunk: object) -> Delta:
    return Delta(response=Response(failure=_failure_of(chunk)))


def _arguments_delta(chunk: object) -> Delta:
    return _tool_call_delta(chunk, arguments=get_path(chunk, "delta"))


def _item_begin_delta(chunk: object) -> Delta | None:
    """The name and the id of a tool call; of any other item, its end has everything."""
    item = get_path(chunk, "item")
    if str_or_empty(get_path(item, "type")) not in _CALLER_TOOLS:
        return None
    return _tool_call_delta(chunk, id=get_path(item, "call_id"), name=get_path(item, "name"))


def _item_end_delta(chunk: object) -> Delta | None:
    """A whole item, if no deltas brought it; a tool call in any case, as some hosts send none."""
    item = get_path(chunk, "item")
    kind = str_or_empty(get_path(item, "type"))
    if kind in _TEXT_ITEMS:
        return None
    if kind in _CALLER_TOOLS:
        arguments = get_path(item, "arguments" if kind == "function_call" else "input")
        call_id, name = get_path(item, "call_id"), get_path(item, "name")
        return _tool_call_delta(chunk, id=call_id, name=name, arguments=arguments, whole=True)
    return Delta(parts=message_of_output([item])["parts"])


def _tool_call_delta(chunk: object, **fields: Any) -> Delta:
    index = get_path(chunk, "output_index")
    call = ToolCallDelta(index=index if isinstance(index, (int, str)) else 0, **fields)
    return Delta(tool_calls=[call])


_EVENTS: dict[str, Callable[[object], Delta | None]] = {
    "response.output_text.delta": _text_delta,
    "response.output_text.annotation.added": _annotation_delta,
    "response.reasoning_summary_part.added": _reasoning_begin_delta,
    "response.reasoning_summary_text.delta": _reasoning_delta,
    "response.reasoning_text.delta": _reasoning_delta,
    "response.refusal.delta": _refusal_delta,
    "response.output_item.added": _item_begin_delta,
    "response.output_item.done": _item_end_delta,
    "error": _error_delta,
}
