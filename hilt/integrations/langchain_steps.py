"""What runs around LangChain's models: chains, agents, tools and retrievals, as steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opentelemetry import trace

from hilt import semconv
from hilt._context import get_context
from hilt.core import clock
from hilt.core.event_writer import EventWriter
from hilt.core.ids_and_times import conversation_id_of
from hilt.genai.json_values import encode_json, get_path, json_or_text, to_plain_json
from hilt.genai.outcome import failure_of
from hilt.integrations.langchain_adapter import documents_of, message_of
from hilt.integrations.langchain_metadata import input_text, is_agent, output_text
from hilt.integrations.langchain_runs import Run
from hilt.recording.event_builder import EventBuilder
from hilt.recording.event_fields import EventDict
from hilt.recording.history import History
from hilt.recording.step_events import Step, begin_step, end_step
from hilt.recording.writer import write_events

__all__ = ["StepLog", "chain_step", "retrieval_step", "set_output", "tool_step"]


def chain_step(name: str, inputs: object, metadata: Mapping[str, object], *, is_root: bool) -> Step:
    """A chain, a graph or an agent that begins now."""
    if is_agent(name, metadata):
        kind, operation = "agent", "invoke_agent"
    else:
        kind, operation = ("workflow" if is_root else "chain"), "invoke_workflow"
    return Step(kind, operation, name, clock.unix_nanos(), 0, input_text=input_text(inputs))


def tool_step(name: str, inputs: object, input_str: str, call_id: object) -> Step:
    """A tool that begins now; ``input_str`` is what older versions of LangChain have only."""
    return Step(
        "tool",
        "execute_tool",
        name,
        clock.unix_nanos(),
        0,
        call_id=call_id if isinstance(call_id, str) else None,
        arguments=to_plain_json(inputs) if inputs is not None else json_or_text(input_str),
    )


def retrieval_step(name: str, query: str) -> Step:
    """A retrieval that begins now."""
    return Step("retrieval", "retrieval", name, clock.unix_nanos(), 0, input_text=query)


def set_output(step: Step, output: object) -> None:
    """Set what the chain, the tool or the retriever returned."""
    if step.kind == "tool":
        _set_tool_result(step, output)
    elif step.kind == "retrieval":
        step.documents = documents_of(output)
    else:
        step.output_text = output_text(output)


def _set_tool_result(step: Step, output: object) -> None:
    """A tool returns its result, or a message that holds it."""
    call_id = get_path(output, "tool_call_id")
    step.call_id = step.call_id or call_id
    if call_id is not None and get_path(output, "content") is not None:
        step.result = message_of(output)["parts"][0]["response"]
    else:
        step.result = to_plain_json(output)


class StepLog:
    """Writes steps when they begin and end: as events, or on spans that exporters write.

    Args:
        tracer: Makes a span for each step, so that what runs in it is below it.
        builder: Has what the log holds of tool calls and results already.
        session: Where events go; None follows `hilt.get_context`.
        capture_content: Whether events have content.
        spans: Whether the spans are recorded; there are no events then.
        span_content: Whether the spans have content.
    """

    def __init__(
        self,
        tracer: trace.Tracer,
        builder: EventBuilder,
        session: EventWriter | None,
        *,
        capture_content: bool,
        spans: bool,
        span_content: bool,
    ) -> None:
        self._tracer = tracer
        self._builder = builder
        self._session = session
        self._capture_content = capture_content
        self._spans = spans
        self._span_content = span_content

    def begin(self, run: Run, step: Step, *, write: bool = True) -> None:
        """Start the step's span, and write that it begins, unless that is left to `end`."""
        run.step = step
        if run.session_id is None:
            run.session_id = conversation_id_of(f"run-{run.id}")
        step.session_id = run.session_id or ""
        step.capture_content = self._capture_content
        with run.below_parent():
            run.span = span = self._tracer.start_span(
                f"{step.operation} {step.name}",
                attributes=_start_attributes(step) if self._spans else None,
                start_time=step.started,
            )
        parent_span = run.parent.span if run.parent is not None else None
        step.provenance = {**run.provenance, **_span_ids(span, parent_span)}
        if write:
            self._write(begin_step(step, self._history()))

    def end(self, run: Run, output: object) -> None:
        """Write what the step returned, and end its span."""
        if run.step is not None:
            set_output(run.step, output)
            self._end(run, run.step)

    def fail(self, run: Run, error: BaseException) -> None:
        """Write that the step failed, or that LangGraph interrupted it, and end its span."""
        step = run.step
        if step is None:
            return
        if _is_interrupt(error):
            step.extensions["interrupted"] = True
        else:
            step.failure = failure_of(error)
        self._end(run, step)

    def _end(self, run: Run, step: Step) -> None:
        step.ended = clock.unix_nanos()
        events: list[EventDict] = []
        if step.kind == "tool" and step.start_id is None:
            events += begin_step(step, self._history())
        self._write(events + end_step(step, self._history()))
        span = run.span
        if self._spans and span is not None:
            span.set_attributes(_end_attributes(step, content=self._span_content))
            if step.failure is not None:
                span.set_status(trace.Status(trace.StatusCode.ERROR, step.failure.message))
            span.end(step.ended)

    def _history(self) -> History:
        return self._builder.history(self._session or get_context().session)

    def _write(self, events: Sequence[EventDict]) -> None:
        session = self._session or get_context().session
        if not self._spans and session is not None:
            write_events(session, list(events))


def _is_interrupt(error: BaseException) -> bool:
    """Whether LangGraph only pauses here, to ask a human or to continue in another graph."""
    return any(each.__name__ == "GraphBubbleUp" for each in type(error).__mro__)


def _span_ids(span: trace.Span, parent: trace.Span | None) -> dict[str, str]:
    context = span.get_span_context()
    ids = {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
    if parent is not None:
        ids["parent_span_id"] = f"{parent.get_span_context().span_id:016x}"
    return ids


def _start_attributes(step: Step) -> dict[str, str]:
    attributes = {
        semconv.OPERATION_NAME: step.operation,
        semconv.CONVERSATION_ID: step.session_id,
    }
    if step.kind == "tool":
        attributes[semconv.TOOL_NAME] = step.name
        if step.call_id:
            # Whoever writes the tool's events then finds the answer that called it.
            attributes[semconv.TOOL_CALL_ID] = step.call_id
    elif step.kind == "agent":
        attributes[semconv.AGENT_NAME] = step.name
    elif step.kind == "retrieval":
        attributes[semconv.DATA_SOURCE_ID] = step.name
    else:
        attributes[semconv.WORKFLOW_NAME] = step.name
    return attributes


def _end_attributes(step: Step, *, content: bool) -> dict[str, str]:
    attributes: dict[str, str] = {}
    if step.call_id:
        attributes[semconv.TOOL_CALL_ID] = step.call_id
    if step.failure is not None:
        attributes[semconv.ERROR_TYPE] = step.failure.error_type
    if not content:
        return attributes
    if step.kind == "tool":
        attributes[semconv.TOOL_CALL_ARGUMENTS] = _as_text(step.arguments)
        if step.failure is None:
            attributes[semconv.TOOL_CALL_RESULT] = _as_text(step.result)
    elif step.kind == "retrieval":
        attributes[semconv.RETRIEVAL_QUERY_TEXT] = step.input_text or ""
        attributes[semconv.RETRIEVAL_DOCUMENTS] = _as_text(step.documents or [])
    return attributes


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else encode_json(value).decode()
