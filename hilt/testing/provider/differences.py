"""Where a request differs first from the calls of a log: what a miss of a replay says."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from hilt.testing.provider.recorded import SAME_OPERATION
from hilt.testing.provider.request_matching import request_part_keys

if TYPE_CHECKING:
    from hilt.testing.provider.answers import ParsedRequest
    from hilt.testing.provider.recorded import RecordedCall
    from hilt.testing.provider.request_matching import PartKey

__all__ = ["first_difference"]

_MOST_COMPARED = 2000
_AROUND = 30
_NAMES = {"text": "text", "tool_call": "tool call", "result": "tool result", "blob": "binary part"}


def first_difference(
    request: ParsedRequest, calls: Sequence[RecordedCall], *, quote: bool = False
) -> str | None:
    """In what a request differs from the call that is most like it; None without any call.

    Args:
        request: The request.
        calls: The calls of the log.
        quote: Whether the log's own texts and models may be quoted.
    """
    operation = SAME_OPERATION.get(request.operation, request.operation)
    same_kind = [call for call in calls if call.operation == operation]
    if not same_kind:
        return f"no call of it is of the kind {operation!r}" if calls else None
    parts = request_part_keys(request)
    nearest = max(
        same_kind[-_MOST_COMPARED:],
        key=lambda call: (_similarity(parts, call.parts), call.model == request.model),
    )
    of_parts = _difference_of_parts(parts, nearest.parts, quote=quote)
    if of_parts is not None:
        return of_parts
    if nearest.model != request.model:
        return f"the model is {nearest.model!r} there" if quote else "it was another model's"
    return "the conversation before its newest messages is another one"


def _similarity(parts: Sequence[PartKey], logged: Sequence[PartKey]) -> float:
    mine = " ".join(str(part[-1]) for part in parts[-len(logged) :])[-_MOST_COMPARED:]
    theirs = " ".join(str(part[-1]) for part in logged)[-_MOST_COMPARED:]
    return SequenceMatcher(None, mine, theirs, autojunk=False).quick_ratio()


def _difference_of_parts(
    parts: Sequence[PartKey], logged: Sequence[PartKey], *, quote: bool
) -> str | None:
    newest = parts[-len(logged) :] if logged else ()
    first_number = len(parts) - len(newest) + 1
    for number, (mine, theirs) in enumerate(zip(newest, logged, strict=False), first_number):
        if mine == theirs:
            continue
        place = f"part {number} of its input"
        if mine[:2] != theirs[:2]:
            return f"{place} is {_kind(mine)}, and {_kind(theirs)} there"
        return f"{place} ({_kind(mine)}) differs {_where(mine[-1], theirs[-1], quote=quote)}"
    if len(newest) != len(logged):
        return f"its input has {len(parts)} parts, and {len(logged)} new ones there"
    return None


def _kind(part: PartKey) -> str:
    return f"{part[0]} {_NAMES.get(str(part[1]), part[1])}"


def _where(mine: object, theirs: object, *, quote: bool) -> str:
    one, other = _text(mine), _text(theirs)
    shorter = min(len(one), len(other))
    index = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    if not quote:
        return f"from character {index + 1} on"
    start = max(0, index - _AROUND)
    return (
        f"from character {index + 1} on: {one[start : index + _AROUND]!r}, "
        f"and {other[start : index + _AROUND]!r} there"
    )


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
