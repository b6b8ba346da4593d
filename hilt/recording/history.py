"""Logging the history only once: which part of a conversation is logged already.

A chat API is sent the whole history at every call. The keys of its messages are chained by hashes,
each to all before it, and the chain up to a logged answer is kept with that answer. Of a new call's
messages, those up to the longest chain that is kept are in the log; the messages after it are new.

The instructions (system messages at the front, and those sent separately) are not in the chain: an
agent that hands a conversation over, or tells the model the time, goes on with the same one. Who
speaks, and an id that the caller or the provider gives, are in it: the same words of two people are
two conversations. Each destination of events has a `History` of its own.
"""

from __future__ import annotations

import weakref
from contextlib import suppress
from itertools import takewhile
from typing import Any, TypeVar

import msgspec

from hilt._context import FrameworkContext
from hilt.core.bounded import BoundedDict
from hilt.core.event_writer import EventWriter
from hilt.genai.message_forms import (
    NormalChain,
    empty_answer_key,
    extended_chain,
    instructions_key,
    is_normal,
    normal_chain,
    normal_text,
    only_text,
)
from hilt.genai.observation import Observation
from hilt.genai.values import Message, Request, Response, as_is
from hilt.recording.answer_forms import answer_forms, prefilled_forms, text_forms
from hilt.recording.conversation_ids import (
    RAW_FIELDS,
    SYSTEM_ROLES,
    DerivedIds,
    PlainOpening,
    continued_id,
    first_answer,
    leading_messages,
    opening_id,
    plain_opening,
    stored_id,
    stored_key,
    unread_id,
)
from hilt.recording.logged_answers import (
    LoggedAnswer,
    ToolCallEvent,
    UnfinishedAnswer,
    chosen_answer,
    given_answer,
)
from hilt.recording.logged_tools import LoggedTools
from hilt.recording.parallel_calls import has_divided_calls, undivided_calls

__all__ = ["Continuation", "History", "LoggedAnswer", "ToolCallEvent", "history_of"]

_Key = TypeVar("_Key")
_Logged = TypeVar("_Logged")

_MOST_ALIKE = 32  # answers to the same history, or tool calls with the same id
_FEWEST_DIVIDED = 3  # a call, its result, and another call


class Continuation(msgspec.Struct, gc=False):
    """What a call continues, and what is new in it."""

    answer: LoggedAnswer | None
    new_from: int  #: the index of the first message that is not logged
    chain: int  #: the hash of everything that the call sends, without its instructions
    instructions: int = 0  #: the hash of its instructions
    leading: int = 0  #: how many system messages are at the front
    derived: str | None = None  #: the derived id of its conversation, even if that was taken
    begins: bool = False  #: whether no answer is in its messages
    exchange: int | None = None  #: the hash of its last message, if there are others before it
    beginning: Message | None = None  #: its last message, if the model is to go on with that
    before: int = 0  #: the hash of what comes before that message
    scope: int = 0  #: the hash of an id that is given, and of who speaks
    start: int = 0  #: the hash of what comes before all messages
    normal: int | None = None  #: like ``chain``, for messages in their normal form
    question: str | None = None  #: its text, if it is only a first question

    @property
    def has_new_instructions(self) -> bool:
        """Whether its instructions differ from those of the call that it continues."""
        return self.answer is not None and self.answer.instructions != self.instructions


