"""LangChain's runs in progress: each with its parent, its conversation and what is logged of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary, ref

from opentelemetry import context as otel_context
from opentelemetry import trace

from hilt._context import current_conversation
from hilt.instrumentation.engine import Call
from hilt.instrumentation.framework_calls import FrameworkCall
from hilt.integrations.langchain_metadata import conversation_of, run_provenance
from hilt.recording.step_events import Step

if TYPE_CHECKING:
    from uuid import UUID

__all__ = ["Run", "Runs"]

_MAX_RUNS = 10_000
_TaskCallback = Callable[[asyncio.Task[object]], None]


class Run:
    """A run in progress.

    Args:
        run_id: LangChain's id of the run.
        parent_run_id: LangChain's id of the run that it is part of.
        tags: The run's tags.
        metadata: The run's metadata.
        parent: The run that it is part of, if that is in progress.
        session_id: The conversation, where one is set.
    """

    __slots__ = (
        "__weakref__",
        "_manager",
        "_task",
        "call",
        "framework_call",
        "id",
        "key",
        "metadata",
        "parent",
        "parent_id",
        "session_id",
        "span",
        "step",
        "tags",
    )

    def __init__(
        self,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: Sequence[str] | None = None,
        metadata: Mapping[str, object] | None = None,
        *,
        parent: Run | None = None,
        session_id: str | None = None,
    ) -> None:
        self.id = run_id
        self.key = ("", 0)  #: in the table of all runs
        self.parent_id = parent_run_id
        self.tags = tags
        self.metadata = metadata
        self.parent = parent
        self.session_id = session_id
        self.call: Call | None = None  #: what is logged, if it is the run of a model
        self.step: Step | None = None  #: what is logged, if it is any other run
        #: A run that is not logged has its parent's span, so that its children are below that.
        self.span: trace.Span | None = parent.span if parent is not None else None
        self.framework_call: FrameworkCall | None = None
        self._task: tuple[asyncio.Task[object], _TaskCallback] | None = None
        self._manager: ref[object] | None = None

    @property
    def provenance(self) -> dict[str, Any]:
        """What the events of the run say of it."""
        return run_provenance(self.id, self.parent_id, self.tags, self.metadata)

    @contextmanager
    def below_parent(self) -> Iterator[None]:
        """The parent's span is the current one in this block, so that a new span is its child."""
        span = self.parent.span if self.parent is not None else None
        if span is None:
            yield
            return
        token = otel_context.attach(trace.set_span_in_context(span))
        try:
            yield
        finally:
            otel_context.detach(token)

    def watch_task(self, on_end: _TaskCallback) -> None:
        """Have this called if the current task ends before the run does."""
        try:
            task = asyncio.current_task()
        except RuntimeError:
            return  # no event loop is running
        if task is not None:
            self._task = task, on_end
            task.add_done_callback(on_end)

    def unwatch_task(self) -> None:
        """Have nothing called any more: the run has ended."""
        if self._task is not None:
            task, on_end = self._task
            task.remove_done_callback(on_end)
            self._task = None

    def watch_manager(self, manager: object | None, on_end: Callable[[], object]) -> None:
        """Have this called if the manager that reports the end of the run goes before that."""
        if manager is not None:
            self._manager = ref(manager, lambda _: on_end())

    def unwatch_manager(self) -> None:
        """Have nothing called any more: the run is logged."""
        self._manager = None

    def may_outlive_task(self) -> bool:
        """Whether it may end after its task: another task may read the rest of a stream."""
        if self.call is not None:
            return bool(self.call.observation.chunks)
        return self.step is None or self.step.kind not in ("tool", "retrieval")

    def has_outlived_task(self) -> bool:
        """Whether it is a stream that was left: its task has ended, and nobody cancelled that."""
        task = self._task[0] if self._task is not None else None
        has_ended = task is not None and task.done() and not task.cancelled()
        return has_ended and self.may_outlive_task()


_IN_PROGRESS: WeakValueDictionary[tuple[str, int], Run] = WeakValueDictionary()
"""The runs that are being logged, by their id and that of the log."""


class Runs:
    """The runs in progress of one handler.

    Several handlers of one log share the runs: each is begun by the first that is told of it.

    Args:
        session_id: The conversation of runs whose metadata names none.
    """

    def __init__(self, session_id: str | None = None) -> None:
        self._session_id = session_id
        self._runs: dict[UUID, Run] = {}

    def __len__(self) -> int:
        return len(self._runs)

    def begin(
        self,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: Sequence[str] | None = None,
        metadata: Mapping[str, object] | None = None,
        *,
        log: object = None,
    ) -> Run | None:
        """A new run, which is in progress until `end`; None if another handler logs it there."""
        key = (str(run_id), id(log))
        if key in _IN_PROGRESS:
            return None
        parent = _IN_PROGRESS.get((str(parent_run_id), id(log)))
        # As of the calls in it: what `hilt.conversation` says comes first.
        session_id = current_conversation().id or conversation_of(metadata) or self._session_id
        if session_id is None and parent is not None:
            session_id = parent.session_id
        run = Run(run_id, parent_run_id, tags, metadata, parent=parent, session_id=session_id)
        run.key = key
        self._runs[run_id] = run
        _IN_PROGRESS[key] = run
        while len(self._runs) > _MAX_RUNS:  # LangChain did not report the end of these
            self._runs.pop(next(iter(self._runs)), None)
        return run

    def get(self, run_id: UUID) -> Run | None:
        """The run, if it is in progress."""
        return self._runs.get(run_id)

    def end(self, run_id: UUID) -> Run | None:
        """The run, which is no longer in progress; None if it was not."""
        run = self._runs.pop(run_id, None)
        if run is not None:
            run.unwatch_task()
            _IN_PROGRESS.pop(run.key, None)
        return run
