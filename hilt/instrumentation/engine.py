"""The engine: one observed call, from before the request leaves to its one ending.

What observes is synchronous; the wrappers in ``wrapping`` and the proxies in ``streams``, which
also serve coroutines, call it. Nothing here raises into the caller: each entry is guarded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from weakref import WeakSet

from opentelemetry.context import get_current

from hilt._context import (
    CONTEXT,
    CURRENT_CONVERSATION,
    CURRENT_SESSION,
    FRAMEWORK_CALLS,
    FRAMEWORK_CALLS_ELSEWHERE,
    FRAMEWORK_READERS,
    LANGCHAIN_CONFIG,
    current_conversation,
)
from hilt.core import clock, forks
from hilt.core.credentials import without_credentials
from hilt.core.guard import guard
from hilt.core.ids_and_times import new_event_id, trace_bits
from hilt.core.known_credentials import (
    client_keys,
    encoded_keys,
    note_credentials,
    package_of,
)
from hilt.genai.finish_reasons import judge
from hilt.genai.fold import Fold
from hilt.genai.json_values import decode_json
from hilt.genai.normalize import unread_response
from hilt.genai.observation import Observation
from hilt.genai.outcome import failure_in_body, failure_of, failure_of_text
from hilt.genai.values import Arguments, Failure, Provider, Request, Response, Surface
from hilt.instrumentation.framework_context import add_framework_context
from hilt.instrumentation.headers import answer_headers
from hilt.instrumentation.interrupted_calls import end_interrupted, has_ending
from hilt.instrumentation.observer import TRANSITIONS, Ending, State
from hilt.instrumentation.pending_answers import PendingCalls, joined
from hilt.pricing.table import preload
from hilt.recording.event_fields import add_cost

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

__all__ = ["Call", "Engine", "Log"]

_FROM_CACHE = "the answer came from a cache ({}): no provider was asked"
_TEXTS = (str, bytes)
_NO_STREAMS = ("application/json", "text/html")  #: of which no SDK reads an event
_STOP = ["stop"]  #: the finish reasons of most answers
_CHUNK_FLUSH_NANOS = 250_000_000
_FIRST_ERROR = 400  #: the status codes from here on are those of errors
_STREAMING = State.STREAMING  # Reading a member of an enum is slow, and this is read at each chunk.
_IN_PROGRESS = (State.SENT, State.STREAMING)


class Log(Protocol):
    """Where the events of a call go; `hilt.recording.writer` has the one that writes sessions."""

    def begin(self, call: Observation) -> None:
        """Write the prompt."""

    def chunks(self, call: Observation) -> None:
        """Write the chunks that came since the last time."""

    def end(self, call: Observation) -> None:
        """Write the ending."""


class Engine:
    """Observes the calls of one provider's SDK.

    Args:
        provider: What the calls mean.
        tracer: Makes the spans; a `PrivateTracer` for a `call_type` that has none.
        call_type: What a call is observed by: `Call` where only the log reads it, `TracedCall`
            where it has a span of its own.
        capture_content: Whether prompts and answers are kept at all.
        capture_chunks: Whether each chunk of a stream is.
        span_content: Whether content is put on the span, where other exporters see it.
        span_chunks: Whether chunks are put on the span as span events.
        span_cost: Whether the cost is, by the proposed names, too.
        fallback_log: Where events go when a span is not recorded.
        meters: Records the GenAI metrics, or None.
        service: What the tracer provider's resource says; None for that of the program.
    """

    def __init__(
        self,
        provider: Provider,
        tracer: Tracer,
        *,
        call_type: type[Call],
        capture_content: bool = True,
        capture_chunks: bool = True,
        span_content: bool = False,
        span_chunks: bool = False,
        span_cost: bool = False,
        fallback_log: Log | None = None,
        meters: Callable[[Observation], None] | None = None,
        service: dict[str, str] | None = None,
    ) -> None:
        self.provider = provider
        self.tracer = tracer
        self.call_type = call_type
        self.capture_content = capture_content
        self.capture_chunks = capture_chunks
        self.span_content = span_content and capture_content
        self.span_chunks = span_chunks
        self.span_cost = span_cost
        self.fallback_log = fallback_log
        self.meters = meters
        self.enabled = True
        self.sdk: str | None = None
        self.service = service
        #: Calls whose answers later ones will fetch, by the provider's id of the answer.
        self.pending = PendingCalls()
        #: Calls whose answers come in pieces, as long as the program has them.
        self.streams: WeakSet[Call] = WeakSet()
        #: Calls that were collected before they had an ending.
        self.dropped: list[Call] = []
        self._preloading = False

    def begin(self, arguments: Arguments) -> Call | None:
        """Start to observe a call; None if it is not one to observe. Never raises."""
        if self.dropped:
            self.end_dropped()
        try:
            observed = self.provider.request(arguments)
            if observed is None:
                return None
            request, surface = observed
            frameworks = FRAMEWORK_CALLS.get()
            if frameworks is None and FRAMEWORK_CALLS_ELSEWHERE:
                frameworks = FRAMEWORK_CALLS_ELSEWHERE[0]()
            call: Call = (
                (surface.call_type or self.call_type)(self, request, surface)
                if frameworks is None
                else frameworks.call_for(self, request, surface)
            )
            call.arguments = arguments
            fields = getattr(arguments.instance, "__dict__", None)
            key = fields.get("api_key") if fields else None
            call.observation.keys = (
                encoded_keys(key) if type(key) is str else client_keys(arguments.instance)
            )
        except Exception:
            guard.report(f"reading a {self.provider.name} request")
            return None
        try:
            call.begin()
            if not self._preloading:
                # While the first request is on its way, the prices are loaded.
                self._preloading = True
                preload()
        except Exception:
            guard.report(f"writing a {self.provider.name} prompt")
        except BaseException:
            call.end_interrupted()  # The prompt may be written.
            raise
        return call

    def end_dropped(self) -> None:
        """Write an ending for each call that nobody can end any more. Never raises."""
        while self.dropped:
            try:
                call = self.dropped.pop()
            except IndexError:
                return  # Another thread has taken the last one.
            call.end_dropped()


class Call:
    """A call in progress that only the log reads: a `StreamObserver`.

    Every method may be called at any moment.
    """

    __slots__ = (
        "__weakref__",
        "_flushed",
        "_process",
        "_read_text",
        "_started",
        "_state",
        "advancing",
        "arguments",
        "engine",
        "fold",
        "http",
        "log",
        "observation",
        "surface",
    )

    span: Span | None = None  #: of a `TracedCall`

    def __init__(self, engine: Engine, request: Request, surface: Surface) -> None:
        self.engine = engine
        self.surface = surface  #: how the answer is read
        self._state = State.SENT
        self._process = forks.process
        self._started = clock.monotonic_nanos()
        self._flushed = 0
        self._read_text: Callable[[Any], str | None] = _no_text  #: after the first chunk, `text`
        self.advancing = False
        self.fold: Fold | None = None
        self.arguments: Arguments | None = None  #: of the SDK's function, until the call ends
        self.http: Any = None  #: the HTTP response, where the hook sees it
        self.log: Log | None = None
        session, conversation = CURRENT_SESSION.get(), CURRENT_CONVERSATION.get()
        if (conversation is None or conversation.id is None) and LANGCHAIN_CONFIG in sys.modules:
            conversation = current_conversation()
        self.observation = Observation(
            request,
            clock.unix_nanos(),
            session=CONTEXT.default_session if session is None else session,
            sdk=engine.sdk,
            service=engine.service,
            prompt_id=new_event_id(),
            capture_content=engine.capture_content,
            capture_chunks=engine.capture_chunks,
            conversation=None if conversation is None else conversation.id,
            user=None if conversation is None else conversation.user,
        )
        if FRAMEWORK_READERS:
            add_framework_context(self.observation)

    def __del__(self) -> None:
        # What is collected together with it may still end it, as it is finalized in any order.
        if getattr(self, "_state", None) in _IN_PROGRESS and self._has_begun():
            self.engine.dropped.append(self)

    def _has_begun(self) -> bool:
        """Whether there may be a prompt, or a span: a call of a batch waits for that."""
        return getattr(self, "log", None) is not None or getattr(self, "span", None) is not None

    def end_dropped(self) -> None:
        """Nobody can end it any more, since an interrupt fell where no handler is. Never raises."""
        if self._state is _STREAMING:
            self.end(Ending.ABANDONED)
        elif self._state is State.SENT and self._process is forks.process:
            self.end_interrupted()

    @property
    def is_over(self) -> bool:
        """Whether it has had its ending."""
        return self._state is State.ENDED

    def begin(self) -> None:
        """Write the prompt, before the request leaves."""
        engine, call = self.engine, self.observation
        if call.request.fetched_response is not None:
            return  # It fetches the answer to an earlier call, which is the one in the log.
        if get_current():  # there may be a span of the program's
            tracer: Any = engine.tracer  # a PrivateTracer
            call.trace_id, call.span_id, call.parent_span_id = tracer.new_ids()
        else:
            call.trace_id = f"{trace_bits(128) or 1:032x}"
            call.span_id = f"{trace_bits(64) or 1:016x}"
        self.log = log = engine.fallback_log
        if log is not None:
            log.begin(call)

    # -- streams ------------------------------------------------------------------------------

    def open_stream(self) -> None:
        """The answer will come in chunks."""
        if self._state is not State.SENT:
            return  # It has ended.
        self._state = State.STREAMING
        self.engine.streams.add(self)
        self.fold = Fold()
        self._flushed = clock.unix_nanos()

    def item(self, item: Any) -> None:
        """A chunk came, and goes on to the caller. Never raises."""
        if self._state is not _STREAMING or self._process is not forks.process:
            return
        try:
            now = clock.unix_nanos()
            text = self._read_text(item)
            if text is None:
                text = self._fold_chunk(item)
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
        call, fold = self.observation, self.fold
        if call.first_chunk_ms is None:
            call.first_chunk_ms = (clock.monotonic_nanos() - self._started) // 1000 / 1000
            self._read_text = self.surface.text
        delta = self.surface.delta(chunk)
        if delta is None or fold is None:
            return None
        if delta.response is not None and delta.response.failure is not None:
            self._note_credentials()
            delta = self.surface.delta(chunk) or delta  # read again, now that they are known
        fold.add(delta)
        return delta.text

    def _flush_chunks(self, now: int) -> None:
        self._flushed = now
        if self.log is not None:
            self.log.chunks(self.observation)

    # -- the ending ---------------------------------------------------------------------------

    def end(self, how: Ending, value: Any = None) -> None:
        """The call ended; the first ending counts. Never raises."""
        state = TRANSITIONS.get((self._state, how))
        if state is None or self._process is not forks.process:
            return  # It has ended; or a forked child leaves what its parent reads.
        self._state = state
        call = self.observation
        try:
            try:
                call.latency_ms = (clock.monotonic_nanos() - self._started) // 1000 / 1000
                call.ended = max(clock.unix_nanos(), call.started)
                response = self._readers[how](self, value)
                self._note(how, response)
                if call.request.fetched_response is not None and response is not None:
                    self._hand_over(call.request.fetched_response, response)
            except Exception:
                guard.report(f"ending a {self.engine.provider.name} call")
            try:
                self.record()
            except Exception:
                guard.report(f"writing the ending of a {self.engine.provider.name} call")
        except BaseException:
            self.end_interrupted()
            raise
        self.arguments = None

    def end_interrupted(self) -> None:
        """An interrupt cut the prompt or the ending short: complete it. Never raises."""
        end_interrupted(self, is_ending=self._state is State.ENDED)
        self._state, self.arguments = State.ENDED, None

    def _read_returned(self, body: Any) -> Response | None:
        try:
            if type(body) in _TEXTS and self.surface.json:
                self._note_credentials()
                self.observation.failure = failure_of_text(body)
                return None
            response = self.surface.response(body)
            is_mapping = type(body) is dict or isinstance(body, Mapping)  # the first is quick
            error = body.get("error") if is_mapping else None
            if response is None or (response.failure is None and not error):
                return response
            self._note_credentials()
            response = self.surface.response(body)  # again, now that they are known
            if response is not None and error:
                _note_error(response, error)
            return response  # noqa: TRY300 # most answers have returned above
        except Exception:
            guard.report(f"reading a {self.engine.provider.name} answer")
            return unread_response(body)

    def _read_answered(self, response: Response) -> Response | None:
        return response

    def _read_exhausted(self, _: None) -> Response | None:
        response = self._folded()
        ended = response.finish_reasons or response.status == "completed"
        if not ended and self.surface.sends_finish_reason:
            response.partial = True
        if self.observation.first_chunk_ms is None and self.http is not None:
            headers = getattr(self.http, "headers", None) or {}
            kind = headers.get("content-type")
            if kind and kind.startswith(_NO_STREAMS):
                message = f"the answer is no stream, its type is {kind}"
                response.failure = Failure("unknown", "invalid_response", message)
        return response

    def _read_left(self, _: None) -> Response | None:
        return self._folded(partial=True) if self.fold is not None else None

    def _read_raised(self, error: BaseException | Failure) -> Response | None:
        self.observation.failure = error if isinstance(error, Failure) else self._failure(error)
        fold = self.fold
        if fold is None:
            return self._read_refused() if self.http is not None else None
        return self._folded(partial=True) if fold.has_anything else None

    def _read_refused(self) -> Response | None:
        """The answer that came whole, and that the SDK raises for: it was paid for all the same."""
        try:
            status = self.observation.status_code
            if status is None or status >= _FIRST_ERROR:
                return None
            return self.surface.response(decode_json(self.http.content))
        except Exception:  # not read, or not JSON
            return None

    #: Reads what comes with each ending; gives the answer, as far as it came.
    _readers: ClassVar[dict[Ending, Callable[[Any, Any], Response | None]]] = {
        Ending.RETURNED: _read_returned,
        Ending.ANSWERED: _read_answered,
        Ending.EXHAUSTED: _read_exhausted,
        Ending.CLOSED: _read_left,
        Ending.ABANDONED: _read_left,
        Ending.RAISED: _read_raised,
    }

    def _note_credentials(self, *errors: BaseException) -> None:
        """Look up the credentials of the client that made the call, which has failed."""
        arguments = self.arguments
        if arguments is not None:
            client, package = arguments.instance, package_of(arguments.target.module)
            note_credentials(client, arguments.args, arguments.kwargs, package, *errors)

    def _failure(self, error: BaseException) -> Failure:
        self._note_credentials(error)
        try:
            return self.engine.provider.failure(error)
        except Exception:
            guard.report(f"reading a {self.engine.provider.name} error")
            return failure_of(error)

    def _folded(self, *, partial: bool = False) -> Response:
        try:
            return (self.fold or Fold()).result(partial=partial)
        except Exception:
            guard.report(f"folding a {self.engine.provider.name} stream")
            return Response(partial=True)

    def _note(self, how: Ending, response: Response | None) -> None:
        """Note how it ended; a call whose answer is still pending has no outcome yet."""
        call = self.observation
        if call.request_id is None and self.http is not None:
            call.request_id, cache = answer_headers(self.http)
            if cache is not None and response is not None:
                response.cost_unknown = response.cost_unknown or _FROM_CACHE.format(cache)
        call.response = response
        outcome, failure = None, call.failure
        if response is not None and not response.pending:
            says_more = response.failure is not None or response.outcome
            is_stop = response.finish_reasons == _STOP and not says_more
            outcome = "completed" if is_stop else judge(response)
            if failure is None:
                failure = call.failure = response.failure
        if failure is not None:
            failure.message = without_credentials(failure.message)
            failure.error_type = without_credentials(failure.error_type)
            if failure.provider_code is not None:
                failure.provider_code = without_credentials(failure.provider_code)
            call.outcome = failure.outcome
            call.status_code = failure.status_code or call.status_code
            call.request_id = failure.request_id or call.request_id
            call.attempts = failure.attempts or call.attempts
            return
        if response is not None and response.pending:
            self._wait(response)
            return
        if how is Ending.CLOSED or how is Ending.ABANDONED:
            call.outcome = how.value
        elif response is not None:
            call.outcome = outcome
        if call.status_code is None:
            call.status_code = 200

    def record(self) -> None:
        """Record the ending, if it is one: metrics and the log."""
        call, meters = self.observation, self.engine.meters
        if call.outcome is None:
            return
        if meters is not None and call.request.fetched_response is None:
            add_cost(call)  # The log prices its own ending.
            meters(call)
        if self.log is not None:
            self.log.end(call)

    # -- answers that a later call fetches ----------------------------------------------------

    def _wait(self, response: Response) -> None:
        if response.id and self.observation.request.fetched_response is None:
            self._state = State.PENDING
            self.engine.pending.keep(response.id, self)

    def _hand_over(self, response_id: str, response: Response) -> None:
        """Give what was fetched to the call that it answers, which has its ending now."""
        pending = self.engine.pending
        if response.finish_reasons or response.failure is not None:
            first = pending.pop(response_id)
            if first is not None:
                is_whole = self.fold is not None and self.fold.whole
                first.answer(response, self.observation, is_whole=is_whole)
        elif response.messages:
            first = pending.get(response_id)
            if first is not None:
                first.add_fetched(response, self.observation)

    def add_fetched(self, response: Response, fetch: Observation) -> None:
        """A later call fetched more of the answer, which is not whole yet."""
        self.observation.chunks += fetch.chunks
        earlier = self.observation.response
        if earlier is None:
            self.observation.response = response
        else:
            earlier.messages = joined(earlier.messages, response.messages)

    def answer(self, response: Response, fetch: Observation, *, is_whole: bool = False) -> None:
        """A later call fetched the rest of the answer, or all of it: this is the ending."""
        call = self.observation
        if call.response is not None and not is_whole:
            response.messages = joined(call.response.messages, response.messages)
        call.chunks += fetch.chunks
        call.request_id = fetch.request_id or call.request_id
        self._process = forks.process  # Whichever process fetches the answer has the ending.
        self.end(Ending.ANSWERED, response)

    def end_pending(self, *, may_have_ended: bool = False) -> None:
        """The answer will not be fetched by this program: say so, with what came of it.

        Args:
            may_have_ended: Whether a child may have fetched the answer.
        """
        call = self.observation
        if self._state is not State.PENDING or self._process is not forks.process:
            return
        self._state = State.ENDED
        if may_have_ended and has_ending(self):
            return
        call.outcome, call.ended = "pending", max(clock.unix_nanos(), call.started)
        if call.response is not None and call.response.messages:
            call.response.partial = True
        try:
            self.record()
        except Exception:
            guard.report(f"writing the ending of a {self.engine.provider.name} call")


def _note_error(response: Response, error: object) -> None:
    """Note the error of a body that has nothing else, as gateways send it with status 200."""
    if response.failure is None and not response.outcome:
        says_nothing = not any(
            message["parts"] or "finish_reason" in message for message in response.messages
        )
        is_empty = says_nothing and not response.vectors and not response.documents
        if is_empty and response.usage is None:
            response.messages, response.failure = [], failure_in_body(error)


def _no_text(chunk: Any) -> None:
    """No text alone: the first chunk also has the id and the model of the answer."""
