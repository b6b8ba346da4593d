"""Conversations: calls that their links join.

A conversation has an id, but it is made by links: ``context_of`` and ``reply_to``, and
``continues_as`` where another process went on. Two chains of calls that share an id because two
processes derived it from the same opening are two conversations, unless one contains the history
of the other. An id that a program has given (``conversation("order-42")``) is one conversation,
however its calls are linked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from hilt.analysis.calls import Call
from hilt.analysis.histories import Histories
from hilt.analysis.inputs import context_of
from hilt.core.json_types import JsonObject

if TYPE_CHECKING:
    from hilt.analysis.event_lines import EventLine

__all__ = ["CONVERSATION_COLUMNS", "Conversation", "is_derived", "split_conversations"]

CONVERSATION_COLUMNS = (
    "id", "started", "ended", "calls", "failed", "users", "models", "title", "tokens_in",
    "tokens_out", "cost_usd",
)  # fmt: skip
"""The names that `Conversation.to_dict` has, in its order."""

_DERIVED = re.compile(r"conv_[0-9a-f]{16}")


class Conversation:
    """Calls that belong together, oldest first.

    Made by `hilt.analysis.log.Log.conversations`.
    """

    __slots__ = ("calls", "id", "other_lines")

    def __init__(
        self,
        session_id: str,
        calls: Sequence[Call],
        other_lines: Sequence[EventLine] = (),
    ) -> None:
        self.id = session_id
        self.calls = calls
        self.other_lines = other_lines  #: if it has no calls: steps, notices, feedback

    @property
    def started(self) -> str:
        """When it began."""
        return min([call.started for call in self.calls] or self._other_times())

    @property
    def ended(self) -> str:
        """When the last call ended."""
        return max([call.timestamp for call in self.calls] or self._other_times())

    def _other_times(self) -> list[str]:
        return [line.record.timestamp for line in self.other_lines]

    @property
    def users(self) -> list[str]:
        """Who asked."""
        return list(dict.fromkeys(user for call in self.calls if (user := call.user)))

    @property
    def models(self) -> list[str]:
        """The models that answered."""
        return list(dict.fromkeys(model for call in self.calls if (model := call.model)))

    @property
    def title(self) -> str:
        """Its first question."""
        return next((text for call in self.calls if (text := call.prompt_text)), "")

    @property
    def continues_as(self) -> str | None:
        """The id under which another process may have gone on with it."""
        ids = [call.record.extensions.continues_as for call in self.calls]
        return next((each for each in reversed(ids) if each is not None), None)

    @property
    def cost_usd(self) -> float:
        """What its calls cost, as far as that is known."""
        return sum(call.cost_usd or 0 for call in self.calls)

    @property
    def failed(self) -> int:
        """How many calls failed."""
        return sum(call.failed for call in self.calls)

    def to_dict(self) -> JsonObject:
        """The conversation as flat JSON."""
        return {
            "id": self.id,
            "started": self.started,
            "ended": self.ended,
            "calls": len(self.calls),
            "failed": self.failed,
            "users": self.users,
            "models": self.models,
            "title": self.title,
            "tokens_in": sum(call.tokens.prompt or 0 for call in self.calls),
            "tokens_out": sum(call.tokens.completion or 0 for call in self.calls),
            "cost_usd": self.cost_usd,
        }

    def __repr__(self) -> str:
        return f"<Conversation {self.id}, {len(self.calls)} calls>"


def is_derived(session_id: str) -> bool:
    """Whether an id is derived from a conversation's opening, rather than given by a program."""
    return _DERIVED.fullmatch(session_id) is not None


def split_conversations(session_id: str, calls: Iterable[Call]) -> Iterator[Conversation]:
    """The conversations that share an id, in the order in which they began."""
    chains = [[*calls]] if not is_derived(session_id) else _chains(calls)
    for chain in chains:
        if chain:
            yield Conversation(session_id, chain)


def _chains(calls: Iterable[Call]) -> list[list[Call]]:
    """Join calls to chains by the events that they continue.

    Nothing links to an unanswered call: it belongs to the chain that goes on after it with the same
    user, or else to the one before.
    """
    chains: list[list[Call]] = []
    chain_of: dict[str, list[Call]] = {}
    histories = Histories()
    failed: list[Call] = []
    for call in calls:
        continued = context_of(call)
        run = f"run {call.run}" if call.run else ""
        chain = chain_of.get(continued) if continued is not None else None
        chain = chain if chain is not None else chain_of.get(run)
        if chain is None and continued is None:
            chain = histories.chain_before(call)
        if chain is None and continued is None and call.failed:
            failed.append(call)
            continue
        if chain is None:
            chain = [each for each in failed if each.user == call.user]
            failed = [each for each in failed if each not in chain]
            chains.append(chain)
            histories.add(call, chain)
        chain.append(call)
        chain_of.update(dict.fromkeys((line.event_id.decode() for line in call.lines()), chain))
        if run:
            chain_of[run] = chain
    for call in failed:
        same = [chain for chain in chains if chain[-1].user == call.user]
        if same:
            same[-1].append(call)
        else:
            chains.append([call])
    return chains
