"""Messages in any of the shapes that emitters put on spans, as HILT's own messages.

OpenTelemetry's parts, OpenAI's chat and Responses APIs, Anthropic's blocks, Gemini's contents,
Bedrock's blocks and LangChain's serialised messages are told apart by their keys, piece by piece,
so that a mixture of them reads as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from hilt.genai.attributes import tool_definition
from hilt.genai.json_values import encode_json, get_path, json_or_text, to_plain_json
from hilt.genai.values import Message, Part
from hilt_otel_exporters.dialects.media_parts import binary_part, image_part, media_part
from hilt_otel_exporters.dialects.text_values import (
    has_content,
    messages_in_text,
    number_in_text,
    value_in_text,
)
from hilt_otel_exporters.dialects.tool_results import tool_result_of

__all__ = [
    "blocks_in_text",
    "document_of",
    "message_of",
    "messages_of",
    "parts_of",
    "recorded_messages",
    "text_content",
    "tools_of",
]

_ROLES = {"human": "user", "ai": "assistant", "model": "assistant", "AIMessageChunk": "assistant"}
_ROLES |= {"HumanMessage": "user", "AIMessage": "assistant", "SystemMessage": "system"}
_ROLES |= {"ToolMessage": "tool", "HumanMessageChunk": "user", "ToolMessageChunk": "tool"}
_USUAL = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_FURTHER = {"human": "user", "ai": "assistant", "model": "assistant", "bot": "assistant"}
_FURTHER |= {"chatbot": "assistant", "tool_response": "tool", "tool-response": "tool"}
_TEXTS = ("text", "input_text", "output_text", "content", "refusal")


def messages_of(value: Any, role: str = "user") -> list[Message]:
    """Every message in a value: a list, one message, or bare text said by ``role``."""
    if value is None or value == "":
        return []
    if isinstance(value, str):
        value = messages_in_text(value) or value
    if isinstance(value, list):
        if value and all(isinstance(each, list) for each in value):  # LangChain's batches
            return messages_of(value[0], role)
        if value and not any(_is_message(each) for each in value):
            return _of_parts(value, role)
        return [message for each in value for message in messages_of(each, role)]
    if isinstance(value, (dict, Mapping)) and not _is_message(value):
        for name in ("messages", "contents"):
            if isinstance(value.get(name), list):
                return messages_of(value[name], role)
        return _of_parts([value], role)
    return [message_of(value, role)]


def recorded_messages(recorded: Any, decoded: Any, role: str = "user") -> list[Message]:
    """The messages that an emitter recorded: their JSON, or a bare text.

    A text may be JSON itself, as an answer by a schema is: what holds no messages, and no parts of
    one, is what was said.

    Args:
        recorded: What the emitter recorded: a text, or a value whose JSON is the text.
        decoded: The same, decoded if it is JSON.
        role: Who said it, where that is not in it.
    """
    if decoded in (None, []) or isinstance(decoded, str) or _holds_messages(decoded, role):
        return messages_of(decoded, role)
    text = recorded if isinstance(recorded, str) else encode_json(decoded).decode()
    return [message_of(text, role)]


def blocks_in_text(text: str) -> Any:
    """The parts of a message that a text holds as a JSON list; any other text as it is."""
    value = json_or_text(text) if text[:1] == "[" else None
    return value if isinstance(value, list) and any(map(_is_block, value)) else text


def _holds_messages(value: Any, role: str) -> bool:
    if isinstance(value, list):
        if all(isinstance(each, str) for each in value):
            return role == "user"  # prompts, or texts to embed
        return any(_holds_messages(each, role) or _is_block(each) for each in value)
    if not isinstance(value, Mapping):
        return False
    if any(isinstance(value.get(name), list) for name in ("messages", "contents")):
        return True
    if "role" in value:
        return has_content(value)
    return _is_message(value) or (_is_block(value) and value.keys() != {"text"})


def _is_block(value: Any) -> bool:
    """Whether a value is a part of a message, in a form that is read."""
    if not isinstance(value, Mapping):
        return False
    kind = value.get("type")
    if value.keys() == {"text"} or (isinstance(kind, str) and kind in _BY_TYPE):
        return True
    return any(isinstance(value.get(key), Mapping) for key, _ in _BY_KEY)


def _of_parts(values: list[Any], role: str) -> list[Message]:
    if all(isinstance(each, str) for each in values):
        return [message_of(each, role) for each in values]
    return [_message(role, [part for each in values for part in parts_of(each)])]


def _is_message(value: Any) -> bool:
    if not isinstance(value, (dict, Mapping)):
        return isinstance(value, str)
    kind = value.get("type")
    return (
        "role" in value
        or isinstance(get_path(value, "message", "role"), str)
        or value.get("lc") == 1
        or kind in ("human", "ai", "system", "tool", "AIMessageChunk", "message")
        or kind in ("function_call", "function_call_output")
    )


def message_of(raw: Any, role: str = "user") -> Message:
    """One message; a choice of the chat API is the message in it."""
    if not isinstance(raw, (dict, Mapping)):
        return _message(role, parts_of(raw))
    inner = raw.get("message")
    if "role" not in raw and isinstance(inner, Mapping) and "role" in inner:
        return _plain_message({"finish_reason": raw.get("finish_reason"), **inner}, role)
    if raw.get("lc") == 1:
        name = str((raw.get("id") or ["?"])[-1])
        return _langchain(_ROLES.get(name, role), raw.get("kwargs") or {})
    if raw.get("role") is None and isinstance(raw.get("data"), Mapping):
        return _langchain(_ROLES.get(str(raw.get("type")), str(raw.get("type"))), raw["data"])
    if raw.get("role") is None and raw.get("type") in _ROLES | {"system": 0, "tool": 0}:
        return _langchain(_ROLES.get(str(raw["type"]), str(raw["type"])), raw)
    if raw.get("type") in ("function_call", "function_call_output"):
        who = "assistant" if raw["type"] == "function_call" else "tool"
        return _message(who, parts_of(raw))
    return _plain_message(raw, role)


def _langchain(role: str, fields: Mapping[str, Any]) -> Message:
    if role == "tool" or fields.get("tool_call_id"):
        return _message("tool", [_tool_response(fields, fields.get("content"))])
    parts = parts_of(fields.get("content"))
    return _message(role, parts + _further_calls(fields.get("tool_calls"), parts))


def _plain_message(raw: Mapping[str, Any], role: str) -> Message:
    who = str(raw.get("role") or role)
    if who not in _USUAL:
        who = _role(who)
    content = raw.get("parts") if raw.get("parts") is not None else raw.get("content")
    reasoning = raw.get("reasoning_content") or raw.get("reasoning")
    parts: list[Part] = []
    if isinstance(reasoning, str) and reasoning:
        parts.append({"type": "reasoning", "content": reasoning})
    if who in ("tool", "function") and raw.get("parts") is None and not _has_results(content):
        parts.append(_tool_response(raw, content))
    else:
        parts += parts_of(content)
    message = _message(who, parts + _further_calls(raw.get("tool_calls"), parts))
    if raw.get("finish_reason"):
        message["finish_reason"] = str(raw["finish_reason"])
    return message


def _role(name: str) -> str:
    """The usual name of a role: some write it in capitals, or a member of an enumeration."""
    bare = name.rpartition(".")[2].lower()
    return bare if bare in _USUAL else _FURTHER.get(bare) or _ROLES.get(name, name)


def _further_calls(calls: Any, parts: list[Part]) -> list[Part]:
    """The tool calls that are not among the parts already: some emitters give them twice."""
    if isinstance(calls, str):
        calls = json_or_text(calls)
    known = {part.get("id") for part in parts if part["type"] == "tool_call"} - {None}
    listed = calls if isinstance(calls, list) else ()
    found = [_tool_call(call) for call in listed if isinstance(call, Mapping)]
    return [part for part in found if part.get("id") not in known]


def _has_results(content: Any) -> bool:
    return isinstance(content, list) and any(
        part["type"] == "tool_call_response" for each in content for part in parts_of(each)
    )


def _message(role: str, parts: list[Part]) -> Message:
    return {"role": role, "parts": [part for part in parts if part.get("content") != ""]}


# -- parts ------------------------------------------------------------------------------------


def parts_of(raw: Any) -> list[Part]:
    """The parts of a message's content: text, a block, or a list of blocks."""
    if raw is None:
        return []
    if isinstance(raw, str):
        return [{"type": "text", "content": raw}]
    if isinstance(raw, list):
        return [part for each in raw for part in parts_of(each)]
    if not isinstance(raw, (dict, Mapping)):
        return [{"type": "text", "content": str(raw)}]
    transcript = raw.get("transcript")
    if isinstance(transcript, str) and transcript and "text" not in raw:  # beside its sound
        sound = {name: value for name, value in raw.items() if name != "transcript"}
        return [*parts_of(sound), {"type": "text", "content": transcript}]
    kind = raw.get("type")
    read = _BY_TYPE.get(kind) if isinstance(kind, str) else None
    if read is not None:
        return [read(raw)]
    for key, reader in _BY_KEY:
        if raw.get(key) is not None:
            return [reader(raw)]
    called = raw.get("function") if kind is None else None
    if isinstance(called, Mapping) and called.keys() >= {"name", "arguments"}:
        return [_tool_call(raw)]
    medium = media_part(raw)
    if medium is not None:
        return [medium]
    found = to_plain_json(raw)
    return [found if isinstance(kind, str) else {"type": "data", "content": found}]


