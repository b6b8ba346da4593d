"""Answers that a later call fetches: of responses in the background, of batches."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from hilt.core import forks
from hilt.core.bounded import BoundedDict
from hilt.genai.values import Message, Part

if TYPE_CHECKING:
    from hilt.instrumentation.engine import Call

__all__ = ["PENDING_LIMIT", "PendingCalls", "joined"]

PENDING_LIMIT = 10_000
"""How many calls wait for their answers at the most: some answers are never fetched."""
_MOST_LOOKED_FOR = 200  # calls whose endings are looked for in the file, which takes a while


class PendingCalls:
    """Calls whose answers later ones will fetch, by the provider's id of the answer.

    Safe between threads: every step is one operation on a dict.

    Args:
        limit: When there are more, the oldest have their endings.
    """

    def __init__(self, limit: int = PENDING_LIMIT) -> None:
        self._calls: BoundedDict[str, Call] = BoundedDict(limit)
        self._process: object = None  # the one at whose end they are ended

    def __len__(self) -> int:
        """How many calls wait."""
        return len(self._calls)

    def keep(self, answer_id: str, call: Call) -> None:
        """Note a call that waits for its answer."""
        while len(self._calls) >= self._calls.limit:
            self._end_oldest()
        self._calls.keep(answer_id, call)
        if self._process is not forks.process:
            self._process = forks.process
            self._end_with_child()

    def get(self, answer_id: str) -> Call | None:
        """The call that waits for an answer."""
        return self._calls.get(answer_id)

    def pop(self, answer_id: str) -> Call | None:
        """The call that waits for an answer, which has come."""
        return self._calls.pop(answer_id, None)

    def end_all(self) -> None:
        """End the calls whose answers nobody fetched. Never raises."""
        may_have_ended = forks.has_forked and len(self._calls) <= _MOST_LOOKED_FOR
        while self._calls:
            self._end_oldest(may_have_ended=may_have_ended)

    def _end_oldest(self, *, may_have_ended: bool = False) -> None:
        try:
            _, call = self._calls.popitem(last=False)
        except KeyError:
            return  # Another thread fetched the last one.
        call.end_pending(may_have_ended=may_have_ended)

    def _end_with_child(self) -> None:
        """A child of multiprocessing ends without what `atexit` has, before Python 3.13."""
        util: Any = sys.modules.get("multiprocessing.util")
        parent: Any = sys.modules.get("multiprocessing.process")
        if util is not None and parent is not None and parent.parent_process() is not None:
            util.Finalize(None, self.end_all, exitpriority=0)


def joined(older: list[Message], newer: list[Message]) -> list[Message]:
    """The messages of an answer that was fetched in pieces, each part once."""
    if not older or not newer:
        return newer or older
    first, *others = newer
    parts = first["parts"]
    before = [part for part in older[0]["parts"] if not _is_in(part, parts)]
    return [{**first, "parts": [*before, *parts]}, *others]


def _is_in(part: Part, parts: list[Part]) -> bool:
    """Whether a part is among newer ones, where the text of one may have grown."""
    content = part.get("content")
    return part in parts or any(
        part["type"] == newer["type"]
        and isinstance(content, str)
        and str(newer.get("content") or "").startswith(content)
        for newer in parts
    )
