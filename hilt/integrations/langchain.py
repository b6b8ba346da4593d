"""LangChain and LangGraph: a callback handler that logs every run.

    >>> from hilt import Session
    >>> with Session("logs/langchain.hilt.jsonl") as session:  # doctest: +SKIP
    ...     handler = HILTCallbackHandler(session, session_id="demo-chain")
    ...     model.invoke("Hello", config={"callbacks": [handler]})

With `hilt.instrument` on as well, each call of a model is logged once: the handler's, with what
the SDK knows better.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib import metadata as distributions
from typing import TYPE_CHECKING, Any

from opentelemetry import context as otel_context
from opentelemetry import trace

from hilt._context import OUTER, OuterCall, get_context
from hilt.core import clock
from hilt.core.event import HILT_VERSION
from hilt.core.exceptions import MissingDependencyError
from hilt.core.guard import guard
from hilt.genai.fold import merge_response
from hilt.genai.json_values import get_path, json_or_text, to_plain_json
from hilt.genai.observation import Observation
from hilt.genai.outcome import failure_of
from hilt.genai.values import Arguments, Response, Target
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.private_tracer import PrivateTracerProvider
from hilt.integrations.langchain_reading import LangChain, documents_of, message_of
from hilt.integrations.langchain_steps import (
    answered_of,
    asked_of,
    conversation_in,
    is_agent,
    name_of,
    place_of,
    provenance_of,
    result_attributes,
    step_attributes,
)
from hilt.integrations.manual import conversation_for, session_checked
from hilt.recording.step_events import Step, begin_step, end_step
from hilt.recording.writer import Recorder, write_events

try:
    from langchain_core.callbacks import BaseCallbackHandler
except ImportError as error:  # pragma: no cover
    raise MissingDependencyError(
        'the package langchain-core is not installed: pip install "hilt[langchain]"'
    ) from error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

__all__ = ["HILTCallbackHandler"]

_TARGET = Target("langchain_core.callbacks", "BaseCallbackHandler", stream=None)
_RUNS_LIMIT = 10_000
_HIDDEN = "langsmith:hidden"
_PARTS = ("prompt", "parser")  # what they make is told by the model's own events


class _Run:
    """A run that has begun."""

    __slots__ = ("call", "outer", "parent", "session_id", "span", "step", "task", "token")

    def __init__(self, parent: _Run | None, session_id: str | None) -> None:
        self.parent = parent
        self.session_id = session_id
        self.call: Call | None = None
        self.step: Step | None = None
        # A run that is not told has no span of its own: what it holds belongs to the one above.
        self.span: Any = parent.span if parent is not None else None
        self.outer: OuterCall | None = None
        self.token: Any = None
        self.task: tuple[asyncio.Task[Any], Callable[[asyncio.Task[Any]], None]] | None = None

    def watch(self, ended: Callable[[asyncio.Task[Any]], None]) -> None:
        """Have this called if the task that the run began in ends before the run does."""
        try:
            task = asyncio.current_task()
        except RuntimeError:
            return  # no loop is running here
        if task is not None:
            self.task = task, ended
            task.add_done_callback(ended)

    def unwatch(self) -> None:
        """The run has ended by itself."""
        if self.task is not None:
            task, ended = self.task
            task.remove_done_callback(ended)
            self.task = None

    def may_go_on(self) -> bool:
        """Whether it may outlive its task: a stream may be read further by another."""
        if self.call is not None:
            return bool(self.call.observation.chunks)
        return self.step is None or self.step.kind not in ("tool", "retrieval")


class HILTCallbackHandler(BaseCallbackHandler):
    """Logs runs of chat models, LLMs, tools, retrievers, chains, agents and graphs.

    Gives ``prompt``, ``completion_chunk`` and ``completion`` with tokens and cost, ``tool_call``
    and ``tool_result``, ``retrieval`` with documents, and ``system`` events at the boundaries of
    chains, agents and graphs, with the run's ids, tags and metadata in ``provenance``. Never
    raises into a run.

    Args:
        session: An open `hilt.Session`; None follows `hilt.get_context`.
        session_id: The conversation; a simple id becomes ``conv_`` and 16 hex. A ``session_id``
            or ``thread_id`` in a run's config is preferred.
        tracer_provider: An OpenTelemetry SDK provider: the runs become GenAI spans of it, with
            right parents, and its processors and exporters write the events.
        capture_content: False keeps prompts, answers, arguments and documents out of the log.
        capture_chunks: False leaves a stream its final completion only.

    Raises:
        SessionError: If ``session`` is not one.
        ConfigurationError: If ``session_id`` is not text, or empty.
    """

    run_inline = True  # in the run's own context: what comes next in it belongs to it

    def __init__(
        self,
        session: Any = None,
        session_id: str | None = None,
        *,
        tracer_provider: Any = None,
        capture_content: bool = True,
        capture_chunks: bool = True,
    ) -> None:
        super().__init__()
        if session is not None:
            session_checked(session)
        self._session = session
        self._session_id = conversation_for(session_id)
        self._capture_content = capture_content
        self._spans = tracer_provider is not None
        provider = tracer_provider if self._spans else PrivateTracerProvider()
        self._recorder = Recorder(session)
        self._engine = Engine(
            LangChain(),
            provider.get_tracer("hilt.integrations.langchain", HILT_VERSION),
            capture_content=capture_content,
            capture_chunks=capture_chunks,
            span_content=self._spans and capture_content and _content_on_spans(),
            span_chunks=self._spans,
            private=not self._spans,
            fallback_log=None if self._spans else self._recorder,
        )
        self._engine.sdk = _label()
        self._runs: dict[UUID, _Run] = {}

    # -- models -------------------------------------------------------------------------------

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[Any]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write the prompt, before the request leaves."""
        self._start_model(
            messages[0] if messages else [], run_id, parent_run_id, tags, metadata, kwargs
        )

    def on_llm_start(
        self,
        serialized: dict[str, Any],
        prompts: list[str],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write the prompt of a model that completes text."""
        self._start_model(prompts, run_id, parent_run_id, tags, metadata, kwargs)

    def _start_model(
        self,
        messages: Sequence[Any],
        run_id: UUID,
        parent_run_id: UUID | None,
        tags: list[str] | None,
        metadata: dict[str, Any] | None,
        kwargs: dict[str, Any],
    ) -> None:
        with self._guarded("a model"):
            run = self._begin_run(run_id, parent_run_id, metadata)
            asked = Arguments(_TARGET, None, (messages, kwargs, metadata or {}), {})
            found = self._engine.provider.request(asked)
            if found is None:
                return
            call = run.call = Call(self._engine, *found)
            seen = call.observation
            seen.session = self._session or get_context().session
            seen.conversation = seen.conversation or run.session_id
            seen.provenance = provenance_of(run_id, parent_run_id, tags, metadata)
            call.open_stream()
            with self._inside(run.parent):
                call.start()
            run.span = call.span
            run.outer = OuterCall()
            run.token = OUTER.set(run.outer)

    def on_llm_new_token(
        self, token: Any, *, chunk: Any = None, run_id: UUID, **kwargs: Any
    ) -> None:
        """Write a chunk."""
        run = self._runs.get(run_id)
        if run is not None and run.call is not None:
            if run.outer is not None:
                run.outer.over = True  # the request has been made by now
            run.call.chunk((token if isinstance(token, str) else "", chunk))

    def on_llm_end(self, response: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Write the completion."""
        run = self._end_model(run_id)
        if run is None or run.call is None:
            return
        call = run.call
        with self._guarded("an answer"):
            call.fold = None
            _enrich(call.observation, run.outer)
            known = run.outer.seen.response if run.outer is not None and run.outer.seen else None
            answer = call.surface.response(response)
            call.finish(_richest(answer, known))

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Write how the call failed; a stream that was left is closed."""
        run = self._end_model(run_id)
        if run is None or run.call is None:
            return
        if isinstance(error, GeneratorExit):
            run.call.left("closed")
            return
        with self._guarded("an error"):
            _enrich(run.call.observation, run.outer)
            inner = run.outer.seen if run.outer is not None else None
            run.call.fail(error, inner.failure if inner is not None else None)

    def _end_model(self, run_id: UUID) -> _Run | None:
        run = self._take_run(run_id)
        if run is not None and run.outer is not None:
            run.outer.over = True
            # It may end in another context than it began in, which has no call.
            with suppress(ValueError):
                OUTER.reset(run.token)
        return run

    # -- steps around them --------------------------------------------------------------------

    def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write that a chain, an agent or a graph begins."""
        with self._guarded("a chain"):
            run = self._begin_run(run_id, parent_run_id, metadata)
            if _HIDDEN in (tags or ()) or kwargs.get("run_type") in _PARTS:
                return
            name = kwargs.get("name") or name_of(serialized) or "chain"
            agent = is_agent(str(name), metadata or {})
            kind = "agent" if agent else "workflow" if parent_run_id is None else "chain"
            operation = {"agent": "invoke_agent"}.get(kind, "invoke_workflow")
            step = Step(kind, operation, str(name), clock.unix_nanos(), 0, asked=asked_of(inputs))
            self._begin_step(run, step, run_id, parent_run_id, tags, metadata)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Write that it ended."""
        with self._guarded("a chain"):
            run = self._take_run(run_id)
            if run is not None and run.step is not None:
                run.step.answered = answered_of(outputs)
                self._end_step(run)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Write that it failed."""
        self._fail_step(error, run_id)

    def on_tool_start(
        self,
        serialized: dict[str, Any] | None,
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write the tool call, unless the answer that asks for it was logged."""
        with self._guarded("a tool"):
            run = self._begin_run(run_id, parent_run_id, metadata)
            step = Step(
                "tool",
                "execute_tool",
                str(name_of(serialized) or kwargs.get("name") or "tool"),
                clock.unix_nanos(),
                0,
                call_id=kwargs.get("tool_call_id"),
                arguments=to_plain_json(inputs) if inputs is not None else json_or_text(input_str),
            )
            # langchain 0.3 says only at the end which call of the model the tool answers.
            later = "tool_call_id" not in kwargs
            self._begin_step(run, step, run_id, parent_run_id, tags, metadata, quiet=later)

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Write the tool's result."""
        with self._guarded("a tool"):
            run = self._take_run(run_id)
            if run is None or run.step is None:
                return
            call_id = get_path(output, "tool_call_id")
            run.step.call_id = run.step.call_id or call_id
            is_message = call_id is not None and get_path(output, "content") is not None
            run.step.result = (
                message_of(output)["parts"][0]["response"] if is_message else to_plain_json(output)
            )
            self._end_step(run)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Write that a tool failed."""
        self._fail_step(error, run_id)

    def on_retriever_start(
        self,
        serialized: dict[str, Any] | None,
        query: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Note that a retrieval begins."""
        with self._guarded("a retrieval"):
            run = self._begin_run(run_id, parent_run_id, metadata)
            name = kwargs.get("name") or name_of(serialized) or "retriever"
            step = Step("retrieval", "retrieval", str(name), clock.unix_nanos(), 0, asked=query)
            self._begin_step(run, step, run_id, parent_run_id, tags, metadata)

    def on_retriever_end(self, documents: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Write what was found."""
        with self._guarded("a retrieval"):
            run = self._take_run(run_id)
            if run is not None and run.step is not None:
                run.step.documents = documents_of(documents)
                self._end_step(run)

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Write that a retrieval failed."""
        self._fail_step(error, run_id)

    def on_retry(self, retry_state: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Note that LangChain tries a call again."""
        run = self._runs.get(run_id)
        number = getattr(retry_state, "attempt_number", None)
        if run is not None and run.call is not None and isinstance(number, int):
            run.call.observation.attempts = number + 1

    # -- what they share ----------------------------------------------------------------------

    def _begin_run(
        self, run_id: UUID, parent_run_id: UUID | None, metadata: Mapping[str, Any] | None
    ) -> _Run:
        parent = self._runs.get(parent_run_id) if parent_run_id is not None else None
        session_id = conversation_in(metadata) or self._session_id
        if session_id is None and parent is not None:
            session_id = parent.session_id
        run = self._runs[run_id] = _Run(parent, session_id)
        run.watch(partial(self._task_ended, run_id))
        while len(self._runs) > _RUNS_LIMIT:  # runs whose end was never told
            self._runs.pop(next(iter(self._runs)), None)
        return run

    def _take_run(self, run_id: UUID) -> _Run | None:
        run = self._runs.pop(run_id, None)
        if run is not None:
            run.unwatch()
        return run

    def _task_ended(self, run_id: UUID, task: asyncio.Task[Any]) -> None:
        """LangChain says nothing of models, tools and retrievals that are cancelled."""
        run = self._runs.get(run_id)
        if run is None or (run.may_go_on() and not task.cancelled()):
            return
        if run.call is not None:
            self.on_llm_error(asyncio.CancelledError(), run_id=run_id)
        else:
            self._fail_step(asyncio.CancelledError(), run_id)

    def _begin_step(
        self,
        run: _Run,
        step: Step,
        run_id: UUID,
        parent_run_id: UUID | None,
        tags: list[str] | None,
        metadata: dict[str, Any] | None,
        *,
        quiet: bool = False,
    ) -> None:
        run.step = step
        if run.session_id is None:
            run.session_id = conversation_for(f"run-{run_id}")
        step.session_id = run.session_id or ""
        step.capture_content = self._capture_content
        step.provenance = provenance_of(run_id, parent_run_id, tags, metadata)
        with self._inside(run.parent):
            run.span = self._engine.tracer.start_span(
                f"{step.operation} {step.name}",
                attributes=step_attributes(step) if self._spans else None,
                start_time=step.started,
            )
        step.provenance.update(place_of(run.span, run.parent.span if run.parent else None))
        if not quiet:
            self._write(begin_step(step, self._recorder.builder.history))

    def _end_step(self, run: _Run) -> None:
        step = run.step
        if step is None:
            return
        step.ended = clock.unix_nanos()
        history = self._recorder.builder.history
        begun = begin_step(step, history) if step.kind == "tool" and step.start_id is None else []
        self._write(begun + end_step(step, history))
        if self._spans:
            run.span.set_attributes(result_attributes(step, content=self._engine.span_content))
            if step.failure is not None:
                run.span.set_status(trace.Status(trace.StatusCode.ERROR, step.failure.message))
            run.span.end(step.ended)

    def _fail_step(self, error: BaseException, run_id: UUID) -> None:
        with self._guarded("an error"):
            run = self._take_run(run_id)
            if run is not None and run.step is not None:
                if _is_interrupt(error):
                    run.step.extensions["interrupted"] = True
                else:
                    run.step.failure = failure_of(error)
                self._end_step(run)

    def _write(self, events: list[dict[str, Any]]) -> None:
        session = self._session or get_context().session
        if not self._spans and session is not None:
            write_events(session, events)

    @contextmanager
    def _inside(self, parent: _Run | None) -> Iterator[None]:
        """The parent run's span is current for as long as a child's is being started."""
        span = parent.span if parent is not None else None
        if span is None:
            yield
            return
        token = otel_context.attach(trace.set_span_in_context(span))
        try:
            yield
        finally:
            otel_context.detach(token)

    @contextmanager
    def _guarded(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception:
            guard.report(f"logging {what} of LangChain")


def _enrich(seen: Observation, outer: OuterCall | None) -> None:
    """Take over what the SDK's own call knew."""
    inner = outer.seen if outer is not None else None
    if inner is None:
        return
    seen.status_code = inner.status_code
    seen.request_id = inner.request_id
    seen.attempts = inner.attempts or seen.attempts
    seen.sdk = inner.sdk or seen.sdk
    request = seen.request
    request.server_address = request.server_address or inner.request.server_address
    request.server_port = request.server_port or inner.request.server_port
    seen.origin = None  # made anew, with what is known now


def _richest(answer: Response, known: Response | None) -> Response:
    """LangChain's answer, with the SDK's facts where it had them; the messages stay LangChain's."""
    if known is None:
        return answer
    messages = answer.messages or known.messages
    usage, raw = answer.usage, answer.raw_usage
    answer.usage = answer.raw_usage = None  # the provider's own counts, not a mixture of both
    merge_response(answer, known)
    if answer.usage is None:
        answer.usage, answer.raw_usage = usage, raw
    answer.messages, answer.partial = messages, False
    return answer


def _is_interrupt(error: BaseException) -> bool:
    """Whether LangGraph only stops here, to ask a human or to go on in another graph."""
    return any(each.__name__ == "GraphBubbleUp" for each in type(error).__mro__)


def _content_on_spans() -> bool:
    from hilt.instrumentation.instrumentors import content_on_spans

    return content_on_spans()


def _label() -> str:
    try:
        return f"langchain-core {distributions.version('langchain-core')}"
    except distributions.PackageNotFoundError:
        return "langchain-core"
