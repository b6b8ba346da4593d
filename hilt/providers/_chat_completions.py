"""The chat completions API of OpenAI, which many others copy, and the legacy completions.

Its messages stand in `hilt.providers._chat_messages`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, list_or_empty, str_or_none, text_or_none, to_text
from hilt.genai.json_values import field_getter, get_path, to_plain_json
from hilt.genai.outcome import failure_in_body
from hilt.genai.values import BinaryPiece, Delta, Part, Request, Response, Surface, ToolCallDelta
from hilt.providers._chat_extras import (
    add_sources,
    citations_of,
    extra_parts,
    image_parts,
    reasoning_of,
    search_result_parts,
)
from hilt.providers._chat_messages import FieldGetter, answer_message_of, message_of, part_of
from hilt.providers._chat_usage import usage_of
from hilt.providers._http import HttpRequest
from hilt.providers._message_parts import index_of, text_message
from hilt.providers._parameters import (
    Attributes,
    add_choice_count,
    add_output_type,
    add_stop_sequences,
)

__all__ = [
    "ChatCompletions",
    "Completions",
    "add_service_tier",
    "chat_request",
    "completion_request",
    "request_parameters",
]

_PARAMETERS = {
    "max_tokens": semconv.REQUEST_MAX_TOKENS,
    "max_completion_tokens": semconv.REQUEST_MAX_TOKENS,
    "temperature": semconv.REQUEST_TEMPERATURE,
    "top_p": semconv.REQUEST_TOP_P,
    "top_k": semconv.REQUEST_TOP_K,
    "frequency_penalty": semconv.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": semconv.REQUEST_PRESENCE_PENALTY,
    "seed": semconv.REQUEST_SEED,
    "reasoning_effort": semconv.REQUEST_REASONING_LEVEL,
}
_ATTRIBUTE_TYPES = frozenset((str, int, float))
_RARE_PARAMETERS = frozenset(("stop", "n", "response_format", "service_tier"))


# -- requests ---------------------------------------------------------------------------------


def request_parameters(body: Mapping[str, object]) -> Attributes:
    """``gen_ai.request.*`` for the parameters of a request's body."""
    attributes: Attributes = {}
    for name in body:  # most bodies have fewer names than there are parameters
        attribute = _PARAMETERS.get(name)
        if attribute is not None and type(body[name]) in _ATTRIBUTE_TYPES:
            attributes[attribute] = body[name]
    if not _RARE_PARAMETERS.isdisjoint(body):
        add_stop_sequences(attributes, body.get("stop"))
        add_choice_count(attributes, body.get("n"))
        add_output_type(attributes, get_path(body.get("response_format"), "type"))
        add_service_tier(attributes, body.get("service_tier"))
    return attributes


def add_service_tier(attributes: Attributes, tier: object) -> None:
    """Add the requested service tier; ``auto`` leaves it to the project's settings."""
    if isinstance(tier, str) and tier != "auto":
        attributes[semconv.OPENAI_REQUEST_SERVICE_TIER] = tier


def chat_request(sent: HttpRequest) -> Request:
    """A request of ``chat.completions``."""
    body = sent.body
    messages, model, user = body.get("messages"), body.get("model"), body.get("user")
    tools = body.get("tools") or body.get("functions")
    return Request(
        "chat",
        "",
        model if type(model) is str and model else None,
        messages if isinstance(messages, list) else as_list(messages),
        message_of,
        None,
        request_parameters(body),
        as_list(tools) if tools else None,
        user=str_or_none(user) if user is not None else None,
    )


def completion_request(sent: HttpRequest) -> Request:
    """A request of the legacy ``completions``."""
    body = sent.body
    prompt = body.get("prompt")
    prompts = prompt if isinstance(prompt, list) else [prompt] if prompt is not None else []
    if any(isinstance(each, int) for each in prompts):  # one prompt, given as token numbers
        prompts = [prompts]
    return Request(
        "text_completion",
        "",
        model=str_or_none(body.get("model")),
        messages=[{"role": "user", "content": _prompt_text(each)} for each in prompts],
        read=message_of,
        attributes=request_parameters(body),
        user=str_or_none(body.get("user")),
    )


