"""What a pipeline's model wrote: token numbers, which become texts, counts and finish reasons."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hilt.genai.values import Delta, Message, Response, Surface, Usage
from hilt.providers._message_parts import text_message

__all__ = ["Generation", "Written"]


class Written(msgspec.Struct):
    """What was written after one prompt.

    Args:
        sequences: The tokens that came after the prompt, of each answer.
        input_tokens: Of the prompt, without what fills it up; None if nobody has counted them.
        end_tokens: Those that end an answer.
        padding: The token that fills up the answers that are shorter than others.
        limit: How many tokens each answer may have.
        stop_strings: The texts that end an answer.
        read: The message that is made of an answer's tokens; None where no content is wanted.
    """

    sequences: list[list[int]]
    input_tokens: int | None
    end_tokens: frozenset[int]
    padding: int | None
    limit: int
    stop_strings: list[str]
    read: Callable[[list[int]], Message] | None


class Generation(Surface):
    """The answers of a pipeline that generates text."""

    name = "pipeline"

    def response(self, body: Written | None) -> Response:
        """Texts, counts and finish reasons."""
        response = Response()
        if body is None:
            return response
        counts = []
        for tokens in body.sequences:
            message = text_message("assistant", "") if body.read is None else body.read(tokens)
            count, reason = _end_of(tokens, body, message)
            counts.append(count)
            response.add_choice(message, reason)
        response.usage = Usage(input_tokens=body.input_tokens, output_tokens=sum(counts))
        return response

    def text(self, chunk: str) -> str | None:
        """What a streamer was given; it is given empty texts, too."""
        return chunk or None

    def delta(self, chunk: str) -> Delta:
        """The first text, and the empty ones."""
        return Delta(text=chunk or None)


def _end_of(tokens: list[int], written: Written, message: Message) -> tuple[int, str]:
    """How many tokens an answer has, with the one that ends it, and why it ended."""
    own = _own_count(tokens, written.padding)
    if written.stop_strings and _is_stopped(message, written.stop_strings):
        return own, "stop"
    for index, token in enumerate(tokens):
        if token in written.end_tokens:
            return index + 1, "stop"
    return own, "length" if own == len(tokens) >= written.limit else "stop"


def _is_stopped(message: Message, stop_strings: list[str]) -> bool:
    """Whether an answer has one of the texts that end it: nothing comes after the first."""
    text = "".join(str(part.get("content") or "") for part in message["parts"])
    return any(each in text for each in stop_strings)


def _own_count(tokens: list[int], padding: int | None) -> int:
    """How many tokens there are before those that fill up the answer."""
    count = len(tokens)
    while count and tokens[count - 1] == padding:
        count -= 1
    return count
