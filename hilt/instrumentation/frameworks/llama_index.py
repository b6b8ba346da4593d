"""LlamaIndex: its dispatcher says which query or agent a call is part of, and what is retrieved."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from hilt._context import CONVERSATION_KEYS, CURRENT_CONVERSATION, FrameworkContext
from hilt.core import clock
from hilt.core.bounded import BoundedDict
from hilt.core.guard import guard
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.outcome import failure_of
from hilt.instrumentation.frameworks.run_steps import RunSteps
from hilt.recording.step_events import Step

__all__ = ["LlamaIndex", "observe"]

_NAME = "llama-index"
_MOST_SPANS = 10_000
_PACKAGES = ("llama_index_instrumentation", "llama_index.core.instrumentation")
_AGENTS = frozenset(("BaseWorkflowAgent", "AgentRunner"))


def observe(module: Any, steps: RunSteps) -> LlamaIndex:
    """Observe what the root dispatcher of LlamaIndex is given."""
    return LlamaIndex(module.get_dispatcher(), steps)


class LlamaIndex:
    """A span handler and an event handler of the root dispatcher.

    Args:
        dispatcher: The root dispatcher.
        steps: Writes retrievals.
    """

    def __init__(self, dispatcher: Any, steps: RunSteps) -> None:
        self._steps = steps
        self._dispatcher = dispatcher
        self._spans = _SpanHandler(steps)
        self._events = _EventHandler(self)
        dispatcher.add_span_handler(self._spans)
        dispatcher.add_event_handler(self._events)

    def read(self) -> FrameworkContext | None:
        """The outermost span around this, and the agent."""
        variable = _variable("span", "active_span_id")
        return self.context_of(variable.get() if variable is not None else None)

    def context_of(self, span_id: str | None) -> FrameworkContext | None:
        """What is known of a span."""
        if span_id is None:
            return None
        root, agent = self._spans.of.get(span_id, (span_id, None))
        variable = _variable("dispatcher", "active_instrument_tags")
        tags = variable.get() if variable is not None else None
        tags = tags if isinstance(tags, Mapping) else {}
        ids = (tags.get(key) for key in CONVERSATION_KEYS)
        conversation = next((str(each) for each in ids if each), None)
        user = tags.get("user_id")
        speaker, before = str(user) if user else None, self._spans.before.get(root)
        return FrameworkContext(_NAME, conversation, speaker, root, agent, follows=before)

    def add_retrieval(self, step: Step, span_id: str | None) -> None:
        """A retriever has ended."""
        of = self.context_of(span_id)
        given = CURRENT_CONVERSATION.get()
        if of is not None and given is not None and given.id is not None:
            of = replace(of, conversation=given.id)
        self._steps.add(step, of or FrameworkContext(_NAME))

    def close(self) -> None:
        """Take the handlers back."""
        for handlers, own in (
            (self._dispatcher.span_handlers, self._spans),
            (self._dispatcher.event_handlers, self._events),
        ):
            handlers[:] = [each for each in handlers if each is not own]


class _SpanHandler:
    """Notes the outermost span around each span, and the agent that it belongs to.

    A chat engine has the memory of one chat: each of its turns follows the one before.
    """

    def __init__(self, steps: RunSteps) -> None:
        self._steps = steps
        self.open_spans: dict[str, object] = {}  #: which LlamaIndex looks for
        self.of: BoundedDict[str, tuple[str, str | None]] = BoundedDict(_MOST_SPANS)
        self.before: BoundedDict[str, str] = BoundedDict(_MOST_SPANS)  #: the turn before a turn
        self._newest: WeakKeyDictionary[object, str] = WeakKeyDictionary()

    def span_enter(
        self,
        id_: str,
        bound_args: Any = None,
        instance: Any = None,
        parent_id: str | None = None,
        **_: Any,
    ) -> None:
        """A span begins."""
        root, agent = self.of.get(parent_id or "", (id_, None))
        if root == id_ and hasattr(instance, "_memory"):
            with suppress(TypeError):  # it has no hash
                self._add_turn(id_, bound_args, instance)
        if any(each.__name__ in _AGENTS for each in type(instance).__mro__):
            agent = str(getattr(instance, "name", None) or type(instance).__name__)
        self.of.keep(id_, (root, agent))

    def _add_turn(self, id_: str, bound_args: Any, engine: Any) -> None:
        """A turn of a chat engine begins; or its memory is emptied, or another one is given."""
        before = self._newest.pop(engine, None)
        if ".reset-" in id_:
            return
        self._newest[engine] = id_
        given = get_path(getattr(bound_args, "arguments", None), "chat_history")
        if before is not None and given is None:
            self.before.keep(id_, before)

    def span_exit(self, id_: str, **_: Any) -> None:
        """A span has ended. LlamaIndex passes over what this raises."""
        if self.of.get(id_, ("", None))[0] == id_:
            self._steps.end(id_)

    span_drop = span_exit

    def close(self) -> None:
        """Nothing is open."""

    def capture_propagation_context(self) -> dict[str, object]:
        """Nothing goes to other processes."""
        return {}

    def restore_propagation_context(self, context: object) -> None:
        """Nothing comes from other processes."""


class _EventHandler:
    """Makes a step of each retrieval."""

    def __init__(self, framework: LlamaIndex) -> None:
        self._framework = framework
        self._started: BoundedDict[str, int] = BoundedDict(_MOST_SPANS)

    def handle(self, event: Any, **_: Any) -> None:
        """An event. Never raises."""
        try:
            kind = type(event).__name__
            if kind == "RetrievalStartEvent":
                self._started.keep(event.span_id or "", clock.unix_nanos())
            elif kind == "RetrievalEndEvent":
                self._end(event)
            elif kind == "ExceptionEvent" and (event.span_id or "") in self._started:
                self._end(event, event.exception)
        except Exception:
            guard.report("reading an event of LlamaIndex")

    def _end(self, event: Any, error: Any = None) -> None:
        ended = clock.unix_nanos()
        started = self._started.pop(event.span_id or "", ended)
        query = getattr(event, "str_or_query_bundle", None)
        text = query if isinstance(query, str) else get_path(query, "query_str")
        step = Step("retrieval", "retrieval", "retriever", started, ended, input_text=text)
        step.documents = [_document(each) for each in getattr(event, "nodes", None) or ()]
        step.failure = failure_of(error) if error is not None else None
        self._framework.add_retrieval(step, event.span_id)

    async def ahandle(self, event: Any, **_: Any) -> None:
        """An event."""
        self.handle(event)


def _document(scored: Any) -> dict[str, object]:
    node = getattr(scored, "node", scored)
    fields = {
        "id": get_path(node, "node_id"),
        "text": get_path(node, "text"),
        "score": get_path(scored, "score"),
        "metadata": to_plain_json(get_path(node, "metadata")) or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _variable(module: str, name: str) -> ContextVar[Any] | None:
    """A context variable of LlamaIndex, wherever its version has it."""
    for package in _PACKAGES:
        variable = getattr(sys.modules.get(f"{package}.{module}"), name, None)
        if isinstance(variable, ContextVar):
            return variable
    return None
