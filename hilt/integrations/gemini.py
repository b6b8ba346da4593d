"""Google's Gemini by hand: log an answer that the program has."""

from __future__ import annotations

from typing import Any

from hilt.core.event_writer import EventWriter
from hilt.integrations.responses import log_response

__all__ = ["log_gemini_interaction"]


def log_gemini_interaction(
    session: EventWriter,
    *,
    user_message: str,
    response: Any,
    model: str | None = None,
    system_prompt: str | None = None,
    session_id: str | None = None,
    latency_ms: float | None = None,
) -> None:
    """Log a prompt and Gemini's answer; text comes from the candidates' parts.

    >>> result = model.generate_content("Summarise the Solar System")  # doctest: +SKIP
    >>> log_gemini_interaction(session, user_message="...", response=result)  # doctest: +SKIP

    Args:
        session: An open `hilt.Session`.
        user_message: What the user said.
        response: A ``GenerateContentResponse`` of google-genai or google-generativeai, or its
            JSON as a dict; counts come from ``usageMetadata`` or ``usage_metadata``.
        model: The model asked for; the one that answered if None.
        system_prompt: Instructions that stood before it.
        session_id: The conversation, as given; that of `hilt.conversation` if not.
        latency_ms: How long the answer took, if known.

    Raises:
        ConfigurationError: If the answer is of no known kind, or an argument is wrong.
        SessionError: If ``session`` is not one.
    """
    log_response(
        session,
        response,
        user_message=user_message,
        provider="gcp.gemini",
        model=model,
        system_prompt=system_prompt,
        session_id=session_id,
        latency_ms=latency_ms,
    )