def _text(raw: Mapping[str, Any]) -> Part:
    for name in _TEXTS:
        said = raw.get(name)
        if isinstance(said, Mapping):  # of an assistant, with its annotations
            said = said.get("value")
        if isinstance(said, str):
            kind = "reasoning" if raw.get("thought") is True else "text"
            return {"type": kind, "content": said}
    return {"type": "text", "content": ""}


def _reasoning(raw: Mapping[str, Any]) -> Part:
    said = raw.get("content") or raw.get("thinking") or raw.get("text") or raw.get("summary") or ""
    if isinstance(said, str):  # the parts of a summary, as JSON
        said = blocks_in_text(said) if '"summary_text"' in said else said
    if isinstance(said, list):
        said = "".join(str(get_path(each, "text") or "") for each in said)
    return {"type": "reasoning", "content": str(said)}


def _tool_call(raw: Mapping[str, Any]) -> Part:
    """A tool call of any API: the names differ, the three facts do not."""
    inner = _inner(raw, "function", "function_call", "functionCall", "toolUse", "tool_call")
    part: Part = {"type": "tool_call"}
    call_id = _first(raw, "call_id", "id", "toolCallId") or _first(inner, "id", "toolUseId")
    if isinstance(call_id, str) and call_id:
        part["id"] = call_id
    part["name"] = _text_in(inner, "name", "toolName", "tool_name") or ""
    arguments = _first(inner, "arguments", "args", "input")
    if isinstance(arguments, str) and arguments:
        arguments = value_in_text(json_or_text(arguments))
    part["arguments"] = {} if arguments in (None, "") else arguments
    return part


