"""Chunks of the chat completions API: what each adds to the answer."""

from __future__ import annotations

from hilt.genai.coerce import as_list, text_or_none, to_text
from hilt.genai.json_values import get_path
from hilt.genai.values import BinaryPiece, Delta, Part, ToolCallDelta
from hilt.providers._chat_extras import citations_of, reasoning_of, search_result_parts
from hilt.providers._chat_messages import FieldGetter, part_of

__all__ = ["add_source_delta", "content_of", "sound_pieces", "tool_call_deltas"]


def content_of(get: FieldGetter) -> tuple[str, str, list[Part]]:
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


def tool_call_deltas(get: FieldGetter, choice: int) -> list[ToolCallDelta]:
    """The pieces of tool calls in a delta; of the legacy function call, too."""
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


def sound_pieces(audio: object) -> list[BinaryPiece] | None:
    """A piece of an answer in audio, or its id, which some chunks have alone."""
    sound, audio_id = get_path(audio, "data"), text_or_none(get_path(audio, "id"))
    return [BinaryPiece("sound", sound or b"", id=audio_id)] if sound or audio_id else None


def add_source_delta(delta: Delta, get: FieldGetter) -> None:
    """Add what a chunk cites beside its choices: Perplexity repeats it, xAI sends it last."""
    citations = citations_of(get)
    if citations and not delta.details:
        delta.details = {"citations": citations}
    delta.keyed_parts = {**search_result_parts(get), **(delta.keyed_parts or {})} or None
