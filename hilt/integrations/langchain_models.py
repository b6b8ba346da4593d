"""The calls of LangChain's models, logged through an engine, with what the SDK below knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hilt._context import OUTER, OuterCall, get_context, put_back
from hilt.core.event_writer import EventWriter
from hilt.core.guard import guard
from hilt.genai.fold import merge_response
from hilt.genai.normalize import unread_response
from hilt.genai.observation import Observation
from hilt.genai.values import Arguments, Response, Target
from hilt.instrumentation.engine import Engine
from hilt.instrumentation.observer import Ending
from hilt.integrations.langchain_runs import Run

__all__ = ["ModelCalls"]

_TARGET = Target("langchain_core.callbacks", "BaseCallbackHandler", stream=None)


class ModelCalls:
    """Logs the calls of models.

    While the SDK of the provider makes the call, it is the outer call: an instrumentor of the SDK
    does not log it again, but leaves here what it knows better.

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
        call = run.call = self._engine.call_type(self._engine, *request)
        observation = call.observation
        observation.session = self._session or get_context().session
        observation.conversation = observation.conversation or run.session_id
        observation.provenance = run.provenance
        call.open_stream()
        with run.below_parent():
            call.begin()
        run.span = call.span
        run.outer, run.previous_outer = OuterCall(), OUTER.get()
        try:
            OUTER.set(run.outer)
        except BaseException:  # an interrupt right after it: LangChain reports no end of the run
            run.outer.over = True
            raise

    def chunk(self, run: Run, token: object, chunk: object) -> None:
        """Write a chunk. Never raises."""
        if run.call is None:
            return
        if run.outer is not None:
            run.outer.over = True  # the SDK has made its call by now
        run.call.item((token if isinstance(token, str) else "", chunk))

    def end(self, run: Run, result: object) -> None:
        """Write the completion."""
        _end_outer(run)
        call = run.call
        if call is None:
            return
        sdk_call = _sdk_observation(run)
        _enrich(call.observation, sdk_call)
        try:
            response = call.surface.response(result)
        except Exception:  # the call has ended, and so does its log, whatever LangChain returned
            guard.report("reading an answer of LangChain")
            response = unread_response(result)
        response = _merged(response, sdk_call.response if sdk_call is not None else None)
        call.end(Ending.ANSWERED, response)

    def fail(self, run: Run, error: BaseException) -> None:
        """Write how the call failed; a stream that the caller left has been closed."""
        _end_outer(run)
        if run.call is None:
            return
        if isinstance(error, GeneratorExit):
            run.call.end(Ending.CLOSED)
            return
        sdk_call = _sdk_observation(run)
        _enrich(run.call.observation, sdk_call)
        failure = sdk_call.failure if sdk_call is not None else None
        run.call.end(Ending.RAISED, failure or error)


def _end_outer(run: Run) -> None:
    if run.outer is None:
        return
    run.outer.over = True
    # The run may end in another context than the one that it began in.
    put_back(OUTER, run.outer, run.previous_outer)


def _sdk_observation(run: Run) -> Observation | None:
    """What an instrumentor of the SDK has observed of the same call."""
    observation: Observation | None = run.outer.observation if run.outer is not None else None
    return observation


def _enrich(observation: Observation, sdk_call: Observation | None) -> None:
    """Take over what only the SDK knows of a call."""
    if sdk_call is None:
        return
    observation.status_code = sdk_call.status_code
    observation.request_id = sdk_call.request_id
    observation.attempts = sdk_call.attempts or observation.attempts
    observation.sdk = sdk_call.sdk or observation.sdk
    request = observation.request
    request.server_address = request.server_address or sdk_call.request.server_address
    request.server_port = request.server_port or sdk_call.request.server_port
    observation.origin = None  # so that it is computed again, from what is known now


def _merged(response: Response, sdk_response: Response | None) -> Response:
    """LangChain's response, completed by the SDK's; the messages stay LangChain's.

    The usage is that of one of them, since a mixture would be nobody's count.
    """
    if sdk_response is None:
        return response
    messages = response.messages or sdk_response.messages
    usage, raw_usage = response.usage, response.raw_usage
    response.usage = response.raw_usage = None
    merge_response(response, sdk_response)
    if response.usage is None:
        response.usage, response.raw_usage = usage, raw_usage
    response.messages, response.partial = messages, False
    return response
