"""Prompts of pipelines, which are texts or chats, and the messages that are made of answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hilt.core.guard import guard
from hilt.genai.coerce import role_of
from hilt.genai.json_values import get_path
from hilt.genai.media import blob_of_base64, blob_of_url, is_long_base64
from hilt.genai.values import Message, Part
from hilt.providers._chat_messages import answer_message_of, part_of
from hilt.providers._chat_messages import message_of as chat_message_of
from hilt.providers._message_parts import text_message

__all__ = ["answer_reader", "message_of", "messages_of"]

_MEDIA = ("image", "audio", "video")
_SOURCES = ("url", "path", "base64")


def messages_of(prompt: Any) -> list[Any] | None:
    """The messages of a chat; None of a text."""
    messages = getattr(prompt, "messages", None)
    return list(messages) if isinstance(messages, (list, tuple)) else None


def message_of(raw: Any) -> Message:
    """A message of a chat; pictures, sounds and films are named, or have their hash."""
    content = raw.get("content") if isinstance(raw, dict) else None
    if isinstance(content, (list, tuple)) and any(map(_is_medium, content)):
        parts = [_medium(each) if _is_medium(each) else part_of(each) for each in content]
        return {"role": role_of(raw, "user"), "parts": parts}
    return chat_message_of(raw)


def _is_medium(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") in _MEDIA


def _medium(part: dict[str, Any]) -> Part:
    kind = part["type"]
    for name in (kind, *_SOURCES):
        source = part.get(name)
        if isinstance(source, (bytes, bytearray)):
            return blob_of_base64(source, modality=kind)
        if isinstance(source, str):
            if name == "base64" or is_long_base64(source):
                return blob_of_base64(source, modality=kind)
            return blob_of_url(source, modality=kind)
    return {"type": "blob", "modality": kind}  # an object of another library's


def answer_reader(pipeline: Any, prompt: Any, prompt_tokens: list[int]) -> Callable[..., Message]:
    """What makes a message of the tokens of an answer, as the pipeline does for the program.

    Args:
        pipeline: Whose tokens they are.
        prompt: The text or the chat that is answered.
        prompt_tokens: Its tokens, which came before those of the answer.
    """
    tokenizer = pipeline.tokenizer or pipeline.processor.tokenizer
    options = dict(pipeline._postprocess_params)  # noqa: SLF001 # what its makers said
    keep = {"clean_up_tokenization_spaces": options.get("clean_up_tokenization_spaces")}
    parse = getattr(tokenizer, "parse_response", None)
    template = getattr(tokenizer, "response_template", None)
    is_parsed = parse is not None and template is not None and messages_of(prompt) is not None
    # Up to 5.0 a pipeline cuts the prompt's text off: what is left may begin with a space.
    cuts = not hasattr(pipeline, "_generation_defaults")
    if cuts and keep["clean_up_tokenization_spaces"] is None:
        keep["clean_up_tokenization_spaces"] = True

    def decode(tokens: list[int], *, special: bool = False) -> str:
        return str(tokenizer.decode(tokens, skip_special_tokens=not special, **keep))

    def read(tokens: list[int]) -> Message:
        if is_parsed:
            try:
                before = decode(prompt_tokens, special=True)
                parsed = parse(decode(tokens, special=True), prefix=before)  # type: ignore[misc]
                return _answer(parsed)
            except Exception:
                guard.report("parsing the answer of a pipeline")
        if cuts:
            whole, before = decode([*prompt_tokens, *tokens]), decode(prompt_tokens)
            return text_message("assistant", whole[len(before) :])
        return text_message("assistant", decode(tokens))

    return read


def _answer(parsed: Any) -> Message:
    thinking = get_path(parsed, "thinking") or get_path(parsed, "reasoning")
    raw = {**parsed, "role": "assistant"}
    if isinstance(thinking, str) and not raw.get("reasoning_content"):
        raw["reasoning_content"] = thinking
    return answer_message_of(raw)
