"""Messages of a history, in a tree, to the calls that were made.

A call is an answer, with what stands between it and the answer before it. A message that was
edited, or answered again, has several messages after it: each way through the tree is a
continuation of what it has in common with the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from hilt.genai.observation import Observation
from hilt.genai.values import Failure, Message, Part, Request, Response

__all__ = ["Answer", "Conversation", "Turn", "calls_of"]


class Turn(msgspec.Struct):
    """A message of a history, or a piece of an answer that was written in pieces."""

    id: str
    parent: str | None
    message: Message
    moment: int  #: nanoseconds since the epoch
    answer: str | None = None  #: the answer that it is a piece of; None: it is no answer


class Answer(msgspec.Struct):
    """An answer of a model, with all its pieces, and what is known of its request."""

    response: Response | None
    failure: Failure | None = None
    extensions: dict[str, object] | None = None
    request_id: str | None = None
    latency_ms: float | None = None
    provider: str | None = None  #: None: that of the conversation
    model: str | None = None  #: that was requested
    price_assumed: bool = False  #: whether nobody knows who sold the model
    instructions: list[Part] | None = None
    attributes: dict[str, object] = msgspec.field(default_factory=dict)  #: ``gen_ai.request.*``


class Conversation(msgspec.Struct):
    """A conversation of a history.

    ``turns`` may be in any order. ``read_answer`` makes one answer of all its pieces.
    """

    source: str  #: the name of the format
    id: str
    provider: str
    turns: list[Turn]
    read_answer: Callable[[Sequence[Turn]], Answer]
    provenance: dict[str, object] = msgspec.field(default_factory=dict)


def calls_of(conversation: Conversation) -> Iterator[tuple[str, Observation]]:
    """The calls, each after the one that it continues, with a key that names it in its source."""
    turns = {turn.id: turn for turn in conversation.turns}
    pieces: dict[str, list[Turn]] = {}
    for turn in _in_order(turns):
        if turn.answer is not None:
            pieces.setdefault(turn.answer, []).append(turn)
    results = _ToolResults(conversation.turns)
    answers = {name: conversation.read_answer(all_of_it) for name, all_of_it in pieces.items()}
    for name, all_of_it in pieces.items():
        before, new = _new_turns(all_of_it[0], turns, answers)
        new = results.completed(pieces.get(before or "", ()), new, all_of_it[0])
        yield name, _call(conversation, name, all_of_it, answers[name], before, new)


def _in_order(turns: dict[str, Turn]) -> list[Turn]:
    """The turns in the order of their times, each after its parent."""
    moments: dict[str, int] = {}
    for turn in turns.values():
        way: list[Turn] = []
        step: Turn | None = turn
        while step is not None and step.id not in moments and step not in way[-1:]:
            way.append(step)
            moments[step.id] = step.moment  # a tree that bites its tail ends here
            step = turns.get(step.parent) if step.parent else None
        for each in reversed(way):
            above = moments.get(each.parent or "", 0)
            moments[each.id] = max(each.moment, above + 1 if above else 0)
    return sorted(turns.values(), key=lambda turn: moments[turn.id])


def _new_turns(
    first: Turn, turns: dict[str, Turn], answers: dict[str, Answer]
) -> tuple[str | None, list[Turn]]:
    """The answer that an answer comes after, and what stands between the two.

    An answer that failed is no part of what was said: what was asked is asked again.
    """
    between: list[Turn] = []
    met = {first.id}
    step = turns.get(first.parent or "")
    while step is not None and step.id not in met:
        met.add(step.id)
        if step.answer is None:
            between.append(step)
        elif step.answer != first.answer and answers[step.answer].failure is None:
            return step.answer, between[::-1]
        step = turns.get(step.parent or "")
    return None, between[::-1]


class _ToolResults:
    """The results of tools, by the tool call that they answer.

    Tools that ran at the same time are written beside each other: an answer to all of them comes
    after one of them.
    """

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns: dict[str, Turn] = {}
        for turn in turns:
            if turn.answer is None:
                for part in _parts(turn, "tool_call_response"):
                    if part.get("id"):
                        self._turns.setdefault(part["id"], turn)

    def completed(self, answer: Sequence[Turn], new: list[Turn], before: Turn) -> list[Turn]:
        """What is new in a call, with the results of all tools that the answer before asks for."""
        calls = [part.get("id") or "" for each in answer for part in _parts(each, "tool_call")]
        met = {turn.id for turn in new}
        missing: dict[str, Turn] = {}
        for call_id in calls:
            turn = self._turns.get(call_id) if call_id else None
            if turn is not None and turn.id not in met and turn.moment <= before.moment:
                missing[turn.id] = turn
        return [*missing.values(), *new] if missing else new


def _parts(turn: Turn, kind: str) -> list[Part]:
    return [part for part in turn.message["parts"] if part["type"] == kind]


def _call(
    conversation: Conversation,
    name: str,
    pieces: Sequence[Turn],
    answer: Answer,
    before: str | None,
    new: Sequence[Turn],
) -> Observation:
    response = answer.response
    ended = max(turn.moment for turn in pieces)
    asked = max((turn.moment for turn in new), default=pieces[0].moment)
    if response is not None:
        response.id = name
    request = Request(
        "chat",
        answer.provider or conversation.provider,
        answer.model,
        messages=[turn.message for turn in new],
        instructions=answer.instructions,
        attributes=answer.attributes,
        previous_response=before,
        price_assumed=answer.price_assumed,
    )
    return Observation(
        request,
        started=min(asked, ended),
        ended=ended,
        latency_ms=answer.latency_ms,
        response=response,
        failure=answer.failure,
        request_id=answer.request_id,
        conversation=conversation.id,
        service={},  # not that of the program which imports it
        provenance={"imported_from": conversation.source, **conversation.provenance},
        extensions=answer.extensions,
    )
