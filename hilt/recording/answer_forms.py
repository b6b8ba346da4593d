"""The forms in which callers may send an answer back, apart from mere differences of spelling.

`message_keys` ignores what makes no difference to any message. This module has what programs and
frameworks remove from an answer, or move, when they send it back: an answer is kept under the key
of each form that it may come back in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hilt.genai.values import Message, Part

__all__ = ["answer_forms", "prefilled_forms", "text_forms"]

_MEDIA = ("blob", "file")
_THOUGHTS = re.compile(r"\s*<(think|thinking)>.*?</\1>", re.DOTALL)


def answer_forms(message: Message) -> Iterable[Message]:
    """The other forms in which an answer may be sent back; most texts have none."""
    parts: list[Part] = message["parts"]
    if len(parts) != 1 or parts[0]["type"] != "text":
        return _forms_of_parts(message, parts)
    text = parts[0].get("content")
    if type(text) is not str or not text:
        return ()
    return [_with_parts(message, [{"type": "text", "content": form}]) for form in text_forms(text)]


def _forms_of_parts(message: Message, parts: list[Part]) -> Iterator[Message]:
    parts = [part for part in parts if part["type"] != "reasoning"]
    for form in _part_forms(parts):
        if form and form != parts:
            yield _with_parts(message, form)


def _with_parts(message: Message, parts: list[Part]) -> Message:
    return {"role": message.get("role"), "parts": parts}


def text_forms(text: str) -> Iterable[str]:
    """Other forms of a text: without spaces at its ends, which some APIs refuse, or thoughts."""
    if " " < text[0] != "<" and text[-1] > " ":
        return ()
    stripped = text.strip()
    forms = {stripped, text.rstrip(), text.lstrip()}
    if stripped.startswith("<think"):
        answer = _THOUGHTS.sub("", text, count=1)
        forms |= {answer, answer.lstrip(), answer.strip()}
    return forms - {text}


def _part_forms(parts: list[Part]) -> Iterator[list[Part]]:
    """Other forms of the parts of an answer, mostly without those that some callers leave out."""
    kinds = {part["type"] for part in parts}
    if "text" in kinds:
        yield _stripped(parts)
        if "tool_call" in kinds:
            yield [part for part in parts if part["type"] != "text"]
    if "refusal" in kinds:
        yield [part for part in parts if part["type"] != "refusal"]  # Anthropic's takes none back
        yield [{**part, "type": "text"} if part["type"] == "refusal" else part for part in parts]
    if "compaction" in kinds:  # some send the whole history all the same
        yield [part for part in parts if part["type"] != "compaction"]
    if "file" in kinds:
        yield [part for part in parts if part["type"] != "file"]
    if "blob" in kinds:
        yield [part for part in parts if part["type"] not in _MEDIA]
        for part in parts:
            if part["type"] == "blob" and part.get("id"):  # an audio answer, sent back by its id
                yield [{"type": "file", "modality": part["modality"], "file_id": part["id"]}]


def _stripped(parts: list[Part]) -> list[Part]:
    """Parts with adjacent texts joined into one, without spaces at its ends."""
    stripped: list[Part] = []
    for part in parts:
        text = str(part.get("content") or "")
        if part["type"] != "text":
            stripped.append(part)
        elif stripped and stripped[-1]["type"] == "text":
            stripped[-1]["content"] += text
        else:
            stripped.append({"type": "text", "content": text})
    for part in stripped:
        if part["type"] == "text":
            part["content"] = part["content"].strip()
    return stripped


def prefilled_forms(beginning: Message, answer: Message) -> Iterator[Message]:
    """The forms of an answer whose beginning the caller wrote: joined with that, and as it is.

    Args:
        beginning: The last message that the call sends, in the role of the model.
        answer: The answer: what follows that, or, with some APIs, all of it.
    """
    yield _with_parts(answer, [*beginning["parts"], *answer["parts"]])
    yield answer
