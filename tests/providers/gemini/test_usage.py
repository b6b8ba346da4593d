"""Token counts of Gemini's answers."""

from __future__ import annotations

from types import SimpleNamespace

from hilt.genai.values import Usage
from hilt.providers.gemini.usage import usage_of


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
