"""The usage of an answer as a log keeps it, read again, so that its cost can be computed again.

A log has the provider's own counts (``provenance.usage``), in the shape of whichever API answered,
and the few that all have in common (``metrics.tokens``). A shape is recognised by the result: what
reads the provider's counts right gives the common ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hilt.genai.values import Usage
from hilt.providers._chat_completions import usage_of as chat_usage
from hilt.providers.anthropic.usage import usage_of as anthropic_usage
from hilt.providers.bedrock.converse import usage_of as converse_usage
from hilt.providers.cohere.fields import usage_of as cohere_usage
from hilt.providers.gemini.interactions import usage_of as interactions_usage
from hilt.providers.gemini.usage import usage_of as gemini_usage

__all__ = ["usage_of_log"]

_READERS: tuple[Callable[[object], Usage | None], ...] = (
    chat_usage,
    anthropic_usage,
    gemini_usage,
    lambda raw: cohere_usage(raw)[0],
    lambda raw: converse_usage(raw)[0],
    interactions_usage,
)
_COMMON = ("prompt", "completion", "cached", "cache_write", "reasoning", "audio")


def usage_of_log(raw: object, tokens: Mapping[str, int] | None) -> tuple[Usage | None, str | None]:
    """The usage, or why it is not known.

    Args:
        raw: ``provenance.usage``.
        tokens: ``metrics.tokens``.
    """
    if not raw and not tokens:
        return None, "the provider sent no usage"
    if raw:
        for read in _READERS:
            usage, problem = _reconciled(read, raw)
            if usage is not None and _agrees(usage, tokens or {}):
                return usage, problem
    if not tokens or tokens.get("audio"):
        return None, "the usage in the log cannot be read again"
    get = tokens.get
    return Usage(
        get("prompt"),
        get("completion"),
        get("total"),
        get("cached"),
        get("cache_write"),
        None,
        get("reasoning"),
    ), None


def _reconciled(
    read: Callable[[object], Usage | None], raw: object
) -> tuple[Usage | None, str | None]:
    try:
        usage = read(raw)
        problem = usage.reconcile() if usage is not None else None
    except (AttributeError, TypeError, ValueError):  # another program's log may have anything there
        return None, None
    return usage, problem


def _agrees(usage: Usage, tokens: Mapping[str, int]) -> bool:
    """Whether a usage has the counts that the log has, and has any."""
    audio = (usage.input_audio_tokens or 0) + (usage.output_audio_tokens or 0)
    counts = (
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.reasoning_tokens,
        audio,
    )
    for name, count in zip(_COMMON, counts, strict=True):
        if (count or 0) != tokens.get(name, 0):
            return False
    return any(counts) or bool(usage.units)
