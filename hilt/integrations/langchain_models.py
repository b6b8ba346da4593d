"""The calls of LangChain's models, logged through an engine, with what the SDK below knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hilt._context import get_context
from hilt.core.event_writer import EventWriter
from hilt.core.guard import guard
from hilt.genai.fold import merge_response
from hilt.genai.json_values import text_of
from hilt.genai.normalize import unread_response
from hilt.genai.observation import Observation
from hilt.genai.values import Arguments, Request, Response, Surface, Target
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.framework_calls import FrameworkCall, running_calls
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
        sdk_call = run.framework_call.observation(response.id)
        _enrich(call.observation, sdk_call, run.framework_call.attempts)
        if sdk_call is not None and sdk_call.response is not None:
            is_other = run.framework_call.others and not _has_text_of(response, sdk_call.response)
            response = sdk_call.response if is_other else _merged(response, sdk_call.response)
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
        _enrich(run.call.observation, sdk_call, run.framework_call.attempts)
        failure = sdk_call.failure if sdk_call is not None else None
        run.call.end(Ending.RAISED, failure or error)


def _enrich(observation: Observation, sdk_call: Observation | None, attempts: int | None) -> None:
    """Take over what only the SDK knows of a call."""
    if sdk_call is None:
        return
    observation.status_code = sdk_call.status_code
    observation.request_id = sdk_call.request_id
    observation.attempts = attempts or sdk_call.attempts or observation.attempts
    observation.sdk = sdk_call.sdk or observation.sdk
    request, sent = observation.request, sdk_call.request
    if request.provider != sent.provider:  # a model of one's own, around the SDK
        request.provider, request.model = sent.provider, sent.model or request.model
    request.provider_hint = request.provider_hint or sent.provider_hint
    request.price_assumed = request.price_assumed or sent.price_assumed
    request.cost_unknown = request.cost_unknown or sent.cost_unknown
    request.server_address = request.server_address or sdk_call.request.server_address
    request.server_port = request.server_port or sdk_call.request.server_port
    observation.origin = None  # so that it is computed again, from what is known now


def _has_text_of(response: Response, sdk_response: Response) -> bool:
    return [text_of(each["parts"]) for each in response.messages] == [
        text_of(each["parts"]) for each in sdk_response.messages
    ]


def _merged(response: Response, sdk_response: Response) -> Response:
    """LangChain's response, completed by the SDK's; the messages stay LangChain's.

    The usage is that of one of them, since a mixture would be nobody's count.
    """
    messages = response.messages or sdk_response.messages
    usage, raw_usage = response.usage, response.raw_usage
    response.usage = response.raw_usage = None
    merge_response(response, sdk_response)
    if response.usage is None:
        response.usage, response.raw_usage = usage, raw_usage
    response.messages, response.partial = messages, False
    return response
