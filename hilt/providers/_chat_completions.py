"""The chat completions API, OpenAI's and that of everybody who copied it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import (
    FIELDLESS,
    as_list,
    count_or_none,
    list_or_empty,
    str_or_empty,
    text_or_none,
    text_or_parts,
    texts_of,
    to_text,
    unknown_part,
)
from hilt.genai.json_values import field_getter, get_path, json_or_text, to_plain_json
from hilt.genai.media import blob_of_base64, blob_of_url
from hilt.genai.outcome import failure_in_body
from hilt.genai.values import Delta, Message, Part, Response, Surface, ToolCallDelta
from hilt.providers._chat_usage import usage_of

__all__ = [
    "ChatCompletions",
    "Completions",
    "message_of",
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
_PLAIN = frozenset((str, int, float))
_RARE = frozenset(("stop", "n", "response_format", "service_tier"))
_SPOKEN = frozenset(("user", "system", "assistant", "developer"))
_BESIDES_TEXT = frozenset(
    ("reasoning_content", "reasoning", "tool_calls", "function_call", "audio", "name")
)
_OUTPUT_TYPES = {"json_object": "json", "json_schema": "json", "text": "text"}


def request_parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    """``gen_ai.request.*`` for the parameters that stand in a request's body."""
    found: dict[str, Any] = {}
    for name in body:  # most bodies have fewer names than there are parameters
        attribute = _PARAMETERS.get(name)
        if attribute is not None and type(body[name]) in _PLAIN:
            found[attribute] = body[name]
    if not _RARE.isdisjoint(body):
        _add_rare(found, body)
    return found


def _add_rare(found: dict[str, Any], body: Mapping[str, Any]) -> None:
    stop = body.get("stop")
    if stop:
        found[semconv.REQUEST_STOP_SEQUENCES] = (
            [stop] if isinstance(stop, str) else to_plain_json(stop)
        )
    choices = count_or_none(body.get("n"))
    if choices is not None and choices != 1:
        found[semconv.REQUEST_CHOICE_COUNT] = choices
    output = _OUTPUT_TYPES.get(str_or_empty(get_path(body.get("response_format"), "type")))
    if output:
        found[semconv.OUTPUT_TYPE] = output
    tier = body.get("service_tier")
    if isinstance(tier, str) and tier != "auto":
        found[semconv.OPENAI_REQUEST_SERVICE_TIER] = tier


def message_of(raw: Any) -> Message:
    """A message of the chat API in our shape."""
    if type(raw) is dict and len(raw) == 2:  # noqa: PLR2004 # what most messages are
        role, text = raw.get("role"), raw.get("content")
        if type(text) is str and type(role) is str and role in _SPOKEN:
            return {"role": role, "parts": [{"type": "text", "content": text}]}
    if isinstance(raw, FIELDLESS):  # no message at all
        return {"role": "user", "parts": [part_of(raw)]}
    get = field_getter(raw)
    role, content = str(get("role") or "assistant"), get("content")
    parts: list[Part] = []
    reasoning = get("reasoning_content") or get("reasoning")
    if isinstance(reasoning, str) and reasoning:
        parts.append({"type": "reasoning", "content": reasoning})
    is_result = role in ("tool", "function")
    if is_result:
        parts.append(_tool_response(raw, content))
    elif isinstance(content, str):
        parts.append({"type": "text", "content": content})
    elif content is not None:
        parts += [part_of(part) for part in as_list(content)]
    refusal = get("refusal")
    if isinstance(refusal, str) and refusal:
        parts.append({"type": "refusal", "content": refusal})
    calls = get("tool_calls")
    if calls:
        parts += [_tool_call(call) for call in as_list(calls)]
    if get("function_call"):
        parts.append(_tool_call({"function": get("function_call")}))
    if get("audio"):
        parts += _spoken(get("audio"))
    if get("name") and not is_result:
        return {"role": role, "parts": parts, "name": get("name")}
    return {"role": role, "parts": parts}


def _tool_response(raw: Any, content: Any) -> Part:
    said = content or ""
    if isinstance(content, (list, tuple)):
        said = text_or_parts([part_of(each) for each in content])
    elif not isinstance(content, str):
        said = to_plain_json(said)
    part: Part = {"type": "tool_call_response", "response": said}
    call_id = get_path(raw, "tool_call_id")
    if call_id:
        part["id"] = call_id
    if get_path(raw, "name"):
        part["name"] = get_path(raw, "name")
    return part


