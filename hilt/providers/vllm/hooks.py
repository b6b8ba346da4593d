"""``vllm.LLM``: each prompt is a call, also where its answer is waited for later.

``chat`` calls ``generate`` in some releases, and ``beam_search`` does so for each token: what they
call is part of their calls.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

from hilt.core.guard import guard
from hilt.genai.coerce import as_list
from hilt.genai.json_values import get_path
from hilt.genai.values import Arguments, Target
from hilt.instrumentation.call_groups import CallGroup, GroupHook
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.wrapping import observing
from hilt.providers.vllm.answers import latency_of
from hilt.providers.vllm.prompts import chats_of, model_of, parameters_of, prompts_of

__all__ = ["EMBED", "ENQUEUE", "PROMPTS", "WAIT"]

_queued: weakref.WeakKeyDictionary[Any, dict[str, Call]] = weakref.WeakKeyDictionary()
"""By model, the calls whose answers a later function returns, by their request ids."""


class _Prompts:
    """A method that is given prompts or chats, and returns an output for each."""

    encloses = True

    def requests(self, engine: Engine, call: Arguments) -> tuple[list[Arguments], object]:
        """A request for each prompt."""
        is_chat = call.target.surface == "chat"
        given = call.get(0, "messages" if is_chat else "prompts")
        if given is None:  # as it was up to 0.10
            given = call.kwargs["prompt_token_ids"]
        prompts = chats_of(given) if is_chat else prompts_of(given)
        name = "params" if call.target.surface == "beam_search" else "sampling_params"
        parameters = parameters_of(call.get(1, name), len(prompts))
        model = model_of(call.instance)
        requests = [
            Arguments(call.target, None, (model, prompt, each), {"tools": call.kwargs.get("tools")})
            for prompt, each in zip(prompts, parameters)  # noqa: B905 # vLLM refuses others
        ]
        return requests, call.instance

    def begun(self, group: CallGroup) -> None:
        """Nothing is missing."""

    def end(self, group: CallGroup, result: Any) -> None:
        """Outputs are in the order of the prompts, after those of prompts that had waited."""
        outputs = as_list(result)
        own = outputs[-len(group.calls) :]
        _end_queued(group.source, outputs[: -len(group.calls)])
        for call, output in zip(group.calls, own):  # noqa: B905 # the rest is ended by `GroupHook`
            if call is not None:
                _end(call, output)


class _Enqueue(_Prompts):
    """A method that is given prompts, and returns the ids of requests that wait."""

    def end(self, group: CallGroup, result: Any) -> None:
        """Keep the calls for those who wait for their answers."""
        calls = _queued.setdefault(group.source, {})
        for call, request_id in zip(group.calls, as_list(result)):  # noqa: B905 # as many
            if call is None:
                continue
            call.open_stream()  # What nobody waits for is abandoned, as a stream that nobody reads.
            calls[_id(request_id)] = call


def _id(request_id: Any) -> str:
    """A request's id, to which the engine may have added something of its own."""
    return str(request_id).partition("-")[0]


def _end_queued(model: Any, outputs: Sequence[Any]) -> None:
    calls = _queued.get(model) or {}
    for output in outputs:
        call = calls.pop(_id(get_path(output, "request_id")), None)
        if call is not None:
            _end(call, output)


def _end(call: Call, output: Any) -> None:
    try:
        latency = latency_of(output)
        if latency is not None:
            noted = call.observation.extensions or {}
            call.observation.extensions = {**noted, "latency_ms": latency}
    except Exception:
        guard.report("reading the statistics of vLLM")
    call.end(Ending.RETURNED, output)


class _Embed:
    """``embed``, which makes one call for all that it is given; it calls ``encode``."""

    encloses = True

    def requests(self, engine: Engine, call: Arguments) -> tuple[list[Arguments], object]:
        """One request."""
        prompts = prompts_of(call.get(0, "prompts"))
        request = Arguments(call.target, None, (model_of(call.instance), prompts, None), {})
        return [request], call.instance

    def begun(self, group: CallGroup) -> None:
        """Nothing is missing."""

    def end(self, group: CallGroup, result: Any) -> None:
        """All vectors are its answer."""
        group.end(Ending.RETURNED, result)


class _Waiting:
    """One use of the method that waits for answers."""

    __slots__ = ("engine", "model")

    def __init__(self, engine: Engine, model: Any) -> None:
        self.engine = engine
        self.model = model

    def end(self, how: Ending, value: Any = None) -> None:
        """The calls that it waited for have failed, or some of them have answers."""
        try:
            if how is Ending.RAISED:
                for call in (_queued.pop(self.model, None) or {}).values():
                    call.end(how, value)
            else:
                _end_queued(self.model, as_list(value))
        except Exception:
            guard.report("reading the answers of vLLM")


class _Wait:
    """``wait_for_completion``, which returns the outputs of all requests that wait."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that changes nothing."""

        def begin(arguments: Arguments) -> _Waiting | None:
            return _Waiting(engine, arguments.instance) if arguments.instance in _queued else None

        def observe(waiting: _Waiting, result: Any) -> Any:
            waiting.end(Ending.RETURNED, result)
            return result

        return observing(engine, target, original, begin, observe)


PROMPTS = GroupHook(_Prompts())
"""``generate``, ``chat`` and ``beam_search``."""

ENQUEUE = GroupHook(_Enqueue())
"""``enqueue`` and ``enqueue_chat``."""

EMBED = GroupHook(_Embed())
"""``embed``."""

WAIT = _Wait()
"""``wait_for_completion``."""