def _tool_response(raw: Mapping[str, Any], content: Any = None) -> Part:
    inner = _inner(raw, "function_response", "functionResponse", "toolResult", "tool_call_result")
    part: Part = {"type": "tool_call_response"}
    call_id = _first(inner, "tool_call_id", "tool_use_id", "toolUseId", "toolCallId", "call_id")
    origin = inner["origin"] if isinstance(inner.get("origin"), Mapping) else inner
    call_id = call_id or _first(origin, "id")
    if isinstance(call_id, str) and call_id:
        part["id"] = call_id
    result = content
    if result is None:
        result = _first(inner, "response", "result", "output", "content")
    part["response"] = tool_result_of(result)
    name = _text_in(origin, "name", "toolName", "tool_name")
    if name:
        part["name"] = name
    return part


def _blob(raw: Mapping[str, Any]) -> Part:
    """A blob that still holds its content, or one that is a log's stand-in already."""
    holds = raw.get("content") is not None or raw.get("data") is not None
    return binary_part(raw) if holds else dict(raw)


def _inline(raw: Mapping[str, Any]) -> Part:
    return binary_part(raw.get("inline_data") or raw.get("inlineData") or {})


_BY_TYPE: dict[str, Callable[[Mapping[str, Any]], Part]] = {
    **dict.fromkeys(("text", "input_text", "output_text", "summary_text"), _text),
    **dict.fromkeys(("reasoning", "thinking"), _reasoning),
    **dict.fromkeys(
        ("tool_call", "tool_use", "function_call", "tool-call", "function"), _tool_call
    ),
    **dict.fromkeys(
        ("tool_call_response", "tool_result", "tool-result", "function_call_output"), _tool_response
    ),
    "blob": _blob,
    **dict.fromkeys(("image", "image_url", "input_image"), image_part),
}
_BY_KEY: tuple[tuple[str, Callable[[Mapping[str, Any]], Part]], ...] = (
    ("function_call", _tool_call),
    ("functionCall", _tool_call),
    ("toolUse", _tool_call),
    ("tool_call", _tool_call),
    ("function_response", _tool_response),
    ("functionResponse", _tool_response),
    ("toolResult", _tool_response),
    ("tool_call_result", _tool_response),
    ("inline_data", _inline),
    ("inlineData", _inline),
    ("text", _text),
)


