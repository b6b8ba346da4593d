"""``vllm.LLM``; vLLM's server is logged by the clients that call it."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.outcome import failure_of
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers._chat_messages import message_of
from hilt.providers.vllm.answers import Beams, Completions, Vectors
from hilt.providers.vllm.hooks import EMBED, ENQUEUE, PROMPTS, WAIT
from hilt.providers.vllm.prompts import prompt_message, sampling_attributes

__all__ = ["VLLM"]

_LLM = "vllm.entrypoints.llm"
_BEAMS = "vllm.entrypoints.generate.beam_search.offline"
_POOLING = "vllm.entrypoints.pooling.offline"
_COMPLETIONS, _BEAM_SEARCH, _VECTORS = Completions(), Beams(), Vectors()


class VLLM:
    """The ``vllm`` package: its class for offline inference."""

    name = "vllm"
    targets: tuple[Target, ...] = (
        Target(_LLM, "LLM.generate", PROMPTS),
        Target(_LLM, "LLM.chat", PROMPTS, "chat"),
        Target(_LLM, "LLM.beam_search", PROMPTS, "beam_search", optional=True),  # up to 0.22 or so
        Target(_BEAMS, "BeamSearchOfflineMixin.beam_search", PROMPTS, "beam_search", optional=True),
        Target(_LLM, "LLM.enqueue", ENQUEUE, optional=True),
        Target(_LLM, "LLM.enqueue_chat", ENQUEUE, "chat", optional=True),
        Target(_LLM, "LLM.wait_for_completion", WAIT, optional=True),
        Target(_LLM, "LLM.embed", EMBED, "embed", optional=True),  # up to 0.22 or so
        Target(_POOLING, "PoolingOfflineMixin.embed", EMBED, "embed", optional=True),
    )
    surfaces: Mapping[str, str] = {
        "LLM": "generate, chat, beam_search, enqueue, enqueue_chat, wait_for_completion, embed"
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """One prompt or chat; all that are to be embedded."""
        surface = call.target.surface
        model, prompt, parameters = call.args
        request = Request("text_completion", "vllm", model=model)
        if surface == "embed":
            request.operation = "embeddings"
            request.messages, request.read = prompt, prompt_message
            return request, _VECTORS
        request.attributes = sampling_attributes(parameters)
        if surface == "chat":
            request.operation = "chat"
            request.messages, request.read = prompt, message_of
            request.tools = call.kwargs.get("tools") or None
            return request, _COMPLETIONS
        request.messages, request.read = [prompt], prompt_message
        return request, _BEAM_SEARCH if surface == "beam_search" else _COMPLETIONS

    def failure(self, error: BaseException) -> Failure:
        """Why the engine raised."""
        return failure_of(error)
