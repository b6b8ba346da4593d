"""LangChain and LangGraph: a callback handler that logs every run.

    >>> from hilt import Session
    >>> with Session("logs/langchain.hilt.jsonl") as session:  # doctest: +SKIP
    ...     handler = HILTCallbackHandler(session, session_id="demo-chain")
    ...     model.invoke("Hello", config={"callbacks": [handler]})

With `hilt.instrument` in force too, each call of a model is logged once: by the handler, with what
only the SDK knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import metadata as distributions
from typing import TYPE_CHECKING

from opentelemetry import trace

from hilt._context import get_context
from hilt.core.arguments import session_checked
from hilt.core.event import HILT_VERSION
from hilt.core.event_writer import EventWriter
from hilt.core.exceptions import ConfigurationError, MissingDependencyError
from hilt.core.guard import guard
from hilt.core.service import service_of_provider
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.langchain_managers import current_manager
from hilt.instrumentation.private_tracer import PrivateTracerProvider
from hilt.instrumentation.traced_calls import TracedCall
from hilt.integrations.arguments import conversation_checked
from hilt.integrations.langchain_adapter import LangChain
from hilt.integrations.langchain_metadata import name_of
from hilt.integrations.langchain_models import ModelCalls
from hilt.integrations.langchain_runs import Run, Runs
from hilt.integrations.langchain_steps import (
    StepLog,
    chain_step,
    retrieval_step,
    tool_step,
)
from hilt.recording.writer import Recorder

try:
    from langchain_core.callbacks import BaseCallbackHandler
except ImportError as error:  # pragma: no cover
    raise MissingDependencyError(
        'the package langchain-core is not installed: pip install "hilt[langchain]"'
    ) from error

if TYPE_CHECKING:
    from uuid import UUID

    from langchain_core.documents import Document
    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import ChatGenerationChunk, GenerationChunk, LLMResult
    from tenacity import RetryCallState

__all__ = ["HILTCallbackHandler"]

_HIDDEN = "langsmith:hidden"
_NOT_LOGGED = ("prompt", "parser")  # their output is in the events of the model


class HILTCallbackHandler(BaseCallbackHandler):
    """Logs runs of chat models, LLMs, tools, retrievers, chains, agents and graphs.

    Gives ``prompt``, ``completion_chunk`` and ``completion`` with tokens and cost, ``tool_call``
    and ``tool_result``, ``retrieval`` with documents, and ``system`` events at the boundaries of
    chains, agents and graphs, with the run's ids, tags and metadata in ``provenance``. Never
    raises into a run.

    Args:
        session: An open `hilt.Session`; None follows `hilt.get_context`.
        session_id: The conversation, as given. A ``session_id`` or ``thread_id`` in a run's
            config is preferred.
        tracer_provider: An OpenTelemetry SDK provider: the runs become GenAI spans of it, with
            the right parents, and its processors and exporters write the events.
        capture_content: False keeps prompts, answers, arguments and documents out of the log.
        capture_chunks: False leaves a stream its final completion only.

    Raises:
        SessionError: If ``session`` is not one.
        ConfigurationError: If ``session_id`` is not text, or empty.
    """

    run_inline = True  # in the context of the run, where the calls of SDKs will find it

    def __init__(
        self,
        session: EventWriter | None = None,
        session_id: str | None = None,
        *,
        tracer_provider: trace.TracerProvider | None = None,
        capture_content: bool = True,
        capture_chunks: bool = True,
    ) -> None:
        super().__init__()
        if session is not None:
            session_checked(session)
        spans = tracer_provider is not None
        if spans and not hasattr(tracer_provider, "get_tracer"):
            raise ConfigurationError(
                f"tracer_provider: {tracer_provider!r} gives no tracers; expected an "
                "opentelemetry.trace.TracerProvider"
            )
        provider = tracer_provider or PrivateTracerProvider()
        self._session = session
        self._tracer_provider = tracer_provider
        recorder = Recorder(session)
        self._engine = Engine(
            LangChain(),
            provider.get_tracer("hilt.integrations.langchain", HILT_VERSION),
            capture_content=capture_content,
            capture_chunks=capture_chunks,
            span_content=spans and capture_content and _content_on_spans(),
            span_chunks=spans,
            call_type=TracedCall if spans else Call,
            fallback_log=None if spans else recorder,
            service=service_of_provider(provider),
        )
        self._engine.sdk = _package_version()
        self._runs = Runs(conversation_checked(session_id))
        self._models = ModelCalls(self._engine, session)
        self._steps = StepLog(
            self._engine.tracer,
            recorder.builder,
            session,
            capture_content=capture_content,
            spans=spans,
            span_content=self._engine.span_content,
        )

    # -- models -------------------------------------------------------------------------------

    def on_chat_model_start(
        self,
        serialized: Mapping[str, object],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: Mapping[str, object] | None = None,
        **kwargs: object,
    ) -> None:
        """Write the prompt, before the request leaves."""
        with _guarded("a model"):
            run = self._begin(run_id, parent_run_id, tags, metadata)
            if run is not None:
                run.watch_manager(current_manager(), partial(self._interrupted, run))
                self._models.start(run, messages[0] if messages else [], kwargs)

    def on_llm_start(
        self,
        serialized: Mapping[str, object],
        prompts: list[str],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: Mapping[str, object] | None = None,
        **kwargs: object,
    ) -> None:
        """Write the prompt of a model that completes text."""
        with _guarded("a model"):
            run = self._begin(run_id, parent_run_id, tags, metadata)
            if run is not None:
                run.watch_manager(current_manager(), partial(self._interrupted, run))
                self._models.start(run, prompts, kwargs)

    def on_llm_new_token(
        self,
        token: object,
        *,
        chunk: GenerationChunk | ChatGenerationChunk | None = None,
        run_id: UUID,
        **kwargs: object,
    ) -> None:
        """Write a chunk."""
        run = self._runs.get(run_id)
        if run is not None:
            self._models.chunk(run, token, chunk)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: object) -> None:
        """Write the completion."""
        with _guarded("an answer"):
            run = self._runs.end(run_id)
            if run is not None:
                self._models.end(run, response)
                run.unwatch_manager()

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: object) -> None:
        """Write how the call failed; a stream that the caller left is closed."""
        with _guarded("an error"):
            run = self._runs.end(run_id)
            if run is not None:
                self._models.fail(run, error)
                run.unwatch_manager()

    def on_retry(self, retry_state: RetryCallState, *, run_id: UUID, **kwargs: object) -> None:
        """Count the attempts of a call that LangChain makes again."""
        run = self._runs.get(run_id)
        attempt = getattr(retry_state, "attempt_number", None)
        if run is not None and run.call is not None and isinstance(attempt, int):
            run.call.observation.attempts = attempt + 1

    # -- chains, agents and graphs ------------------------------------------------------------

    def on_chain_start(
        self,
        serialized: Mapping[str, object] | None,
        inputs: object,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: Mapping[str, object] | None = None,
        **kwargs: object,
    ) -> None:
        """Write that a chain, an agent or a graph begins."""
        with _guarded("a chain"):
            run = self._begin(run_id, parent_run_id, tags, metadata)
            if run is None or _HIDDEN in (tags or ()) or kwargs.get("run_type") in _NOT_LOGGED:
                return
            name = str(kwargs.get("name") or name_of(serialized) or "chain")
            step = chain_step(name, inputs, metadata or {}, is_root=parent_run_id is None)
            self._steps.begin(run, step)

    def on_chain_end(self, outputs: object, *, run_id: UUID, **kwargs: object) -> None:
        """Write that it ended."""
        self._end_step(outputs, run_id)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: object) -> None:
        """Write that it failed."""
        self._fail_step(error, run_id)

    # -- tools and retrievers -----------------------------------------------------------------

    def on_tool_start(
        self,
        serialized: Mapping[str, object] | None,
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: Mapping[str, object] | None = None,
        inputs: Mapping[str, object] | None = None,
        **kwargs: object,
    ) -> None:
        """Write the tool call, unless the answer that asks for it was logged."""
        with _guarded("a tool"):
            run = self._begin(run_id, parent_run_id, tags, metadata)
            if run is None:
                return
            name = str(name_of(serialized) or kwargs.get("name") or "tool")
            step = tool_step(name, inputs, input_str, kwargs.get("tool_call_id"))
            # langchain 0.3 has the id of the tool call at the end only, and until then it is not
            # known whether the log has the call already.
            self._steps.begin(run, step, write="tool_call_id" in kwargs)

    def on_tool_end(self, output: object, *, run_id: UUID, **kwargs: object) -> None:
        """Write the tool's result."""
        self._end_step(output, run_id)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: object) -> None:
        """Write that a tool failed."""
        self._fail_step(error, run_id)

    def on_retriever_start(
        self,
        serialized: Mapping[str, object] | None,
        query: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: Mapping[str, object] | None = None,
        **kwargs: object,
    ) -> None:
        """Note that a retrieval begins."""
        with _guarded("a retrieval"):
            run = self._begin(run_id, parent_run_id, tags, metadata)
            if run is not None:
                name = str(kwargs.get("name") or name_of(serialized) or "retriever")
                self._steps.begin(run, retrieval_step(name, query))

    def on_retriever_end(
        self, documents: Sequence[Document], *, run_id: UUID, **kwargs: object
    ) -> None:
        """Write the documents that were retrieved."""
        self._end_step(documents, run_id)

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **kwargs: object) -> None:
        """Write that a retrieval failed."""
        self._fail_step(error, run_id)

    # -- what the callbacks share -------------------------------------------------------------

    def _begin(
        self,
        run_id: UUID,
        parent_run_id: UUID | None,
        tags: list[str] | None,
        metadata: Mapping[str, object] | None,
    ) -> Run | None:
        """The run that begins; None if another handler logs it to the same log."""
        log = self._tracer_provider or self._session or get_context().session
        run = self._runs.begin(run_id, parent_run_id, tags, metadata, log=log)
        if run is not None:
            run.watch_task(partial(self._task_ended, run_id))
        return run

    def _interrupted(self, run: Run) -> None:
        """LangChain does not report an interrupt that falls beside its ``try``, or into this.

        Nor that a stream was left as its loop ended: its generator is not closed any more.
        """
        with _guarded("an interrupt"):
            is_left = run.has_outlived_task()
            self._runs.end(run.id)
            if is_left:
                self._models.fail(run, GeneratorExit())
            else:
                self._models.interrupt(run)

    def _task_ended(self, run_id: UUID, task: asyncio.Task[object]) -> None:
        """LangChain does not report that a model, a tool or a retrieval was cancelled."""
        run = self._runs.get(run_id)
        if run is None or (run.may_outlive_task() and not task.cancelled()):
            return
        if run.call is not None:
            self.on_llm_error(asyncio.CancelledError(), run_id=run_id)
        else:
            self._fail_step(asyncio.CancelledError(), run_id)

    def _end_step(self, output: object, run_id: UUID) -> None:
        with _guarded("the end of a run"):
            run = self._runs.end(run_id)
            if run is not None:
                self._steps.end(run, output)

    def _fail_step(self, error: BaseException, run_id: UUID) -> None:
        with _guarded("an error"):
            run = self._runs.end(run_id)
            if run is not None:
                self._steps.fail(run, error)


@contextmanager
def _guarded(what: str) -> Iterator[None]:
    try:
        yield
    except Exception:
        guard.report(f"logging {what} of LangChain")


def _content_on_spans() -> bool:
    from hilt.instrumentation.instrumentors import content_on_spans

    return content_on_spans()


def _package_version() -> str:
    try:
        return f"langchain-core {distributions.version('langchain-core')}"
    except distributions.PackageNotFoundError:
        return "langchain-core"
