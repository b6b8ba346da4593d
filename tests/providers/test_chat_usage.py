"""Token counts of OpenAI's APIs, and of those who copied them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilt.genai.values import Usage
from hilt.providers import _chat_completions
from hilt.providers._chat_completions import usage_of

COUNTS = st.one_of(st.none(), st.integers(-2, 9), st.booleans(), st.floats(), st.just("7"))
DETAILS = st.one_of(
    st.none(),
    st.just([1]),
    st.dictionaries(
        st.sampled_from(
            ["cached_tokens", "audio_tokens", "reasoning_tokens", "image_tokens",
             "cache_write_tokens", "cache_creation_tokens", "text_tokens"]
        ),
        COUNTS,
    ),
    st.fixed_dictionaries(
        {"cached_tokens": st.integers(-1, 9), "reasoning_tokens": st.integers(-1, 9),
         "audio_tokens": st.integers(-1, 9)},
        optional={"image_tokens": COUNTS, "cache_write_tokens": COUNTS},
    ),
)  # fmt: skip
USAGES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(
            ["prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens",
             "cached_tokens", "prompt_cache_hit_tokens", "reasoning_tokens"],
            COUNTS,
        ),
        **dict.fromkeys(
            ["prompt_tokens_details", "completion_tokens_details", "input_tokens_details",
             "output_tokens_details", "prompt_token_details", "completion_token_details"],
            DETAILS,
        ),
    },
)  # fmt: skip
WHOLE = {
    "prompt_tokens": 5,
    "completion_tokens": 6,
    "total_tokens": 11,
    "prompt_tokens_details": {"cached_tokens": 1, "audio_tokens": 2},
    "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 4},
}


def slowly(usage: dict[str, Any]) -> Usage | None:
    """The same, by the way that takes any name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_chat_completions, "_COUNT_TYPES", frozenset())
        return usage_of(usage)


@given(usage=st.one_of(USAGES, USAGES.map(lambda odd: {**WHOLE, **odd})))
def test_quick_way_counts_the_same(usage: dict[str, Any]) -> None:
    """What is read at once, where all is as usual, is what the careful way reads."""
    assert usage_of(usage) == slowly(usage)


def test_usual_counts() -> None:
    """Each count has its place."""
    assert usage_of(WHOLE) == Usage(
        input_tokens=5,
        output_tokens=6,
        total_tokens=11,
        cache_read_tokens=1,
        reasoning_tokens=3,
        input_audio_tokens=2,
        output_audio_tokens=4,
    )


@pytest.mark.parametrize("count", [-1, True, "5", float("nan"), None])
def test_what_is_no_count_is_not_guessed(count: Any) -> None:
    """A number below zero or a text stands in ``provenance.usage`` alone."""
    totals = {"prompt_tokens": count, "completion_tokens": 6, "total_tokens": 11}
    for usage in (totals, {**WHOLE, **totals}):
        found = usage_of(usage)

        assert found is not None
        assert (found.input_tokens, found.output_tokens) == (None, 6)


@pytest.mark.parametrize("name", ["cached_tokens", "audio_tokens"])
def test_detail_below_zero_is_no_count(name: str) -> None:
    """The other counts are there all the same."""
    details = {"cached_tokens": 1, "audio_tokens": 2, name: -1}
    found = usage_of({**WHOLE, "prompt_tokens_details": details})

    assert found is not None
    kept = {"cached_tokens": found.cache_read_tokens, "audio_tokens": found.input_audio_tokens}
    assert kept == {**details, name: None}


@pytest.mark.parametrize(
    ("counted", "outputs", "total"),
    [
        ({"completion_tokens": 2, "total_tokens": 5}, 6, 9),
        ({"completion_tokens": 2, "total_tokens": 5, "reasoning_tokens": 10}, 16, 19),
        ({"completion_tokens": 0, "total_tokens": 3}, 4, 7),
        ({"completion_tokens": 2}, 6, None),
        ({"total_tokens": 3}, None, 7),
    ],
)
def test_citations_stand_beside_the_answer(
    counted: dict[str, int], outputs: int | None, total: int | None
) -> None:
    """Perplexity counts neither them nor reasoning in its totals."""
    assert usage_of({"prompt_tokens": 3, "citation_tokens": "4"}) == Usage(
        3, units={"output_citation_tokens": 0}
    )

    usage = usage_of({"prompt_tokens": 3, "citation_tokens": 4, **counted})

    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (3, outputs, total)
    assert usage.units == {"output_citation_tokens": 4}


@pytest.mark.parametrize("citations", [0, "many", -1])
def test_citations_that_were_not_counted_add_nothing(citations: Any) -> None:
    """What is no count is none; reasoning is added all the same, as by the same provider."""
    usage = usage_of({"prompt_tokens": 3, "completion_tokens": 2, "reasoning_tokens": 4,
                      "total_tokens": 5, "citation_tokens": citations})  # fmt: skip

    assert usage == Usage(3, 6, 9, reasoning_tokens=4, units={"output_citation_tokens": 0})


def test_counts_by_every_name() -> None:
    """The first name that has a count gives it; what is paid apart is among the units."""
    hour = "ephemeral_1h_input_tokens"
    usual = {"input_tokens": 50, "output_tokens": 60, "total_tokens": 110}
    found = [
        usage_of({**usual, name: 7})
        for name in ("prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens",
                     "cache_read_input_tokens")
    ]  # fmt: skip
    assert found == [Usage(50, 60, 110, cache_read_tokens=7)] * 4
    assert usage_of(
        {**usual, "cached_tokens": 7, "prompt_token_details": {"cached_tokens": 8}}
    ) == (Usage(50, 60, 110, cache_read_tokens=8))
    inputs = {
        "cache_write_tokens": 1, "cache_creation_token_details": {hour: 2}, "image_tokens": 3,
        "video_tokens": 4, "cached_tokens_details": {"audio_tokens": 5, "image_tokens": 6},
        "web_search_requests": 7,
    }  # fmt: skip
    outputs = {"image_tokens": 8, "video_tokens": 9}
    more = {"input_tokens_details": inputs, "output_tokens_details": outputs,
            "num_sources_used": 10, "prompt_audio_seconds": 11}  # fmt: skip
    assert usage_of({**usual, **more}) == Usage(
        50, 60, 110, cache_write_tokens=1, cache_write_1h_tokens=2, cache_read_audio_tokens=5,
        input_image_tokens=3, output_image_tokens=8,
        units={"input_video_tokens": 4, "output_video_tokens": 9, "cache_image_read_tokens": 6,
               "live_search_sources": 10, "web_searches": 7, "input_audio_seconds": 11},
    )  # fmt: skip
    writes = ({"cache_creation_input_tokens": 3, "cache_creation": {hour: 2}},
              {"prompt_tokens_details": {"cache_creation_tokens": 3,
                                         "cache_creation_token_details": {hour: 2}}})  # fmt: skip
    assert [usage_of({**usual, **each}) for each in writes] == [
        Usage(50, 60, 110, cache_write_tokens=3, cache_write_1h_tokens=2)
    ] * 2
    assert usage_of({**usual, "num_search_queries": 2, "connector_tokens": 5}) == Usage(
        55, 60, 110, units={"web_searches": 2}
    )


@pytest.mark.parametrize(
    ("usage", "found"), [(None, None), ({}, None), ([1], Usage()), ("7", Usage())]
)
def test_usage_of_another_type_has_no_counts(usage: Any, found: Usage | None) -> None:
    """And nothing at all is no usage."""
    assert usage_of(usage) == found
