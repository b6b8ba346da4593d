"""LangChain and LangGraph: the thread, the user, the agent and the node of each call.

A callback handler that every run gets by a configure hook says which run a call is part of, and
what its metadata is. A request that a node makes without LangChain's models is found by the config
of the node.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any
from weakref import ref

from hilt._context import CONVERSATION_KEYS, CURRENT_CONVERSATION, FrameworkContext
from hilt.core import clock
from hilt.core.bounded import BoundedDict
from hilt.core.guard import guard
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.outcome import failure_of
from hilt.instrumentation.frameworks.run_steps import RunSteps
from hilt.instrumentation.langchain_managers import current_manager
from hilt.recording.step_events import Step

__all__ = ["LangChain", "observe"]

_NAME = "langchain"
_MOST_RUNS = 10_000
_HANDLER = "hilt.integrations.langchain"  #: logs retrievals itself, where a program uses it


def observe(module: Any, steps: RunSteps) -> LangChain:
    """Observe the runs of LangChain; the module is ``langchain_core.tracers.context``."""
    return LangChain(module, steps)


class _ModelRun:
    """A model call that LangChain has begun."""

    __slots__ = ("_manager", "_over", "context")

    def __init__(self, context: FrameworkContext, manager: object | None) -> None:
        self.context = context
        self._over = False
        self._manager = ref(manager) if manager is not None else None

    def end(self) -> None:
        """LangChain says that it ended."""
        self._over = True

    @property
    def over(self) -> bool:
        """Whether it has ended, if only by an interrupt, of which LangChain says nothing."""
        return self._over or (self._manager is not None and self._manager() is None)


class LangChain:
    """The runs of LangChain, each with the run at its root.

    Args:
        module: ``langchain_core.tracers.context``.
        steps: Writes retrievals.
    """

    def __init__(self, module: Any, steps: RunSteps) -> None:
        self._steps = steps
        self._roots: BoundedDict[str, str] = BoundedDict(_MOST_RUNS)
        self._models: BoundedDict[str, _ModelRun] = BoundedDict(_MOST_RUNS)
        self._retrievals: BoundedDict[str, tuple[Step, FrameworkContext]] = BoundedDict(_MOST_RUNS)
        self._current: ContextVar[_ModelRun | None] = ContextVar("hilt_langchain", default=None)
        base = sys.modules["langchain_core.callbacks.base"].BaseCallbackHandler
        self._handler = _handler_class(base)(self)
        # The default of a variable is there in every thread; a hook has no other way to be on.
        variable = ContextVar("hilt_langchain_handler", default=self._handler)
        module.register_configure_hook(variable, inheritable=True)
        self._hooks = getattr(module, "_configure_hooks", [])
        self._hook = next((hook for hook in self._hooks if hook[0] is variable), None)

    def close(self) -> None:
        """Take the configure hook back."""
        self._handler.observed = None
        if self._hook in self._hooks:
            self._hooks.remove(self._hook)

    # -- what a call asks ---------------------------------------------------------------------

    def read(self) -> FrameworkContext | None:
        """The model call that LangChain makes here, or the node that this runs in."""
        run = self._current.get()
        if run is not None and not run.over:
            return run.context
        config = sys.modules.get("langchain_core.runnables.config")
        variable = getattr(config, "var_child_runnable_config", None)
        current = variable.get() if isinstance(variable, ContextVar) else None
        if not isinstance(current, Mapping):
            return None
        parent = getattr(current.get("callbacks"), "parent_run_id", None)
        metadata = {**(current.get("configurable") or {}), **(current.get("metadata") or {})}
        return self._context(self._roots.get(str(parent)), metadata)

    def _context(self, root: str | None, metadata: Mapping[str, Any]) -> FrameworkContext:
        return FrameworkContext(
            _NAME,
            next(filter(None, (_text(metadata.get(key)) for key in CONVERSATION_KEYS)), None),
            _text(metadata.get("user_id")),
            root,
            _text(metadata.get("lc_agent_name")),
            _text(metadata.get("langgraph_node")),
        )

    # -- what the handler reports -------------------------------------------------------------

    def begin(self, run_id: object, parent_run_id: object) -> str:
        """A run begins; the run at its root."""
        run = str(run_id)
        root = self._roots.get(str(parent_run_id), run) if parent_run_id else run
        self._roots.keep(run, root)
        return root

    def begin_model(
        self, run_id: object, parent_run_id: object, metadata: Mapping[str, Any] | None
    ) -> None:
        """A model is called in this context, from now on."""
        context = self._context(self.begin(run_id, parent_run_id), metadata or {})
        run = _ModelRun(context, current_manager())
        self._models.keep(str(run_id), run)
        self._current.set(run)

    def end_model(self, run_id: object) -> None:
        """What is called from now on is not that call."""
        run = self._models.pop(str(run_id), None)
        if run is not None:
            run.end()

    def begin_retrieval(
        self,
        run_id: object,
        parent_run_id: object,
        metadata: Mapping[str, Any] | None,
        name: str,
        query: str,
    ) -> None:
        """A retriever begins."""
        root = self.begin(run_id, parent_run_id)
        if _HANDLER not in sys.modules:
            step = Step("retrieval", "retrieval", name, clock.unix_nanos(), 0, input_text=query)
            self._retrievals.keep(str(run_id), (step, self._context(root, metadata or {})))

    def end_retrieval(self, run_id: object, documents: Any, error: Any = None) -> None:
        """A retriever has ended."""
        step, of = self._retrievals.pop(str(run_id), (None, None))
        if step is None or of is None:
            return
        step.ended = clock.unix_nanos()
        step.documents = [_document(each) for each in documents or ()]
        step.failure = failure_of(error) if error is not None else None
        given = CURRENT_CONVERSATION.get()
        if given is not None and given.id is not None:
            of = FrameworkContext(of.framework, given.id, of.user, of.run, of.agent, of.node)
        self._steps.add(step, of)

    def end(self, run_id: object, parent_run_id: object) -> None:
        """A run has ended."""
        if not parent_run_id:
            self._steps.end(str(run_id))


def _handler_class(base: Any) -> Any:
    """The class of the callback handler; its base is LangChain's, which HILT does not import."""

    class HILTContextHandler(base):  # type: ignore[misc]  # a class that is only known now
        """Reports runs to `LangChain`, in the context of the caller. Never raises."""

        run_inline = True  #: in the task of an asynchronous call, not in a thread beside it
        ignore_agent = ignore_custom_event = ignore_retry = True

        def __init__(self, observed: LangChain) -> None:
            self.observed: LangChain | None = observed

        def _report(self, method: str, *args: Any) -> None:
            try:
                if self.observed is not None:
                    getattr(self.observed, method)(*args)
            except Exception:
                guard.report("reading a run of LangChain")

        def on_chain_start(self, _serialized: Any, _inputs: Any, **run: Any) -> None:
            self._report("begin", run["run_id"], run.get("parent_run_id"))

        def on_tool_start(self, _serialized: Any, _input: Any, **run: Any) -> None:
            self._report("begin", run["run_id"], run.get("parent_run_id"))

        def on_chain_end(self, _outputs: Any, **run: Any) -> None:
            self._report("end", run["run_id"], run.get("parent_run_id"))

        def on_chain_error(self, _error: Any, **run: Any) -> None:
            self._report("end", run["run_id"], run.get("parent_run_id"))

        def on_chat_model_start(self, _serialized: Any, _messages: Any, **run: Any) -> None:
            ids = run["run_id"], run.get("parent_run_id")
            self._report("begin_model", *ids, run.get("metadata"))

        on_llm_start = on_chat_model_start

        def on_llm_end(self, _response: Any, **run: Any) -> None:
            self._report("end_model", run["run_id"])

        on_llm_error = on_llm_end

        def on_retriever_start(self, serialized: Any, query: str, **run: Any) -> None:
            ids = run["run_id"], run.get("parent_run_id")
            name = run.get("name") or get_path(serialized, "name") or "retriever"
            self._report("begin_retrieval", *ids, run.get("metadata"), str(name), query)

        def on_retriever_end(self, documents: Any, **run: Any) -> None:
            self._report("end_retrieval", run["run_id"], documents)

        def on_retriever_error(self, error: Any, **run: Any) -> None:
            self._report("end_retrieval", run["run_id"], None, error)

    return HILTContextHandler


def _text(value: object) -> str | None:
    return str(value) or None if isinstance(value, (str, int)) else None


def _document(document: object) -> dict[str, object]:
    fields = {"id": get_path(document, "id"), "text": get_path(document, "page_content")}
    fields["metadata"] = to_plain_json(get_path(document, "metadata")) or None
    return {name: value for name, value in fields.items() if value is not None}
