"""Building the events of calls: those of a call's request, and those of its ending.

All calls that HILT logs by itself go through here: those of the SDK instrumentors, those in spans
of other emitters, and those of the helpers in ``hilt.integrations``.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable

from hilt import semconv
from hilt.core.event_writer import EventWriter
from hilt.core.guard import guard
from hilt.genai.media import BASE64_MARK, without_binary
from hilt.genai.message_forms import tools_key
from hilt.genai.normalize import normalized_request, normalized_response
from hilt.genai.observation import Observation
from hilt.genai.tool_definitions import visible_definitions
from hilt.genai.values import Message, Part, Request, Response, text_of
from hilt.recording.conversation_ids import session_id_of
from hilt.recording.event_fields import (
    EventDict,
    add_agent,
    add_cost,
    ending_content,
    ending_extensions,
    ending_metrics,
    ending_outcome,
    ending_provenance,
    new_event,
    provenance_of,
)
from hilt.recording.history import (
    Continuation,
    History,
    LoggedAnswer,
    ToolCallEvent,
    history_of,
)
from hilt.recording.pseudonyms import without_names
from hilt.recording.tool_events import (
    answered_tool_calls,
    new_tool_results,
    only_tool_results,
    tool_call_event,
    tool_result_event,
)

__all__ = ["EventBuilder"]

_ACTIONS = {"embeddings": "embedding", "rerank": "rerank", "retrieval": "retrieval"}
_PREFIX = semconv.REQUEST_PREFIX
_PREFIX_LENGTH = len(_PREFIX)
_TEXT_OR_NONE = (str, type(None))
_FAILED = frozenset({"failed", "timeout", "cancelled"})
_CONTEXT = ("messages", "tools", "documents")


class EventBuilder:
    """Makes the events of calls, with each message of a conversation in only one of them.

    One builder serves many calls at once, from any thread.

    Args:
        history: What is logged already; if None, the history of each call's destination.
    """

    def __init__(self, history: History | None = None) -> None:
        self._history = history
        self._unwritten = history or History()
        self._newest: tuple[Callable[[], object], History] = (_nothing, self._unwritten)

    def history(self, session: EventWriter | None) -> History:
        """The history of what is logged to a session, or of the calls that are not written."""
        if session is None or self._history is not None:
            return self._unwritten
        newest, history = self._newest
        if newest() is not session:
            history = history_of(session)
            self._newest = weakref.ref(session), history
        return history

    # -- the beginning ------------------------------------------------------------------------

    def begin(self, call: Observation, *, is_normalized: bool = False) -> list[EventDict]:
        """The events of a request: tool results, and the prompt.

        Args:
            call: The call.
            is_normalized: Whether its request is already in the simplest form, so that a failure is
                raised rather than tried again.
        """
        history = self.history(call.session)
        try:
            new = history.begin(call)
            user = call.request.user
            if not isinstance(call.session_id, str) or not isinstance(user, _TEXT_OR_NONE):
                # Ids must be text, or they are not logged.
                raise TypeError("the conversation or the user is not text")  # noqa: TRY301
            if call.continuation.question is not None or _is_all_text(new):
                events = [self._prompt(call, new, [])]
                call.reply_to = call.prompt_id = events[0]["event_id"]
            else:
                events = self._begin_with_parts(call, without_binary(new), history)
        except Exception:
            if is_normalized:
                raise
            guard.report("making the events of a request")
            history.undo(call)
            call.continuation, call.session_id, call.context_of = None, "", None
            call.request = normalized_request(call.request)
            return self.begin(call, is_normalized=True)
        return events if call.capture_content else without_names(events)

    def _begin_with_parts(
        self, call: Observation, new: list[Message], history: History
    ) -> list[EventDict]:
        """The events of a request with tool results or media."""
        results = new_tool_results(new)
        calls = answered_tool_calls(call, results, history)
        # The result of a tool may be logged already, from a span of the tool itself.
        logged = [
            history.tool_result(answered.event_id if answered else part.get("id"))
            for part, answered in zip(results, calls, strict=True)
        ]
        events = [
            tool_result_event(call, part, answered, history)
            for part, answered, event_id in zip(results, calls, logged, strict=True)
            if event_id is None
        ]
        continuation = call.continuation
        added = continuation.leading if continuation.has_new_instructions else 0
        if results and only_tool_results(new[added:]):
            call.reply_to = logged[-1] or events[-1]["event_id"]
            if events:
                _add_context(call, events[0], new[:added])
            return events
        media = [part for message in new for part in message["parts"] if part["type"] == "blob"]
        events.append(self._prompt(call, new, media))
        call.prompt_id = call.reply_to = events[-1]["event_id"]
        return events

    def _prompt(self, call: Observation, new: list[Message], media: list[Part]) -> EventDict:
        request = call.request
        speaker = call.user or request.user or "user"
        event = new_event(call.session_id, call.started, "human", speaker, "prompt", call.prompt_id)
        if call.capture_content:
            event["content"] = _prompt_content(request, new, call.continuation, media)
        event["provenance"] = provenance_of(call)
        extensions: dict[str, object] = {}
        if call.context_of:
            extensions["context_of"] = call.context_of
            if call.continuation.has_new_instructions:
                extensions["new_instructions"] = True
        if request.model:
            extensions["model"] = request.model
        if request.attributes:
            parameters = {
                name[_PREFIX_LENGTH:]: value
                for name, value in request.attributes.items()
                if name.startswith(_PREFIX)
            }
            if not call.capture_content:
                parameters.pop("stop_sequences", None)  # people have written them
            if parameters:
                extensions["parameters"] = parameters
        if call.extensions:
            extensions.update(call.extensions)
        if extensions:
            event["extensions"] = extensions
        return event

    # -- the end ------------------------------------------------------------------------------

    def end(self, call: Observation) -> list[EventDict]:
        """The ending, and the tool calls that the answer asks for."""
        try:
            events = self._end(call)
        except Exception:
            if call.response is None:
                raise
            guard.report("making the events of an answer")
            call.response = normalized_response(call.response)
            events = self._end(call, call.ending_id)  # the history may know this id
        return events if call.capture_content else without_names(events)

    def _end(self, call: Observation, event_id: str | None = None) -> list[EventDict]:
        session_id = call.session_id or session_id_of(call)
        add_cost(call)
        if call.outcome is None:
            call.outcome = ending_outcome(call)
        actor_type, action = "agent", _ACTIONS.get(call.request.operation, "completion")
        if call.outcome in _FAILED:
            actor_type = action = "system"
        who = call.request.provider
        event = new_event(session_id, call.ended, actor_type, who, action, event_id)
        if call.framework is not None:
            add_agent(event, call)
        call.ending_id = event["event_id"]
        content = ending_content(call) if call.capture_content else None
        if content:
            event["content"] = content
        metrics = ending_metrics(call)
        if metrics:
            event["metrics"] = metrics
        event["provenance"] = ending_provenance(call)
        event["extensions"] = ending_extensions(call)
        history = self.history(call.session)
        if call.response is None:
            events = [event]
        else:
            events = [event, *_tool_calls(call, call.response, event["event_id"], history)]
        if call.outcome in _FAILED:
            history.undo(call)
        return events


def _nothing() -> None:
    """Stands for the reference to a session before there is any."""


def _tool_calls(
    call: Observation, response: Response, ending_id: str, history: History
) -> list[EventDict]:
    """The events of the tool calls that an answer asks for; also notes it in the history."""
    events: list[EventDict] = []
    asked: list[ToolCallEvent] = []
    for message in response.messages:
        for part in message["parts"]:
            if part["type"] == "tool_call":
                event = tool_call_event(call, part, ending_id, history)
                events.append(event)
                name, event_id = part.get("name") or "", event["event_id"]
                logged_call = ToolCallEvent(part.get("id"), name, event_id, call.session_id)
                asked.append(logged_call)
                history.open_tool_calls.add(logged_call, part.get("arguments"))
    if call.outcome not in _FAILED and call.continuation is not None:
        request, continuation = call.request, call.continuation
        logged = LoggedAnswer(
            ending_id,
            call.session_id,
            tools_key(request.tools) if request.tools else 0,
            continuation.instructions,
            call.user or request.user,
            asked,
        )
        stored = request.conversation if request.stored_history else response.conversation
        history.remember(continuation, response, logged, stored)
        if continuation.beginning is not None:
            history.remember_prefilled(continuation, response, logged)
    return events


def _add_context(call: Observation, event: EventDict, system: list[Message]) -> None:
    """Add what a prompt would say to a tool's result, for a call without a prompt."""
    request, continuation = call.request, call.continuation
    if call.context_of:
        event["extensions"]["context_of"] = call.context_of
    if continuation.has_new_instructions:
        event["extensions"]["new_instructions"] = True
    if call.capture_content:
        whole = _prompt_content(request, system, continuation, [])
        event["content"].update({key: whole[key] for key in _CONTEXT if key in whole})


