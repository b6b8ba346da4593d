"""Together's SDK: chat completions as OpenAI has them, and completions nearly so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt.genai.providers import stainless
from hilt.genai.providers.chat_completions import ChatCompletions, Completions
from hilt.genai.providers.stainless_chat import (
    Route,
    StainlessChat,
    chat_request,
    completion_request,
)
from hilt.genai.reading import pick
from hilt.genai.values import Delta, Target

__all__ = ["Together", "TogetherCompletions"]


class TogetherCompletions(Completions):
    """Answers of Together's ``completions``, whose chunks are built like those of a chat."""

    def delta(self, chunk: Any) -> Delta | None:
        """What a chunk adds; the reason to finish may stand outside the choices."""
        found = super().delta(chunk)
        reason = pick(chunk, "finish_reason")
        if found is not None and reason:
            found.finish_reasons = {**(found.finish_reasons or {}), 0: str(reason)}
        return found

    def _add_choice(self, found: Delta, choice: Any) -> None:
        if pick(choice, "text"):
            super()._add_choice(found, choice)
        else:
            ChatCompletions._add_choice(self, found, choice)  # noqa: SLF001 # its grandparent's


class Together(StainlessChat):
    """The ``together`` package, from 2.0: earlier ones were made another way."""

    name = "together"
    package = "together"
    distribution = "together"
    targets: tuple[Target, ...] = stainless.targets("together")
    surfaces: Mapping[str, str] = {"chat.completions": "create", "completions": "create"}
    routes = (
        Route("/chat/completions", chat_request, ChatCompletions()),
        Route("/completions", completion_request, TogetherCompletions()),
    )
