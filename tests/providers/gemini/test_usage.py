"""Token counts of Gemini's answers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.values import Usage
from hilt.pricing.cost import cost_usd_of
from hilt.providers.gemini.usage import usage_of

JULY_2026 = 1_783_000_000_000_000_000


def test_all_counts() -> None:
    """Thoughts are part of the output, results of built-in tools part of the input."""
    usage = {
        "promptTokenCount": 10,
        "toolUsePromptTokenCount": 5,
        "candidatesTokenCount": 7,
        "thoughtsTokenCount": 3,
        "totalTokenCount": 25,
        "cachedContentTokenCount": 4,
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": 4},
            {"modality": "AUDIO", "tokenCount": 5},
            {"modality": "IMAGE", "tokenCount": 1},
        ],
        "candidatesTokensDetails": [
            {"modality": "AUDIO", "tokenCount": 6},
            {"modality": "IMAGE"},
        ],
        "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 2}],
    }

    assert usage_of(usage) == Usage(
        input_tokens=15,
        output_tokens=10,
        total_tokens=25,
        cache_read_tokens=4,
        reasoning_tokens=3,
        input_audio_tokens=5,
        output_audio_tokens=6,
        cache_read_audio_tokens=2,
        input_image_tokens=1,
        output_image_tokens=0,
    )


@pytest.mark.parametrize("name", ["candidatesTokensDetails", "responseTokensDetails"])
@pytest.mark.parametrize(
    ("details", "images", "audio"),
    [
        (None, None, None),
        ([], None, None),
        ([{"modality": "TEXT", "tokenCount": 7}], 0, None),
        ([{"modality": "TEXT"}], 0, None),
        ([{"modality": "IMAGE", "tokenCount": 7}], 7, None),
        ([{"modality": "IMAGE", "tokenCount": 3}, {"modality": "IMAGE", "tokenCount": 4}], 7, None),
        ([{"modality": "AUDIO", "tokenCount": 7}], 0, 7),
        ([{"modality": "AUDIO"}, {"modality": "IMAGE", "tokenCount": 2}], 2, 0),
    ],
)
def test_pictures_in_the_answer(
    name: str, details: Any, images: int | None, audio: int | None
) -> None:
    """Details without pictures say that there are none: else such a model's text has no cost."""
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 7, name: details}

    assert usage_of(usage) == Usage(3, 7, output_audio_tokens=audio, output_image_tokens=images)


@pytest.mark.parametrize(
    ("cached", "sound", "cost"),
    [
        ([{"modality": "TEXT", "tokenCount": 400}], 0, 853),
        ([{"modality": "TEXT", "tokenCount": 300}, {"modality": "AUDIO", "tokenCount": 100}], 100,
         790),
        (None, None, None),
    ],
)  # fmt: skip
def test_sound_beside_a_cached_text(cached: Any, sound: int | None, cost: int | None) -> None:
    """Rows of what was cached that have no sound say that none was: else there is no cost.

    gemini-2.5-flash: 0.3 text, 1 sound, 0.03 cached text, 0.1 cached sound, 2.5 out, in US dollars
    for a million tokens.
    """
    usage = usage_of({
        "promptTokenCount": 1020, "candidatesTokenCount": 150, "totalTokenCount": 1170,
        "cachedContentTokenCount": 400, "cacheTokensDetails": cached,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 620},
                                {"modality": "AUDIO", "tokenCount": 400}],
    })  # fmt: skip

    assert usage is not None
    assert usage.cache_read_audio_tokens == sound
    key = ("gcp.gemini", "gemini-2.5-flash", None, None, False, None, None, None)
    usd = cost_usd_of(key, usage, JULY_2026)[0]
    assert usd == (None if cost is None else pytest.approx(cost / 1e6))


def test_rare_parts_have_the_names_of_the_price_table() -> None:
    """Videos and documents, sent, answered or cached; what is not there has no name."""
    rows = [{"modality": kind, "tokenCount": count} for count, kind in enumerate(
        ("AUDIO", "VIDEO", "DOCUMENT", "IMAGE"))]  # fmt: skip
    usage = {"promptTokenCount": 9, "promptTokenDetails": rows, "cacheTokensDetails": rows,
             "candidatesTokensDetails": rows, "candidatesTokenCount": 8}  # fmt: skip

    assert usage_of(usage) == Usage(
        9, 8, None, input_audio_tokens=0, output_audio_tokens=0, cache_read_audio_tokens=0,
        input_image_tokens=3, output_image_tokens=3,
        units={"input_video_tokens": 1, "input_document_tokens": 2, "output_video_tokens": 1,
               "cache_image_read_tokens": 3, "cache_video_read_tokens": 1},
    )  # fmt: skip


def test_counts_of_vertex_ai() -> None:
    """The answer's count has another name there."""
    assert usage_of({"promptTokenCount": 3, "responseTokenCount": 2}) == Usage(3, 2)


def test_counts_of_the_sdk() -> None:
    """Its objects have other names."""
    usage = SimpleNamespace(prompt_token_count=3, candidates_token_count=2, total_token_count=5)

    assert usage_of(usage) == Usage(3, 2, 5)


def test_no_usage() -> None:
    """What was not sent is not guessed."""
    assert usage_of(None) is None
    assert usage_of({}) is None
    assert usage_of({"thoughtsTokenCount": 3}) == Usage(output_tokens=3, reasoning_tokens=3)