def _prompt_content(
    request: Request, new: list[Message], continuation: Continuation, media: list[Part]
) -> dict[str, object]:
    """``content`` of a prompt: what the log does not have yet."""
    content: dict[str, object] = {"text": continuation.question or newest_text(new)}
    answer = continuation.answer
    if request.instructions and (answer is None or continuation.has_new_instructions):
        parts = without_binary(request.instructions)
        content["messages"] = [{"role": "system", "parts": parts}, *new]
    elif new:
        content["messages"] = new
    if media:
        content["media"] = media
    if request.tools and (answer is None or answer.tools != tools_key(request.tools)):
        content["tools"] = without_binary(visible_definitions(request.tools))
    if request.documents:
        content["documents"] = without_binary(request.documents)
    return content


def newest_text(messages: list[Message]) -> str:
    """The text of the newest user message, or else of the newest message."""
    for message in reversed(messages):
        if message.get("role") == "user" and (text := text_of(message["parts"])):
            return text
    return text_of(messages[-1]["parts"]) if messages else ""


def _is_all_text(messages: list[Message]) -> bool:
    """Whether messages are only text, without media, not even in a ``data:`` URL."""
    for message in messages:
        for part in message["parts"]:
            text = part.get("content")
            if part["type"] != "text" or type(text) is not str or BASE64_MARK in text:
                return False
    return True
