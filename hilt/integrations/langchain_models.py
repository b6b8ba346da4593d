"""The calls of LangChain's models, logged through an engine, with what the SDK below knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hilt._context import get_context
from hilt.core.event_writer import EventWriter
from hilt.core.guard import guard
from hilt.genai.normalize import unread_response
from hilt.genai.values import Arguments, Request, Surface, Target
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.framework_calls import FrameworkCall, running_calls
from hilt.instrumentation.handed_over import enrich, enriched_response
from hilt.instrumentation.interrupted_calls import interruption
from hilt.instrumentation.observer import Ending
from hilt.integrations.langchain_runs import Run

__all__ = ["ModelCalls"]

_TARGET = Target("langchain_core.callbacks", "BaseCallbackHandler", stream=None)


class ModelCalls:
    """Logs the calls of models.

    While the SDK of the provider makes the call, an instrumentor of the SDK does not log it again,
    but leaves here what it knows better.

    Args:
        engine: Makes the spans and events.
        session: Where the events go; None follows `hilt.get_context`.
    """

    def __init__(self, engine: Engine, session: EventWriter | None) -> None:
        self._engine = engine
        self._session = session

    def start(self, run: Run, messages: Sequence[object], kwargs: Mapping[str, object]) -> None:
        """Write the prompt.

        Args:
            run: The run of the model.
            messages: LangChain's messages, or texts to complete.
            kwargs: The keyword arguments of the callback.
        """
        arguments = Arguments(_TARGET, None, (messages, kwargs, run.metadata or {}), {})
        request = self._engine.provider.request(arguments)
        if request is None:
            return
        call = run.call = self._call(run, kwargs, *request)
        observation = call.observation
        observation.session = self._session or get_context().session
        observation.conversation = observation.conversation or run.session_id
        observation.provenance = run.provenance
        call.open_stream()
        with run.below_parent():
            call.begin()
        run.span = call.span
        run.framework_call = FrameworkCall(request[0], run.id, observation.conversation)
        run.framework_call.start()

    def _call(
        self, run: Run, kwargs: Mapping[str, object], request: Request, surface: Surface
    ) -> Call:
        """The call of a run.

        A model that begins while another runs makes that one's call. The models that begin in one
        context one after the other are those of several prompts, whose number LangChain gives.
        """
        running = running_calls(but=run.id) if kwargs.get("batch_size") == 1 else None
        if running is not None:
            return running.call_for(self._engine, request, surface)
        return self._engine.call_type(self._engine, request, surface)

    def chunk(self, run: Run, token: object, chunk: object) -> None:
        """Write a chunk. Never raises."""
        if run.call is None:
            return
        if run.framework_call is not None:
            run.framework_call.over = True  # the SDK has made its call by now
        run.call.item((token if isinstance(token, str) else "", chunk))

    def end(self, run: Run, result: object) -> None:
        """Write the completion."""
        call = run.call
        if call is None or run.framework_call is None:
            return
        run.framework_call.end()
        try:
            response = call.surface.response(result)
        except Exception:  # the call has ended, and so does its log, whatever LangChain returned
            guard.report("reading an answer of LangChain")
            response = unread_response(result)
        sdk_call = run.framework_call.observation(response)
        enrich(call.observation, sdk_call, run.framework_call.attempts)
        response = enriched_response(response, sdk_call, run.framework_call)
        call.end(Ending.ANSWERED, response)

    def fail(self, run: Run, error: BaseException) -> None:
        """Write how the call failed; a stream that the caller left has been closed."""
        if run.call is None or run.framework_call is None:
            return
        run.framework_call.end()
        if isinstance(error, GeneratorExit):
            run.call.end(Ending.CLOSED)
            return
        sdk_call = run.framework_call.observation()
        enrich(run.call.observation, sdk_call, run.framework_call.attempts)
        failure = sdk_call.failure if sdk_call is not None else None
        answer = sdk_call.response if sdk_call is not None and failure is None else None
        if answer is None:
            run.call.end(Ending.RAISED, failure or error)
        else:  # it came, and was paid for: LangChain, or the SDK, raised for what is in it
            run.call.observation.failure = self._engine.provider.failure(error)
            run.call.end(Ending.ANSWERED, answer)

    def interrupt(self, run: Run) -> None:
        """An interrupt ended the run, and LangChain does not report that. Never raises."""
        if run.framework_call is None:
            if run.call is not None:
                run.call.end_interrupted()  # while the prompt was written
            return
        run.framework_call.over = True
        if run.call is not None:
            run.call.end(Ending.RAISED, interruption())
