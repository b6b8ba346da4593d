"""Every count that the price table prices is read by an adapter, or it is said which one is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hilt.genai.observation import Observation
from hilt.genai.values import Request, Surface, Usage
from hilt.integrations.langchain_adapter import LangChainAnswers
from hilt.pricing.offers import _counts  # the names are what is tested
from hilt.pricing.table import price_table
from hilt.providers._chat_completions import ChatCompletions
from hilt.providers._embeddings import Embeddings
from hilt.providers._media import Images, Transcriptions
from hilt.providers.anthropic.messages import Messages
from hilt.providers.bedrock.converse import Converse
from hilt.providers.bedrock.texts import Texts
from hilt.providers.cohere.chat_v1 import ChatV1
from hilt.providers.cohere.chat_v2 import ChatV2
from hilt.providers.cohere.embeddings import Embed
from hilt.providers.cohere.rerank import Rerank
from hilt.providers.gemini.content import GenerateContent
from hilt.providers.gemini.interactions import Interactions
from hilt.providers.huggingface.generation import TextGeneration
from hilt.providers.litellm.calls import FUNCTIONS
from hilt.providers.mistral.conversations import Conversations
from hilt.providers.mistral.ocr import Ocr
from hilt.providers.ollama.chat import Chat
from hilt.providers.openai.responses import Responses
from hilt.providers.voyage.embeddings import Embeddings as VoyageEmbeddings
from hilt.recording.event_fields import add_cost

Json = dict[str, Any]

NOT_OBSERVED = {
    "input_characters": "an answer of speech does not count them",
    "input_text_messages": "realtime sessions are not observed",
    "requests": "Perplexity's price of a request depends on a search that it does not describe",
}
"""Priced counts that nothing reads, and why."""


def _modalities(**counts: int) -> list[Json]:
    return [{"modality": name.upper(), "tokenCount": count} for name, count in counts.items()]


ANSWERS: list[tuple[Surface, Json]] = [
    (ChatCompletions(), {"usage": {
        "prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18, "citation_tokens": 1,
        "num_search_queries": 1, "prompt_audio_seconds": 1,
        "server_side_tool_usage_details": {
            "x_search_calls": 1, "code_interpreter_calls": 1, "file_search_calls": 1},
        "prompt_tokens_details": {
            "cached_tokens": 3, "cache_write_tokens": 1, "audio_tokens": 1, "image_tokens": 1,
            "video_tokens": 1, "cached_tokens_details": {"audio_tokens": 1, "image_tokens": 1}},
        "completion_tokens_details": {
            "reasoning_tokens": 1, "audio_tokens": 1, "image_tokens": 1, "video_tokens": 1}}}),
    (Messages(), {"usage": {
        "input_tokens": 1, "output_tokens": 1, "cache_creation_input_tokens": 1,
        "cache_creation": {"ephemeral_1h_input_tokens": 1}}}),
    (Ocr(), {"document_annotation": "{}", "usage_info": {"pages_processed": 1}}),
    (Rerank(), {"meta": {"billed_units": {"search_units": 1}}}),
    (GenerateContent(), {"usageMetadata": {
        "promptTokenCount": 9, "candidatesTokenCount": 9, "totalTokenCount": 18,
        "cachedContentTokenCount": 1, "cacheTokensDetails": _modalities(audio=1)}}),
]  # fmt: skip


def test_every_priced_count_is_read() -> None:
    """A new price for something that no adapter counts is a defect until it is dealt with."""
    table = price_table()
    names = {kind: count for count, kind in table.kinds.items()}
    priced = {
        names[kind]
        for provider in table.providers.values()
        for model in provider.models
        for entry in (model.prices if isinstance(model.prices, list) else [model])
        for kind, price in vars(entry.prices).items()
        if price is not None
    }
    usages = [type(surface)().response(body).usage for surface, body in ANSWERS]
    read = {name for usage in usages if usage is not None for name in _counts(usage)}

    assert priced - read == NOT_OBSERVED.keys() & priced


count = st.integers(0, 10_000)
maybe = st.one_of(st.none(), count)


def _chat(draw: Any) -> Json:
    details = st.fixed_dictionaries({"cached_tokens": count}, optional={"audio_tokens": count})
    reasoning = st.fixed_dictionaries({"reasoning_tokens": count})
    return {"prompt_tokens": draw(count), "completion_tokens": draw(count),
            "total_tokens": draw(st.integers(0, 30_000)),
            "prompt_tokens_details": draw(st.one_of(st.none(), details)),
            "completion_tokens_details": draw(st.one_of(st.none(), reasoning)),
            "connector_tokens": draw(maybe), "citation_tokens": draw(maybe)}  # fmt: skip


def _responses(draw: Any) -> Json:
    return {"input_tokens": draw(count), "output_tokens": draw(count),
            "total_tokens": draw(st.integers(0, 30_000)),
            "output_tokens_details": {"reasoning_tokens": draw(count)}}  # fmt: skip


def _anthropic(draw: Any) -> Json:
    return {"input_tokens": draw(count), "output_tokens": draw(count),
            "cache_read_input_tokens": draw(maybe),
            "cache_creation_input_tokens": draw(maybe)}  # fmt: skip


def _gemini(draw: Any) -> Json:
    return {"promptTokenCount": draw(count), "candidatesTokenCount": draw(maybe),
            "thoughtsTokenCount": draw(maybe), "toolUsePromptTokenCount": draw(maybe),
            "totalTokenCount": draw(st.integers(0, 30_000))}  # fmt: skip


def _interaction(draw: Any) -> Json:
    return {"total_input_tokens": draw(count), "total_output_tokens": draw(count),
            "total_thought_tokens": draw(maybe), "total_tokens": draw(count)}  # fmt: skip


def _converse(draw: Any) -> Json:
    return {"inputTokens": draw(count), "outputTokens": draw(count), "totalTokens": draw(count),
            "cacheReadInputTokens": draw(maybe), "cacheWriteInputTokens": draw(maybe)}  # fmt: skip


def _cohere(draw: Any) -> Json:
    return {"billed_units": {"input_tokens": draw(count), "output_tokens": draw(count)}}


def _langchain(draw: Any) -> Json:
    return {"input_tokens": draw(count), "output_tokens": draw(count), "total_tokens": draw(count),
            "output_token_details": {"reasoning": draw(count)}}  # fmt: skip


ADAPTERS = {
    "chat": (ChatCompletions, _chat, lambda usage: {"usage": usage}),
    "litellm": (type(FUNCTIONS["completion"].surface), _chat, lambda usage: {"usage": usage}),
    "embeddings": (Embeddings, _responses, lambda usage: {"usage": usage}),
    "responses": (Responses, _responses, lambda usage: {"usage": usage}),
    "images": (Images, _responses, lambda usage: {"usage": usage}),
    "transcriptions": (Transcriptions, _responses, lambda usage: {"text": "a", "usage": usage}),
    "messages": (Messages, _anthropic, lambda usage: {"usage": usage}),
    "gemini": (GenerateContent, _gemini, lambda usage: {"usageMetadata": usage}),
    "interactions": (Interactions, _interaction, lambda usage: {"usage": usage}),
    "converse": (Converse, _converse, lambda usage: {"usage": usage}),
    "cohere": (ChatV2, _cohere, lambda usage: {"usage": usage}),
    "ollama": (
        Chat,
        lambda draw: {"prompt_eval_count": draw(maybe), "eval_count": draw(maybe)},
        lambda usage: {"message": {"content": "a"}, **usage},
    ),
    "bedrock's texts": (
        Texts,
        lambda draw: {"inputTextTokenCount": draw(maybe), "totalOutputTextTokenCount": draw(maybe)},
        lambda usage: {"outputText": "a", **usage},
    ),
    "text generation": (
        TextGeneration,
        lambda draw: {"generated_tokens": draw(maybe), "input_length": draw(maybe)},
        lambda usage: {"generated_text": "a", "details": usage},
    ),
    "cohere embeddings": (Embed, _cohere, lambda usage: {"meta": usage}),
    "cohere v1": (ChatV1, _cohere, lambda usage: {"text": "a", "meta": usage}),
    "voyage": (
        VoyageEmbeddings,
        lambda draw: {"total_tokens": draw(count)},
        lambda usage: {"usage": usage},
    ),
    "mistral conversations": (Conversations, _chat, lambda usage: {"usage": usage}),
    "langchain": (
        LangChainAnswers,
        _langchain,
        lambda usage: {"generations": [[{"message": {"content": "", "usage_metadata": usage}}]]},
    ),
}


@pytest.mark.parametrize("name", ADAPTERS)
def test_counts_add_up_or_there_is_a_reason(name: str) -> None:
    """Whatever is counted: input and output are the total, or the call says why it has no cost."""
    surface, usage_block, body_of = ADAPTERS[name]

    @settings(suppress_health_check=list(HealthCheck))
    @given(st.data())
    def check(data: Any) -> None:
        body = body_of(usage_block(data.draw))
        call = Observation(Request("chat", "openai", model="gpt-4o-mini"), 0)
        call.response = surface().response(body)
        add_cost(call)
        usage = call.response.usage or Usage()
        total = usage.total_tokens
        if total is not None:
            summed = (usage.input_tokens or 0) + (usage.output_tokens or 0)
            assert summed == total or call.cost_unknown, body
        assert (call.cost_usd is None) == bool(call.cost_unknown)

    check()
