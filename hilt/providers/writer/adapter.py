"""Writer's SDK: a chat as OpenAI has it, and completions whose chunks are bare values."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.json_values import get_path
from hilt.genai.values import Delta, Target
from hilt.providers import _stainless
from hilt.providers._chat_completions import ChatCompletions, chat_request
from hilt.providers._completions import Completions, completion_request
from hilt.providers._http import Route, Routes
from hilt.providers._stainless import VERSION_PREFIX, StainlessAdapter

__all__ = ["Writer", "WriterCompletions"]


class WriterCompletions(Completions):
    """Answers of Writer's ``completions``: streamed, they are ``{"value": "some text"}``."""

    sends_finish_reason = False

    def delta(self, chunk: object) -> Delta | None:
        """What a chunk adds."""
        value = get_path(chunk, "value")
        return Delta(text=value) if isinstance(value, str) else super().delta(chunk)


class Writer(StainlessAdapter):
    """The ``writer-sdk`` package."""

    name = "writer"
    targets: tuple[Target, ...] = _stainless.targets("writerai")
    surfaces: Mapping[str, str] = {"chat": "chat", "completions": "create"}
    routes = Routes(
        Route("/chat", chat_request, ChatCompletions()),
        Route("/completions", completion_request, WriterCompletions()),
        prefix=VERSION_PREFIX,
    )