def _tool_call(call: Any) -> Part:
    if isinstance(call, FIELDLESS):
        return unknown_part(call)
    function = get_path(call, "function") or get_path(call, "custom") or {}
    arguments = get_path(function, "arguments")
    if arguments is None:
        arguments = get_path(function, "input")
    part: Part = {"type": "tool_call"}
    if get_path(call, "id"):
        part["id"] = get_path(call, "id")
    part["name"] = get_path(function, "name") or ""
    part["arguments"] = json_or_text(arguments) if arguments not in (None, "") else {}
    return part


def _spoken(audio: Any) -> list[Part]:
    parts: list[Part] = []
    if get_path(audio, "transcript"):
        parts.append({"type": "text", "content": to_text(get_path(audio, "transcript"))})
    if get_path(audio, "data"):
        parts.append(blob_of_base64(get_path(audio, "data"), modality="audio"))
    elif get_path(audio, "id"):
        parts.append({"type": "file", "modality": "audio", "file_id": get_path(audio, "id")})
    return parts


def part_of(part: Any) -> Part:
    """A content part in our shape; binary content becomes a blob."""
    kind = get_path(part, "type")
    if isinstance(part, str):
        return {"type": "text", "content": part}
    if kind == "text" or (kind is None and get_path(part, "text") is not None):
        text = get_path(part, "text")
        return {"type": "text", "content": text if type(text) is str else to_text(text)}
    if kind == "refusal":
        return {"type": "refusal", "content": to_text(get_path(part, "refusal"))}
    if kind == "image_url":
        image = get_path(part, "image_url")
        return blob_of_url(get_path(image, "url") if not isinstance(image, str) else image)
    if kind == "input_audio":
        audio = get_path(part, "input_audio")
        return blob_of_base64(
            get_path(audio, "data"), f"audio/{get_path(audio, 'format') or 'wav'}"
        )
    if kind == "video_url":
        return blob_of_url(get_path(part, "video_url", "url"), modality="video")
    if kind == "file":
        return _file(get_path(part, "file"))
    if kind in ("thinking", "reasoning"):
        return {"type": "reasoning", "content": _thinking(part)}
    found = to_plain_json(part)
    if isinstance(found, dict) and isinstance(kind, str):
        return found
    return unknown_part(found)


def _thinking(part: Any) -> str:
    """The text of a thinking part, which Mistral nests once more."""
    return "".join(texts_of(get_path(part, "thinking") or get_path(part, "text")))


def _file(file: Any) -> Part:
    data = get_path(file, "file_data")
    if data:
        text = str(data)
        return blob_of_url(text) if text.startswith("data:") else blob_of_base64(text)
    part: Part = {
        "type": "file",
        "modality": "document",
        "file_id": get_path(file, "file_id") or "",
    }
    if get_path(file, "filename"):
        part["filename"] = get_path(file, "filename")
    return part


class ChatCompletions(Surface):
    """Answers of ``chat.completions``."""

    name = "chat.completions"

    def response(self, body: Any) -> Response:
        """The whole answer."""
        get = _fields_of(body)
        found = self._facts(get)
        for choice in _in_order(get("choices")):
            of_choice = choice.get if type(choice) is dict else field_getter(choice)
            message, reason = _answer_of(of_choice("message") or {}), of_choice("finish_reason")
            if reason:
                message["finish_reason"] = str(reason)
                found.finish_reasons.append(str(reason))
            found.messages.append(message)
        return found

    def _facts(self, get: Callable[[str], Any]) -> Response:
        tier, fingerprint = get("service_tier"), get("system_fingerprint")
        found = Response(get("id") or None, get("model") or None, service_tier=tier or None)
        if tier:
            found.attributes[semconv.OPENAI_RESPONSE_SERVICE_TIER] = tier
        if fingerprint:
            found.attributes[semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT] = fingerprint
        error = get("error")
        if error:
            _note_error(found, error)
        usage = get("usage") or get_path(get("x_groq"), "usage")
        if usage:
            # A dict is JSON that was decoded: it is plain already.
            found.raw_usage = usage if type(usage) is dict else to_plain_json(usage)
            found.usage = usage_of(found.raw_usage)
        return found

    def text(self, chunk: Any) -> str | None:
        """The text of a chunk that brings nothing but text for the first choice."""
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

    def delta(self, chunk: Any) -> Delta | None:
        """What a chunk adds; ``choices`` may be empty, and a delta None (T8)."""
        get = _fields_of(chunk)
        found, choices = Delta(response=self._facts(get)), get("choices")
        if type(choices) is list:
            for choice in choices:
                self._add_choice(found, choice)
        return found

    def _add_choice(self, found: Delta, choice: Any) -> None:
        of_choice = _fields_of(choice)
        number = count_or_none(of_choice("index")) or 0
        get = _fields_of(of_choice("delta") or of_choice("message"))
        text, reasoning = _delta_text(get("content"))
        if not text and (audio := get("audio")):
            text = to_text(get_path(audio, "transcript"))
        refusal = get("refusal")
        if refusal and number == 0:
            found.parts = [{"type": "refusal", "content": str(refusal)}]
        if text and number == 0 and not found.text:
            found.text = text
        elif text:
            found.texts = [*(found.texts or ()), (number, text)]
        reasoning = reasoning or get("reasoning_content") or get("reasoning")
        if reasoning and isinstance(reasoning, str) and number == 0:
            found.reasoning = reasoning
        calls = get("tool_calls")
        calls = [_call_delta(each, number) for each in calls] if type(calls) is list else []
        legacy = get("function_call")
        if legacy:
            calls.append(_call_delta({"index": 0, "function": legacy}, number))
        if calls:
            found.tool_calls = [*(found.tool_calls or ()), *calls]
        reason = of_choice("finish_reason")
        if reason:
            found.finish_reasons = {**(found.finish_reasons or {}), number: str(reason)}


