"""Usage and cost of sixty calls, computed by hand: the answer of each as its provider sends it.

Costs are written in millionths of a dollar: tokens times dollars per million. A search of
10 dollars per thousand is 10,000 of them.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, NamedTuple

import pytest

from hilt.genai.observation import Observation
from hilt.genai.values import Request, Surface
from hilt.integrations.langchain_adapter import LangChainAnswers
from hilt.providers._chat_completions import ChatCompletions
from hilt.providers._embeddings import Embeddings
from hilt.providers._media import Images, Transcriptions
from hilt.providers.anthropic.messages import Messages
from hilt.providers.bedrock.converse import Converse
from hilt.providers.cohere.embeddings import Embed as CohereEmbed
from hilt.providers.cohere.rerank import Rerank
from hilt.providers.gemini.content import GenerateContent
from hilt.providers.gemini.embeddings import Embeddings as GeminiEmbeddings
from hilt.providers.gemini.interactions import Interactions
from hilt.providers.litellm.calls import FUNCTIONS
from hilt.providers.mistral.conversations import Conversations
from hilt.providers.openai.responses import Responses
from hilt.recording.event_fields import add_cost

STARTED = int(datetime(2026, 11, 20, 12, tzinfo=timezone.utc).timestamp()) * 10**9
MILLION = 1_000_000
Json = dict[str, Any]


class Case(NamedTuple):
    """A call, and what it must cost: a number of millionths of a dollar, or a part of the reason."""

    name: str
    surface: Surface
    provider: str
    model: str
    body: Json
    prompt: int | None
    completion: int | None
    cost: float | str
    asked: Json = {}  # noqa: RUF012 # a value, never changed


def chat(usage: Json, **fields: object) -> Json:
    """A chat completion's body."""
    return {"choices": [], "usage": usage, **fields}


