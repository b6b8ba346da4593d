"""History once: which part of a conversation is logged already.

A chat API is sent the whole history at every call. The keys of its messages are chained by hashes,
each to all before it, and the chain up to a logged answer is kept with that answer. The longest
chain at the front of a new call's messages that is kept is in the log; the messages after it are
new.

The instructions (system messages at the front, and what is sent apart) are not in the chain: an
agent that hands a conversation over, or tells the model the time, goes on with the same one. Who
speaks, and an id that the caller or the provider gives, are: the same words of two people are two
conversations. Each destination of events has a `History` of its own.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import takewhile
from typing import Any, TypeVar

import msgspec

from hilt._context import FrameworkContext
from hilt.core.bounded import BoundedDict
from hilt.core.event_writer import EventWriter
from hilt.genai.json_values import get_path
from hilt.genai.observation import Observation
from hilt.genai.values import Message, Request, Response, as_is
from hilt.recording.answer_forms import answer_forms, prefilled_forms
from hilt.recording.conversation_ids import (
    DerivedIds,
    continued_id,
    opening_id,
    stored_id,
    unread_id,
)
from hilt.recording.logged_answers import LoggedAnswer, ToolCallEvent, chosen_answer
from hilt.recording.message_keys import empty_answer_key, extended_chain, instructions_key
from hilt.recording.open_tool_calls import OpenToolCalls
from hilt.recording.parallel_calls import has_divided_calls, undivided_calls

__all__ = ["Continuation", "History", "LoggedAnswer", "ToolCallEvent", "history_of"]

_SYSTEM = ("system", "developer")
_MOST_ALIKE = 32  # answers to histories that are alike, and tool calls with one id
_RAW_FIELDS = 2  # of a message that is a role and a text, nothing else
_FEWEST_DIVIDED = 3  # a call, its result, and another call


_Key = TypeVar("_Key")
_Logged = TypeVar("_Logged")


class Continuation(msgspec.Struct, gc=False):
    """What a call continues, and what is new in it."""

    answer: LoggedAnswer | None
    new_from: int  #: the index of the first message that is not logged
    chain: int  #: the hash of everything that the call sends, without its instructions
    instructions: int = 0  #: the hash of its instructions
    leading: int = 0  #: how many system messages stand at the front
    derived: str | None = None  #: the id that its conversation has, or would have if it were free
    begins: bool = False  #: no answer is in its messages
    exchange: int | None = None  #: the hash of its last message, if others stand before it
    beginning: Message | None = None  #: its last message, if the model is to go on with that
    before: int = 0  #: the hash of what stands before that message

    @property
    def has_new_instructions(self) -> bool:
        """Whether its instructions are not those of the call that it continues."""
        return self.answer is not None and self.answer.instructions != self.instructions


class History:
    """The conversations that are logged to one destination, the newest ``limit`` of each kind.

    Safe between threads: every step is one operation on a dict.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._answers: BoundedDict[int | str, list[LoggedAnswer]] = BoundedDict(limit)
        self._exchanges: BoundedDict[int, list[LoggedAnswer]] = BoundedDict(limit)
        self._tool_calls: BoundedDict[str, list[ToolCallEvent]] = BoundedDict(limit)
        self._tool_results: BoundedDict[str, str] = BoundedDict(limit)
        self._sent_results: BoundedDict[str, str] = BoundedDict(limit)
        self._runs: BoundedDict[str, str] = BoundedDict(limit)
        self._ids = DerivedIds()
        self.open_tool_calls = OpenToolCalls(limit)

    # -- what a call continues ----------------------------------------------------------------

    def begin(self, call: Observation) -> list[Message]:
        """The messages that are new in a call; its conversation, and what it continues, are set."""
        request = call.request
        named, user = call.conversation or request.conversation, call.user or request.user
        scope = hash((named, user)) if named or user else 0
        continuation = self.continuation(request, scope, user)
        answer, reserved = continuation.answer, call.continuation
        read, messages = request.read, request.messages
        new = [read(raw) for raw in messages[continuation.new_from :]]
        if len(new) >= _FEWEST_DIVIDED and has_divided_calls(new):
            continuation, new = self._undivided(call.request, scope, user) or (continuation, new)
            answer = continuation.answer
        if answer is not None and continuation.leading and continuation.has_new_instructions:
            new = [*[read(raw) for raw in messages[: continuation.leading]], *new]
        call.continuation = continuation
        if new and new[-1].get("role") == "assistant":
            continuation.beginning = new[-1]
            before = msgspec.structs.replace(request, messages=messages[:-1])
            continuation.before = self.continuation(before, scope, user).chain
        if new and not named and len(messages) > continuation.leading + 1:
            continuation.exchange = extended_chain(hash((scope, "exchange")), new[-1])
        if answer is not None:
            answer.continued += 1
            call.context_of = answer.event_id
            call.session_id = named or answer.session_id
        elif call.session_id:  # given in advance: to a step, or to the run around the call
            if reserved is not None:
                continuation.derived, continuation.begins = reserved.derived, reserved.begins
        else:
            call.session_id = (
                named
                or self.conversation_of_run(call.framework)
                or self._shortened(new, scope)
                or self._new_conversation(call, continuation, new, user)
            )
        if call.framework is not None and call.framework.run:
            self._runs.keep(call.framework.run, call.session_id)
        return new

    def conversation_of_run(self, framework: FrameworkContext | None) -> str | None:
        """The conversation of the newest call in the run of a framework."""
        return self._runs.get(framework.run) if framework is not None and framework.run else None

    def reserve(self, call: Observation) -> str:
        """The conversation of a call that begins later: its events get the same one."""
        if call.continuation is None:
            self.begin(call)
            continuation: Any = call.continuation
            answer = continuation.answer
            if answer is not None:
                answer.continued -= 1
                call.context_of = None
        return call.session_id

    def undo(self, call: Observation) -> None:
        """A call failed, and will be made again or not: what it continued is open as before."""
        continuation: Continuation | None = call.continuation
        if continuation is None:
            return
        if continuation.answer is not None:
            continuation.answer.continued -= 1
        elif continuation.derived and self.conversation_of_run(call.framework) is None:
            self._ids.release(continuation.derived, call.session_id)

    def continuation(
        self, request: Request, scope: int = 0, user: str | None = None
    ) -> Continuation:
        """How much of the request's messages is in the log.

        Args:
            request: The request.
            scope: The hash of an id that is given, and of who speaks; 0 for neither.
            user: Who speaks, if they are named.
        """
        answers, read, messages = self._answers, request.read, request.messages
        found: list[LoggedAnswer] | None = None
        new_from = leading = 0
        instructions = instructions_key(request.instructions) if request.instructions else 0
        chain = scope
        if request.previous_response or request.stored_history:
            stored = _stored(request)
            if stored:
                chain, found = self._stored_answer(stored, scope, user)
        else:
            leading, instructions = _leading(request, instructions)
        for index, raw in enumerate(messages):
            if index < leading:
                continue
            # The interpreter keeps the hash of a str, so that a long history costs little.
            content = raw.get("content") if type(raw) is dict and len(raw) == _RAW_FIELDS else None
            if type(content) is str and content:
                key = chain = hash((chain, raw.get("role"), content))
            else:
                message = read(raw)
                key = extended_chain(chain, message)
                if key == chain and message.get("role") == "assistant":
                    key = empty_answer_key(chain)
                else:
                    chain = key
            logged = answers.get(key)
            if logged is not None:
                found, new_from = logged, index + 1
        answer = None
        if found is not None:
            answer = (
                found[0]
                if len(found) == 1
                else chosen_answer(found, request, new_from, instructions)
            )
            if answer is None:
                new_from = 0
        return Continuation(answer, new_from, chain, instructions, leading)

    def _undivided(
        self, request: Request, scope: int, user: str | None
    ) -> tuple[Continuation, list[Message]] | None:
        """What a call continues whose history has the calls of an answer apart, and what is new."""
        sent = [request.read(raw) for raw in request.messages]
        start = self.continuation(msgspec.structs.replace(request, messages=()), scope, user)
        leading = sum(1 for _ in takewhile(lambda each: each.get("role") in _SYSTEM, sent))
        messages = undivided_calls(sent[leading:], start.chain, self._answers)
        if messages is None:
            return None
        messages = [*sent[:leading], *messages]
        request = msgspec.structs.replace(request, messages=messages, read=as_is)
        continuation = self.continuation(request, scope, user)
        return continuation, messages[continuation.new_from :]

    def _stored_answer(
        self, stored: str, scope: int, user: str | None
    ) -> tuple[int, list[LoggedAnswer] | None]:
        """The hash of what the provider puts before the messages, and the answer it ends in.

        An answer that was given to somebody else is not continued.
        """
        found = self._answers.get(stored)
        if found is None or (user and found[-1].user and user != found[-1].user):
            return hash((scope, stored)), None
        return found[-1].chain or hash((scope, stored)), found[-1:]

    def _shortened(self, messages: list[Message], scope: int) -> str | None:
        """The conversation of a history whose first messages were dropped, or summed up.

        Questions and answers of it are in the log, all of them or the last few, and in one
        conversation only. It is not linked: its prompt has all that is sent.
        """
        start, sessions, count = hash((scope, "exchange")), None, 0
        for before, message in zip(reversed(messages[:-1]), reversed(messages), strict=False):
            if message.get("role") != "assistant":
                continue
            key = extended_chain(extended_chain(start, before), message)
            found = {each.session_id for each in self._exchanges.get(key, ())}
            if not found and count > 1:
                break
            sessions, count = found if sessions is None else sessions & found, count + 1
        return sessions.pop() if sessions is not None and len(sessions) == 1 else None

    def _new_conversation(
        self,
        call: Observation,
        continuation: Continuation,
        messages: list[Message],
        user: str | None,
    ) -> str:
        """The id of a conversation whose history, if it has any, is not in the log."""
        request = call.request
        if request.previous_response:
            return stored_id(request.previous_response)
        opening = opening_id(request, messages, user)
        if not opening:
            return unread_id(call.trace_id)
        first = _first_answer(messages)
        continuation.begins = first is None
        continuation.derived = opening if first is None else continued_id(opening, first)
        return self._ids.take(continuation.derived)

    # -- answers that are logged --------------------------------------------------------------

    def remember(
        self,
        chain: int,
        response: Response,
        logged: LoggedAnswer,
        conversation: str | None = None,
        exchange: int | None = None,
    ) -> None:
        """Keep the chains that end in an answer, and the answer by its id.

        Args:
            chain: The hash of everything that the call sent.
            response: The answer; the caller may go on with any of its choices.
            logged: The event with the answer.
            conversation: The provider's id of the conversation, where it keeps the messages.
            exchange: The hash of the last message that the call sent, if others stood before it.
        """
        for message in response.messages:
            key = extended_chain(chain, message)
            logged.chain = logged.chain or key
            _add(self._answers, empty_answer_key(chain) if key == chain else key, logged)
            if exchange is not None and key != chain:
                _add(self._exchanges, extended_chain(exchange, message), logged)
            for form in answer_forms(message):
                key = extended_chain(chain, form)
                _add(self._answers, key, logged)
                if exchange is not None:
                    _add(self._exchanges, extended_chain(exchange, form), logged)
        if response.id:
            self._answers.keep(response.id, [logged])
        if conversation:
            self._answers.keep(f"conversation {conversation}", [logged])

    def remember_prefilled(
        self, continuation: Continuation, response: Response, logged: LoggedAnswer
    ) -> None:
        """Keep the answers to a call that wrote their beginning, as one message with that."""
        beginning: Any = continuation.beginning
        for message in response.messages:
            for form in prefilled_forms(beginning, message):
                _add(self._answers, extended_chain(continuation.before, form), logged)

    def conversation_of(self, event_id: str) -> str | None:
        """The conversation of a logged answer; slow, for what is rare."""
        for alike in list(self._answers.values()):
            for logged in alike:
                if logged.event_id == event_id:
                    return logged.session_id
        return None

    # -- tools --------------------------------------------------------------------------------

    def remember_tool_call(
        self, call_id: str, name: str, event_id: str, session_id: str = ""
    ) -> None:
        """Keep the event of a tool call, for the result that will reply to it."""
        _add(self._tool_calls, call_id, ToolCallEvent(call_id, name, event_id, session_id))

    def tool_call(self, call_id: str | None, session_id: str | None = None) -> ToolCallEvent | None:
        """The event of a tool call.

        Args:
            call_id: Its id.
            session_id: The conversation; another one's is not meant, unless only one has the id.
                The newest of any is, if this is None.
        """
        alike = self._tool_calls.get(call_id) if call_id else None
        if not alike:
            return None
        if session_id is None or len(alike) == 1:
            return alike[-1]
        return next((each for each in reversed(alike) if each.session_id == session_id), None)

    def remember_tool_result(self, call: str, event_id: str) -> None:
        """Keep the event of a tool's result that comes from a span of the tool itself.

        Args:
            call: The event of the tool call, or its id where that is not logged.
            event_id: The event of the result.
        """
        self._tool_results.keep(call, event_id)

    def remember_sent_result(self, call: str, event_id: str) -> None:
        """Keep the event of a tool's result that comes from the call which sends it."""
        self._sent_results.keep(call, event_id)

    def has_result(self, call: str | None) -> bool:
        """Whether a tool's result is logged, from a span or from a call."""
        return call in self._tool_results or call in self._sent_results

    def tool_result(self, call: str | None) -> str | None:
        """The event id of a tool's result that comes from a span of the tool."""
        return self._tool_results.get(call) if call else None


