"""From calls to events: what a call's request and its ending are in the log.

Everything that HILT logs by itself comes from here: the calls of the SDK instrumentors, the spans
of other emitters, and the helpers in ``hilt.integrations``.
"""

from __future__ import annotations

from hilt import semconv
from hilt.core.guard import guard
from hilt.genai.json_values import text_of
from hilt.genai.media import without_binary
from hilt.genai.normalize import normalized_request, normalized_response
from hilt.genai.observation import Observation
from hilt.genai.tool_definitions import visible_definitions
from hilt.genai.values import Message, Part, Request, Response
from hilt.recording.ending_fields import (
    add_cost,
    ending_content,
    ending_extensions,
    ending_metrics,
    ending_outcome,
)
from hilt.recording.event_base import EventDict, ending_provenance, new_event, provenance_of
from hilt.recording.history import (
    History,
    LoggedAnswer,
    conversation_of,
    instructions_key,
    tools_key,
)
from hilt.recording.tool_events import (
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


class EventBuilder:
    """Makes the events of calls, with each message of a conversation in one of them only.

    One builder serves many calls at once, from any thread.

    Args:
        history: What is logged already; a new one if None.
    """

    def __init__(self, history: History | None = None) -> None:
        self.history = history or History()

    # -- the beginning ------------------------------------------------------------------------

    def begin(self, call: Observation) -> list[EventDict]:
        """The events of a request: tool results, and the prompt."""
        try:
            return self._begin(call)
        except Exception:
            guard.report("making the events of a request")
            call.request = normalized_request(call.request)
            return self._begin(call)

    def _begin(self, call: Observation) -> list[EventDict]:
        request = call.request
        continuation = self.history.continuation(request)
        answer = continuation.answer
        call.chain = continuation.chain
        if answer is not None:
            call.context_of = answer.event_id
        read = request.read
        new = [read(raw) for raw in request.messages[continuation.new_from :]]
        call.session_id = (
            call.conversation
            or request.conversation
            or (answer.session_id if answer is not None else None)
            or conversation_of(request, new)
        )
        if not isinstance(call.session_id, str) or not isinstance(request.user, _TEXT_OR_NONE):
            raise TypeError("the conversation or the user is not text")  # an id is never logged
        if not _is_all_text(new):
            return self._begin_with_parts(call, without_binary(new), answer)
        event = self._prompt(call, new, answer, [])
        call.reply_to = call.prompt_id = event["event_id"]
        return [event]

    def _begin_with_parts(
        self, call: Observation, new: list[Message], answer: LoggedAnswer | None
    ) -> list[EventDict]:
        """The events of a request with tool results or media."""
        results = new_tool_results(new)
        # The result of a tool may be logged already, by a span of the tool itself.
        logged = [self.history.tool_result(part.get("id")) for part in results]
        events = [
            tool_result_event(call, part, self.history)
            for part, event_id in zip(results, logged, strict=True)
            if event_id is None
        ]
        if results and answer is not None and only_tool_results(new):
            call.reply_to = logged[-1] or events[-1]["event_id"]
            if events:
                events[0]["extensions"]["context_of"] = answer.event_id
            return events
        media = [part for message in new for part in message["parts"] if part["type"] == "blob"]
        events.append(self._prompt(call, new, answer, media))
        call.prompt_id = call.reply_to = events[-1]["event_id"]
        return events

    def _prompt(
        self, call: Observation, new: list[Message], answer: LoggedAnswer | None, media: list[Part]
    ) -> EventDict:
        request = call.request
        speaker = call.user or request.user or "user"
        event = new_event(call.session_id, call.started, "human", speaker, "prompt", call.prompt_id)
        if call.capture_content:
            event["content"] = _prompt_content(request, new, answer, media)
        event["provenance"] = provenance_of(call)
        extensions: dict[str, object] = {}
        if call.context_of:
            extensions["context_of"] = call.context_of
        if request.model:
            extensions["model"] = request.model
        if request.attributes:
            parameters = _parameters(request.attributes)
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
            return self._end(call)
        except Exception:
            if call.response is None:
                raise
            guard.report("making the events of an answer")
            call.response = normalized_response(call.response)
            return self._end(call)

    def _end(self, call: Observation) -> list[EventDict]:
        if not call.session_id:  # the events of its request failed
            call.session_id = call.conversation or conversation_of(call.request, ())
        add_cost(call)
        if call.outcome is None:
            call.outcome = ending_outcome(call)
        actor_type, action = "agent", _ACTIONS.get(call.request.operation, "completion")
        if call.outcome in _FAILED:
            actor_type = action = "system"
        event = new_event(call.session_id, call.ended, actor_type, call.request.provider, action)
        call.ending_id = event["event_id"]
        content = ending_content(call) if call.capture_content else None
        if content:
            event["content"] = content
        metrics = ending_metrics(call)
        if metrics:
            event["metrics"] = metrics
        event["provenance"] = ending_provenance(call)
        event["extensions"] = ending_extensions(call)
        if call.response is None:
            return [event]
        return [event, *self._remember(call, call.response, event["event_id"])]

    def _remember(self, call: Observation, response: Response, ending_id: str) -> list[EventDict]:
        """Note the answer in the history; the events of the tool calls that it asks for."""
        request, messages = call.request, response.messages
        if call.outcome not in _FAILED and not response.partial:
            tools = tools_key(request.tools) if request.tools else 0
            instructions = instructions_key(request.instructions) if request.instructions else 0
            logged = LoggedAnswer(ending_id, call.session_id, tools, instructions)
            stored = request.conversation if request.stored_history else None
            answer = messages[0] if messages else None
            self.history.remember(call.chain, answer, logged, response.id, stored)
        events = []
        for message in messages:
            for part in message["parts"]:
                if part["type"] == "tool_call":
                    events.append(tool_call_event(call, part, ending_id, self.history))  # noqa: PERF401 # no frame for a generator on every call's path
        return events


def _prompt_content(
    request: Request, new: list[Message], answer: LoggedAnswer | None, media: list[Part]
) -> dict[str, object]:
    """``content`` of a prompt: what the log does not have yet."""
    content: dict[str, object] = {"text": newest_text(new)}
    if request.instructions and (
        answer is None or answer.instructions != instructions_key(request.instructions)
    ):
        content["messages"] = [{"role": "system", "parts": request.instructions}, *new]
    elif new:
        content["messages"] = new
    if media:
        content["media"] = media
    if request.tools and (answer is None or answer.tools != tools_key(request.tools)):
        content["tools"] = visible_definitions(request.tools)
    if request.documents:
        content["documents"] = without_binary(request.documents)
    return content


def _parameters(attributes: dict[str, object]) -> dict[str, object]:
    """The parameters of a request, by the last part of their attributes' names."""
    parameters = {}
    for name, value in attributes.items():
        if name.startswith(_PREFIX):
            parameters[name[_PREFIX_LENGTH:]] = value
    return parameters


def newest_text(messages: list[Message]) -> str:
    """The text of the newest user message; of the newest message where no user speaks."""
    for message in reversed(messages):
        if message.get("role") == "user" and (text := text_of(message["parts"])):
            return text
    return text_of(messages[-1]["parts"]) if messages else ""


def _is_all_text(messages: list[Message]) -> bool:
    """Whether messages are text and nothing else: no media, not even in a ``data:`` URL."""
    for message in messages:
        for part in message["parts"]:
            text = part.get("content")
            if part["type"] != "text" or type(text) is not str or ";base64," in text:
                return False
    return True