def openai_usage(prompt: int, completion: int, total: int | None = None, **details: int) -> Json:
    """A usage as OpenAI sends it; ``cached``, ``written``, ``thought``, ``heard``, ``spoken``."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion if total is None else total,
        "prompt_tokens_details": {
            "cached_tokens": details.get("cached", 0),
            "audio_tokens": details.get("heard", 0),
        },
        "completion_tokens_details": {
            "reasoning_tokens": details.get("thought", 0),
            "audio_tokens": details.get("spoken", 0),
        },
    }


def claude(model: str, **usage: object) -> Json:
    """A message's body of Anthropic's."""
    return {"model": model, "content": [], "usage": {"service_tier": "standard", **usage}}


def gemini(model: str, usage: Json, grounding: Json | None = None) -> Json:
    """A ``GenerateContentResponse``."""
    candidate: Json = {"content": {"parts": [{"text": "ok"}]}, "finishReason": "STOP"}
    if grounding:
        candidate["groundingMetadata"] = grounding
    return {"modelVersion": model, "candidates": [candidate], "usageMetadata": usage}


def tokens(prompt: int, candidates: int, total: int | None = None, **more: object) -> Json:
    """A ``usageMetadata``."""
    counted = prompt + candidates if total is None else total
    return {"promptTokenCount": prompt, "candidatesTokenCount": candidates,
            "totalTokenCount": counted, **more}  # fmt: skip


def rows(**counts: int) -> list[Json]:
    """Counts by modality, as Gemini has them."""
    return [{"modality": name.upper(), "tokenCount": count} for name, count in counts.items()]


def langchain(usage: Json, model: str, **metadata: object) -> Json:
    """An ``LLMResult`` of one answer."""
    message = {"content": "ok", "usage_metadata": usage,
               "response_metadata": {"model_name": model, **metadata}}  # fmt: skip
    return {"generations": [[{"message": message}]]}


CHAT, RESPONSES, LITELLM = ChatCompletions(), Responses(), FUNCTIONS["completion"].surface
SONNET, HAIKU, OPUS = "claude-sonnet-4-6", "claude-haiku-4-5", "claude-opus-4-6"
FLASH, FLASH3 = "gemini-2.5-flash", "gemini-3.5-flash"
SEARCHED = {"webSearchQueries": ["a", "b"]}
SEARCH = {"type": "web_search_call", "action": {"type": "search"}}
TOOL_IMAGES = {"input_tokens": 20, "input_tokens_details": {"text_tokens": 20, "image_tokens": 0},
               "output_tokens": 1056, "total_tokens": 1076,
               "output_tokens_details": {"text_tokens": 0, "image_tokens": 1056}}  # fmt: skip
ADVISED = [
    {"type": "message", "input_tokens": 400, "output_tokens": 100},
    {"type": "advisor_message", "model": "claude-opus-4-7", "input_tokens": 9000,
     "output_tokens": 2000},
    {"type": "message", "input_tokens": 600, "output_tokens": 400},
]  # fmt: skip

CASES = [
    # -- chat completions: what is inside and outside of the counts --
    Case("plain", CHAT, "openai", "gpt-4o-mini", chat(openai_usage(1000, 500)),
         1000, 500, 1000 * 0.15 + 500 * 0.6),
    Case("cached", CHAT, "openai", "gpt-4o-mini", chat(openai_usage(1000, 500, cached=400)),
         1000, 500, 600 * 0.15 + 400 * 0.075 + 500 * 0.6),
    Case("reasoning inside", CHAT, "openai", "gpt-5", chat(openai_usage(1000, 500, thought=300)),
         1000, 500, 1000 * 1.25 + 500 * 10),
    Case("reasoning outside", CHAT, "x_ai", "grok-4-0709",
         chat(openai_usage(32, 9, 135, cached=6, thought=94)),
         32, 103, 26 * 3 + 6 * 0.75 + 103 * 15),
    Case("xAI with reasoning inside", CHAT, "x_ai", "grok-4-0709",
         chat(openai_usage(32, 103, 135, thought=94)), 32, 103, 32 * 3 + 103 * 15),
    Case("OpenAI with reasoning outside", CHAT, "openai", "gpt-5",
         chat(openai_usage(10, 20, 130, thought=100)), 10, 120, 10 * 1.25 + 120 * 10),
    Case("audio in", CHAT, "openai", "gpt-4o-audio-preview",
         chat(openai_usage(100, 10, heard=80)), 100, 10, "no price"),
    Case("a total that nothing explains", CHAT, "openai", "gpt-4o-mini",
         chat(openai_usage(10, 5, 99)), 10, 5, "do not add up: 10 input and 5 output tokens"),
    Case("usage in a choice", CHAT, "moonshot_ai", "kimi-k2-0905-preview",
         {"choices": [{"index": 0, "delta": {}, "usage": {
             "prompt_tokens": 1336, "completion_tokens": 31, "total_tokens": 1367,
             "cached_tokens": 1280}}]},
         1336, 31, 56 * 0.6 + 1280 * 0.15 + 31 * 2.5),
    Case("hits and misses", CHAT, "deepseek", "deepseek-chat",
         chat({"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110,
               "prompt_cache_hit_tokens": 60, "prompt_cache_miss_tokens": 40}),
         100, 10, 40 * 0.27 + 60 * 0.07 + 10 * 1.1),
    Case("searches of xAI", CHAT, "x_ai", "grok-4-0709",
         chat({**openai_usage(10, 5), "server_side_tool_usage_details": {"web_search_calls": 2}}),
         10, 5, "no price for web_searches"),
    Case("sources of xAI", CHAT, "x_ai", "grok-4-0709",
         chat({**openai_usage(10, 5), "num_sources_used": 3}), 10, 5, "live_search_sources"),
    Case("no sources of xAI", CHAT, "x_ai", "grok-4-0709",
         chat({**openai_usage(10, 5), "num_sources_used": 0}), 10, 5, 10 * 3 + 5 * 15),
    Case("deep research", CHAT, "perplexity", "sonar-deep-research",
         chat({"prompt_tokens": 33, "completion_tokens": 7163, "total_tokens": 7196,
               "citation_tokens": 20016, "num_search_queries": 18, "reasoning_tokens": 73360}),
         33, 7163 + 20016 + 73360,
         33 * 2 + 7163 * 8 + 20016 * 2 + 73360 * 3 + 18 * 5000),
    # -- conditions of sale at OpenAI --
    Case("priority", CHAT, "openai", "gpt-4o-mini",
         chat(openai_usage(1000, 500), service_tier="priority"),
         1000, 500, 1000 * 0.25 + 500 * 1),
    Case("flex", CHAT, "openai", "gpt-5", chat(openai_usage(1000, 500), service_tier="flex"),
         1000, 500, 1000 * 0.625 + 500 * 5),
    Case("priority was asked for, and nothing said", CHAT, "mistral_ai", "mistral-large-latest",
         chat(openai_usage(10, 5)), 10, 5, "no price for service tier priority",
         {"attributes": {"openai.request.service_tier": "priority"}}),
    Case("priority was asked for, and not given", CHAT, "openai", "gpt-4o-mini",
         chat(openai_usage(10, 5), service_tier="default"), 10, 5, 10 * 0.15 + 5 * 0.6,
         {"attributes": {"openai.request.service_tier": "priority"}}),
    Case("in a region, new", CHAT, "openai", "gpt-5.4", chat(openai_usage(1000, 500)),
         1000, 500, 1.1 * (1000 * 2.5 + 500 * 15), {"server_address": "eu.api.openai.com"}),
    Case("in a region, old", CHAT, "openai", "gpt-4o-mini", chat(openai_usage(1000, 500)),
         1000, 500, 1000 * 0.15 + 500 * 0.6, {"server_address": "us.api.openai.com"}),
    Case("in no region", CHAT, "openai", "gpt-5.4", chat(openai_usage(1000, 500)),
         1000, 500, 1000 * 2.5 + 500 * 15, {"server_address": "api.openai.com"}),
    # -- responses, images, sound --
    Case("a search and a page that it found", RESPONSES, "openai", "gpt-5",
         {"usage": {"input_tokens": 1000, "output_tokens": 500, "total_tokens": 1500}, "output": [
             {"type": "web_search_call", "action": {"type": "search"}},
             {"type": "web_search_call", "action": {"type": "open_page"}}]},
         1000, 500, 1000 * 1.25 + 500 * 10 + 10_000),
    Case("a search in files", RESPONSES, "openai", "gpt-5",
         {"usage": {"input_tokens": 1000, "output_tokens": 500, "total_tokens": 1500},
          "output": [{"type": "file_search_call"}, {"type": "file_search_call"}]},
         1000, 500, 1000 * 1.25 + 500 * 10 + 2 * 2_500),
    Case("searches of which one is billed", RESPONSES, "openai", "gpt-5",
         {"usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
          "output": [SEARCH, SEARCH],
          "tool_usage": {"image_gen": TOOL_IMAGES | {"total_tokens": 0},
                         "web_search": {"num_requests": 1}}},
         10, 5, 10 * 1.25 + 5 * 10 + 10_000),
    Case("an image of a tool", RESPONSES, "openai", "gpt-5",
         {"usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
          "output": [{"type": "image_generation_call"}],
          "tools": [{"type": "web_search"}, {"type": "image_generation", "model": "gpt-image-1"}],
          "tool_usage": {"image_gen": TOOL_IMAGES, "web_search": {"num_requests": 0}}},
         10, 5, 10 * 1.25 + 5 * 10 + 20 * 5 + 1056 * 40),
    Case("an image of a model that is not named", RESPONSES, "openai", "gpt-5",
         {"usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
          "output": [{"type": "image_generation_call"}],
          "tools": [{"type": "image_generation"}],
          "tool_usage": {"image_gen": TOOL_IMAGES, "web_search": {"num_requests": 0}}},
         10, 5, "no price for image_generation_calls"),
    Case("an SVG of a tool, which one more model writes", RESPONSES, "openai", "gpt-5",
         {"usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
          "output": [{"type": "image_generation_call", "svg_usage": {"model": "gpt-5"}}],
          "tools": [{"type": "image_generation", "model": "gpt-image-1"}],
          "tool_usage": {"image_gen": TOOL_IMAGES, "web_search": {"num_requests": 0}}},
         10, 5, "no price for image_generation_calls"),
    Case("a container", RESPONSES, "openai", "gpt-5",
         {"usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
          "output": [{"type": "code_interpreter_call"}]},
         10, 5, "no price for code_interpreter_calls"),
    Case("xAI's responses", RESPONSES, "x_ai", "grok-4-0709",
         {"usage": {"input_tokens": 32, "output_tokens": 103, "total_tokens": 135,
                    "output_tokens_details": {"reasoning_tokens": 94}}},
         32, 103, 32 * 3 + 103 * 15),
    Case("images", Images(), "openai", "gpt-image-1.5",
         {"usage": {"input_tokens": 110, "output_tokens": 1000, "total_tokens": 1110,
                    "input_tokens_details": {"text_tokens": 10, "image_tokens": 100},
                    "output_tokens_details": {"text_tokens": 200, "image_tokens": 800}}},
         110, 1000, 10 * 5 + 100 * 8 + 200 * 10 + 800 * 32),
    Case("an SVG, which a model of texts writes", Images(), "openai", "gpt-image-1.5",
         {"usage": {"input_tokens": 10, "output_tokens": 800, "total_tokens": 810,
                    "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
                    "output_tokens_details": {"text_tokens": 0, "image_tokens": 800}},
          "svg_usage": {"model": "gpt-5", "input_tokens": 100, "output_tokens": 50,
                        "reasoning_tokens": 30, "total_tokens": 150}},
         10, 800, 10 * 5 + 800 * 32 + 100 * 1.25 + 50 * 10),
    Case("images without details", Images(), "openai", "gpt-image-1.5",
         {"usage": {"input_tokens": 10, "output_tokens": 1000, "total_tokens": 1010}},
         10, 1000, "does not say how many input_image_tokens or output_image_tokens"),
    Case("two minutes of sound", Transcriptions(), "openai", "whisper-1",
         {"text": "hello", "usage": {"type": "duration", "seconds": 120}},
         None, None, 120 / 3600 * 0.36 * MILLION),
    Case("embeddings", Embeddings(), "openai", "text-embedding-3-small",
         {"data": [], "usage": {"prompt_tokens": 8, "total_tokens": 8}}, 8, None, 8 * 0.02),
    # -- Anthropic --
    Case("writes of both kinds", Messages(), "anthropic", SONNET,
         claude(SONNET, input_tokens=10, output_tokens=20, cache_read_input_tokens=500,
                cache_creation_input_tokens=3000, cache_creation={
                    "ephemeral_5m_input_tokens": 1000, "ephemeral_1h_input_tokens": 2000}),
         3510, 20, 10 * 3 + 500 * 0.3 + 1000 * 3.75 + 2000 * 6 + 20 * 15),
    Case("searches", Messages(), "anthropic", SONNET,
         claude(SONNET, input_tokens=10, output_tokens=20,
                server_tool_use={"web_search_requests": 3, "web_fetch_requests": 2}),
         10, 20, 10 * 3 + 20 * 15 + 3 * 10_000),
    Case("a model that declined", Messages(), "anthropic", SONNET,
         claude(SONNET, input_tokens=200, output_tokens=7, iterations=[
             {"type": "message", "model": "claude-opus-4-5", "input_tokens": 1000,
              "output_tokens": 3, "cache_read_input_tokens": 50},
             {"type": "fallback_message", "model": SONNET, "input_tokens": 200,
              "output_tokens": 7}]),
         200, 7, 200 * 3 + 7 * 15 + 1000 * 5 + 50 * 0.5 + 3 * 25),
    Case("a tool without a price", Messages(), "anthropic", SONNET,
         claude(SONNET, input_tokens=10, output_tokens=20, server_tool_use={"weather_calls": 1}),
         10, 20, "no price for weather_calls"),
    Case("in the United States", Messages(), "anthropic", OPUS,
         claude(OPUS, input_tokens=1000, output_tokens=500, inference_geo="us"),
         1000, 500, 1.1 * (1000 * 5 + 500 * 25)),
    Case("in the United States, with a search", Messages(), "anthropic", OPUS,
         claude(OPUS, input_tokens=1000, output_tokens=500, inference_geo="us",
                server_tool_use={"web_search_requests": 1}),
         1000, 500, 1.1 * (1000 * 5 + 500 * 25) + 10_000),
    Case("an older model there", Messages(), "anthropic", HAIKU,
         claude(HAIKU, input_tokens=1000, output_tokens=500, inference_geo="us"),
         1000, 500, 1000 * 1 + 500 * 5),
    Case("anywhere", Messages(), "anthropic", OPUS,
         claude(OPUS, input_tokens=1000, output_tokens=500, inference_geo="global"),
         1000, 500, 1000 * 5 + 500 * 25),
    Case("a region without a price", Messages(), "anthropic", OPUS,
         claude(OPUS, input_tokens=10, output_tokens=5, inference_geo="eu"), 10, 5, "in region eu"),
    Case("an advisor", Messages(), "anthropic", SONNET,
         claude(SONNET, input_tokens=1000, output_tokens=500, iterations=ADVISED),
         1000, 500, 1000 * 3 + 500 * 15 + 9000 * 5 + 2000 * 25),
    Case("an advisor, and the first input alone in the total", Messages(), "anthropic", SONNET,
         claude(SONNET, input_tokens=400, output_tokens=500, iterations=ADVISED),
         1000, 500, 1000 * 3 + 500 * 15 + 9000 * 5 + 2000 * 25),
    Case("an advisor without a name", Messages(), "anthropic", SONNET,
         claude(SONNET, input_tokens=10, output_tokens=5, iterations=[
             {"type": "advisor_message", "input_tokens": 9, "output_tokens": 9}]),
         10, 5, "no price for model advisor_message"),
    Case("a compaction", Messages(), "anthropic", SONNET,
         claude(SONNET, input_tokens=100, output_tokens=50, iterations=[
             {"type": "compaction", "input_tokens": 1000, "output_tokens": 200},
             {"type": "message", "input_tokens": 100, "output_tokens": 50}]),
         1100, 250, 1100 * 3 + 250 * 15),
    Case("paid by commitment", Messages(), "anthropic", SONNET,
         claude(SONNET, input_tokens=10, output_tokens=5, service_tier="priority"),
         10, 5, "no price for service tier priority"),
    Case("Claude in a region of Vertex", Messages(), "gcp.vertex_ai", HAIKU,
         claude(HAIKU, input_tokens=1000, output_tokens=500),
         1000, 500, 1.1 * (1000 * 1 + 500 * 5),
         {"server_address": "us-east5-aiplatform.googleapis.com"}),
    Case("Claude at Vertex's global host", Messages(), "gcp.vertex_ai", HAIKU,
         claude(HAIKU, input_tokens=1000, output_tokens=500),
         1000, 500, 1000 * 1 + 500 * 5, {"server_address": "aiplatform.googleapis.com"}),
    # -- Bedrock --
    Case("a total without what was cached", Converse(), "aws.bedrock", "amazon.nova-lite-v1:0",
         {"output": {"message": {"role": "assistant", "content": []}}, "usage": {
             "inputTokens": 100, "outputTokens": 50, "totalTokens": 150,
             "cacheReadInputTokens": 200, "cacheWriteInputTokens": 0}},
         300, 50, 100 * 0.06 + 200 * 0.015 + 50 * 0.24),
    Case("a model that a router chose", Converse(), "aws.bedrock",
         "arn:aws:bedrock:us-east-1:1:default-prompt-router/amazon.nova:1",
         {"usage": {"inputTokens": 1000, "outputTokens": 100, "totalTokens": 1100},
          "trace": {"promptRouter": {"invokedModelId":
              "arn:aws:bedrock:us-east-1:1:inference-profile/us.amazon.nova-lite-v1:0"}}},
         1000, 100, 1000 * 0.06 + 100 * 0.24),
    Case("a router that does not say its choice", Converse(), "aws.bedrock",
         "arn:aws:bedrock:us-east-1:1:prompt-router/abc",
         {"usage": {"inputTokens": 1000, "outputTokens": 100, "totalTokens": 1100}},
         1000, 100, "prompt-router names neither a model nor a price"),
    Case("optimized latency", Converse(), "aws.bedrock", "amazon.nova-lite-v1:0",
         {"output": {"message": {"role": "assistant", "content": []}}, "usage": {
             "inputTokens": 100, "outputTokens": 50, "totalTokens": 150},
          "performanceConfig": {"latency": "optimized"}},
         100, 50, "no price for service tier optimized"),
    # -- Gemini --
    Case("thoughts", GenerateContent(), "gcp.gemini", FLASH,
         gemini(FLASH, tokens(100, 50, 350, thoughtsTokenCount=200)),
         100, 250, 100 * 0.3 + 250 * 2.5),
    Case("what a tool gave", GenerateContent(), "gcp.gemini", FLASH,
         gemini(FLASH, tokens(100, 50, 250, toolUsePromptTokenCount=100)),
         200, 50, 200 * 0.3 + 50 * 2.5),
    Case("sound and what was cached of it", GenerateContent(), "gcp.gemini", FLASH,
         gemini(FLASH, tokens(1000, 50, promptTokensDetails=rows(text=400, audio=600),
                              cachedContentTokenCount=200, cacheTokensDetails=rows(audio=200))),
         1000, 50, 400 * 0.3 + 400 * 1 + 200 * 0.1 + 50 * 2.5),
    Case("two searches, by the query", GenerateContent(), "gcp.gemini", FLASH3,
         gemini(FLASH3, tokens(100, 100), SEARCHED),
         100, 100, 100 * 1.5 + 100 * 9 + 2 * 14_000),
    Case("two searches, by the prompt", GenerateContent(), "gcp.gemini", FLASH,
         gemini(FLASH, tokens(100, 100), SEARCHED),
         100, 100, 100 * 0.3 + 100 * 2.5 + 35_000),
    Case("a map", GenerateContent(), "gcp.gemini", FLASH,
         gemini(FLASH, tokens(10, 5), {"groundingChunks": [{"maps": {"uri": "u"}}]}),
         10, 5, "no price for google_maps_requests"),
    Case("searches of an interaction", Interactions(), "gcp.gemini", FLASH3,
         {"model": FLASH3, "status": "completed", "usage": {
             "total_input_tokens": 100, "total_output_tokens": 50, "total_thought_tokens": 10,
             "total_tokens": 160, "grounding_tool_count": [{"type": "google_search", "count": 2}]}},
         100, 60, 100 * 1.5 + 60 * 9 + 2 * 14_000),
    Case("video, embedded", GeminiEmbeddings(), "gcp.gemini", "gemini-embedding-2",
         {"embeddings": [], "usageMetadata": {"promptTokenCount": 1000, "totalTokenCount": 1000,
                                              "promptTokenDetails": rows(video=600, text=400)}},
         1000, None, 600 * 12 + 400 * 0.2),
    Case("a page, embedded", GeminiEmbeddings(), "gcp.gemini", "gemini-embedding-2",
         {"embeddings": [], "usageMetadata": {"promptTokenCount": 10, "totalTokenCount": 10,
                                              "promptTokensDetails": rows(document=10)}},
         10, None, "no price for input_document_tokens"),
    Case("prepaid", GenerateContent(), "gcp.vertex_ai", FLASH,
         gemini(FLASH, tokens(10, 5, trafficType="PROVISIONED_THROUGHPUT")),
         10, 5, "paid in advance"),
    Case("dearer", GenerateContent(), "gcp.vertex_ai", FLASH,
         gemini(FLASH, tokens(10, 5, trafficType="ON_DEMAND_PRIORITY")),
         10, 5, "no price for service tier priority"),
    Case("on demand", GenerateContent(), "gcp.vertex_ai", FLASH,
         gemini(FLASH, tokens(10, 5, trafficType="ON_DEMAND")), 10, 5, 10 * 0.3 + 5 * 2.5),
    Case("Gemini 3 in a region", GenerateContent(), "gcp.vertex_ai", FLASH3,
         gemini(FLASH3, tokens(10, 5)), 10, 5, "at the regional host",
         {"server_address": "europe-west4-aiplatform.googleapis.com"}),
    # -- Cohere, Mistral --
    Case("a search unit", Rerank(), "cohere", "rerank-v3.5",
         {"results": [], "meta": {"billed_units": {"search_units": 2}}}, None, None, "no price for model rerank-v3.5"),
    Case("pictures, embedded", CohereEmbed(), "cohere", "embed-v4.0",
         {"embeddings": {"float": [[0.1]]},
          "meta": {"billed_units": {"input_tokens": 5, "image_tokens": 100}}},
         105, None, "no price for input_image_tokens"),
    Case("what connectors gave", Conversations(), "mistral_ai", "mistral-large-2512",
         {"outputs": [], "usage": {"prompt_tokens": 188, "completion_tokens": 55,
                                   "total_tokens": 7355, "connector_tokens": 7112}},
         7300, 55, 7300 * 0.5 + 55 * 1.5),
    Case("a connector's fee", Conversations(), "mistral_ai", "mistral-large-latest",
         {"outputs": [], "usage": {"prompt_tokens": 188, "completion_tokens": 55,
                                   "total_tokens": 243, "connectors": {"web_search": 1}}},
         188, 55, "no price for web_searches"),
    # -- LiteLLM, LangChain --
    Case("an hour and searches through LiteLLM", LITELLM, "anthropic", SONNET,
         chat({"prompt_tokens": 3510, "completion_tokens": 20, "total_tokens": 3530,
               "prompt_tokens_details": {
                   "cached_tokens": 500, "cache_creation_tokens": 3000,
                   "cache_creation_token_details": {"ephemeral_1h_input_tokens": 2000}},
               "server_tool_use": {"web_search_requests": 3}}),
         3510, 20, 10 * 3 + 500 * 0.3 + 1000 * 3.75 + 2000 * 6 + 20 * 15 + 3 * 10_000),
    Case("an advisor through LiteLLM, which adds it up", LITELLM, "anthropic", SONNET,
         chat({"prompt_tokens": 10_000, "completion_tokens": 2500, "total_tokens": 12_500,
               "iterations": ADVISED}),
         1000, 500, 1000 * 3 + 500 * 15 + 9000 * 5 + 2000 * 25),
    Case("nothing but a mock", LITELLM, "openai", "gpt-4o-mini", chat(openai_usage(10, 5)),
         10, 5, "no provider was asked", {"cost_unknown": "no provider was asked"}),
    Case("flex of LangChain", LangChainAnswers(), "openai", "gpt-5",
         langchain({"input_tokens": 1000, "output_tokens": 500, "total_tokens": 1500,
                    "input_token_details": {"flex": 600, "flex_cache_read": 400},
                    "output_token_details": {"flex": 200, "flex_reasoning": 300}}, "gpt-5"),
         1000, 500, 600 * 0.625 + 400 * 0.0625 + 500 * 5),
    Case("writes by their lifetime in LangChain", LangChainAnswers(), "anthropic", SONNET,
         langchain({"input_tokens": 3010, "output_tokens": 20, "total_tokens": 3030,
                    "input_token_details": {"cache_creation": 0, "ephemeral_5m_input_tokens": 1000,
                                            "ephemeral_1h_input_tokens": 2000}}, SONNET),
         3010, 20, 10 * 3 + 1000 * 3.75 + 2000 * 6 + 20 * 15),
    Case("LangChain's cache", LangChainAnswers(), "openai", "gpt-5",
         langchain({"input_tokens": 10, "output_tokens": 5, "total_tokens": 15, "total_cost": 0},
                   "gpt-5"),
         None, None, "LangChain's cache"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_cost_by_hand(case: Case) -> None:
    """The counts, and the cost to the millionth of a cent or the reason for having none."""
    request = Request("chat", case.provider, model=case.model, **case.asked)
    call = Observation(request, STARTED, response=type(case.surface)().response(case.body))

    add_cost(call)

    assert call.response is not None
    usage = call.response.usage
    counts = (usage.input_tokens, usage.output_tokens) if usage is not None else (None, None)
    assert counts == (case.prompt, case.completion)
    if isinstance(case.cost, str):
        assert call.cost_usd is None
        assert case.cost in str(call.cost_unknown)
    else:
        assert call.cost_unknown is None
        assert call.cost_usd == pytest.approx(case.cost / MILLION, rel=1e-9)


def test_there_are_sixty() -> None:
    """No case is named twice, and none was lost."""
    assert len({case.name for case in CASES}) == len(CASES) >= 60
