"""Logging an answer that the program has already, whichever SDK it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt.core.arguments import text_checked
from hilt.core.event_writer import EventWriter
from hilt.genai.values import Request
from hilt.instrumentation.observer import Ending
from hilt.integrations.answer_kinds import kind_of, provider_of
from hilt.integrations.arguments import plain_messages
from hilt.integrations.manual import ManualCall
from hilt.providers._chat_messages import message_of

__all__ = ["log_response"]


def log_response(
    session: EventWriter,
    response: Any,
    *,
    user_message: str,
    provider: str | None = None,
    model: str | None = None,
    system_prompt: str | None = None,
    session_id: str | None = None,
    latency_ms: float | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Log a prompt and the answer to it, with tokens, cost and tool calls.

    An answer with embeddings is logged as ``embedding``, a reranking as ``rerank``.

    >>> log_response(session, answer, user_message="Hello")  # doctest: +SKIP

    Args:
        session: An open `hilt.Session`.
        response: What a supported SDK returned, or its JSON as a dict.
        user_message: What the user said.
        provider: Who answered, as ``gen_ai.provider.name``; found out from the answer if None.
            Many give chat completions: for a dict of theirs, say ``"groq"``, ``"together"``, ...
        model: The model asked for; the one that answered if None.
        system_prompt: Instructions that stood before it.
        session_id: The conversation, as given; that of `hilt.conversation` if not.
        latency_ms: How long the answer took, if known.
        provenance: Further facts about where it comes from.

    Raises:
        ConfigurationError: If the answer is of no known kind, or an argument is wrong.
        SessionError: If ``session`` is not one.
    """
    kind = kind_of(response)
    surface = kind.surface
    answer = surface.response(response)
    request = Request(
        kind.operation,
        text_checked("provider", provider) or provider_of(response, kind),
        model=text_checked("model", model) or answer.model,
        messages=plain_messages(user_message, system_prompt),
        read=message_of,
    )
    call = ManualCall(
        session,
        request,
        surface,
        session_id=session_id,
        provenance=provenance,
        is_timed=False,
        latency_ms=latency_ms,
    )
    with call:
        call.end(Ending.ANSWERED, answer)