class History(LoggedTools):
    """What is logged to one destination: the newest ``limit`` items of each kind.

    Safe between threads: every step is one operation on a dict.
    """

    def __init__(self, limit: int = 10_000) -> None:
        super().__init__(limit)
        self._answers: BoundedDict[int | str, list[LoggedAnswer]] = BoundedDict(limit)
        self._normal: BoundedDict[int, list[LoggedAnswer]] = BoundedDict(limit)
        self._items: BoundedDict[str, list[LoggedAnswer]] = BoundedDict(limit)
        self._unfinished: BoundedDict[str, UnfinishedAnswer] = BoundedDict(limit)
        self._exchanges: BoundedDict[int, list[LoggedAnswer]] = BoundedDict(limit)
        self._runs: BoundedDict[str, str] = BoundedDict(limit)
        self._ids = DerivedIds()

    # -- what a call continues ----------------------------------------------------------------

    def begin(self, call: Observation) -> list[Message]:
        """The messages that are new in a call; also sets its conversation and what it continues."""
        request = call.request
        named, user = call.conversation or request.conversation, call.user or request.user
        scope = hash((named, user)) if named or user else 0
        if not (named or call.session_id or call.framework is not None):
            opening = plain_opening(request, user)
            if opening is not None:
                self._begin_plainly(call, opening, scope)
                return [
                    {"role": raw["role"], "parts": [{"type": "text", "content": raw["content"]}]}
                    for raw in request.messages
                ]
        continuation = self.continuation(request, scope, user)
        answer, reserved = continuation.answer, call.continuation
        read, messages = request.read, request.messages
        new = [read(raw) for raw in messages[continuation.new_from :]]
        has_answers = "assistant" in [message.get("role") for message in new]
        if has_answers and self._may_be_dressed(new):
            continuation = self._in_normal_form(request, continuation) or continuation
            new = new[continuation.new_from - len(messages) :] if continuation.new_from else new
            answer = continuation.answer
        if len(new) >= _FEWEST_DIVIDED and has_divided_calls(new):
            continuation, new = self._undivided(call.request, scope, user) or (continuation, new)
            answer = continuation.answer
        continuation.normal = _normal_chain(continuation, new)
        if answer is not None and continuation.leading and continuation.has_new_instructions:
            new = [*[read(raw) for raw in messages[: continuation.leading]], *new]
        call.continuation = continuation
        if has_answers and new and new[-1].get("role") == "assistant":
            continuation.beginning = new[-1]
            before = msgspec.structs.replace(request, messages=messages[:-1])
            continuation.before = self.continuation(before, scope, user).chain
        if new and not named and len(messages) > continuation.leading + 1:
            continuation.exchange = normal_chain(hash((scope, "exchange")), new[-1:], scope)
        if answer is not None:
            answer.continued += 1
            call.context_of = answer.event_id
            call.session_id = named or answer.session_id
        elif call.session_id:  # set before: for a step, or by the run around the call
            if reserved is not None:
                continuation.derived, continuation.begins = reserved.derived, reserved.begins
        else:
            call.session_id = (
                named
                or self.conversation_of_run(call.framework)
                or (self._shortened(new, scope) if has_answers else None)
                or self._new_conversation(call, continuation, new, user)
            )
        if call.framework is not None and call.framework.run:
            self._runs.keep(call.framework.run, call.session_id)
        return new

    def _begin_plainly(self, call: Observation, opening: PlainOpening, scope: int) -> None:
        """Begin a conversation whose first call is a question, alone or after a system message.

        Most conversations begin like this, so that `begin` need not find it out step by step.
        """
        system, told, asked, plain, derived = opening
        chain = hash((scope, "user", asked))
        normal = chain if plain == asked else hash((scope, "user", plain))
        instructions = hash((0, "system", told)) if system else 0
        call.continuation = Continuation(
            None, 0, chain, instructions, 1 if system else 0, derived, True,
            scope=scope, start=scope, normal=normal, question=asked,
        )  # fmt: skip
        call.session_id = self._ids.take(derived)

    def conversation_of_run(self, framework: FrameworkContext | None) -> str | None:
        """The conversation of the newest call in a framework's run, or in the run before it."""
        if framework is None or not framework.run:
            return None
        return self._runs.get(framework.run) or self._runs.get(framework.follows or "")

    def reserve(self, call: Observation) -> str:
        """The conversation of a call that begins later, which then keeps it."""
        if call.continuation is None:
            self.begin(call)
            continuation: Any = call.continuation
            answer = continuation.answer
            if answer is not None:
                answer.continued -= 1
                call.context_of = None
        return call.session_id

    def undo(self, call: Observation) -> None:
        """Undo `begin` for a call that failed, so that another call may continue the same."""
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
        """What a request continues: how many of its messages are in the log.

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
            chain, found = self._stored_answer(request, scope, user)
        else:
            leading, instructions = leading_messages(request, instructions)
        start, references, session = chain, request.references, None
        found_key: int | None = None
        for index, raw in enumerate(messages):
            if index < leading:
                continue
            # Python caches the hash of a str, so that a long history costs little.
            content = raw.get("content") if type(raw) is dict and len(raw) == RAW_FIELDS else None
            if type(content) is str and content:
                key = chain = hash((chain, raw.get("role"), content))
            else:
                message = read(raw)
                key = extended_chain(chain, message, scope)
                if key == chain and message.get("role") == "assistant":
                    key = empty_answer_key(chain)
                else:
                    chain = key
            logged = answers.get(key)
            if references is not None and index in references:
                referred, given = given_answer(self._items, references[index], user)
                chain, logged = referred or chain, given or logged
                session = given[0].session_id if given else session
            if logged is not None:
                found, found_key, new_from = logged, key, index + 1
        answer = None
        if found is not None:
            answer = (
                found[0]
                if len(found) == 1
                else chosen_answer(found, request, new_from, instructions, session)
            )
            if answer is None or (answer.continued > 0 and self._is_of_others(answer, found_key)):
                answer, new_from = None, 0
        continuation = Continuation(
            answer, new_from, chain, instructions, leading, scope=scope, start=start
        )
        return self._resumed(request, continuation) if request.resumes else continuation

    def _resumed(self, request: Request, sent: Continuation) -> Continuation:
        """What a call continues, given that it may resume an unfinished answer by a token.

        Args:
            request: The request.
            sent: What it continues judging by its messages.
        """
        unfinished = self._unfinished.get(request.resumes or "")
        if unfinished is None or unfinished.scope != sent.scope:
            return sent
        return msgspec.structs.replace(
            sent,
            answer=unfinished.logged,
            new_from=len(request.messages),
            chain=unfinished.logged.chain,
            beginning=unfinished.message,
            before=sent.chain,
        )

    def _is_of_others(self, answer: LoggedAnswer, key: int | None) -> bool:
        """Whether what looks like a branch may be another conversation, logged in another form."""
        alike = self._normal.get(key, ()) if key is not None else ()
        return any(each.continued <= 0 and each.session_id != answer.session_id for each in alike)

    def _may_be_dressed(self, new: list[Message]) -> bool:
        """Whether messages that seem new may be in the log in their normal form."""
        if not any([message.get("role") == "assistant" for message in new[:-1]]):  # noqa: C419 # a list is quicker
            return False
        return bool(self._normal) or not all(map(is_normal, new))

    def _in_normal_form(self, request: Request, exact: Continuation) -> Continuation | None:
        """What a call continues if its history is logged in another form; None if it is not.

        Args:
            request: The request.
            exact: What it continues judging by the messages exactly as they are sent.
        """
        scope, messages = exact.scope, request.messages
        if exact.start != scope:
            return None  # the provider has the earlier messages
        found: list[LoggedAnswer] | None = None
        chain, new_from = NormalChain(scope, scope), exact.new_from
        for index in range(exact.leading, len(messages)):
            key = chain.add(request.read(messages[index]))
            logged = [*self._answers.get(key, ()), *self._normal.get(key, ())]
            if not logged:
                continue
            if index >= new_from:
                found, new_from = logged, index + 1
            if len({each.normal for each in logged}) == 1:  # however much was sent back
                chain = NormalChain(logged[0].normal, scope)
        answer = chosen_answer(found, request, new_from, exact.instructions) if found else None
        if answer is None:
            return None
        return msgspec.structs.replace(exact, answer=answer, new_from=new_from)

    def _undivided(
        self, request: Request, scope: int, user: str | None
    ) -> tuple[Continuation, list[Message]] | None:
        """What a call continues, and what is new, if its history divides an answer's calls."""
        sent = [request.read(raw) for raw in request.messages]
        start = self.continuation(msgspec.structs.replace(request, messages=()), scope, user)
        leading = sum(1 for _ in takewhile(lambda each: each.get("role") in SYSTEM_ROLES, sent))
        messages = undivided_calls(sent[leading:], start.chain, self._answers)
        if messages is None:
            return None
        messages = [*sent[:leading], *messages]
        request = msgspec.structs.replace(request, messages=messages, read=as_is)
        continuation = self.continuation(request, scope, user)
        return continuation, messages[continuation.new_from :]

    def _stored_answer(
        self, request: Request, scope: int, user: str | None
    ) -> tuple[int, list[LoggedAnswer] | None]:
        """The hash of what the provider puts before the messages, and the answer at its end."""
        stored = stored_key(request)
        if stored is None:
            return scope, None
        chain, found = given_answer(self._answers, stored, user)
        return chain or hash((scope, stored)), found

    def _shortened(self, messages: list[Message], scope: int) -> str | None:
        """The conversation of a history whose first messages were dropped or summarized.

        All of its questions and answers, or the last few, are in the log, and in only one
        conversation. The call is not linked: its prompt has all that is sent.
        """
        start, sessions, count = hash((scope, "exchange")), None, 0
        for before, message in zip(reversed(messages[:-1]), reversed(messages), strict=False):
            if message.get("role") != "assistant":
                continue
            key = normal_chain(normal_chain(start, [before], scope), [message], scope)
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
            return stored_id(request.previous_response, user)
        opening = opening_id(request, messages, user)
        if not opening:
            return unread_id(call.trace_id)
        first = first_answer(messages)
        continuation.begins = first is None
        continuation.derived = opening if first is None else continued_id(opening, first)
        return self._ids.take(continuation.derived)

    # -- answers that are logged --------------------------------------------------------------

    def remember(
        self,
        continuation: Continuation,
        response: Response,
        logged: LoggedAnswer,
        conversation: str | None = None,
    ) -> None:
        """Keep the chains that end in an answer, and the answer by its ids.

        Args:
            continuation: What its call continues and sends.
            response: The answer; the caller may go on with any of its choices.
            logged: The event with the answer.
            conversation: The provider's id of the conversation, if it stores the messages.
        """
        for message in response.messages:
            text = only_text(message)
            if text:
                self._remember_text(continuation, message.get("role"), text, logged)
                continue
            self._remember_form(continuation, message, logged)
            for form in answer_forms(message):
                self._remember_form(continuation, form, logged)
        if response.id:
            self._add(self._answers, response.id, logged)
        if conversation:
            self._answers.keep(f"conversation {conversation}", [logged])
        for item in response.items or ():
            self._items.keep(item, [logged])
        if response.resumed_by and response.messages:
            message = response.messages[0]
            if continuation.beginning is not None:
                message = next(prefilled_forms(continuation.beginning, message))
            unfinished = UnfinishedAnswer(logged, message, continuation.scope)
            self._unfinished.keep(response.resumed_by, unfinished)

    def _remember_text(
        self, continuation: Continuation, role: object, text: str, logged: LoggedAnswer
    ) -> None:
        """Keep the chains that end in an answer that is one text, as most are, in few steps."""
        chain, before, plain = continuation.chain, continuation.normal, normal_text(text)
        key = hash((chain, role, text))
        before = chain if before is None else before
        normal = hash((before, role, plain)) if plain else before
        if not logged.chain:
            logged.chain, logged.normal = key, normal
        if continuation.exchange is not None:
            exchange = (
                hash((continuation.exchange, role, plain)) if plain else continuation.exchange
            )
            self._add(self._exchanges, exchange, logged)
        self._add(self._answers, key, logged)
        if normal != key:
            self._add(self._normal, normal if plain else empty_answer_key(before), logged)
        if text[0] > "<" and text[-1] > " ":
            return  # the text has no other form
        for form in text_forms(text):
            if normal_text(form) != plain:
                parts = [{"type": "text", "content": form}]
                self._remember_form(continuation, {"role": role, "parts": parts}, logged)
            else:
                form_key = hash((chain, role, form)) if form else empty_answer_key(chain)
                self._add(self._answers, form_key, logged)

    def _remember_form(
        self, continuation: Continuation, message: Message, logged: LoggedAnswer
    ) -> None:
        """Keep the chains that end in one form of an answer, both as it is and normalized."""
        chain, scope, before = continuation.chain, continuation.scope, continuation.normal
        key = extended_chain(chain, message, scope)
        before = chain if before is None else before
        normal = normal_chain(before, [message], scope)
        if not logged.chain:
            logged.chain, logged.normal = key, normal
        if continuation.exchange is not None and key != chain:
            exchange = normal_chain(continuation.exchange, [message], scope)
            self._add(self._exchanges, exchange, logged)
        self._add(self._answers, key if key != chain else empty_answer_key(chain), logged)
        if normal != key or before != chain:
            normal = normal if normal != before else empty_answer_key(before)
            self._add(self._normal, normal, logged)

    def remember_prefilled(
        self, continuation: Continuation, response: Response, logged: LoggedAnswer
    ) -> None:
        """Keep the answers to a call that wrote their beginning, joined with that."""
        beginning: Any = continuation.beginning
        before = continuation.before
        for message in response.messages:
            for form in prefilled_forms(beginning, message):
                key = extended_chain(before, form)
                self._add(self._answers, key if key != before else empty_answer_key(before), logged)

    def remember_tool_call(
        self, call_id: str, name: str, event_id: str, session_id: str = ""
    ) -> None:
        """Keep the event of a tool call, for the result that will reply to it."""
        self._add(self._tool_calls, call_id, ToolCallEvent(call_id, name, event_id, session_id))

    def _add(self, table: BoundedDict[_Key, list[_Logged]], key: _Key, logged: _Logged) -> None:
        """Keep an item as the newest, beside others with the same key."""
        alike = table.setdefault(key, [logged])
        if alike[-1] is not logged:
            alike.append(logged)
            if len(alike) > _MOST_ALIKE:
                del alike[0]
            with suppress(KeyError):  # Another thread has taken it.
                table.move_to_end(key)
        elif len(table) > table.limit:
            table.forget_oldest()

    def conversation_of(self, event_id: str) -> str | None:
        """The conversation of a logged answer; slow, for rare cases."""
        for alike in list(self._answers.values()):
            for logged in alike:
                if logged.event_id == event_id:
                    return logged.session_id
        return None


def _normal_chain(continuation: Continuation, new: list[Message]) -> int:
    """The hash of everything that a call sends, in its normal form."""
    answer = continuation.answer
    if answer is None:
        before, first = continuation.start, continuation.leading
    else:
        before, first = answer.normal, 0
    return normal_chain(before, new[first:] if first else new, continuation.scope)


# -- one history for each destination -----------------------------------------------------------

_by_session: weakref.WeakKeyDictionary[EventWriter, History] = weakref.WeakKeyDictionary()
_by_destination: BoundedDict[tuple[str, ...], History] = BoundedDict(1000)


def history_of(session: EventWriter) -> History:
    """The history of a session's destination, shared by all of this process that write there."""
    history = _by_session.get(session)
    if history is None:
        destination = session.destination
        history = _by_session[session] = _by_destination.kept(destination, History())
    return history