def _prompt_text(prompt: object) -> object:
    return f"[{len(prompt)} tokens]" if isinstance(prompt, list) else prompt


# -- answers ----------------------------------------------------------------------------------


class ChatCompletions(Surface):
    """Answers of ``chat.completions``."""

    name = "chat.completions"

    def response(self, body: object) -> Response:
        """The whole answer."""
        get = body.get if type(body) is dict else _wire_fields_of(body)
        response = self._response_fields(get)
        choices = get("choices")
        if type(choices) is not list or len(choices) != 1:
            choices = _in_order(choices)
        for choice in choices:
            get_of_choice = choice.get if type(choice) is dict else field_getter(choice)
            message = answer_message_of(get_of_choice("message") or {})
            reason = get_of_choice("finish_reason")
            if reason:
                message["finish_reason"] = reason = str(reason)
                response.finish_reasons.append(reason)
            if reason == "error" or not reason:
                _set_failure_of_choice(response, get_of_choice)
            response.messages.append(message)
        if response.messages and (get("citations") or get("search_results")):
            add_sources(response.messages[0]["parts"], get)
        return response

    def _response_fields(self, get: FieldGetter) -> Response:
        """What an answer and each chunk of one say beside their choices."""
        tier, fingerprint = get("service_tier"), get("system_fingerprint")
        response = Response(get("id") or None, get("model") or None, service_tier=tier or None)
        if tier:
            response.attributes[semconv.OPENAI_RESPONSE_SERVICE_TIER] = tier
        if fingerprint:
            response.attributes[semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT] = fingerprint
        groq = get("x_groq")
        error = get("error") or (groq and get_path(groq, "error"))
        if error:
            _set_failure(response, error)
        usage = get("usage") or (groq and get_path(groq, "usage")) or _usage_in_choice(get)
        if usage:
            # A dict is JSON that was decoded: it is plain already.
            response.raw_usage = usage if type(usage) is dict else to_plain_json(usage)
            response.usage = usage_of(response.raw_usage)
        return response

    def text(self, chunk: Any) -> str | None:
        """The text of a chunk that holds nothing but text for the first choice."""
        try:
            (choice,) = chunk.choices
            delta = choice.delta
            text = delta.content
            if (
                not text
                or type(text) is not str
                or choice.finish_reason is not None
                or choice.index
                or chunk.usage is not None
                or delta.tool_calls is not None
                or delta.__pydantic_extra__
            ):
                return None
        except (AttributeError, ValueError, TypeError):
            return None
        return text

    def delta(self, chunk: object) -> Delta | None:
        """What a chunk adds; its ``choices`` may be empty, and a choice's ``delta`` None."""
        get = _wire_fields_of(chunk)
        delta, choices = Delta(response=self._response_fields(get)), get("choices")
        if type(choices) is list:
            for choice in choices:
                self._add_choice_delta(delta, choice)
        if get("citations") or get("search_results"):
            _add_source_delta(delta, get)
        return delta

    def _add_choice_delta(self, delta: Delta, choice: object) -> None:
        get_of_choice = _wire_fields_of(choice)
        get = _wire_fields_of(get_of_choice("delta") or get_of_choice("message"))
        index = index_of(choice)
        text, reasoning, others = _content_of(get)
        refusal = get("refusal")
        delta.add_text(text, index)
        if index == 0:
            delta.reasoning = reasoning or None
            delta.ends_part = bool(others)  # and the text after it follows it
            if refusal:
                others.append({"type": "refusal", "content": str(refusal)})
            delta.parts = [*others, *image_parts(get)] or None
            if get("audio"):
                delta.binary = _sound_pieces(get("audio"))
            delta.keyed_parts = extra_parts(get) or None
            citations = citations_of(get)
            if citations:
                delta.details = {"citations": citations}
        delta.add_tool_calls(_tool_call_deltas(get, index))
        delta.add_finish_reason(get_of_choice("finish_reason"), index)
        if delta.response is not None:
            _set_failure_of_choice(delta.response, get_of_choice)


