"""Pipelines of ``transformers`` that generate text."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.outcome import failure_of
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers._message_parts import text_message
from hilt.providers.transformers.generation import Generation
from hilt.providers.transformers.hooks import FORWARD, PREPROCESS, STREAMED_TEXT, STREAMED_TOKENS
from hilt.providers.transformers.messages import message_of

__all__ = ["Transformers"]

_GENERATION = Generation()
_STREAMING = "transformers.generation.streamers"
_STREAMERS = ("TextStreamer", "TextIteratorStreamer", "AsyncTextIteratorStreamer")


class Transformers:
    """The ``transformers`` package: pipelines; its models alone have no texts."""

    name = "transformers"
    targets: tuple[Target, ...] = (
        Target("transformers.pipelines.base", "Pipeline.forward", FORWARD),
        Target(
            "transformers.pipelines.text_generation",
            "TextGenerationPipeline.preprocess",
            PREPROCESS,
            optional=True,
        ),
        Target(_STREAMING, "TextStreamer.put", STREAMED_TOKENS, optional=True),
        *(
            Target(
                _STREAMING,
                f"{name}.on_finalized_text",
                STREAMED_TEXT,
                optional=True,
            )
            for name in _STREAMERS
        ),
    )
    surfaces: Mapping[str, str] = {"pipeline": "text-generation, image-text-to-text, any-to-any"}

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """One prompt of those that a pipeline is given."""
        prompt = call.args[0]
        request = Request(
            "text_completion" if prompt.messages is None else "chat",
            "transformers",
            model=prompt.model,
            attributes=prompt.settings.attributes(),
            tools=prompt.tools,
            stream=prompt.is_streamed,
        )
        if prompt.messages is None:
            request.messages = [text_message("user", "" if prompt.value is None else prompt.value)]
        else:
            request.messages, request.read = prompt.messages, message_of
        return request, _GENERATION

    def failure(self, error: BaseException) -> Failure:
        """Why a model raised."""
        return failure_of(error)