def _add(table: BoundedDict[_Key, list[_Logged]], key: _Key, logged: _Logged) -> None:
    """Keep what is logged beside what has the same key."""
    alike = table.kept(key, [logged])
    if alike[-1] is not logged:
        alike.append(logged)
        if len(alike) > _MOST_ALIKE:
            del alike[0]


def _leading(request: Request, instructions: int) -> tuple[int, int]:
    """How many system messages stand at the front, and the hash of all instructions."""
    leading = 0
    for raw in request.messages:
        role = raw.get("role") if type(raw) is dict else get_path(raw, "role")
        if role not in _SYSTEM:  # a tuple: a role may be of any type
            break
        leading += 1
        instructions = _chained(instructions, raw, request.read)
    return leading, instructions


def _chained(chain: int, raw: Any, read: Callable[[Any], Message]) -> int:
    """The hash of instructions, and a system message after them, by either name of its role."""
    content = raw.get("content") if type(raw) is dict and len(raw) == _RAW_FIELDS else None
    if type(content) is str and content:
        return hash((chain, "system", content))
    return extended_chain(chain, {**read(raw), "role": "system"})


# -- what a request sends -----------------------------------------------------------------------


def _stored(request: Request) -> str | None:
    """The key of what the provider puts before the messages: an answer, or a conversation."""
    if request.previous_response:
        return request.previous_response
    if request.stored_history and request.conversation:
        return f"conversation {request.conversation}"
    return None


def _first_answer(messages: list[Message]) -> Message | None:
    """The first message of a history that the model gave: after the first one of the user."""
    is_open = False
    for message in messages:
        is_open = is_open or message.get("role") == "user"
        if is_open and message.get("role") == "assistant":
            return message
    return None


# -- one history for each destination -----------------------------------------------------------

_by_session: weakref.WeakKeyDictionary[EventWriter, History] = weakref.WeakKeyDictionary()
_by_destination: BoundedDict[tuple[str, ...], History] = BoundedDict(1000)


def history_of(session: EventWriter) -> History:
    """What is logged to a session's destination, whoever writes there in this process."""
    history = _by_session.get(session)
    if history is None:
        destination = session.destination
        history = _by_session[session] = _by_destination.kept(destination, History())
    return history
