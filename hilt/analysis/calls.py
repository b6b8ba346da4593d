"""A call of a model, joined from its events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hilt.analysis.event_lines import EventLine
from hilt.analysis.records import Extensions, Record, Tokens
from hilt.analysis.texts import texts_of
from hilt.core.event import Event
from hilt.core.exceptions import EventError
from hilt.core.json_types import JsonObject

if TYPE_CHECKING:
    from hilt.analysis.log import Log

__all__ = ["CALL_COLUMNS", "FAILURES", "FIRST_ERROR_STATUS", "UNANSWERED", "Call", "has_failed"]

FAILURES = frozenset({"cancelled", "failed", "timeout"})
"""Outcomes of calls that raised an exception."""

UNANSWERED = "unanswered"
"""The outcome of a call without an ending: it is running, or its process died."""

FIRST_ERROR_STATUS = 400
"""The lowest status that an answer has if it is an error."""


def has_failed(outcome: str | None, extensions: Extensions) -> bool:
    """Whether a call raised an exception, or was answered with the status of an error.

    Args:
        outcome: How it ended.
        extensions: The extensions of its ending.
    """
    return (
        outcome in FAILURES
        or extensions.error_code is not None
        or (extensions.status_code or 0) >= FIRST_ERROR_STATUS
    )


class Call:
    """One call of a model: what was sent, how it was answered, and what people thought of it.

    Made by `hilt.analysis.log.Log.calls`. Values are decoded from the log when they are read.
    """

    __slots__ = (
        "_log",
        "chunk_lines",
        "ending_line",
        "feedback_lines",
        "opening",
        "record",
        "tool_call_lines",
    )

    def __init__(
        self,
        opening: Sequence[EventLine],
        ending: EventLine | None,
        chunks: Sequence[EventLine] = (),
        log: Log | None = None,
    ) -> None:
        self.opening = opening
        self.ending_line = ending
        self.chunk_lines = chunks
        self.tool_call_lines: Sequence[EventLine] = ()
        self.feedback_lines: Sequence[EventLine] = ()
        self.record: Record = ending.record if ending is not None else opening[-1].record
        self._log = log

    # -- what it is -----------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The id of the event that ends it, or else of its prompt."""
        return self.record.event_id

    @property
    def session_id(self) -> str:
        """The conversation's id."""
        return self.record.session_id

    @property
    def timestamp(self) -> str:
        """When it ended, or else when it began."""
        return self.record.timestamp

    @property
    def started(self) -> str:
        """When it began, as far as that is logged."""
        return self.opening[0].time.decode() if self.opening else self.record.timestamp

    @property
    def user(self) -> str | None:
        """Who asked; None where the call only sends the results of tools."""
        for line in self.opening:
            if line.action == b"prompt":
                return line.actor_id.decode()
        return None

    @property
    def provider(self) -> str | None:
        """Who answered."""
        record = self.record
        if record.provenance.provider:
            return record.provenance.provider
        return record.actor.id if record.actor.type == "agent" else None

    @property
    def agent(self) -> str | None:
        """The agent that answered, where a framework has named it."""
        return self.record.provenance.agent

    @property
    def node(self) -> str | None:
        """The node of a graph, the component of a pipeline or the step of an agent that called."""
        return self.record.provenance.node

    @property
    def run(self) -> str | None:
        """The run of a framework that it is part of."""
        return self.record.provenance.run

    @property
    def commit(self) -> str | None:
        """The git commit of the program, where it stood in a repository."""
        return self.record.provenance.commit

    @property
    def commit_clean(self) -> bool | None:
        """Whether the program's files were unchanged since the commit; None if git did not say."""
        return self.record.provenance.commit_clean

    @property
    def service(self) -> str | None:
        """The service that called, by the name in OpenTelemetry's resource."""
        return self.record.provenance.service

    @property
    def service_version(self) -> str | None:
        """The version of the service."""
        return self.record.provenance.service_version

    @property
    def environment(self) -> str | None:
        """Where the service is deployed, such as ``production``."""
        return self.record.provenance.environment

    @property
    def model(self) -> str | None:
        """The model that answered; the one that was requested where no answer names one."""
        return self.record.provenance.response_model or self.request_model

    @property
    def request_model(self) -> str | None:
        """The model that was requested."""
        record = self.record
        return record.extensions.model or record.provenance.request_model

    @property
    def operation(self) -> str:
        """``chat``, ``embeddings``, ``rerank`` or another operation of the conventions."""
        record = self.record
        return record.provenance.operation or _OPERATIONS.get(record.action, "chat")

    # -- how it ended ---------------------------------------------------------------------------

    @property
    def outcome(self) -> str:
        """How it ended: an outcome of the format, or ``unanswered``."""
        if self.ending_line is None:
            return UNANSWERED
        outcome = self.record.extensions.outcome
        if outcome:
            return outcome
        return "failed" if self.record.action == "system" else "completed"

    @property
    def failed(self) -> bool:
        """Whether it raised an exception, or was answered with the status of an error."""
        return has_failed(self.outcome, self.record.extensions)

    @property
    def error_code(self) -> str | None:
        """What kind of error it raised."""
        return self.record.extensions.error_code

    @property
    def status_code(self) -> int | None:
        """The status of the answer."""
        return self.record.extensions.status_code

    @property
    def finish_reason(self) -> str | None:
        """Why the model stopped."""
        return self.record.extensions.finish_reason

    # -- what it took ---------------------------------------------------------------------------

    @property
    def tokens(self) -> Tokens:
        """What the provider counted; a count that it did not send is None."""
        return self.record.metrics.tokens or _NO_TOKENS

    @property
    def cost_usd(self) -> float | None:
        """What it cost; None where that is not known."""
        return self.record.metrics.cost_usd

    @property
    def cost_unknown(self) -> str | None:
        """Why the cost is not known."""
        return self.record.extensions.cost_unknown

    @property
    def latency_ms(self) -> float | None:
        """How long it took."""
        record = self.record
        if record.extensions.latency_ms is not None:
            return record.extensions.latency_ms
        return record.metrics.latency_ms

    @property
    def time_to_first_chunk_ms(self) -> float | None:
        """How long a stream took until its first chunk."""
        return self.record.extensions.time_to_first_chunk_ms

    # -- its events -----------------------------------------------------------------------------

    @property
    def prompt(self) -> Event | None:
        """The prompt; None where only results of tools were sent."""
        lines = [line for line in self.opening if line.action == b"prompt"]
        return _event(lines[-1]) if lines else None

    @property
    def tool_results(self) -> list[Event]:
        """The results of tools that were sent."""
        return _events(line for line in self.opening if line.action == b"tool_result")

    @property
    def chunks(self) -> list[Event]:
        """The chunks of its stream, if they were to be read."""
        return _events(self.chunk_lines)

    @property
    def ending(self) -> Event | None:
        """The event that ends it."""
        return _event(self.ending_line) if self.ending_line is not None else None

    @property
    def tool_calls(self) -> list[Event]:
        """The tools that the answer calls."""
        return _events(self.tool_call_lines)

    @property
    def feedback(self) -> list[Event]:
        """What people thought of it."""
        return _events(self.feedback_lines)

    def lines(self) -> list[EventLine]:
        """All of its lines, in the order of the call."""
        ending = [self.ending_line] if self.ending_line is not None else []
        parts = (self.opening, self.chunk_lines, ending, self.tool_call_lines, self.feedback_lines)
        return [line for part in parts for line in part]

    @property
    def size(self) -> int:
        """How many bytes its events take in the log."""
        return sum([len(line.line) for line in self.lines()])

    def events(self) -> list[Event]:
        """All of its events, in the order of the call."""
        return _events(self.lines())

    # -- its texts ------------------------------------------------------------------------------

    @property
    def prompt_text(self) -> str | None:
        """The user's newest text; without one, the text of the last tool's result."""
        return _text(self.opening[-1]) if self.opening else None

    @property
    def answer_text(self) -> str | None:
        """The answer, or the message of the error."""
        return _text(self.ending_line) if self.ending_line is not None else None

    @property
    def tools(self) -> list[str]:
        """The names of the tools that it calls or whose results it sends."""
        names = [line.actor_id.decode() for line in self.opening if line.action == b"tool_result"]
        return list(dict.fromkeys([*names, *self.tool_uses]))

    @property
    def tool_uses(self) -> dict[str, int]:
        """How often it calls each tool, by the tool's name."""
        uses: dict[str, int] = {}
        for line in self.tool_call_lines:
            tool = line.content.get("tool")
            if isinstance(tool, dict) and isinstance(tool.get("name"), str):
                uses[tool["name"]] = uses.get(tool["name"], 0) + 1
        return uses

    @property
    def rating(self) -> int | float | str | None:
        """The newest rating that people gave it."""
        ratings = [line.record.extensions.rating for line in self.feedback_lines]
        return next((rating for rating in reversed(ratings) if rating is not None), None)

    def texts(self) -> list[str]:
        """Every text in its content, those of chunks aside."""
        return [
            text
            for line in self.lines()
            if line.action != b"completion_chunk"
            for text in texts_of(line.content)
        ]

    def input(self) -> list[JsonObject]:
        """The exact messages that were sent, the earlier conversation included.

        Each is ``{"role": ..., "parts": [...]}`` as in the OpenTelemetry GenAI conventions. The
        events that the call continues are looked up in the log, whichever process wrote them.

        Raises:
            ReadError: If an event that it continues is not in the log.
        """
        from hilt.analysis.inputs import input_of

        return input_of(self, self._log)

    def to_dict(self) -> JsonObject:
        """The call as flat JSON, without absent values."""
        return {name: value for name, value in self._values().items() if value is not None}

    def _values(self) -> JsonObject:
        """The call as flat JSON, with None for absent values."""
        tokens = self.tokens
        return {
            "id": self.id,
            "session_id": self.session_id,
            "timestamp": self.timestamp,
            "started": self.started,
            "user": self.user,
            "provider": self.provider,
            "model": self.model,
            "request_model": self.request_model,
            "operation": self.operation,
            "outcome": self.outcome,
            "error_code": self.error_code,
            "status_code": self.status_code,
            "finish_reason": self.finish_reason,
            "prompt": self.prompt_text,
            "answer": self.answer_text,
            "tools": self.tools or None,
            "tokens_in": tokens.prompt,
            "tokens_out": tokens.completion,
            "tokens_cached": tokens.cached,
            "cost_usd": self.cost_usd,
            "cost_unknown": self.cost_unknown,
            "latency_ms": self.latency_ms,
            "time_to_first_chunk_ms": self.time_to_first_chunk_ms,
            "rating": self.rating,
            "commit": self.commit,
            "commit_clean": self.commit_clean,
            "service": self.service,
            "service_version": self.service_version,
            "environment": self.environment,
            "agent": self.agent,
            "node": self.node,
        }

    def __repr__(self) -> str:
        return f"<Call {self.id} {self.model} {self.outcome}>"


_NOTHING = EventLine(b"", b"", b"", b"", b"", b"", b"", Record())
_OPERATIONS = {"embedding": "embeddings", "rerank": "rerank"}
_NO_TOKENS = Tokens()


def _events(lines: Iterator[EventLine] | Sequence[EventLine]) -> list[Event]:
    events = (_event(line) for line in lines)
    return [event for event in events if event is not None]


def _event(line: EventLine) -> Event | None:
    try:
        return line.event()
    except EventError:  # it had what was needed to join it, but breaks the format
        return None


def _text(line: EventLine) -> str | None:
    content = line.content
    text = content.get("text")
    if isinstance(text, str):
        return text
    tool = content.get("tool")
    if isinstance(tool, dict):
        return str(tool.get("name") or "")
    return None


CALL_COLUMNS = tuple(Call((), _NOTHING)._values())  # noqa: SLF001
"""The names that `Call.to_dict` has at most, in its order."""
