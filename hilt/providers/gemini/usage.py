"""Token counts of Gemini's answers."""

from __future__ import annotations

from hilt.genai.coerce import count_or_none, list_or_empty
from hilt.genai.values import Usage
from hilt.providers._counts import first_count, sum_of_counts
from hilt.providers.gemini.parts import enum_name, get_field

__all__ = ["usage_of"]


def usage_of(usage: object) -> Usage | None:
    """Token counts of a ``usageMetadata``.

    Thoughts and the results of built-in tools are counted apart from candidates and prompt: the
    total is the sum of the four (https://ai.google.dev/api/generate-content#UsageMetadata).
    """
    if not usage:
        return None
    thoughts = get_field(usage, "thoughtsTokenCount")
    sent, answered = (
        get_field(usage, "promptTokensDetails") or get_field(usage, "promptTokenDetails"),
        get_field(usage, "candidatesTokensDetails") or get_field(usage, "responseTokensDetails"),
    )
    cached = get_field(usage, "cacheTokensDetails")
    candidates = first_count(
        get_field(usage, "candidatesTokenCount"),
        get_field(usage, "responseTokenCount"),  # as Vertex AI and the live API call it
    )
    return Usage(
        input_tokens=sum_of_counts(
            get_field(usage, "promptTokenCount"), get_field(usage, "toolUsePromptTokenCount")
        ),
        output_tokens=sum_of_counts(candidates, thoughts),
        total_tokens=count_or_none(get_field(usage, "totalTokenCount")),
        cache_read_tokens=count_or_none(get_field(usage, "cachedContentTokenCount")),
        reasoning_tokens=count_or_none(thoughts),
        input_audio_tokens=_count_of_modality(sent, "AUDIO"),
        output_audio_tokens=_count_of_modality(answered, "AUDIO"),
        cache_read_audio_tokens=_count_of_modality(cached, "AUDIO") or (0 if cached else None),
        input_image_tokens=_count_of_modality(sent, "IMAGE"),
        output_image_tokens=_count_of_modality(answered, "IMAGE") or (0 if answered else None),
        units=_rare_parts(sent, answered, cached),
    )


def _rare_parts(sent: object, answered: object, cached: object) -> dict[str, float]:
    """Parts of the totals that few models price apart, by the price table's names."""
    counts = {
        "input_video_tokens": _count_of_modality(sent, "VIDEO"),
        "input_document_tokens": _count_of_modality(sent, "DOCUMENT"),
        "output_video_tokens": _count_of_modality(answered, "VIDEO"),
        "cache_image_read_tokens": _count_of_modality(cached, "IMAGE"),
        "cache_video_read_tokens": _count_of_modality(cached, "VIDEO"),
    }
    return {name: count for name, count in counts.items() if count}


def _count_of_modality(details: object, modality: str) -> int | None:
    """The tokens of one modality; a row without a count has none of it."""
    return sum_of_counts(
        *(
            get_field(each, "tokenCount") or 0
            for each in list_or_empty(details)
            if enum_name(get_field(each, "modality")) == modality
        )
    )
