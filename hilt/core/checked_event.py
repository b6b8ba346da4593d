"""The event format as types that msgspec checks while decoding: a fast yes for most lines of a log.

Only what the checks need is built. A line that is refused here goes to
`hilt.core.schema.validate_line`, which decides, and says what is wrong; a test compares the two.
"""

from __future__ import annotations

import io
import re
from typing import Annotated, Any, Literal

import msgspec

from hilt.core.event import ACTIONS, ACTOR_TYPES
from hilt.core.exceptions import EventError
from hilt.core.ids_and_times import parse_timestamp

__all__ = ["CheckedEvent", "decode_checked"]

_Id = Annotated[str, msgspec.Meta(min_length=1)]
_Count = Annotated[int, msgspec.Meta(ge=0)]
_List = list[msgspec.Raw]


class _Object(msgspec.Struct, gc=False, frozen=True):
    """An object with any members, which are skipped."""


class _Links(msgspec.Struct, gc=False, frozen=True):
    """``extensions``."""

    reply_to: object = None


class _Actor(msgspec.Struct, gc=False, frozen=True):
    type: Literal[ACTOR_TYPES]  # type: ignore[valid-type]  # the names stand in one place
    id: _Id
    name: str = ""
    did: str = ""
    metadata: _Object = _Object()


class _Content(msgspec.Struct, gc=False, frozen=True):
    text: str = ""
    messages: _List = []
    choices: _List = []
    reasoning: str = ""
    tool: _Object = _Object()
    documents: _List = []
    images: _List = []
    media: _List = []
    text_hash: str = ""
    text_encrypted: str = ""
    metadata: _Object = _Object()


class _Metrics(msgspec.Struct, gc=False, frozen=True):
    tokens: dict[str, _Count] = {}
    cost_usd: float = 0.0
    latency_ms: float = 0.0


class CheckedEvent(msgspec.Struct, gc=False, frozen=True):
    """An event that fits the format, its timestamp aside."""

    event_id: _Id
    timestamp: str
    session_id: _Id
    actor: _Actor
    action: Literal[ACTIONS]  # type: ignore[valid-type]  # the names stand in one place
    hilt_version: _Id = "1.0.0"
    content: _Content = _Content()
    metrics: _Metrics = _Metrics()
    provenance: _Object = _Object()
    privacy: _Object = _Object()
    integrity: _Object = _Object()
    extensions: _Links = _Links()


_decode: Any = msgspec.json.Decoder(CheckedEvent).decode
_STAMPS = re.compile(r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d\.\d{6}Z)*", re.ASCII)
_MINUTE = len("2026-11-28T10:00:")
_ESCAPE = b"\\"


def decode_checked(block: bytes) -> list[CheckedEvent] | None:
    """The events of a block of lines, if all of its lines are certainly events.

    None only means that each line has to be checked by itself.
    """
    # msgspec does not check the texts that it skips, so they must be plain UTF-8.
    if _ESCAPE in block or not _is_utf8(block):
        return None
    try:
        # Four times as fast as bytes.split; JSON may end in an LF.
        events: list[CheckedEvent] = list(map(_decode, io.BytesIO(block).readlines()))
    except (msgspec.DecodeError, RecursionError):
        return None
    return events if _are_timestamps([event.timestamp for event in events]) else None


def _are_timestamps(texts: list[str]) -> bool:
    """Whether all texts are timestamps as HILT writes them."""
    if _STAMPS.fullmatch("".join(texts)) is None:
        return False
    try:
        for minute in {text[:_MINUTE] for text in texts}:
            parse_timestamp(f"{minute}00Z")
    except EventError:
        return False
    return True


def _is_utf8(block: bytes) -> bool:
    if block.isascii():
        return True
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True
