"""What the place where a model runs adds to its price.

The price table has list prices. The providers publish what they add to them for a region; where
they do not, or it is not certain, `Unpriced` is raised.
"""

from __future__ import annotations

import re
from decimal import Decimal

from hilt.pricing.names import Unpriced

__all__ = ["regional_factor"]

_LIST_PRICE, _PREMIUM = Decimal(1), Decimal("1.1")
_CLAUDE = re.compile(r"claude-(?:[a-z]+)-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)")
_GEMINI = re.compile(r"gemini-(\d+)")
_OPENAI_AT_LIST_PRICE = re.compile(
    r"(?:ft:)?(?:gpt-[34]|gpt-5(?:$|-|\.[0-3])|gpt-image-1|chatgpt-4o|chatgpt-image|o[134](?:$|-)"
    r"|text-|whisper|tts-|dall-e|omni-moderation)"
)
_OPENAI_WITH_PREMIUM = re.compile(r"gpt-(?:5\.[4-9]|[6-9])")
_EVERYWHERE = frozenset(("global", "not_available"))

#: platform.claude.com/docs/en/build-with-claude/data-residency: from Opus 4.6 on
_CLAUDE_WITH_GEO = (4, 6)
#: cloud.google.com/vertex-ai/generative-ai/pricing: from Sonnet 4.5 on
_CLAUDE_ON_VERTEX = (4, 5)
_GEMINI_IN_REGIONS = 3


def regional_factor(
    provider_id: str, model_id: str, region: str | None, host: str | None
) -> Decimal:
    """By what the list prices of tokens are multiplied.

    Args:
        provider_id: The table's id of the provider.
        model_id: The table's id of the model.
        region: Where the answer says that the model ran.
        host: The server that was asked.
    """
    if provider_id == "anthropic":
        return _LIST_PRICE if region in (None, *_EVERYWHERE) else _for_geo(model_id, str(region))
    if provider_id == "google" and host and _is_regional(host):
        return _on_vertex(model_id, host)
    if provider_id == "openai" and host and host.endswith(".api.openai.com"):
        return _at_openai(model_id, host)
    return _LIST_PRICE


def _for_geo(model_id: str, region: str) -> Decimal:
    if not _is_since(model_id, _CLAUDE_WITH_GEO):
        return _LIST_PRICE
    if region == "us":
        return _PREMIUM
    raise Unpriced(f"no price for model {model_id} in region {region}")


def _is_since(model_id: str, first: tuple[int, int]) -> bool:
    """Whether a model of Anthropic's is of that version or a later one."""
    version = _CLAUDE.search(model_id)
    return version is not None and (int(version[1]), int(version[2] or 0)) >= first


def _is_regional(host: str) -> bool:
    """Whether a host of Vertex AI is one region's, or one of several regions."""
    return host.endswith(("-aiplatform.googleapis.com", ".rep.googleapis.com"))


def _on_vertex(model_id: str, host: str) -> Decimal:
    if model_id.startswith("claude"):
        return _PREMIUM if _is_since(model_id, _CLAUDE_ON_VERTEX) else _LIST_PRICE
    version = _GEMINI.match(model_id)
    if version is not None and int(version[1]) >= _GEMINI_IN_REGIONS:
        raise Unpriced(f"no price for model {model_id} at the regional host {host}")
    return _LIST_PRICE


def _at_openai(model_id: str, host: str) -> Decimal:
    """developers.openai.com/api/docs/pricing: 10 % more for what came out since 2026-03-05."""
    if _OPENAI_WITH_PREMIUM.match(model_id):
        return _PREMIUM
    if _OPENAI_AT_LIST_PRICE.match(model_id):
        return _LIST_PRICE
    raise Unpriced(f"no price for model {model_id} at the regional host {host}")