# -- tools, documents, text -------------------------------------------------------------------


def tools_of(value: Any) -> list[Any] | None:
    """Tool definitions, each in the conventions' flat form; None for none."""
    if not isinstance(value, list) or not value:
        return None
    return [tool_definition(each) for each in value]


def document_of(raw: Any) -> dict[str, Any]:
    """A retrieved document: ``{"id"?, "score"?, "distance"?, "text"?, "metadata"?}``."""
    if not isinstance(raw, (dict, Mapping)):
        return {"text": raw if isinstance(raw, str) else to_plain_json(raw)}
    if raw.get("lc") == 1 and isinstance(raw.get("kwargs"), Mapping):  # LangChain, serialised
        return document_of(raw["kwargs"])
    raw = {str(name).removeprefix("document."): value for name, value in raw.items()}
    for wrapper in ("node", "document"):  # with the score beside it
        if isinstance(raw.get(wrapper), Mapping):
            raw = {**raw[wrapper], **{name: raw[name] for name in raw if name != wrapper}}
    metadata = json_or_text(_first(raw, "metadata", "meta", "payload", "location"))
    text = _first(raw, "text", "content", "page_content", "document")
    text = get_path(text, "text") if isinstance(text, Mapping) else text
    score = _first(raw, "score", "relevance_score")
    if score is None:
        score = get_path(metadata, "score") if isinstance(metadata, Mapping) else None
    document = {
        "id": _first(raw, "id", "id_", "node_id", "doc_id"),
        "score": _number_if_one(score),
        "distance": _number_if_one(_first(raw, "distance")),
        "text": text,
        "metadata": metadata or None,
    }
    return {key: to_plain_json(value) for key, value in document.items() if value is not None}


def _number_if_one(value: Any) -> Any:
    number = number_in_text(value)
    return value if number is None else number


def text_content(value: Any) -> str | None:
    """What a person would read in an input or output of any shape; None for nothing."""
    if value is None:
        return None
    if isinstance(value, str):
        return value
    messages = messages_of(value, "user")
    for message in reversed(messages):
        said = [part["content"] for part in message["parts"] if part["type"] == "text"]
        if said:
            return "".join(map(str, said))
    return None


def _inner(raw: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """What an API wraps a thing in, or the thing itself."""
    for name in names:
        if isinstance(raw.get(name), Mapping):
            return cast("Mapping[str, Any]", raw[name])
    return raw


def _text_in(value: Mapping[str, Any], *names: str) -> str | None:
    found = _first(value, *names)
    return found if isinstance(found, str) else None


def _first(value: Mapping[str, Any], *names: str) -> Any:
    for name in names:
        found = value.get(name)
        if found is not None:
            return found
    return None