def _sound_pieces(audio: object) -> list[BinaryPiece] | None:
    """A piece of an answer in audio, or its id, which some chunks have alone."""
    sound, audio_id = get_path(audio, "data"), text_or_none(get_path(audio, "id"))
    return [BinaryPiece("sound", sound or b"", id=audio_id)] if sound or audio_id else None


class Completions(ChatCompletions):
    """Answers of the legacy ``completions``, which hold bare text."""

    name = "completions"

    def response(self, body: object) -> Response:
        """The whole answer."""
        get = _wire_fields_of(body)
        response = self._response_fields(get)
        for choice in _in_order(get("choices")):
            message = text_message("assistant", get_path(choice, "text"))
            response.add_choice(message, get_path(choice, "finish_reason"))
        return response

    def text(self, chunk: object) -> str | None:
        """Leave every chunk to `delta`."""
        return None

    def _add_choice_delta(self, delta: Delta, choice: object) -> None:
        index = index_of(choice)
        delta.add_text(to_text(get_path(choice, "text")), index)
        delta.add_finish_reason(get_path(choice, "finish_reason"), index)


def _add_source_delta(delta: Delta, get: FieldGetter) -> None:
    """Add what a chunk cites beside its choices: Perplexity repeats it, xAI sends it last."""
    citations = citations_of(get)
    if citations and not delta.details:
        delta.details = {"citations": citations}
    delta.keyed_parts = {**search_result_parts(get), **(delta.keyed_parts or {})} or None


def _usage_in_choice(get: FieldGetter) -> object:
    """The usage within the last choice, where Moonshot's streams have it."""
    choices = get("choices")
    return get_path(choices[-1], "usage") if type(choices) is list and choices else None


def _set_failure(response: Response, error: object) -> None:
    if get_path(error, "code") == "content_filter":  # Azure
        response.outcome = "filtered"
    else:
        response.failure = failure_in_body(error)


def _set_failure_of_choice(response: Response, get: FieldGetter) -> None:
    """Note the error of a choice, by which OpenRouter says that the upstream failed."""
    error = get("error")
    if error and response.failure is None:
        _set_failure(response, error)


def _wire_fields_of(value: object) -> FieldGetter:
    """What reads the fields of a body, or those of an SDK's model that came on the wire."""
    if type(value) is dict:
        return value.get
    fields = getattr(value, "__dict__", None)
    if not fields or not hasattr(value, "__pydantic_extra__"):
        return field_getter(value)
    extra = value.__pydantic_extra__
    return {**fields, **extra}.get if extra else fields.get


def _in_order(choices: object) -> Sequence[Any]:
    return sorted(list_or_empty(choices), key=index_of)


def _content_of(get: FieldGetter) -> tuple[str, str, list[Part]]:
    """The text, the reasoning and other parts of a delta; Mistral has all of them as parts."""
    content, text, reasoning = get("content"), "", ""
    others: list[Part] = []
    if isinstance(content, str):
        text = content
    elif content:
        for part in [part_of(each) for each in as_list(content)]:
            if part["type"] == "text" and not others:
                text += part["content"]
            elif part["type"] == "reasoning":
                reasoning += part["content"]
            else:
                others.append(part)
    if not text and (audio := get("audio")):
        text = to_text(get_path(audio, "transcript"))
    return text, reasoning or reasoning_of(get), others


def _tool_call_deltas(get: FieldGetter, choice: int) -> list[ToolCallDelta]:
    calls, legacy = get("tool_calls"), get("function_call")
    deltas = [_tool_call_delta(each, choice) for each in calls] if type(calls) is list else []
    if legacy:
        deltas.append(_tool_call_delta({"index": 0, "function": legacy}, choice))
    return deltas


def _tool_call_delta(call: object, choice: int) -> ToolCallDelta:
    function = get_path(call, "function") or get_path(call, "custom") or {}
    arguments = get_path(function, "arguments")
    index = get_path(call, "index")
    return ToolCallDelta(
        index=index if isinstance(index, (int, str)) else text_or_none(get_path(call, "id")),
        id=get_path(call, "id") or None,
        name=get_path(function, "name") or None,
        arguments=arguments if arguments is not None else get_path(function, "input"),
        choice=choice,
    )