class Completions(ChatCompletions):
    """Answers of the legacy ``completions``, which hold bare text."""

    name = "completions"

    def response(self, body: Any) -> Response:
        """The whole answer."""
        get = _fields_of(body)
        found = self._facts(get)
        for choice in _in_order(get("choices")):
            text = to_text(get_path(choice, "text"))
            message = {"role": "assistant", "parts": [{"type": "text", "content": text}]}
            reason = get_path(choice, "finish_reason")
            if reason:
                message["finish_reason"] = str(reason)
                found.finish_reasons.append(str(reason))
            found.messages.append(message)
        return found

    def text(self, chunk: Any) -> str | None:
        """Leave every chunk to `delta`."""
        return None

    def _add_choice(self, found: Delta, choice: Any) -> None:
        number, text = _index(choice), to_text(get_path(choice, "text"))
        if text and number == 0 and not found.text:
            found.text = text
        elif text:
            found.texts = [*(found.texts or ()), (number, text)]
        reason = get_path(choice, "finish_reason")
        if reason:
            found.finish_reasons = {**(found.finish_reasons or {}), number: str(reason)}


def _note_error(found: Response, error: Any) -> None:
    if get_path(error, "code") == "content_filter":  # Azure
        found.outcome = "filtered"
    else:
        found.failure = failure_in_body(error)


def _fields_of(value: Any) -> Callable[[str], Any]:
    """What reads a body, or a model of an SDK: of that, what came on the wire."""
    if type(value) is dict:
        return value.get
    fields = getattr(value, "__dict__", None)
    if not fields or not hasattr(value, "__pydantic_extra__"):
        return field_getter(value)
    extra = value.__pydantic_extra__
    return {**fields, **extra}.get if extra else fields.get


def _answer_of(raw: Any) -> Message:
    """A message of an answer, which most often is text and a row of empty fields."""
    if type(raw) is dict and raw.get("role") == "assistant":
        text = raw.get("content")
        if type(text) is str and not raw.get("refusal") and _BESIDES_TEXT.isdisjoint(raw):
            return {"role": "assistant", "parts": [{"type": "text", "content": text}]}
    message = message_of(raw)
    if isinstance(raw, FIELDLESS):
        message["role"] = "assistant"
    return message


def _in_order(choices: Any) -> list[Any]:
    if type(choices) is list and len(choices) == 1:
        return choices
    return sorted(list_or_empty(choices), key=_index)


def _index(choice: Any) -> int:
    return count_or_none(get_path(choice, "index")) or 0


def _delta_text(content: Any) -> tuple[str, str]:
    """Text and reasoning of a delta's content, which Mistral gives as parts."""
    if isinstance(content, str) or not content:
        return content or "", ""
    parts = [part_of(part) for part in as_list(content)]
    texts = [part["content"] for part in parts if part["type"] == "text"]
    thoughts = [part["content"] for part in parts if part["type"] == "reasoning"]
    return "".join(texts), "".join(thoughts)


def _call_delta(call: Any, choice: int) -> ToolCallDelta:
    function = get_path(call, "function") or get_path(call, "custom") or {}
    arguments = get_path(function, "arguments")
    index = get_path(call, "index")
    return ToolCallDelta(
        index=index if isinstance(index, (int, str)) else text_or_none(get_path(call, "id")) or 0,
        id=get_path(call, "id") or None,
        name=get_path(function, "name") or None,
        arguments=arguments if arguments is not None else get_path(function, "input"),
        choice=choice,
    )
