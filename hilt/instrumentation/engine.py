"""The engine: one observed call, from before the request leaves to its one ending.

What observes is synchronous and knows nothing of ``await``; the drivers in ``patching`` and the
proxies in ``streams`` call it. Nothing here raises into the caller: each entry is guarded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from hilt._context import OUTER, OuterCall, session_and_conversation
from hilt.core import clock
from hilt.core.bounded import BoundedDict
from hilt.core.guard import guard
from hilt.core.ids import new_event_id
from hilt.genai.fold import Fold
from hilt.genai.normalize import unread_response
from hilt.genai.observation import Observation
from hilt.genai.outcome import failure_of, outcome_of
from hilt.genai.values import Arguments, Failure, Provider, Request, Response, Surface
from hilt.instrumentation.headers import request_id_of
from hilt.instrumentation.pending_answers import PENDING_LIMIT, joined
from hilt.instrumentation.spans import CallId, complete_span, note_ids, started_span
from hilt.pricing.table import preload
from hilt.recording.ending_fields import price
from hilt.recording.live_calls import LIVE_CALLS

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

__all__ = ["Call", "Engine", "Log"]

_CHUNK_FLUSH_NANOS = 250_000_000


class Log(Protocol):
    """Where the events of a call go; `hilt_otel_exporters` has the one that writes to sessions."""

    def begin(self, call: Observation) -> None:
        """Write what is asked."""

    def chunks(self, call: Observation) -> None:
        """Write the chunks that came since the last time."""

    def end(self, call: Observation) -> None:
        """Write the ending."""


class Engine:
    """Observes the calls of one provider's SDK.

    Args:
        provider: What the calls mean.
        tracer: Makes the spans.
        capture_content: Whether prompts and answers are kept at all.
        capture_chunks: Whether each chunk of a stream is.
        span_content: Whether content is put on the span, where other exporters see it.
        span_chunks: Whether chunks are put on the span as span events.
        private: Nobody but the log sees the spans: they need no attributes.
        fallback_log: Where events go when a span is not recorded.
        meters: Records the GenAI metrics, or None.
    """

    def __init__(
        self,
        provider: Provider,
        tracer: Tracer,
        *,
        capture_content: bool = True,
        capture_chunks: bool = True,
        span_content: bool = False,
        span_chunks: bool = False,
        private: bool = False,
        fallback_log: Log | None = None,
        meters: Callable[[Observation], None] | None = None,
    ) -> None:
        self.provider = provider
        self.tracer = tracer
        self.capture_content = capture_content
        self.capture_chunks = capture_chunks
        self.span_content = span_content and capture_content
        self.span_chunks = span_chunks
        self.private = private
        self.fallback_log = fallback_log
        self.meters = meters
        self.enabled = True
        self.sdk: str | None = None
        #: Calls whose answers later ones will fetch, by the provider's id of the answer.
        self.pending: BoundedDict[str, Call] = BoundedDict(PENDING_LIMIT)
        self._preloading = False

    def begin(self, arguments: Arguments) -> Call | None:
        """Start to observe a call; None if it is not one to observe. Never raises."""
        try:
            found = self.provider.request(arguments)
            if found is None:
                return None
            request, surface = found
            call: Call = (surface.call_type or Call)(self, request, surface)
            outer = OUTER.get()
            if outer is not None and outer.claim():
                call.outer = outer
                return call
        except Exception:
            guard.report(f"reading a {self.provider.name} request")
            return None
        try:
            call.start()
            if not self._preloading:
                # While the first request is on its way, the prices are loaded.
                self._preloading = True
                preload()
        except Exception:
            guard.report(f"telling a {self.provider.name} request")
        return call


class Call:
    """A call in progress. Every method may be called at any moment, and never raises."""

    __slots__ = (
        "_ended",
        "_ends_log",
        "_flushed",
        "_read_text",
        "_started",
        "engine",
        "fold",
        "http",
        "log",
        "observation",
        "outer",
        "reading",
        "span",
        "surface",
    )

    def __init__(self, engine: Engine, request: Request, surface: Surface) -> None:
        self.engine = engine
        self.surface = surface  #: how the answer is read
        self._read_text: Callable[[Any], str | None] = _no_text  #: after the first chunk, `text`
        self._ended = False
        self._flushed = 0
        self._started = clock.monotonic_nanos()
        self.fold: Fold | None = None
        self.http: Any = None  #: the HTTP response, where the binding sees it
        self._ends_log = False
        self.log: Log | None = None  #: set by whoever turns the span into events
        self.reading = False  #: the SDK is advancing its own stream just now
        self.span: Span | None = None
        self.outer: OuterCall | None = None  #: the framework's call that this one is
        session, said = session_and_conversation()
        seen = self.observation = Observation(
            request,
            clock.unix_nanos(),
            session=session,
            sdk=engine.sdk,
            prompt_id=new_event_id(),
            capture_content=engine.capture_content,
            capture_chunks=engine.capture_chunks,
        )
        if said is not None:
            seen.conversation, seen.user = said.id, said.user

    def start(self) -> None:
        """Start the span: the prompt is written before this returns."""
        engine, seen = self.engine, self.observation
        if seen.request.fetched_response is not None:
            # It asks again, and is in no log: the first call is.
            if not engine.private:
                self.span = started_span(engine.tracer, seen)
            return
        if engine.private:
            seen.trace_id, seen.span_id, seen.parent_span_id = engine.tracer.place()  # type: ignore[attr-defined]  # a PrivateTracer
            self.log = log = engine.fallback_log
            if log is not None:
                log.begin(seen)
            return
        call_id = CallId(str(seen.prompt_id), self)
        self.span = started_span(engine.tracer, seen, call_id, content=engine.span_content)
        if self.log is None:
            self._begin_without_processor(self.span)

    def _begin_without_processor(self, span: Span) -> None:
        """Find a log for a span that no processor of HILT's has heard of."""
        place = span.get_span_context()
        if not span.is_recording():
            # Not sampled: no processor hears of it, and the log has it all the same.
            log = self.engine.fallback_log
        else:
            # Started by the auto-agent: an exporter would have it seconds after it ended, and
            # never if the process is killed by then.
            log = LIVE_CALLS.fallback_recorder if place.trace_flags.sampled else None
        if log is not None:
            self._ends_log = True
            note_ids(self.observation, place, getattr(span, "parent", None))
            self.begin_log(log)

    def begin_log(self, log: Log) -> None:
        """Write the prompt to this log, and what follows as well."""
        self.log = log
        log.begin(self.observation)

    # -- what comes back ----------------------------------------------------------------------

    def complete(self, body: Any) -> None:
        """The whole answer came."""
        try:
            self._end(response=self.surface.response(body))
        except Exception:
            guard.report(f"reading a {self.engine.provider.name} answer")
            self._end(response=unread_response(body))

    def open_stream(self) -> None:
        """The answer will come in chunks."""
        self.fold = Fold()
        self._flushed = clock.unix_nanos()

    def chunk(self, chunk: Any) -> None:
        """A chunk came, and goes on to the caller."""
        if self._ended:
            return
        try:
            now = clock.unix_nanos()
            text = self._read_text(chunk)
            if text is None:
                text = self._fold_chunk(chunk)
                if not text:
                    return
            else:
                self.fold.text.append(text)  # type: ignore[union-attr]  # open_stream() made it
            self.observation.chunks.append((now, text))
            if now - self._flushed > _CHUNK_FLUSH_NANOS:
                self._flush_chunks(now)
        except Exception:
            guard.report(f"reading a {self.engine.provider.name} chunk")

    def _fold_chunk(self, chunk: Any) -> str | None:
        seen, fold = self.observation, self.fold
        if seen.first_chunk_ms is None:
            seen.first_chunk_ms = self._elapsed_ms()
            self._read_text = self.surface.text
        delta = self.surface.delta(chunk)
        if delta is None or fold is None:
            return None
        fold.add(delta)
        return delta.text

    def _flush_chunks(self, now: int) -> None:
        self._flushed = now
        if self.log is not None:
            self.log.chunks(self.observation)

    # -- the endings: the first one counts ----------------------------------------------------

    def exhausted(self) -> None:
        """The stream was read to its end."""
        fold = self.fold
        if fold is None or self._ended:
            return
        response = self._folded(fold)
        ended = response.finish_reasons or response.status == "completed"
        if not ended and self.surface.sends_finish_reason:
            response.partial = True
        self._end(response=response)

    def left(self, outcome: str) -> None:
        """The stream will be read no further: ``closed`` by the caller, or ``abandoned``."""
        if self._ended:
            return
        fold = self.fold
        response = self._folded(fold, partial=True) if fold is not None else None
        self._end(response=response, outcome=outcome)

    def finish(self, response: Response) -> None:
        """The whole answer came, and was read elsewhere."""
        self._end(response=response)

    def fail(self, error: BaseException, failure: Failure | None = None) -> None:
        """The call raised, or its stream did; what that means may be known already."""
        if self._ended:
            return
        try:
            failure = failure or self.engine.provider.failure(error)
        except Exception:
            guard.report(f"reading a {self.engine.provider.name} error")
            failure = failure_of(error)
        fold = self.fold
        arrived = fold is not None and (fold.text or fold.tools or fold.response.id)
        response = self._folded(fold, partial=True) if fold is not None and arrived else None
        self._end(response=response, failure=failure)

    def _folded(self, fold: Fold, *, partial: bool = False) -> Response:
        try:
            return fold.result(partial=partial)
        except Exception:
            guard.report(f"folding a {self.engine.provider.name} stream")
            return Response(partial=True)

    def _end(
        self,
        response: Response | None = None,
        failure: Failure | None = None,
        outcome: str | None = None,
    ) -> None:
        if self._ended:
            return
        self._ended = True
        seen, engine = self.observation, self.engine
        try:
            seen.latency_ms = (clock.monotonic_nanos() - self._started) // 1000 / 1000
            seen.ended = max(clock.unix_nanos(), seen.started)
            self._note(response, failure, outcome)
            if self.outer is not None:
                self.outer.seen = seen  # the framework's call has the ending
                return
            fetched = seen.request.fetched_response
            if seen.outcome is not None:
                if fetched is None:
                    self._count()
                if self.span is not None and self.span.is_recording():
                    complete_span(
                        self.span, seen, content=engine.span_content, chunks=engine.span_chunks
                    )
            if fetched is not None and response is not None:
                self._hand_over(fetched, response)
        except Exception:
            guard.report(f"ending a {engine.provider.name} call")
        finally:
            self._end_span()

    def _note(
        self, response: Response | None, failure: Failure | None, outcome: str | None
    ) -> None:
        """Write down how it ended; an answer that is still pending leaves no outcome."""
        seen = self.observation
        if seen.request_id is None and self.http is not None:
            seen.request_id = request_id_of(self.http)
        if response is not None and failure is None:
            failure = response.failure
        seen.response, seen.failure = response, failure
        if failure is not None:
            seen.outcome = failure.outcome
            seen.status_code = failure.status_code or seen.status_code
            seen.request_id = failure.request_id or seen.request_id
            seen.attempts = failure.attempts or seen.attempts
        elif response is not None and response.pending:
            if response.id and seen.request.fetched_response is None:
                self.engine.pending.keep(response.id, self)
        else:
            reasons = response.finish_reasons if response is not None else []
            told = response.outcome if response is not None else None
            seen.outcome = outcome or told or outcome_of(reasons)
            if seen.status_code is None:
                seen.status_code = 200

    def _hand_over(self, response_id: str, response: Response) -> None:
        """Give what was fetched to the call that first asked for it, which has its ending now."""
        pending = self.engine.pending
        if response.finish_reasons or response.failure is not None:
            first = pending.pop(response_id, None)
            if first is not None:
                first.settle(response, self.observation)
        elif response.messages:
            first = pending.get(response_id)
            if first is not None:
                first.add_fetched(response)

    def add_fetched(self, response: Response) -> None:
        """A later call fetched more of the answer, which is not whole yet."""
        known = self.observation.response
        if known is None:
            self.observation.response = response
        else:
            known.messages = joined(known.messages, response.messages)

    def settle(self, response: Response, fetch: Observation) -> None:
        """A later call fetched the whole answer: this is the ending."""
        seen, known = self.observation, self.observation.response
        if known is not None:
            response.messages = joined(known.messages, response.messages)
        seen.latency_ms = self._elapsed_ms()
        seen.ended = max(clock.unix_nanos(), seen.started)
        seen.chunks += fetch.chunks
        seen.request_id = fetch.request_id or seen.request_id
        self._note(response, None, None)
        self._count()
        if self.log is not None:
            self.log.end(seen)

    def _count(self) -> None:
        """Metrics, and the price for them and for the span; the log prices its own ending."""
        meters = self.engine.meters
        if meters is not None or self.span is not None:
            price(self.observation)
        if meters is not None:
            meters(self.observation)

    def _end_span(self) -> None:
        span, seen = self.span, self.observation
        try:
            ours = True
            if span is not None:
                ours = self._ends_log or not span.is_recording()
                span.end(seen.ended)
            if ours and self.log is not None and seen.outcome is not None:
                self.log.end(seen)
        except Exception:
            guard.report(f"ending a {self.engine.provider.name} span")

    def _elapsed_ms(self) -> float:
        return (clock.monotonic_nanos() - self._started) // 1000 / 1000


def _no_text(chunk: Any) -> None:
    """The first chunk says more than text: who answers, and when the answer began."""
