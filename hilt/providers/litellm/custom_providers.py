"""LiteLLM: providers that the program itself has written, each a handler that answers.

A handler may ask the SDK of a provider, LiteLLM again, or send HTTP requests of its own, once or
more often. So its call is like that of a framework: the request that an SDK makes for it gives
provider, usage and cost, and every further one is a call of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from hilt._context import FRAMEWORK_CALLS
from hilt.core.guard import guard
from hilt.genai.json_values import get_path
from hilt.genai.values import Arguments, Response
from hilt.instrumentation.enclosing_calls import EnclosingCall, call_with, call_with_async
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.framework_calls import FrameworkCall, FrameworkCalls, running_calls
from hilt.instrumentation.handed_over import enrich, enriched_response
from hilt.instrumentation.observer import Ending
from hilt.pricing.names import Unpriced, price_provider_of
from hilt.providers._hosts import provider_of_host
from hilt.providers.litellm.model_names import listed_provider_of, provider_of_model

__all__ = ["CustomProviderCall", "is_custom"]

R = TypeVar("R")


def is_custom(provider: str) -> bool:
    """Whether the program has given LiteLLM a handler for this provider."""
    handlers = get_path(sys.modules.get("litellm"), "custom_provider_map") or ()
    return any(get_path(each, "provider") == provider for each in handlers)


class CustomProviderCall(EnclosingCall):
    """A call that a handler of the program answers."""

    __slots__ = ("_host", "_model", "framework")
    call: Call

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        request = call.observation.request
        self._model = request.provider, request.model
        self._host: str | None = None  #: where the handler sent a request that no adapter observes
        self.framework = FrameworkCall(request, self, call.observation.conversation)
        self.framework.start()

    def includes(self, engine: Engine) -> bool:
        """What begins now is observed: `FrameworkCall` says whether it is this call."""
        return False

    def is_made_by(self, arguments: Arguments) -> bool:
        """Whether this is another of LiteLLM's functions, on the way to the handler."""
        kwargs = arguments.kwargs
        model = str(arguments.get(0, "model") or "")
        named = provider_of_model(model, kwargs.get("custom_llm_provider"))
        return not self.over and named == self._model

    def advance(self, function: Callable[..., R], /, *args: Any) -> R:
        """Advance a stream, in which the handler may send its request."""
        calls = self._resumed()
        advance: Callable[..., R] = super().advance
        try:
            return call_with(FRAMEWORK_CALLS, calls, advance, function, *args)
        finally:
            self.framework.over = True

    async def advance_async(self, function: Any, /, *args: Any) -> Any:
        """The same for a coroutine function."""
        calls = self._resumed()
        try:
            return await call_with_async(
                FRAMEWORK_CALLS, calls, super().advance_async, function, *args
            )
        finally:
            self.framework.over = True

    def _resumed(self) -> FrameworkCalls:
        self.framework.over = False
        running = running_calls(but=self)
        return FrameworkCalls((*(running.calls if running else ()), self.framework))

    def pause(self) -> None:
        """The handler goes on when its stream is advanced."""
        super().pause()
        self.framework.end()

    def takes_http_request(self, host: str | None) -> bool:
        """Whether a request to a model's host that no adapter observes is the call: the first."""
        if host is None or self.over or self._host is not None or self.framework.claims:
            return False
        self._host = host
        return True

    def end(self, how: Ending, value: Any = None) -> None:
        """The call ended, and its request, if an SDK made it, is the one that was paid for."""
        self.over = True
        self.framework.end()
        try:
            how, value = self._ending(how, value)
        except Exception:
            guard.report("reading what an SDK has observed for LiteLLM")
        self.call.end(how, value)

    def _ending(self, how: Ending, value: Any) -> tuple[Ending, Any]:
        call, framework = self.call, self.framework
        response: Response | None = None
        if how is Ending.RETURNED:
            response = call.surface.response(value)
        elif how is Ending.EXHAUSTED and call.fold is not None:
            response = call.fold.result()
        sdk_call = framework.observation(response)
        enrich(call.observation, sdk_call or framework.claimed, framework.attempts)
        if framework.claimed is None:
            self._take_provider_of_host()
            if response is not None and how is Ending.RETURNED:
                assume_price(call, response)
        if sdk_call is not None and how is Ending.RAISED:
            return how, sdk_call.failure or value
        if response is None or sdk_call is None or sdk_call.response is None:
            return how, value
        return Ending.ANSWERED, enriched_response(response, sdk_call, framework)

    def _take_provider_of_host(self) -> None:
        provider = provider_of_host(self._host, None, "")
        if provider:
            observation = self.call.observation
            observation.request.provider, observation.origin = provider, None
            observation.request.server_address = self._host


def assume_price(call: Call, response: Response) -> None:
    """Price a model whose name LiteLLM knows, although nobody knows who has sold it."""
    request = call.observation.request
    if request.server_address is not None:
        return
    for model in (response.model, request.model):
        provider = listed_provider_of(model) if model else None
        if provider is not None:
            with suppress(Unpriced):
                request.provider_hint = price_provider_of(provider, str(model))[0]
                request.price_assumed = True
            return
