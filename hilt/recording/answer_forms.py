"""The forms in which callers send an answer back that are more than another spelling of it.

`message_keys` leaves out what makes no difference to any message. What stands here is taken out of
an answer, or put in another place, by the programs and frameworks that send it back: an answer is
kept under the key of each form that it may come back in.
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
    """A text without the spaces at its ends, which some APIs refuse, and without its thoughts."""
    if " " < text[0] != "<" and text[-1] > " ":
        return ()
    stripped = text.strip()
    forms = {stripped, text.rstrip(), text.lstrip()}
    if stripped.startswith("<think"):
        answer = _THOUGHTS.sub("", text, count=1)
        forms |= {answer, answer.lstrip(), answer.strip()}
    return forms - {text}


def _part_forms(parts: list[Part]) -> Iterator[list[Part]]:
    """Parts without those that some callers leave out."""
    kinds = {part["type"] for part in parts}
    if "text" in kinds:
        yield _stripped(parts)
        if "tool_call" in kinds:
            yield [part for part in parts if part["type"] != "text"]
    if "refusal" in kinds:
        yield [{**part, "type": "text"} if part["type"] == "refusal" else part for part in parts]
    if "compaction" in kinds:  # the whole history is sent all the same
        yield [part for part in parts if part["type"] != "compaction"]
    if "file" in kinds:
        yield [part for part in parts if part["type"] != "file"]
    if "blob" in kinds:
        yield [part for part in parts if part["type"] not in _MEDIA]
        for part in parts:
            if part["type"] == "blob" and part.get("id"):  # an answer in audio, by its id
                yield [{"type": "file", "modality": part["modality"], "file_id": part["id"]}]


def _stripped(parts: list[Part]) -> list[Part]:
    """Parts with the texts that follow each other as one, without the spaces at its ends."""
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
    """An answer whose first words the caller wrote: after these, or with them in it already.

    Args:
        beginning: The last message that the call sends, of the model.
        answer: The answer: what follows, or, of some APIs, all of it.
    """
    yield _with_parts(answer, [*beginning["parts"], *answer["parts"]])
    yield answer
