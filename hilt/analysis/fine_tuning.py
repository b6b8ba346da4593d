"""Calls as examples for training a model, in the format of OpenAI's fine-tuning API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from hilt.analysis.calls import Call
from hilt.analysis.inputs import answer_message, context_of, input_of
from hilt.core.exceptions import ReadError
from hilt.core.json_types import JsonObject

if TYPE_CHECKING:
    from hilt.analysis.log import Log

__all__ = ["Example", "example_of", "examples_of", "is_approved", "scale_of"]

_WAITING_BYTES = 16 << 20
_GOOD = frozenset({"correct", "good", "like", "positive", "thumbs_up", "up", "yes", "👍"})
_SCALES = (1.0, 5.0, 10.0, 100.0)
_GOOD_SHARE = 0.75  # 4 of 5, 8 of 10
_OF = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?)(?:\s*/\s*(\d{1,9}(?:\.\d{1,9})?))?\s*", re.ASCII)
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})


class Example(NamedTuple):
    """An example, and where it comes from."""

    value: JsonObject
    """``{"messages": [...]}``."""
    provenance: JsonObject
    """The call's id, conversation, time and model, its rating, and the set that it is in."""
    is_validation: bool
    """Whether it is for validation rather than for training."""


def examples_of(
    log: Log, calls: Iterable[Call], scale: float = 1.0, validation: float = 0.0
) -> Iterator[Example]:
    """The examples that calls make, for training or for validation.

    All calls of a conversation are in the same one of these sets, in every run, even where another
    process went on under another id.

    Args:
        log: Where to look up the calls that they continue, for many at once.
        calls: The calls, in the order of the log.
        scale: The highest rating; see `scale_of`.
        validation: The share of conversations for validation, from 0 to 1.
    """
    waiting: list[tuple[Call, str]] = []  # with their conversations
    size = 0
    beginnings: dict[str, str] = {}  # first ids, by the ids of their continuations
    for call in calls:
        conversation = beginnings.get(call.session_id, call.session_id)
        if call.record.extensions.continues_as is not None:
            beginnings[call.record.extensions.continues_as] = conversation
        if not _is_for_training(call, scale):
            continue
        waiting.append((call, conversation))
        size += call.size
        if size > _WAITING_BYTES:
            yield from _examples_of(log, waiting, scale, validation)
            waiting, size = [], 0
    yield from _examples_of(log, waiting, scale, validation)


def _examples_of(
    log: Log, calls: list[tuple[Call, str]], scale: float, validation: float
) -> Iterator[Example]:
    """The examples that calls make, reading the log as few times as memory allows."""
    while calls:
        continuing = (call for call, _ in calls if context_of(call) is not None)
        session_ids = dict.fromkeys(call.session_id for call in continuing)
        known = log.calls_by_id(session_ids) if session_ids else {}
        left = len(calls)
        for number, (call, conversation) in enumerate(calls):
            if call.session_id not in known and context_of(call) is not None:
                left = number
                break
            value = example_of(call, scale, known.get(call.session_id, {}))
            if value is None:
                continue
            is_validation = _share_of(conversation) < validation
            provenance = {
                "call": call.id,
                "session_id": call.session_id,
                "timestamp": call.timestamp,
                "model": call.model,
                "rating": call.rating,
                "corrected": _correction(call) is not None,
                "set": "validation" if is_validation else "training",
            }
            yield Example(value, provenance, is_validation)
        calls = calls[left:]


def scale_of(ratings: Iterable[float | str | None]) -> float:
    """The highest rating that could be given, judging by those that were: 1, 5, 10 or 100."""
    highest = max((each for each in ratings if isinstance(each, int | float)), default=0.0)
    return next((scale for scale in _SCALES if highest <= scale), highest)


def _share_of(conversation: str) -> float:
    """A number from 0 to 1 that depends on the conversation's id alone."""
    digest = blake2b(conversation.encode("utf-8", "replace"), digest_size=6).digest()
    return int.from_bytes(digest, "big") / (1 << 48)


def example_of(
    call: Call, scale: float = 1.0, known: Mapping[str, Call] | None = None
) -> JsonObject | None:
    """The example ``{"messages": [...]}`` that a call makes; None if it makes none.

    A call makes one if people approved of its answer or corrected it, and if only text and the use
    of tools were sent. A correction replaces the answer.

    Args:
        call: The call.
        scale: The highest rating; see `scale_of`.
        known: The calls of its conversation by their ids; looked up in its log if None.
    """
    if not _is_for_training(call, scale):
        return None
    correction = _correction(call)
    answer = [{"role": "assistant", "parts": [{"type": "text", "content": correction}]}]
    try:
        sent = call.input() if known is None else input_of(call, None, known)
        messages = [
            *(each for message in sent for each in _messages(message)),
            *(
                each
                for message in (answer if correction is not None else answer_message(call))
                for each in _messages(message)
            ),
        ]
    except (ReadError, ValueError):
        return None
    ends_well = messages and messages[-1]["role"] == "assistant"
    return {"messages": messages} if sent and ends_well else None


def _is_for_training(call: Call, scale: float) -> bool:
    """Whether people approved of an answer in a chat, or corrected it."""
    return call.operation == "chat" and (is_approved(call, scale) or _correction(call) is not None)


def is_approved(call: Call, scale: float = 1.0) -> bool:
    """Whether the call was answered, and its newest rating is a good one.

    That is a word such as "good", three quarters of the scale or more, or ``4/5``.
    """
    rating = call.rating
    if call.outcome != "completed" or rating is None:
        return False
    if isinstance(rating, str):
        match = _OF.fullmatch(rating)
        if match is None:
            return rating.strip().lower() in _GOOD
        rating, scale = float(match[1]), float(match[2] or scale)
    return rating > 0 and rating >= _GOOD_SHARE * scale


def _correction(call: Call) -> str | None:
    for event in reversed(call.feedback):
        correction = (event.extensions or {}).get("correction")
        if isinstance(correction, str) and correction:
            return correction
    return None


def _messages(message: JsonObject) -> Iterator[JsonObject]:
    """A message of the OpenTelemetry conventions in OpenAI's form.

    Raises:
        ValueError: If it has parts that an example cannot have.
    """
    role = message.get("role")
    parts = message.get("parts")
    if role not in _ROLES or not isinstance(parts, list):
        raise ValueError(f"role {role!r}")
    texts: list[str] = []
    calls: list[JsonObject] = []
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text":
            texts.append(str(part.get("content")))
        elif kind == "tool_call":
            calls.append(_tool_call(part))
        elif kind == "tool_call_response":
            yield {
                "role": "tool",
                "tool_call_id": str(part.get("id")),
                "content": _as_text(part.get("response")),
            }
        elif kind != "reasoning":
            raise ValueError(f"part {kind!r}")
    if texts or calls:
        tools = {"tool_calls": calls} if calls else {}
        content = {"content": "\n".join(texts)} if texts else {}
        yield {"role": role, **content, **tools}


def _tool_call(part: dict[str, Any]) -> JsonObject:
    function = {"name": str(part.get("name")), "arguments": _as_text(part.get("arguments") or {})}
    return {"id": str(part.get("id")), "type": "function", "function": function}


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str).decode()
